// The pins of a machine that has none: the panel.
#pragma once

#include "../board_io.h"

// changed: called in the tick's handler for each edge of a watched input, as a GPIO's handler
// would.
struct tt_board_io tt_qemu_pins(void (*changed)(uint16_t channel, int level));
void tt_qemu_pins_tick(void);
