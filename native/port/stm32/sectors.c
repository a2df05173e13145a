// Sectors from the chip's data: all of one bank, and how many banks.

#include "sectors.h"

#include "limits.h"

enum { SMALL = 4, SMALL_TO_MEDIUM = 4, SMALL_TO_LARGE = 8 };

bool tt_stm32_sector_at(uint32_t offset, struct tt_stm32_sector *out)
{
    const uint32_t small = tt_stm32_limits.small_sector_bytes;
    const uint32_t large = small * SMALL_TO_LARGE; // the small and the medium ones together, too
    const uint32_t bank = tt_stm32_limits.bank_bytes;
    if (offset / bank >= tt_stm32_limits.banks) { return false; }
    const uint32_t start = offset / bank * bank;
    const uint32_t at = offset - start;
    out->in_bank = (uint8_t)(SMALL + bank / large);
    uint32_t number;
    if (at < SMALL * small) {
        number = at / small;
        out->bytes = small;
        out->offset = start + number * small;
    } else if (at < large) {
        number = SMALL;
        out->bytes = small * SMALL_TO_MEDIUM;
        out->offset = start + SMALL * small;
    } else {
        number = SMALL + at / large;
        out->bytes = large;
        out->offset = start + at / large * large;
    }
    out->number = (uint8_t)(start / bank * out->in_bank + number);
    return true;
}
