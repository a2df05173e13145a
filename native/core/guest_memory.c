// Checked access to the guest's memory and UTF-16 to UTF-8; knows nothing of what the bytes mean.
#include "guest_memory.h"

#include <string.h>

const char tt_trap_bounds[] = "guest pointer out of bounds";

enum { REPLACEMENT = 0xFFFD };

static uint8_t *range(const struct tt_guest_memory *memory, uint32_t start, uint64_t bytes)
{
    if (bytes == 0) { return memory->base; }
    if (bytes > memory->size || start > memory->size - (uint32_t)bytes) { return NULL; }
    return memory->base + start;
}

uint8_t *tt_guest_range(const struct tt_guest_memory *memory, uint64_t pointer, uint64_t len)
{
    return range(memory, (uint32_t)pointer, (uint32_t)len);
}

uint8_t *tt_guest_units(const struct tt_guest_memory *memory, uint64_t pointer, uint64_t units)
{
    return range(memory, (uint32_t)pointer, 2 * (uint64_t)(uint32_t)units);
}

uint32_t tt_guest_code_point(const uint8_t *units, size_t count, size_t *at)
{
    const uint32_t unit = units[2 * *at] | (uint32_t)units[2 * *at + 1] << 8;
    *at += 1;
    if (unit < 0xD800 || unit > 0xDFFF) { return unit; }
    if (unit > 0xDBFF || *at == count) { return REPLACEMENT; }
    const uint32_t low = units[2 * *at] | (uint32_t)units[2 * *at + 1] << 8;
    if (low < 0xDC00 || low > 0xDFFF) { return REPLACEMENT; }
    *at += 1;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

size_t tt_guest_put_utf8(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

const char *tt_guest_read_text(const struct tt_guest_memory *memory, uint64_t pointer,
                               uint64_t units, struct tt_guest_text *text, size_t *len)
{
    const uint32_t count = (uint32_t)units;
    const uint8_t *const from = tt_guest_units(memory, pointer, units);
    if (from == NULL) { return NULL; }
    // The last byte is kept for the NUL; each text but the last gives one of its own up to it.
    const size_t last = sizeof text->bytes - 1;
    if (text->used > last) { text->used = last; }
    char *const out = text->bytes + text->used;
    size_t used = text->used;
    for (size_t at = 0; at < count;) {
        char utf8[4];
        const size_t bytes = tt_guest_put_utf8(tt_guest_code_point(from, count, &at), utf8);
        if (bytes > last - used) {
            text->cut = true;
            break;
        }
        memcpy(text->bytes + used, utf8, bytes);
        used += bytes;
    }
    text->bytes[used] = 0;
    *len = used - text->used;
    text->used = used + 1;
    return out;
}

double tt_guest_f64(uint64_t slot)
{
    double value;
    memcpy(&value, &slot, sizeof value);
    return value;
}

uint64_t tt_guest_slot(double value)
{
    if (value != value) { return UINT64_C(0x7FF8000000000000); }
    uint64_t slot;
    memcpy(&slot, &value, sizeof slot);
    return slot;
}
