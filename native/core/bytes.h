// Bounded cursors over bytes, big endian where MQTT is. They know lengths, nothing about meaning.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reading past the end gives zeros and sets `cut`, which stays: check it once, at the end.
struct tt_reader {
    const uint8_t *data;
    size_t len;
    size_t at;
    bool cut;
};

// Writing what does not fit writes nothing and sets `full`, which stays. len never exceeds cap.
struct tt_writer {
    uint8_t *data;
    size_t cap;
    size_t len;
    bool full;
};

// A part of somebody else's bytes.
struct tt_range {
    const char *data;
    size_t len;
};

struct tt_reader tt_reader_of(const void *data, size_t len);
size_t tt_reader_left(const struct tt_reader *reader);
uint8_t tt_reader_u8(struct tt_reader *reader);
uint16_t tt_reader_u16(struct tt_reader *reader);
const uint8_t *tt_reader_take(struct tt_reader *reader, size_t len); // NULL when cut

struct tt_writer tt_writer_of(void *data, size_t cap);
void tt_writer_u8(struct tt_writer *writer, uint8_t value);
void tt_writer_u16(struct tt_writer *writer, uint16_t value);
void tt_writer_bytes(struct tt_writer *writer, const void *data, size_t len);
void tt_writer_text(struct tt_writer *writer, const char *text); // without its NUL
void tt_writer_decimal(struct tt_writer *writer, int64_t value);
// All but A-Z a-z 0-9 - _ . ~ becomes %XX with upper-case digits.
void tt_writer_percent(struct tt_writer *writer, const void *text, size_t len);
// A JSON string with its quotes; control characters, quote and backslash are escaped.
void tt_writer_json(struct tt_writer *writer, const void *text, size_t len);

// Room for len bytes that the caller writes at once, or NULL when they do not fit.
uint8_t *tt_writer_room(struct tt_writer *writer, size_t len);

// What is on flash is little endian.
uint32_t tt_get32(const uint8_t *from);
void tt_put32(uint8_t *to, uint32_t value);
// CRC-32 of ISO 3309; `crc` is 0, or the result for what came before.
uint32_t tt_crc32(uint32_t crc, const uint8_t *data, size_t len);

bool tt_range_is(struct tt_range range, const char *text);
// A whole decimal number of at most 18 digits with an optional minus; false when it is not one.
bool tt_range_integer(struct tt_range range, int64_t *out);
// Well-formed UTF-8 without U+0000 [MQTT-1.5.3-1, MQTT-1.5.3-2].
bool tt_range_is_text(struct tt_range range);
