// Holds the ESP-AT driver's streams to the contract, through a modem in memory with an echo server
// behind it; time jumps.

#include "../port/error.gen.h"
#include "../port/esp_at/esp_at.h"
#include "contract_report.h"

enum { ECHO_PORT = 7, CLOSED_PORT = 9, PIPE_MAX = 8192, WAITING_MAX = 2048 };

// The modem: what it says is in `said`, what waits for each connection in `waiting`.
static struct {
    char said[PIPE_MAX];
    size_t said_len;
    size_t said_at;
    char line[160];
    size_t line_len;
    size_t data_left; // of a CIPSEND
    int data_of;
    struct {
        bool open;
        bool hung_up;
        uint8_t bytes[WAITING_MAX];
        size_t len;
    } waiting[TT_ESP_AT_LINKS];
    int64_t now_ms;
    bool woken;
} world;

static struct tt_esp_at modem;

static void say_bytes(const void *bytes, size_t len)
{
    memmove(world.said, world.said + world.said_at, world.said_len - world.said_at);
    world.said_len -= world.said_at;
    world.said_at = 0;
    CHECK(world.said_len + len <= PIPE_MAX);
    memcpy(world.said + world.said_len, bytes, len);
    world.said_len += len;
    world.woken = true;
}

static void say(const char *format, long a, long b)
{
    char text[64];
    snprintf(text, sizeof text, format, a, b);
    say_bytes(text, strlen(text));
}

static void ended(int id)
{
    if (world.waiting[id].open && world.waiting[id].hung_up) {
        world.waiting[id].open = false;
        say("%ld,CLOSED\r\n", id, 0);
    }
}

static void start(const char *command)
{
    int id = -1;
    char host[32];
    int port = 0;
    CHECK_INT(sscanf(command, "AT+CIPSTART=%d,\"TCP\",\"%31[^\"]\",%d", &id, host, &port), 3);
    CHECK(id >= 0 && id < TT_ESP_AT_LINKS && !world.waiting[id].open);
    world.waiting[id].len = 0;
    world.waiting[id].hung_up = false;
    if (strcmp(host, "echo") != 0) {
        say("DNS Fail\r\n\r\nERROR\r\n", 0, 0);
    } else if (port != ECHO_PORT) {
        say("ERROR\r\n%ld,CLOSED\r\n", id, 0);
    } else {
        world.waiting[id].open = true;
        say("%ld,CONNECT\r\n\r\nOK\r\n", id, 0);
    }
}

static void fetch(const char *command)
{
    int id = -1;
    int len = 0;
    CHECK_INT(sscanf(command, "AT+CIPRECVDATA=%d,%d", &id, &len), 2);
    const size_t part = (size_t)len < world.waiting[id].len ? (size_t)len : world.waiting[id].len;
    if (part == 0) {
        say("ERROR\r\n", 0, 0);
        return;
    }
    say("+CIPRECVDATA:%ld,", (long)part, 0);
    say_bytes(world.waiting[id].bytes, part);
    world.waiting[id].len -= part;
    memmove(world.waiting[id].bytes, world.waiting[id].bytes + part, world.waiting[id].len);
    say("\r\nOK\r\n", 0, 0);
}

static void obey(const char *command)
{
    int id = -1;
    int len = 0;
    if (strcmp(command, "AT+RST") == 0) {
        say("OK\r\nready\r\nWIFI GOT IP\r\n", 0, 0);
    } else if (strncmp(command, "AT+CIPSTART", 11) == 0) {
        start(command);
    } else if (sscanf(command, "AT+CIPSEND=%d,%d", &id, &len) == 2) {
        world.data_of = id;
        world.data_left = (size_t)len;
        say("OK\r\n\r\n>", 0, 0);
    } else if (strncmp(command, "AT+CIPRECVDATA", 14) == 0) {
        fetch(command);
    } else if (sscanf(command, "AT+CIPCLOSE=%d", &id) == 1) {
        world.waiting[id].open = false;
        say("%ld,CLOSED\r\nOK\r\n", id, 0);
    } else if (strcmp(command, "AT+SYSTIMESTAMP?") == 0) {
        say("+SYSTIMESTAMP:1764347000\r\nOK\r\n", 0, 0);
    } else {
        say("OK\r\n", 0, 0);
    }
}

// A byte the peer gets, and sends back.
static void echo(uint8_t byte)
{
    const int id = world.data_of;
    CHECK(world.waiting[id].len < WAITING_MAX); // else the driver sent for a user who reads nothing
    if (byte == TT_CONTRACT_HANG_UP) {
        world.waiting[id].hung_up = true;
    } else if (!world.waiting[id].hung_up) {
        world.waiting[id].bytes[world.waiting[id].len++] = byte;
    }
    if (--world.data_left > 0) { return; }
    say("Recv bytes\r\n\r\nSEND OK\r\n", 0, 0);
    if (world.waiting[id].len > 0) { say("+IPD,%ld,%ld\r\n", id, (long)world.waiting[id].len); }
    ended(id);
}

static int pipe_read(void *ctx, uint8_t *out, size_t cap)
{
    (void)ctx;
    const size_t left = world.said_len - world.said_at;
    const size_t part = left < cap ? left : cap;
    memcpy(out, world.said + world.said_at, part);
    world.said_at += part;
    return (int)part;
}

static int pipe_write(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        if (world.data_left > 0) {
            echo(data[i]);
        } else if (data[i] != '\n') {
            CHECK(world.line_len < sizeof world.line - 1);
            world.line[world.line_len++] = (char)data[i];
        } else {
            world.line[world.line_len - 1] = 0; // the carriage return
            world.line_len = 0;
            obey(world.line);
        }
    }
    return (int)len;
}

static int64_t uptime_ms(void *ctx)
{
    (void)ctx;
    return world.now_ms;
}

static void wait_for(void *ctx, int32_t timeout_ms)
{
    (void)ctx;
    if (!world.woken) { world.now_ms += timeout_ms; }
    world.woken = false;
    tt_esp_at_step(&modem, world.now_ms);
}

static int64_t epoch_ms(void *ctx)
{
    (void)ctx;
    return tt_esp_at_epoch_ms(&modem, world.now_ms);
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    static uint32_t state = 7;
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525U + 1013904223U;
        out[i] = (uint8_t)(state >> 24);
    }
}

static void log_line(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx, (void)level, (void)text, (void)len;
}

static void restart(void *ctx, enum tt_restart_reason reason)
{
    (void)ctx, (void)reason;
}

static void wake(void *ctx)
{
    (void)ctx;
    world.woken = true;
}

static void keeps_the_promises_about_streams(void)
{
    const struct tt_esp_at_config config = {.pipe = {.read = pipe_read, .write = pipe_write}};
    CHECK_INT(tt_esp_at_init(&modem, &config), TT_OK);
    tt_esp_at_step(&modem, 0);
    CHECK(tt_esp_at_joined(&modem));
    const struct tt_port port = {
        .ctx = &modem,
        .epoch_ms = epoch_ms,
        .random = random_bytes,
        .restart = restart,
        .log = log_line,
        .connect = tt_esp_at_connect,
        .wake_app = wake,
        .wake_link = wake,
    };
    struct contract_report report = {0};
    const struct tt_contract contract = {
        .port = &port,
        .uptime_ms = uptime_ms,
        .wait_app = wait_for,
        .wait_link = wait_for,
        .echo_host = "echo",
        .echo_port = ECHO_PORT,
        .refusing_port = CLOSED_PORT,
        .unknown_host = "nobody",
        .patience_ms = 5000,
        .report = contract_note,
        .ctx = &report,
    };
    CHECK_INT(tt_contract_run(&contract), 0);
    CHECK(!contract_names(report.unsupported_titles, report.unsupported, "write"));
    CHECK(!contract_names(report.unsupported_titles, report.unsupported, "read"));
    CHECK(!contract_names(report.unsupported_titles, report.unsupported, "close"));
    CHECK_INT(modem.restarts, 0);
}

int main(void)
{
    RUN(keeps_the_promises_about_streams, "the ESP-AT driver keeps what streams promise");
    return 0;
}
