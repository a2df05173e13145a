// The app slots of the board's flash; a torn or damaged one is passed over.

#include "slots.h"

#include "../../port/error.gen.h"
#include "board.gen.h"

int tt_slots_find(const struct tt_chip *chip, struct tt_slot *app, unsigned *damaged)
{
    static const struct {
        uint32_t offset;
        uint32_t size;
    } slots[] = TT_BOARD_APP_SLOTS;
    bool found = false;
    *damaged = 0;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        struct tt_slot slot;
        const int err =
            tt_slot_open(chip->flash_at(slots[i].offset), slots[i].size, TT_SLOT_APP, &slot);
        if (err == TT_EINVALID) { (*damaged)++; }
        // Sequence numbers wrap: the newer one is ahead by less than half of all.
        if (err < 0 || (found && (int32_t)(slot.sequence - app->sequence) < 0)) { continue; }
        *app = slot;
        found = true;
    }
    return found ? TT_OK : TT_ENOTFOUND;
}
