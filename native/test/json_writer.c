// The JSON writer: what it writes, what it escapes, and that nothing is ever cut.
#include "../core/json_writer.h"

#include "check.h"

enum { CAP = 64 };

static struct tt_json_writer writer;

// UTF-16 of an ASCII literal.
static const uint8_t *utf16(const char *ascii)
{
    static uint8_t units[2][2 * CAP * 20];
    static int turn;
    turn = 1 - turn;
    for (size_t i = 0; ascii[i] != 0; i++) {
        CHECK(2 * i + 1 < sizeof units[0]);
        units[turn][2 * i] = (uint8_t)ascii[i];
        units[turn][2 * i + 1] = 0;
    }
    return units[turn];
}

static void begin(size_t cap)
{
    static uint8_t *memory; // of just this size, so that the sanitizer sees one byte too far
    free(memory);
    memory = malloc(cap);
    writer.out = tt_writer_of(memory, cap);
    tt_json_writer_begin(&writer, true);
}

static void name(const char *ascii)
{
    tt_json_writer_name(&writer, utf16(ascii), strlen(ascii));
}

static void is(const char *expected)
{
    struct tt_range value;
    CHECK(tt_json_writer_end(&writer, &value));
    CHECK_BYTES(value.data, value.len, expected, strlen(expected));
}

static bool fits(void)
{
    struct tt_range value;
    return tt_json_writer_end(&writer, &value);
}

static void puts_commas(void)
{
    begin(CAP);
    name("a");
    tt_json_writer_number(&writer, 1, 0);
    name("b");
    tt_json_writer_open(&writer, true);
    name("ignored");
    tt_json_writer_number(&writer, 2, 0);
    name("");
    tt_json_writer_open(&writer, false);
    tt_json_writer_close(&writer);
    tt_json_writer_close(&writer);
    name("c");
    tt_json_writer_text(&writer, utf16("d"), 1);
    is("{\"a\":1,\"b\":[2,{}],\"c\":\"d\"}");
}

static void a_lone_value(void)
{
    begin(CAP);
    tt_json_writer_begin(&writer, false);
    name("ignored");
    tt_json_writer_number(&writer, -5, 1);
    is("-0.5");
}

static void closes_what_is_open(void)
{
    begin(CAP);
    tt_json_writer_close(&writer); // not the outermost
    name("a");
    tt_json_writer_open(&writer, true);
    tt_json_writer_open(&writer, false);
    is("{\"a\":[{}]}");
}

static void escapes(const char *hex, const char *expected)
{
    uint8_t units[CAP];
    const size_t size = check_hex(hex, units, sizeof units);
    begin(CAP);
    tt_json_writer_begin(&writer, false);
    tt_json_writer_text(&writer, units, size / 2);
    is(expected);
}

static void texts(void)
{
    escapes("2200 5c00 2f00", "\"\\\"\\\\/\"");
    escapes("0000 0100 0800 0900 0a00 0d00 1f00", "\"\\u0000\\u0001\\u0008\\t\\n\\u000d\\u001f\"");
    escapes("7f00 e900 ac20 3dd8 00de ffff",
            "\"\x7F\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF\"");
    escapes("00d8 7800 00dc", "\"\xEF\xBF\xBDx\xEF\xBF\xBD\""); // lone surrogates
    escapes("00d8", "\"\xEF\xBF\xBD\"");
}

static void numbers(void)
{
    static const struct {
        int64_t value;
        int32_t decimals;
        const char *text;
    } rows[] = {
        {0, 0, "0"},
        {-1, 0, "-1"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {4294967295, 0, "4294967295"},
        {4294967296, 0, "4294967296"},
        {9325, 2, "93.25"},
        {-5, 2, "-0.05"},
        {0, 2, "0.00"},
        {930, 1, "93.0"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {1, 18, "0.000000000000000001"},
        {7, -3, "7"},
        {7, 99, "0.000000000000000007"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_case = rows[i].text;
        begin(CAP);
        tt_json_writer_begin(&writer, false);
        tt_json_writer_number(&writer, rows[i].value, rows[i].decimals);
        is(rows[i].text);
    }
}

// With one byte too little nothing is sent, wherever it is that the value does not fit.
static void never_cuts(void)
{
    static const char whole[] = "{\"n\":-12.5,\"t\":\"a\\n\xC3\xA9\",\"l\":[[],{\"x\":0}]}";
    static const uint8_t text[] = {'a', 0, '\n', 0, 0xE9, 0};
    for (size_t cap = 1; cap < sizeof whole + 2; cap++) {
        begin(cap);
        name("n");
        tt_json_writer_number(&writer, -125, 1);
        name("t");
        tt_json_writer_text(&writer, text, sizeof text / 2);
        name("l");
        tt_json_writer_open(&writer, true);
        name("");
        tt_json_writer_open(&writer, true);
        tt_json_writer_close(&writer);
        name("");
        tt_json_writer_open(&writer, false);
        name("x");
        tt_json_writer_number(&writer, 0, 0);
        if (cap < sizeof whole - 1) {
            CHECK(!fits());
        } else {
            is(whole);
        }
    }
}

static void never_nests_deeper_than_its_bits(void)
{
    for (int depth = 1; depth <= TT_JSON_WRITER_DEPTH_MAX + 8; depth++) {
        begin(1024);
        for (int i = 1; i < depth; i++) {
            name("a");
            tt_json_writer_open(&writer, true);
        }
        CHECK(fits() == (depth <= TT_JSON_WRITER_DEPTH_MAX));
    }
}

static void begins_anew(void)
{
    begin(8);
    name("much too long a name");
    tt_json_writer_number(&writer, 1, 0);
    CHECK(!fits());
    tt_json_writer_begin(&writer, true);
    name("a");
    tt_json_writer_number(&writer, 1, 0);
    is("{\"a\":1}");
}

int main(void)
{
    RUN(puts_commas, "puts commas between members and ignores names in arrays");
    RUN(a_lone_value, "writes a lone value without a name");
    RUN(closes_what_is_open, "closes what is open, and the outermost only at the end");
    RUN(texts, "escapes by RFC 8259 and writes U+FFFD for a lone surrogate");
    RUN(numbers, "writes integers and fixed point exactly");
    RUN(never_cuts, "a value that is too long by a byte is refused, never cut");
    RUN(never_nests_deeper_than_its_bits, "a value nested deeper than 32 is refused");
    RUN(begins_anew, "the value after one that was too long is not");
    return 0;
}
