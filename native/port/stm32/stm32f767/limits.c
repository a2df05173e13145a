// STM32F767, data sheet DS11532.

#include "../limits.h"

const struct tt_stm32_limits tt_stm32_limits = {
    .apb1_hz = 54000000,
    .apb2_hz = 108000000,
    .overdrive_above_hz = 180000000,
    .unique_id = 0x1FF0F420,
    .small_sector_bytes = 32768,
    .bank_bytes = 2097152,
    .banks = 1,
    .vrefint_3v3 = 0x1FF0F44A,
};
