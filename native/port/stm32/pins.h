// struct tt_board_io over the chip's pins, converters, timers and buses.
#pragma once

#include <stddef.h>

#include "../board_io.h"
#include "../wires.h"

// wires: as many as the board has channels; the caller's for ever.
void tt_stm32_pins_use(const struct tt_channel_wires *wires, size_t count);
// struct tt_chip's.
struct tt_board_io tt_stm32_pins(void (*changed)(uint16_t channel, int level));
