// Where the chips of the family differ, as data: each folder stm32f… beside this file defines one.
#pragma once

#include <stdint.h>

struct tt_stm32_limits {
    uint32_t apb1_hz; // most
    uint32_t apb2_hz;
    uint32_t overdrive_above_hz; // of the core; 0: the chip needs none
    uint32_t unique_id;          // address of 12 bytes
    uint32_t small_sector_bytes; // of the flash; the others are four and eight times as large
    uint32_t bank_bytes;         // of the flash, the banks that one controller counts through
    uint8_t banks;
    uint32_t vrefint_3v3; // address of what the maker's ADC read of VREFINT at 3.3 V
};

extern const struct tt_stm32_limits tt_stm32_limits;
