// gzip: what it writes is read back by an inflater of the test's own; test/native/gzip.test.ts has
// zlib read it.
#include "../core/gzip.h"

#include "../port/error.gen.h"
#include "check.h"

struct in {
    const uint8_t *data;
    size_t len;
    size_t bit;
};

static unsigned bit(struct in *in)
{
    CHECK(in->bit / 8 < in->len);
    const unsigned value = in->data[in->bit / 8] >> in->bit % 8 & 1;
    in->bit++;
    return value;
}

static unsigned bits(struct in *in, unsigned count)
{
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++) {
        value |= bit(in) << i;
    }
    return value;
}

static unsigned code(struct in *in, unsigned value, unsigned count)
{
    while (count-- > 0) {
        value = value << 1 | bit(in);
    }
    return value;
}

static unsigned symbol(struct in *in)
{
    unsigned value = code(in, 0, 7);
    if (value < 24) { return 256 + value; }
    value = code(in, value, 1);
    if (value >= 0x30 && value < 0xc0) { return value - 0x30; }
    if (value >= 0xc0 && value < 0xc8) { return 280 + value - 0xc0; }
    return code(in, value, 1) - 0x190 + 144;
}

// The tables of RFC 1951 §3.2.5, written out.
static size_t inflate(const uint8_t *member, size_t member_len, uint8_t *out)
{
    static const uint16_t lengths[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                       15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                       67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                          2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const uint16_t distances[] = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    struct in in = {member + 10, member_len - 18, 0};
    size_t len = 0;
    CHECK_INT(bit(&in), 1);
    const unsigned type = bits(&in, 2);
    if (type == 0) {
        len = in.data[1] | (size_t)in.data[2] << 8;
        CHECK_INT(len ^ 0xffff, in.data[3] | (size_t)in.data[4] << 8);
        CHECK_INT(len + 5, in.len);
        memcpy(out, in.data + 5, len);
        return len;
    }
    CHECK_INT(type, 1);
    for (unsigned value; (value = symbol(&in)) != 256;) {
        if (value < 256) {
            out[len++] = (uint8_t)value;
            continue;
        }
        size_t same = lengths[value - 257] + bits(&in, length_bits[value - 257]);
        const unsigned place = code(&in, 0, 5);
        const size_t back = distances[place] + bits(&in, place < 4 ? 0 : place / 2 - 1);
        CHECK(place < 30 && back <= len);
        for (; same > 0; same--, len++) {
            out[len] = out[len - back];
        }
    }
    CHECK_INT((in.bit + 7) / 8, in.len);
    return len;
}

static uint8_t member[TT_GZIP_INPUT_MAX + TT_GZIP_OVERHEAD];
static uint8_t back[TT_GZIP_INPUT_MAX];
static struct tt_gzip gzip;

static int round_trip(const uint8_t *data, size_t len)
{
    const int written = tt_gzip_write(&gzip, data, len, member, sizeof member);
    CHECK(written > 18 && (size_t)written <= len + TT_GZIP_OVERHEAD);
    CHECK_BYTES(back, inflate(member, (size_t)written, back), data, len);
    CHECK_INT(member[written - 4] | (size_t)member[written - 3] << 8, len & 0xffff);
    return written;
}

static uint32_t random_state = 1;

static uint8_t random_byte(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint8_t)(random_state >> 24);
}

static void every_shape(void)
{
    static uint8_t data[TT_GZIP_INPUT_MAX];
    for (unsigned alphabet = 1; alphabet <= 256; alphabet *= 2) {
        for (size_t len = 1; len <= sizeof data; len = len < 300 ? len + 1 : len * 2) {
            for (size_t i = 0; i < len; i++) {
                data[i] = (uint8_t)(random_byte() % alphabet);
            }
            round_trip(data, len);
        }
    }
    round_trip(data, sizeof data);
}

static void repeats_at_every_distance(void)
{
    static uint8_t data[TT_GZIP_INPUT_MAX];
    for (size_t distance = 1; distance < sizeof data - 300; distance += 1 + distance / 7) {
        for (size_t i = 0; i < distance; i++) {
            data[i] = random_byte();
        }
        for (size_t i = distance; i < distance + 259; i++) {
            data[i] = data[i - distance];
        }
        round_trip(data, distance + 259);
    }
}

static void known_member(void)
{
    // "aaaaaaaaaa" by hand: literal a, a match of 9 at distance 1, the end.
    // header, deflate 4b 84 03 00, CRC-32 4c11cdf0, length 10
    uint8_t expected[64];
    const size_t len =
        check_hex("1f8b08000000000000ff 4b840300 f0cd114c 0a000000", expected, sizeof expected);
    const int written =
        tt_gzip_write(&gzip, (const uint8_t *)"aaaaaaaaaa", 10, member, sizeof member);
    CHECK_BYTES(member, written, expected, len);
}

static void telemetry_becomes_a_third(void)
{
    static char text[2048];
    size_t len = 0;
    for (int i = 0; len + 120 < sizeof text; i++) {
        len +=
            (size_t)snprintf(text + len, sizeof text - len,
                             "%s{\"t\":%d,\"celsius\":%d.%d,\"heating\":%s}", i == 0 ? "[" : ",",
                             1767225600 + 10 * i, 90 + i % 5, i * 7 % 10, i % 3 ? "false" : "true");
    }
    const int written = round_trip((const uint8_t *)text, len);
    printf("# %zu bytes of telemetry in JSON become %d\n", len, written);
    CHECK((size_t)written * 3 < len);
}

static void limits(void)
{
    static const uint8_t noise[] = {0x9b, 0x01, 0xfe, 0x77};
    CHECK_INT(tt_gzip_write(&gzip, noise, 0, member, sizeof member), TT_EINVALID);
    CHECK_INT(tt_gzip_write(&gzip, member, TT_GZIP_INPUT_MAX + 1, member, sizeof member),
              TT_EINVALID);
    for (size_t cap = 0; cap < sizeof noise + 18; cap++) {
        CHECK_INT(tt_gzip_write(&gzip, noise, sizeof noise, member, cap), TT_EFULL);
    }
    CHECK(tt_gzip_write(&gzip, noise, sizeof noise, member, sizeof noise + TT_GZIP_OVERHEAD) > 0);
}

int main(void)
{
    RUN(every_shape, "what it writes reads back, for alphabets and lengths of every size");
    RUN(repeats_at_every_distance, "repeats at every distance read back");
    RUN(known_member, "writes a known member");
    RUN(telemetry_becomes_a_third, "makes telemetry less than a third of its size");
    RUN(limits, "refuses what is empty or too long, and writes nothing beyond its room");
    return 0;
}
