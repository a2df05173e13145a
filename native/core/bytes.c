// The bodies of the cursors.
#include "bytes.h"

#include <string.h>

struct tt_reader tt_reader_of(const void *data, size_t len)
{
    return (struct tt_reader){.data = data, .len = len};
}

size_t tt_reader_left(const struct tt_reader *reader)
{
    return reader->len - reader->at;
}

const uint8_t *tt_reader_take(struct tt_reader *reader, size_t len)
{
    if (reader->cut || len > reader->len - reader->at) {
        reader->cut = true;
        return NULL;
    }
    const uint8_t *taken = reader->data + reader->at;
    reader->at += len;
    return taken;
}

uint8_t tt_reader_u8(struct tt_reader *reader)
{
    const uint8_t *taken = tt_reader_take(reader, 1);
    return taken == NULL ? 0 : taken[0];
}

uint16_t tt_reader_u16(struct tt_reader *reader)
{
    const uint8_t *taken = tt_reader_take(reader, 2);
    return taken == NULL ? 0 : (uint16_t)(taken[0] << 8 | taken[1]);
}

struct tt_writer tt_writer_of(void *data, size_t cap)
{
    return (struct tt_writer){.data = data, .cap = cap};
}

void tt_writer_bytes(struct tt_writer *writer, const void *data, size_t len)
{
    if (writer->full || len > writer->cap - writer->len) {
        writer->full = true;
        return;
    }
    if (len > 0) { // memcpy wants real pointers even for nothing
        memcpy(writer->data + writer->len, data, len);
        writer->len += len;
    }
}

uint8_t *tt_writer_room(struct tt_writer *writer, size_t len)
{
    if (writer->full || len > writer->cap - writer->len) {
        writer->full = true;
        return NULL;
    }
    uint8_t *const room = writer->data + writer->len;
    writer->len += len;
    return room;
}

void tt_writer_u8(struct tt_writer *writer, uint8_t value)
{
    tt_writer_bytes(writer, &value, 1);
}

void tt_writer_u16(struct tt_writer *writer, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    tt_writer_bytes(writer, bytes, 2);
}

void tt_writer_text(struct tt_writer *writer, const char *text)
{
    tt_writer_bytes(writer, text, strlen(text));
}

void tt_writer_decimal(struct tt_writer *writer, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-'; // 19 digits at most: there is room
    }
    tt_writer_bytes(writer, digits + at, sizeof digits - at);
}

static const char hex_upper[] = "0123456789ABCDEF";

static bool unreserved(uint8_t c)
{ // RFC 3986 §2.3
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void tt_writer_percent(struct tt_writer *writer, const void *text, size_t len)
{
    const uint8_t *from = text;
    for (size_t i = 0; i < len; i++) {
        if (unreserved(from[i])) {
            tt_writer_u8(writer, from[i]);
        } else {
            const char escaped[3] = {'%', hex_upper[from[i] >> 4], hex_upper[from[i] & 15]};
            tt_writer_bytes(writer, escaped, 3);
        }
    }
}

void tt_writer_json(struct tt_writer *writer, const void *text, size_t len)
{
    const uint8_t *from = text;
    tt_writer_u8(writer, '"');
    for (size_t i = 0; i < len; i++) {
        const uint8_t c = from[i];
        if (c == '"' || c == '\\') {
            tt_writer_u8(writer, '\\');
            tt_writer_u8(writer, c);
        } else if (c < 0x20) { // RFC 8259 §7
            tt_writer_text(writer, "\\u00");
            tt_writer_u8(writer, (uint8_t)hex_upper[c >> 4]);
            tt_writer_u8(writer, (uint8_t)hex_upper[c & 15]);
        } else {
            tt_writer_u8(writer, c);
        }
    }
    tt_writer_u8(writer, '"');
}

uint32_t tt_get32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

void tt_put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> 8 * i);
    }
}

uint32_t tt_crc32(uint32_t crc, const uint8_t *data, size_t len)
{
    // Reflected, polynomial 0xEDB88320, four bits at a time.
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

bool tt_range_is(struct tt_range range, const char *text)
{
    return range.len == strlen(text) &&
           (range.len == 0 || memcmp(range.data, text, range.len) == 0);
}

bool tt_range_integer(struct tt_range range, int64_t *out)
{
    const bool negative = range.len > 0 && range.data[0] == '-';
    const size_t first = negative ? 1 : 0;
    if (range.len == first || range.len - first > 18) { return false; }
    int64_t value = 0;
    for (size_t i = first; i < range.len; i++) {
        if (range.data[i] < '0' || range.data[i] > '9') { return false; }
        value = value * 10 + (range.data[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

bool tt_range_is_text(struct tt_range range)
{
    const uint8_t *at = (const uint8_t *)range.data;
    const uint8_t *const end = at + range.len;
    while (at < end) {
        const uint8_t lead = *at++;
        if (lead < 0x80) {
            if (lead == 0) { return false; }
            continue;
        }
        size_t more;
        uint32_t code;
        uint32_t least; // shorter forms of the same character are not UTF-8
        if (lead >= 0xc2 && lead < 0xe0) {
            more = 1, code = lead & 0x1f, least = 0x80;
        } else if (lead >= 0xe0 && lead < 0xf0) {
            more = 2, code = lead & 0x0f, least = 0x800;
        } else if (lead >= 0xf0 && lead < 0xf5) {
            more = 3, code = lead & 0x07, least = 0x10000;
        } else {
            return false;
        }
        if ((size_t)(end - at) < more) { return false; }
        for (; more > 0; more--, at++) {
            if ((*at & 0xc0) != 0x80) { return false; }
            code = code << 6 | (*at & 0x3f);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) { return false; }
    }
    return true;
}
