// The steps of a script as they lie in flash. They know no device.
#pragma once

#include <stdbool.h>

#include "../../core/bytes.h"

// In the settings' place a slot with magic "TTSC"; src/firmware/script.ts writes it. Its content,
// big endian: epoch at time 0 in ms (8), then steps, each its length (2), time in ms (4), kind (1)
// and
//   PIN: channel (2), value (4);
//   DELIVERY: kind (1) and id (4) of struct tt_delivery, length of the name (2), name, payload;
//   TWIN: the desired properties from now on, for an app that was started again and asks for them;
//   END: nothing.
enum tt_step_kind { TT_STEP_PIN = 1, TT_STEP_DELIVERY = 2, TT_STEP_TWIN = 3, TT_STEP_END = 4 };
enum { TT_SLOT_SCRIPT = 0x43535454 };

struct tt_step {
    int64_t at_ms;
    enum tt_step_kind what;
    uint16_t channel;
    int32_t value;
    int32_t kind;
    int32_t id;
    struct tt_range name;
    struct tt_range payload;
};

struct tt_steps {
    int64_t epoch_ms;
    int64_t last_ms;
    struct tt_reader reader;
};

// TT_OK, or an error of tt_slot_open.
int tt_steps_open(struct tt_steps *steps, const uint8_t *partition, size_t size);
// The next step; false when it cannot be read, or goes back in time.
bool tt_steps_next(struct tt_steps *steps, struct tt_step *out);
