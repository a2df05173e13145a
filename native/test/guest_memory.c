// A hostile guest's pointers and texts: no pair of 32-bit numbers reaches outside its N bytes.
#include "../core/guest_memory.h"

#include "../port/error.gen.h"
#include "check.h"

enum { N = 4096 };

static uint8_t *bytes; // on the heap, so that the sanitizer sees one byte too far

static const struct tt_guest_memory *guest(void)
{
    static struct tt_guest_memory memory;
    memory.base = bytes;
    memory.size = N;
    return &memory;
}

static void ranges(void)
{
    CHECK(tt_guest_range(guest(), 0, N) == bytes);
    CHECK(tt_guest_range(guest(), N - 1, 1) == bytes + N - 1);
    CHECK(tt_guest_range(guest(), N, 1) == NULL);
    CHECK(tt_guest_range(guest(), N - 1, 2) == NULL);
    CHECK(tt_guest_range(guest(), 0, N + 1) == NULL);
    CHECK(tt_guest_range(guest(), 1, UINT32_MAX) == NULL);
    CHECK(tt_guest_range(guest(), UINT32_MAX, 2) == NULL);
    CHECK(tt_guest_range(guest(), UINT32_MAX, UINT32_MAX) == NULL);
    CHECK(tt_guest_range(guest(), UINT32_MAX - N + 1, N) == NULL);
}

static void empty_ranges(void)
{
    CHECK(tt_guest_range(guest(), UINT32_MAX, 0) != NULL);
    CHECK(tt_guest_range(guest(), N, 0) != NULL);
}

static void high_halves(void)
{
    CHECK(tt_guest_range(guest(), UINT64_C(0xDEADBEEF00000000) | 4, UINT64_C(0x100000002)) ==
          bytes + 4);
}

// Places the units at the very end of the memory and reads them.
static const char *read_units(const char *hex, struct tt_guest_text *text, size_t *len)
{
    uint8_t units[64];
    const size_t size = check_hex(hex, units, sizeof units);
    memcpy(bytes + N - size, units, size);
    return tt_guest_read_text(guest(), N - size, size / 2, text, len);
}

static void converts(void)
{
    struct tt_guest_text text = {0};
    size_t len = 0;
    const char *utf8 = read_units("6100 e900 ac20 3dd8 00de", &text, &len);
    CHECK_TEXT(utf8, len, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    CHECK_INT(utf8[len], 0);
    const char *second = read_units("6200", &text, &len);
    CHECK_TEXT(second, len, "b");
    CHECK_TEXT(utf8, 1, "a");
    CHECK(!text.cut);
}

static void surrogates(void)
{
    struct tt_guest_text text = {0};
    size_t len = 0;
    const char *utf8 = read_units("00d8 6100 00dc 00d8", &text, &len);
    CHECK_TEXT(utf8, len,
               "\xEF\xBF\xBD"
               "a"
               "\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void text_bounds(void)
{
    struct tt_guest_text text = {0};
    size_t len = 0;
    CHECK(tt_guest_read_text(guest(), N - 1, 1, &text, &len) == NULL);
    CHECK(tt_guest_read_text(guest(), 0, N / 2 + 1, &text, &len) == NULL);
    CHECK(tt_guest_read_text(guest(), 0, UINT32_C(0x80000001), &text, &len) == NULL);
    CHECK(tt_guest_read_text(guest(), UINT32_MAX - 1, 1, &text, &len) == NULL);
    CHECK(tt_guest_read_text(guest(), UINT32_MAX, UINT32_MAX, &text, &len) == NULL);
    CHECK(tt_guest_read_text(guest(), UINT32_MAX, 0, &text, &len) != NULL);
    CHECK_INT(len, 0);
}

static void cuts(void)
{
    struct tt_guest_text text = {0};
    size_t len = 0;
    for (size_t i = 0; i < N; i += 2) {
        bytes[i] = 0xAC;
        bytes[i + 1] = 0x20;
    }
    const char *utf8 = tt_guest_read_text(guest(), 0, N / 2, &text, &len);
    CHECK(text.cut);
    CHECK_INT(len, TT_ABI_TEXT_MAX / 3 * 3);
    CHECK_INT(strlen(utf8), len);
    for (int i = 0; i < 5; i++) {
        CHECK(tt_guest_read_text(guest(), 0, N / 2, &text, &len) != NULL);
        CHECK_INT(len, 0);
    }
}

static void not_a_number(void)
{
    CHECK(tt_guest_slot(tt_guest_f64(UINT64_C(0xFFF8000000000001))) ==
          UINT64_C(0x7FF8000000000000));
    CHECK(tt_guest_slot(tt_guest_f64(UINT64_C(0x7FF4000000000000))) ==
          UINT64_C(0x7FF8000000000000));
    CHECK(tt_guest_slot(-0.0) == UINT64_C(0x8000000000000000));
}

int main(void)
{
    bytes = calloc(1, N);
    RUN(ranges, "a range that leaves the memory by one byte, or wraps, is refused");
    RUN(empty_ranges, "an empty range is never NULL");
    RUN(high_halves, "the high halves of slots are ignored");
    RUN(converts, "UTF-16 becomes UTF-8, each text with a NUL of its own");
    RUN(surrogates, "a lone surrogate becomes U+FFFD");
    RUN(text_bounds, "a text that leaves the memory, or wraps, is refused");
    RUN(cuts, "texts over the limit are cut at a character and say so");
    RUN(not_a_number, "every NaN becomes the canonical one");
    free(bytes);
    return 0;
}
