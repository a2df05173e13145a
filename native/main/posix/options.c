// Reads the command line, the environment and the files they name.

#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/crypto.h"
#include "../../port/error.gen.h"
#include "boards.h"
#include "file.h"

enum {
    WASM_MAX = 1024 * 1024,
    CA_MAX = 512 * 1024,
    KEY_MAX = 16 * 1024,
    CONNECTION_STRING_MAX = 4096,
    SECONDS_MAX = 100000000,
};

static const char environment_name[] = "TINYTWIN_CONNECTION";

static const char help[] =
    "Runs a TinyTwin app on this computer as a device runs it: two threads, real sockets, TLS.\n"
    "\n"
    "Usage: tinytwin-posix APP.wasm --ca FILE --flash FILE [options]\n"
    "\n"
    "  --connection-string-file FILE  the device's connection string; without it the environment\n"
    "                                 variable TINYTWIN_CONNECTION holds it. With an "
    "IdScope\n"
    "                                 and a RegistrationId in it DPS is asked for the hub; a "
    "second\n"
    "                                 line may hold the same with the other key\n"
    "  --cert FILE, --key FILE        with x509=true: its certificate and those that lead to its\n"
    "                                 root, and its private key, PEM or DER\n"
    "  --ca FILE                      the certificates that are trusted, PEM\n"
    "  --trust FILE, --update-key HEX where bundles of new roots are kept, made when it is not\n"
    "                                 there, and who may sign them: what tinytwin trust key "
    "prints\n"
    "  --flash FILE                   the device's flash; made when it is not there\n"
    "  --board NAME                   the board to be (default: the first of those below)\n"
    "  --pins FILE                    inputs, a line each: `<pin> <level or millivolts>`; watched\n"
    "  --for SECONDS                  ends by itself; without it, Ctrl-C ends it\n"
    "  --log LEVEL                    debug, info (default), warning or error\n"
    "\n"
    "Boards:";

// What the command line says, as text.
struct words {
    const char *app;
    const char *connection_string_file;
    const char *ca;
    const char *cert;
    const char *key;
    const char *trust;
    const char *update_key;
    const char *flash;
    const char *board;
    const char *pins;
    const char *seconds;
    const char *log;
};

static bool wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Always false, for the caller to return.
static bool wrong(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    return false;
}

static void print_help(void)
{
    fputs(help, stdout);
    for (const struct tt_board *const *board = tt_boards; *board != NULL; board++) {
        printf(" %s", (*board)->name);
    }
    printf("\n");
}

static const char **word_of(struct words *words, const char *option)
{
    const struct {
        const char *option;
        const char **word;
    } known[] = {
        {"--connection-string-file", &words->connection_string_file},
        {"--ca", &words->ca},
        {"--cert", &words->cert},
        {"--key", &words->key},
        {"--trust", &words->trust},
        {"--update-key", &words->update_key},
        {"--flash", &words->flash},
        {"--board", &words->board},
        {"--pins", &words->pins},
        {"--for", &words->seconds},
        {"--log", &words->log},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(option, known[i].option) == 0) { return known[i].word; }
    }
    return NULL;
}

static bool read_words(struct words *words, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        // Never repeated, like every argument that may have been meant as one.
        if (strstr(argv[i], "SharedAccessKey=") != NULL) {
            return wrong("every process can read a command line: put the connection string into a "
                         "file and give --connection-string-file");
        }
        if (argv[i][0] != '-') {
            if (words->app != NULL) { return wrong("one app is run; argument %d is another", i); }
            words->app = argv[i];
            continue;
        }
        const char **word = word_of(words, argv[i]);
        if (word == NULL) { return wrong("option %d is unknown; --help lists them", i); }
        if (i + 1 == argc) { return wrong("%s needs a value; --help explains it", argv[i]); }
        if (*word != NULL) { return wrong("%s is given twice", argv[i]); }
        *word = argv[++i];
    }
    if (words->app == NULL) { return wrong("name the app to run: tinytwin-posix APP.wasm"); }
    if (words->ca == NULL) {
        return wrong("--ca is missing: the file with the trusted certificates");
    }
    if (words->flash == NULL) { return wrong("--flash is missing: the file that is the flash"); }
    return true;
}

static bool choose_board(struct tt_options *options, const char *name)
{
    for (const struct tt_board *const *board = tt_boards; *board != NULL; board++) {
        if (name == NULL || strcmp((*board)->name, name) == 0) {
            options->board = *board;
            return true;
        }
    }
    return wrong("no board '%s' in this program; --help lists them", name);
}

static bool choose_log(struct tt_options *options, const char *name)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    options->log_level = TT_LOG_INFO;
    if (name == NULL) { return true; }
    for (int level = TT_LOG_DEBUG; level <= TT_LOG_ERROR; level++) {
        if (strcmp(names[level], name) == 0) {
            options->log_level = (enum tt_log_level)level;
            return true;
        }
    }
    return wrong("--log '%s' is not debug, info, warning or error", name);
}

static bool choose_time(struct tt_options *options, const char *seconds)
{
    options->for_ms = INT64_MAX;
    if (seconds == NULL) { return true; }
    char *end = NULL;
    errno = 0;
    const long value = strtol(seconds, &end, 10);
    if (end == seconds || *end != 0 || errno != 0 || value < 1 || value > SECONDS_MAX) {
        return wrong("--for '%s' is not a number of seconds from 1 to %d", seconds, SECONDS_MAX);
    }
    options->for_ms = (int64_t)value * 1000;
    return true;
}

// Says nothing of what the string holds: it is a secret.
static bool find_connection(struct tt_options *options, const char *path)
{
    if (path == NULL) {
        const char *text = getenv(environment_name);
        if (text == NULL) {
            return wrong("no connection string: give --connection-string-file or set %s",
                         environment_name);
        }
        options->secret = (uint8_t *)strdup(text);
        options->secret_len = strlen(text);
    } else {
        options->secret = tt_file_read(path, CONNECTION_STRING_MAX, &options->secret_len);
    }
    if (options->secret == NULL) {
        return wrong("cannot read the connection string in %s: %s", path, strerror(errno));
    }
    const char *why = NULL;
    return tt_connection_parse((const char *)options->secret, options->secret_len,
                               &options->connection, &why) == TT_OK ||
           wrong("the connection string cannot be used: %s", why);
}

static bool read_files(struct tt_options *options, const struct words *words)
{
    options->wasm = tt_file_read(words->app, WASM_MAX, &options->wasm_len);
    if (options->wasm == NULL) {
        return wrong("cannot read the app %s: %s", words->app, strerror(errno));
    }
    options->ca = tt_file_read(words->ca, CA_MAX, &options->ca_len);
    if (options->ca == NULL) {
        return wrong("cannot read the certificates in %s: %s", words->ca, strerror(errno));
    }
    options->ca_len++; // the NUL
    return true;
}

// With x509=true both files, without neither.
static bool read_identity(struct tt_options *options, const struct words *words)
{
    if (!options->connection.x509) {
        return (words->cert == NULL && words->key == NULL) ||
               wrong("--cert and --key go with x509=true in the connection string");
    }
    if (words->cert == NULL || words->key == NULL) {
        return wrong("x509=true in the connection string needs --cert and --key");
    }
    options->certificate = tt_file_read(words->cert, CA_MAX, &options->certificate_len);
    if (options->certificate == NULL) {
        return wrong("cannot read the certificate in %s: %s", words->cert, strerror(errno));
    }
    options->certificate_len++; // the NUL
    options->key = tt_file_read(words->key, KEY_MAX, &options->key_len);
    if (options->key == NULL) {
        return wrong("cannot read the private key in %s: %s", words->key, strerror(errno));
    }
    options->key_len++;
    return true;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Both or neither.
static bool read_trust(struct tt_options *options, const struct words *words)
{
    if (words->trust == NULL && words->update_key == NULL) { return true; }
    if (words->trust == NULL || words->update_key == NULL) {
        return wrong("--trust and --update-key go together");
    }
    const size_t len = strlen(words->update_key);
    bool good = len == 2 * sizeof options->update_key;
    for (size_t i = 0; good && i < sizeof options->update_key; i++) {
        const int high = nibble(words->update_key[2 * i]);
        const int low = nibble(words->update_key[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good) { options->update_key[i] = (uint8_t)(high * 16 + low); }
    }
    options->trust_path = words->trust;
    return (good && options->update_key[0] == 4) ||
           wrong("--update-key is not the 130 hex digits that 'tinytwin trust key' prints");
}

enum tt_options_result tt_options_parse(struct tt_options *options, int argc, char **argv)
{
    memset(options, 0, sizeof *options);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            return TT_OPTIONS_HELP;
        }
    }
    struct words words = {0};
    const bool good = read_words(&words, argc, argv) && choose_board(options, words.board) &&
                      choose_log(options, words.log) && choose_time(options, words.seconds) &&
                      find_connection(options, words.connection_string_file) &&
                      read_identity(options, &words) && read_trust(options, &words) &&
                      read_files(options, &words);
    options->flash_path = words.flash;
    options->pins_path = words.pins;
    if (good) { return TT_OPTIONS_RUN; }
    tt_options_free(options);
    return TT_OPTIONS_WRONG;
}

void tt_options_free(struct tt_options *options)
{
    if (options->secret != NULL) { tt_crypto_forget(options->secret, options->secret_len); }
    free(options->secret);
    if (options->key != NULL) { tt_crypto_forget(options->key, options->key_len); }
    free(options->key);
    free(options->certificate);
    free(options->wasm);
    free(options->ca);
    memset(options, 0, sizeof *options);
}
