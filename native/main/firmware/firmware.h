// What every firmware is, whatever the chip: one device with its memory, its flash and its two
// loops.
#pragma once

#include "../../port/chip.h"
#include "../../port/network.h"

// Runs the board's device; does not return. network: NULL on a board that has none.
void tt_firmware_run(const struct tt_chip *chip, const struct tt_network *network);
