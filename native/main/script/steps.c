// Reads a script, bounded by its slot.

#include "steps.h"

#include "../../core/slot.h"
#include "../../port/error.gen.h"

static uint32_t read32(struct tt_reader *reader)
{
    const uint32_t high = tt_reader_u16(reader);
    return high << 16 | tt_reader_u16(reader);
}

int tt_steps_open(struct tt_steps *steps, const uint8_t *partition, size_t size)
{
    struct tt_slot slot;
    const int err = tt_slot_open(partition, size, (enum tt_slot_magic)TT_SLOT_SCRIPT, &slot);
    if (err < 0) { return err; }
    steps->reader = tt_reader_of(slot.data, slot.len);
    const uint64_t high = read32(&steps->reader);
    steps->epoch_ms = (int64_t)(high << 32 | read32(&steps->reader));
    return TT_OK;
}

bool tt_steps_next(struct tt_steps *steps, struct tt_step *out)
{
    const size_t len = tt_reader_u16(&steps->reader);
    const uint8_t *const bytes = tt_reader_take(&steps->reader, len);
    if (bytes == NULL || steps->reader.cut) { return false; }
    struct tt_reader reader = tt_reader_of(bytes, len);
    *out = (struct tt_step){.at_ms = read32(&reader),
                            .what = (enum tt_step_kind)tt_reader_u8(&reader)};
    if (out->what == TT_STEP_PIN) {
        out->channel = tt_reader_u16(&reader);
        out->value = (int32_t)read32(&reader);
    } else if (out->what == TT_STEP_DELIVERY) {
        out->kind = tt_reader_u8(&reader);
        out->id = (int32_t)read32(&reader);
        out->name.len = tt_reader_u16(&reader);
        out->name.data = (const char *)tt_reader_take(&reader, out->name.len);
        out->payload.len = tt_reader_left(&reader);
        out->payload.data = (const char *)tt_reader_take(&reader, out->payload.len);
    } else if (out->what == TT_STEP_TWIN) {
        out->payload.len = tt_reader_left(&reader);
        out->payload.data = (const char *)tt_reader_take(&reader, out->payload.len);
    } else if (out->what != TT_STEP_END) {
        return false;
    }
    const bool good = !reader.cut && out->at_ms >= steps->last_ms;
    steps->last_ms = out->at_ms;
    return good;
}
