// STM32F429, data sheet DS9405.

#include "../limits.h"

const struct tt_stm32_limits tt_stm32_limits = {
    .apb1_hz = 45000000,
    .apb2_hz = 90000000,
    .overdrive_above_hz = 168000000,
    .unique_id = 0x1FFF7A10,
    .small_sector_bytes = 16384,
    .bank_bytes = 1048576,
    .banks = 2,
    .vrefint_3v3 = 0x1FFF7A2A,
};
