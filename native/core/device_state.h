// The layout of struct tt_device, for core and for whoever wants to look inside one.
#pragma once

#include "app_state.h"
#include "device.h"
#include "link_state.h"
#include "module.h"

struct tt_device {
    struct tt_app app;
    struct tt_link link;
    struct tt_outbox outbox;
    struct tt_inbox inbox;
    struct tt_store store;
    char model_id[TT_MODULE_MODEL_ID_MAX + 1]; // the app's, with its NUL; empty for none
    bool linked;                               // false: offline for good
    struct tt_upload *upload;                  // NULL: none
};
