// What every port promises core, as checks that run on any target; they know no operating system.
#pragma once

#include "../../core/board.h"
#include "../block.h"
#include "../board_io.h"
#include "../port.h"

enum tt_contract_outcome {
    TT_CONTRACT_KEPT,
    TT_CONTRACT_UNSUPPORTED, // the port says itself that it has no such thing
    TT_CONTRACT_BROKEN,
};

// A server of the tester's for the streams: it sends back every byte it receives, and when it
// receives TT_CONTRACT_HANG_UP it sends back what came before and closes the connection.
enum { TT_CONTRACT_HANG_UP = 0x04 };

struct tt_contract {
    const struct tt_port *port;
    // How the port's own loops tell time and wait (posix.h names one such set); loop is the
    // argument.
    void *loop;
    int64_t (*uptime_ms)(void *loop); // < 0: the port has no clock
    void (*wait_app)(void *loop, int32_t timeout_ms);
    void (*wait_link)(void *loop, int32_t timeout_ms);

    const char *echo_host; // of the server; also a host of which `refusing_port` is closed
    uint16_t echo_port;
    uint16_t refusing_port;
    const char *unknown_host; // a name that no server resolves; NULL: not checked
    int32_t patience_ms;      // how long connecting, and being refused, may take

    const struct tt_block *block; // NULL: the port has no flash
    uint32_t scratch_block;       // it and the next one lose what is in them

    const struct tt_board_io *io; // outputs are driven to their safe level only
    const struct tt_board_pin *pins;
    size_t pin_count;

    // Called once for each promise. `why` is "" when it was kept.
    void (*report)(void *ctx, enum tt_contract_outcome outcome, const char *promise,
                   const char *why);
    void *ctx;
};

// Checks all but restart, which a real port does not return from. Returns the number of promises
// broken.
int tt_contract_run(const struct tt_contract *contract);
