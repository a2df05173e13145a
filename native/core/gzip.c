// A greedy search with one candidate for each beginning: about twenty instructions a byte more than
// copying. uzlib's encoder, which is in our sources, compares with the whole window at each byte
// and asserts where we refuse.
#include "gzip.h"

#include <string.h>

#include "../port/error.gen.h"

enum {
    HEADER_LEN = 10,
    TRAILER_LEN = 8,
    STORED_LEN = 5, // of the head of a stored block
    MATCH_MIN = 3,
    MATCH_MAX = 258,
    END_OF_BLOCK = 256,
};

struct bits {
    uint8_t *out;
    size_t cap;
    size_t len;
    uint32_t held;
    unsigned count; // of held
    int full;
};

// The lowest bit first (RFC 1951 §3.1.1).
static void put_bits(struct bits *bits, uint32_t value, unsigned count)
{
    bits->held |= value << bits->count;
    bits->count += count;
    while (bits->count >= 8) {
        if (bits->len == bits->cap) {
            bits->full = 1;
            bits->count = 0;
            return;
        }
        bits->out[bits->len++] = (uint8_t)bits->held;
        bits->held >>= 8;
        bits->count -= 8;
    }
}

// Huffman codes go the highest bit first.
static void put_code(struct bits *bits, uint32_t code, unsigned count)
{
    uint32_t mirrored = 0;
    for (unsigned i = 0; i < count; i++) {
        mirrored |= (code >> i & 1) << (count - 1 - i);
    }
    put_bits(bits, mirrored, count);
}

// RFC 1951 §3.2.6.
static void put_symbol(struct bits *bits, uint32_t symbol)
{
    if (symbol < 144) {
        put_code(bits, 0x30 + symbol, 8);
    } else if (symbol < 256) {
        put_code(bits, 0x190 + symbol - 144, 9);
    } else if (symbol < 280) {
        put_code(bits, symbol - 256, 7);
    } else {
        put_code(bits, 0xc0 + symbol - 280, 8);
    }
}

static unsigned log2_of(uint32_t value)
{
    unsigned log = 0;
    while (value > 1) {
        value >>= 1;
        log++;
    }
    return log;
}

// Both of RFC 1951 §3.2.5's tables are regular: `groups` codes to each power of two.
static void put_match(struct bits *bits, uint32_t length, uint32_t distance)
{
    const uint32_t over = length - MATCH_MIN;
    if (length == MATCH_MAX) {
        put_symbol(bits, 285);
    } else if (over < 8) {
        put_symbol(bits, 257 + over);
    } else {
        const unsigned extra = log2_of(over) - 2;
        put_symbol(bits, 257 + 4 * extra + (over >> extra));
        put_bits(bits, over & ((1u << extra) - 1), extra);
    }
    const uint32_t back = distance - 1;
    if (back < 4) {
        put_code(bits, back, 5);
    } else {
        const unsigned extra = log2_of(back) - 1;
        put_code(bits, 2 * extra + (back >> extra), 5);
        put_bits(bits, back & ((1u << extra) - 1), extra);
    }
}

static unsigned hash_of(const uint8_t *at)
{
    const uint32_t three = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
    return (three * 2654435761u) >> 24;
}

static size_t match_at(const uint8_t *data, size_t len, size_t earlier, size_t at)
{
    const size_t most = len - at < MATCH_MAX ? len - at : MATCH_MAX;
    size_t same = 0;
    while (same < most && data[earlier + same] == data[at + same]) {
        same++;
    }
    return same;
}

static void deflate(struct tt_gzip *gzip, const uint8_t *data, size_t len, struct bits *bits)
{
    memset(gzip->heads, 0, sizeof gzip->heads);
    put_bits(bits, 3, 3); // the last block, of fixed codes
    for (size_t at = 0; at < len && !bits->full;) {
        size_t same = 0;
        size_t earlier = 0;
        if (len - at >= MATCH_MIN) {
            uint16_t *const head = &gzip->heads[hash_of(data + at)];
            if (*head > 0) { // 0: nothing yet, else the place after 0
                earlier = *head - 1u;
                same = match_at(data, len, earlier, at);
            }
            *head = (uint16_t)(at + 1);
        }
        if (same >= MATCH_MIN) {
            put_match(bits, (uint32_t)same, (uint32_t)(at - earlier));
            for (size_t i = 1; i < same && len - at - i >= MATCH_MIN; i++) {
                gzip->heads[hash_of(data + at + i)] = (uint16_t)(at + i + 1);
            }
            at += same;
        } else {
            put_symbol(bits, data[at++]);
        }
    }
    put_symbol(bits, END_OF_BLOCK);
    put_bits(bits, 0, 7); // to the end of the byte
}

static uint32_t crc_of(const uint8_t *data, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < len; i++) {
        crc = table[(crc ^ data[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ (uint32_t)(data[i] >> 4)) & 15] ^ crc >> 4;
    }
    return ~crc;
}

static void put_u32(uint8_t *out, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

int tt_gzip_write(struct tt_gzip *gzip, const uint8_t *data, size_t len, uint8_t *out, size_t cap)
{
    // Compression method 8, no flags, no time, unknown system (RFC 1952 §2.3).
    static const uint8_t header[HEADER_LEN] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
    if (len == 0 || len > TT_GZIP_INPUT_MAX) { return TT_EINVALID; }
    if (cap < HEADER_LEN + TRAILER_LEN) { return TT_EFULL; }
    memcpy(out, header, HEADER_LEN);
    const size_t room = cap - HEADER_LEN - TRAILER_LEN;
    struct bits bits = {.out = out + HEADER_LEN,
                        .cap = room < len + STORED_LEN ? room : len + STORED_LEN};
    deflate(gzip, data, len, &bits);
    if (bits.full) { // stored (RFC 1951 §3.2.4), where it fits
        if (room < len + STORED_LEN) { return TT_EFULL; }
        const uint8_t head[STORED_LEN] = {1, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)~len,
                                          (uint8_t)(~len >> 8)};
        memcpy(bits.out, head, STORED_LEN);
        memcpy(bits.out + STORED_LEN, data, len);
        bits.len = STORED_LEN + len;
    }
    put_u32(bits.out + bits.len, crc_of(data, len));
    put_u32(bits.out + bits.len + 4, (uint32_t)len);
    return (int)(HEADER_LEN + bits.len + TRAILER_LEN);
}
