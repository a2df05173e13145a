// A clock that the network sets, between network.c and whoever keeps it: so that a firmware without
// one links none.
#pragma once

#include <stdint.h>

struct tt_lwip_clock {
    // On the link loop, once lwIP is there; an address may still be missing.
    void (*start)(int64_t (*uptime_ms)(void));
    int64_t (*epoch_ms)(void); // of struct tt_network
};
