// Which of the apps in flash is run.
#pragma once

#include <stdbool.h>

#include "../../core/slot.h"
#include "../../port/chip.h"

// The newest of the valid apps in the board's slots; `damaged` counts those that are there and not
// valid. TT_OK or TT_ENOTFOUND.
int tt_slots_find(const struct tt_chip *chip, struct tt_slot *app, unsigned *damaged);
