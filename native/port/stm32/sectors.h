// The sectors of the chip's flash: four small ones, one medium, the others large, in each bank.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tt_stm32_sector {
    uint32_t offset; // from the start of the flash, bytes
    uint32_t bytes;
    uint8_t number;  // counted through both banks
    uint8_t in_bank; // sectors in one bank
};

// The sector that holds the byte at offset; false outside of the flash.
bool tt_stm32_sector_at(uint32_t offset, struct tt_stm32_sector *out);
