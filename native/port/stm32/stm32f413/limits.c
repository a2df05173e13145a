// STM32F413, data sheet DS11581.

#include "../limits.h"

const struct tt_stm32_limits tt_stm32_limits = {
    .apb1_hz = 50000000,
    .apb2_hz = 100000000,
    .overdrive_above_hz = 0,
    .unique_id = 0x1FFF7A10,
    .small_sector_bytes = 16384,
    .bank_bytes = 1572864,
    .banks = 1,
    .vrefint_3v3 = 0x1FFF7A2A,
};
