// The app loop: runs the guest's events and timers, drives pins, restarts a guest that crashed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../port/board_io.h"
#include "../port/port.h"
#include "board.h"
#include "bytes.h"
#include "engine.h"
#include "inbox.h"
#include "outbox.h"
#include "store.h"

enum {
    TT_APP_TIMERS_MAX = 32,
    TT_APP_REQUESTS_MAX = 8, // methods that wait for their reply
    TT_APP_PIN_CHANGES = 32, // ring between interrupt handlers and the app loop
    TT_APP_PINS_MAX = 64,    // of a board
    TT_BUILD_ID_LEN = 16,    // hex digits of the module's SHA-256
};

struct tt_upload;
struct tt_uploader;
struct tt_trace; // canonical trace sink, see trace.h; NULL records nothing

struct tt_app_config {
    const struct tt_port *port;
    const struct tt_board *board;
    const struct tt_board_io *io;
    const struct tt_engine *engine;
    struct tt_store *store;
    struct tt_outbox *outbox;
    struct tt_inbox *inbox;
    const struct tt_block *files;       // the files partition; NULL: none
    const struct tt_uploader *uploader; // NULL: nothing is uploaded
    struct tt_upload *upload;           // the uploader's; NULL: nothing is uploaded
    struct tt_trace *trace;
    struct tt_range device_id;
    struct tt_range module_id; // empty: the device itself
    uint32_t boot;             // number of this start, first half of message ids
    bool health;               // the last crash is a reported property
    bool offline;              // there is no link
    const uint8_t *wasm;       // the caller's, unchanged while the app lives
    size_t wasm_len;
};

struct tt_app; // defined by app_state.h, for core and whoever reserves memory for one

// Overwrites *app. Drives every output to its safe level, checks and loads the module; the guest
// runs from the first step on. TT_OK, also in safe mode; otherwise nothing runs and tt_app_why says
// why.
int tt_app_start(struct tt_app *app, const struct tt_app_config *config, int64_t now_ms);
const char *tt_app_why(const struct tt_app *app);

// Runs all that is due at now_ms (uptime). Returns milliseconds until it wants to be called again
// (INT32_MAX: only when woken).
int32_t tt_app_step(struct tt_app *app, int64_t now_ms);

// From an interrupt handler or the simulator: an input of the board changed. Only queues and wakes.
void tt_app_pin_changed(struct tt_app *app, uint16_t channel, int level);

// Unloads the guest and drives every output to its safe level.
void tt_app_stop(struct tt_app *app);

bool tt_app_safe_mode(const struct tt_app *app);

// tt_import_call of engine.h; host is the struct tt_app.
const char *tt_app_import(void *host, const struct tt_import *import,
                          const struct tt_guest_memory *memory, const uint64_t *args,
                          uint64_t *result);
