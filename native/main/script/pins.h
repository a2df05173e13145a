// Pins that a script drives: no chip's, so that every target has the same.
#pragma once

#include "../../port/board_io.h"

struct tt_board_io tt_script_pins(void (*changed)(uint16_t channel, int level));
// An input's level or an analog pin's millivolts.
void tt_script_pin_set(uint16_t channel, int32_t value);
