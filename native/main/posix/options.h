// What the person who starts the POSIX main says, checked, with the files read. No secret comes
// from the command line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/board.h"
#include "../../core/connection.h"
#include "../../core/trust.h"
#include "../../port/port.h"

struct tt_options {
    const struct tt_board *board;
    enum tt_log_level log_level;
    const char *flash_path;
    const char *trust_path;               // where bundles of roots are kept; NULL: none are taken
    uint8_t update_key[TT_TRUST_KEY_LEN]; // who may sign them
    const char *pins_path;                // NULL: none
    int64_t for_ms;                       // INT64_MAX: until a signal comes

    uint8_t *wasm;
    size_t wasm_len;
    uint8_t *ca; // ends in a NUL that ca_len counts
    size_t ca_len;

    uint8_t *secret; // the connection string as given, which `connection` points into
    size_t secret_len;
    struct tt_connection connection;
    uint8_t *certificate; // ends in a NUL that certificate_len counts; NULL: none
    size_t certificate_len;
    uint8_t *key; // likewise; private
    size_t key_len;
};

enum tt_options_result { TT_OPTIONS_RUN, TT_OPTIONS_HELP, TT_OPTIONS_WRONG };

// Writes help to stdout, or one sentence about what is wrong to stderr. After RUN,
// tt_options_free wipes the connection string and frees the files.
enum tt_options_result tt_options_parse(struct tt_options *options, int argc, char **argv);
void tt_options_free(struct tt_options *options);
