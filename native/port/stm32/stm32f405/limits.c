// STM32F405, data sheet DS8626.

#include "../limits.h"

const struct tt_stm32_limits tt_stm32_limits = {
    .apb1_hz = 42000000,
    .apb2_hz = 84000000,
    .overdrive_above_hz = 0,
    .unique_id = 0x1FFF7A10,
    .small_sector_bytes = 16384,
    .bank_bytes = 1048576,
    .banks = 1,
    .vrefint_3v3 = 0x1FFF7A2A,
};
