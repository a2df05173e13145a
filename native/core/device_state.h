// The layout of struct tt_device, for core and for whoever wants to look inside one.
#pragma once

#include "app_state.h"
#include "device.h"
#include "link_state.h"

struct tt_device {
    struct tt_app app;
    struct tt_link link;
    struct tt_outbox outbox;
    struct tt_inbox inbox;
    struct tt_store store;
    bool linked; // false: offline for good
};
