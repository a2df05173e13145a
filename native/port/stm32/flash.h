// The chip's own flash as struct tt_block. While a sector is erased, and while it is programmed, a
// chip with one bank executes nothing from flash: interrupts wait, for up to 4 s. The watchdog is
// set for that.
//
// There is no littlefs on it: store, outbox, trust and settings are logs and slots that each lie on
// whole sectors of their own and survive power cuts by themselves, and with sectors of 16 to 128
// KiB a file system would have two to eight blocks to spread wear over, for 15 KB of code.
#pragma once

#include "../block.h"

// Where the flash at offset can be read like memory.
const uint8_t *tt_stm32_flash_at(uint32_t offset);
// A range of whole sectors that are all of one size; else a block without any bytes.
struct tt_block tt_stm32_flash(uint32_t offset, uint32_t size);
