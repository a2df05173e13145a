// UTF-16 to JSON, and numbers with a decimal point; digits and commas, no meaning.
#include "json_writer.h"

#include "guest_memory.h"

enum { DECIMALS_MAX = 18, NUMBER_MAX = 24 };

void tt_json_writer_begin(struct tt_json_writer *writer, bool as_object)
{
    *writer = (struct tt_json_writer){.out = tt_writer_of(writer->out.data, writer->out.cap)};
    if (as_object) { tt_json_writer_open(writer, false); }
}

void tt_json_writer_name(struct tt_json_writer *writer, const uint8_t *name, size_t units)
{
    if (writer->depth == 0) { return; }
    const uint32_t bit = UINT32_C(1) << (writer->depth - 1);
    if (writer->filled & bit) { tt_writer_u8(&writer->out, ','); }
    writer->filled |= bit;
    if (writer->arrays & bit) { return; }
    tt_json_writer_text(writer, name, units);
    tt_writer_u8(&writer->out, ':');
}

void tt_json_writer_open(struct tt_json_writer *writer, bool array)
{
    if (writer->depth == TT_JSON_WRITER_DEPTH_MAX) {
        writer->out.full = true;
        return;
    }
    const uint32_t bit = UINT32_C(1) << writer->depth++;
    writer->filled &= ~bit;
    writer->arrays = array ? writer->arrays | bit : writer->arrays & ~bit;
    tt_writer_u8(&writer->out, array ? '[' : '{');
}

static void close_innermost(struct tt_json_writer *writer)
{
    const uint32_t bit = UINT32_C(1) << --writer->depth;
    tt_writer_u8(&writer->out, writer->arrays & bit ? ']' : '}');
}

void tt_json_writer_close(struct tt_json_writer *writer)
{
    if (writer->depth > 1) { close_innermost(writer); }
}

void tt_json_writer_number(struct tt_json_writer *writer, int64_t value, int32_t decimals)
{
    const int32_t after = decimals < 0 ? 0 : decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
    char text[NUMBER_MAX];
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (int32_t written = 0; written <= after || rest > 0; written++) {
        if (written > 0 && written == after) { text[--at] = '.'; }
        // 64-bit division is a library call on 32-bit processors: left as soon as the rest is small
        if (rest <= UINT32_MAX) {
            const uint32_t small = (uint32_t)rest;
            text[--at] = (char)('0' + small % 10);
            rest = small / 10;
        } else {
            text[--at] = (char)('0' + rest % 10);
            rest /= 10;
        }
    }
    if (value < 0) { text[--at] = '-'; }
    tt_writer_bytes(&writer->out, text + at, sizeof text - at);
}

// RFC 8259 §7: \n and \t short, the others as \u00xx.
static void put_control(struct tt_writer *out, uint32_t control)
{
    static const char digits[] = "0123456789abcdef";
    if (control == '\n' || control == '\t') {
        tt_writer_text(out, control == '\n' ? "\\n" : "\\t");
        return;
    }
    const char escape[] = {'\\', 'u', '0', '0', digits[control >> 4], digits[control & 15]};
    tt_writer_bytes(out, escape, sizeof escape);
}

static void put_units(struct tt_writer *out, const uint8_t *units, size_t count, bool escape)
{
    for (size_t i = 0; i < count;) {
        const uint32_t code_point = tt_guest_code_point(units, count, &i);
        if (escape && code_point < 0x20) {
            put_control(out, code_point);
            continue;
        }
        if (escape && (code_point == '"' || code_point == '\\')) { tt_writer_u8(out, '\\'); }
        if (code_point < 0x80) {
            tt_writer_u8(out, (uint8_t)code_point);
            continue;
        }
        char utf8[4];
        tt_writer_bytes(out, utf8, tt_guest_put_utf8(code_point, utf8));
    }
}

void tt_json_writer_text(struct tt_json_writer *writer, const uint8_t *text, size_t units)
{
    tt_writer_u8(&writer->out, '"');
    put_units(&writer->out, text, units, true);
    tt_writer_u8(&writer->out, '"');
}

void tt_json_writer_raw(struct tt_json_writer *writer, const uint8_t *json, size_t units)
{
    put_units(&writer->out, json, units, false);
}

bool tt_json_writer_end(struct tt_json_writer *writer, struct tt_range *value)
{
    while (writer->depth > 0) {
        close_innermost(writer);
    }
    *value = (struct tt_range){(const char *)writer->out.data, writer->out.len};
    return !writer->out.full;
}
