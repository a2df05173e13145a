// What the board's flash holds for a device: its app, the interpreter's code, the store, the
// outbox.
#pragma once

#include "../../core/device.h"
#include "../../core/slot.h"
#include "../../port/chip.h"

struct tt_parts {
    struct tt_slot app;
    struct tt_block store;
    struct tt_block outbox;  // no blocks on a board that has none
    struct tt_engine engine; // wasm3
};

// False when there is nothing to run, and then it was said. port is used as long as parts are.
bool tt_parts_open(struct tt_parts *parts, const struct tt_chip *chip, const struct tt_port *port);

// Log lines of main's own; `why` may be NULL.
void tt_parts_say(const struct tt_port *port, enum tt_log_level level, const char *text,
                  const char *why);
