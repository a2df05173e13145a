// A firmware's network through the modem: struct tt_network over the driver, and a few lines of
// log. There is one modem.
#pragma once

#include "../network.h"
#include "esp_at.h"

// What connects the modem's wires; returns TT_OK and its pipe.
struct tt_esp_at_board {
    int (*open)(void (*wake)(void), struct tt_stream *pipe);
    // As in struct tt_esp_at_config.
    void (*reset)(void *ctx);
    const char *network;
    const char *password;
};

// board is the driver's from here on.
struct tt_network tt_esp_at_network(const struct tt_esp_at_board *board);
