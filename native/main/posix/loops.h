// The app loop and the link loop as two threads; the device's queues are all they share.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "../../core/device.h"
#include "../../port/posix/pins.h"
#include "../../port/posix/posix.h"

struct tt_loops {
    struct tt_posix *posix;
    struct tt_posix_pins *pins;
    struct tt_device *device;
    const _Atomic bool *stopped; // whoever sets it wakes both loops then
    int64_t until_ms;            // uptime at which the loops end by themselves
};

// Returns when both have ended: stopped, out of time, or because a restart was asked for.
void tt_loops_run(struct tt_loops *loops);
