// The JSON scanner: what is well-formed by RFC 8259 and what is not, and members by name.
#include "../core/json.h"
#include "../port/error.gen.h"
#include "check.h"

static struct tt_range range(const char *text)
{
    return (struct tt_range){text, strlen(text)};
}

static void accepts(void)
{
    static const char *const valid[] = {
        "{}",
        "[]",
        " [ ] ",
        "0",
        "-0",
        "1e5",
        "-1.5E+3",
        "0.0",
        "\"\"",
        "true",
        "false",
        "null",
        "{\"a\":1}",
        "{\"a\":{\"b\":[1,2,{}]},\"c\":\"x\"}",
        "\"\\u00e4\\n\\\\\\\"\\/\"",
        "[[[[[]]]]]",
        "{\"\":0}",
        "\t\r\n{\"a\" : [ 1 , 2 ] }\n",
        "\"\xc3\xa4\"",
        "\"\\ud83d\\ude00\"",
        "12345678901234567890",
        "[true,false,null]",
    };
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        check_case = valid[i];
        CHECK(tt_json_valid(range(valid[i])));
    }
}

static void refuses(void)
{
    static const char *const invalid[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "{]",
        "[}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "--1",
        "tru",
        "nul",
        "truee",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,1]",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u123\"",
        "\"\n\"",
        "\"\xff\"",
        "\"\xc3\"",
        "{} {}",
        "1 2",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "NaN",
        "Infinity",
        "{\"\xff\":1}",
        "// x",
        "{\"a\":1}x",
    };
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        check_case = invalid[i];
        CHECK(!tt_json_valid(range(invalid[i])));
    }
    CHECK(!tt_json_valid((struct tt_range){"1\0", 2}));
    CHECK(!tt_json_valid((struct tt_range){"\"\\\0\"", 4}));
}

static void every_cut(void)
{
    static const char whole[] = "{\"a\":[1,-2.5e3,true,null,\"\\u00e4\\n\"],\"b\":{\"c\":\"d\"}}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        CHECK(!tt_json_valid((struct tt_range){whole, len}));
    }
    CHECK(tt_json_valid(range(whole)));
}

static void depth(void)
{
    char text[2 * TT_JSON_DEPTH_MAX + 2];
    memset(text, '[', TT_JSON_DEPTH_MAX + 1);
    memset(text + TT_JSON_DEPTH_MAX + 1, ']', TT_JSON_DEPTH_MAX + 1);
    CHECK(!tt_json_valid((struct tt_range){text, sizeof text}));
    CHECK(tt_json_valid((struct tt_range){text + 1, sizeof text - 2}));
}

static void members(void)
{
    const struct tt_range twin =
        range("{ \"desired\" : {\"a\":{\"$version\":9},\"$version\": 5} , \"reported\":{}, "
              "\"\\u0024x\":\"y\", \"n\":1, \"n\":-2}");
    struct tt_range value;
    int64_t number;
    CHECK_INT(tt_json_member(twin, "desired", &value), TT_OK);
    CHECK(tt_range_is(value, "{\"a\":{\"$version\":9},\"$version\": 5}"));
    struct tt_range version;
    CHECK_INT(tt_json_member(value, "$version", &version), TT_OK);
    CHECK(tt_range_integer(version, &number) && number == 5);
    CHECK_INT(tt_json_member(twin, "$x", &value), TT_OK);
    CHECK(tt_range_is(value, "\"y\""));
    CHECK_INT(tt_json_member(twin, "n", &value), TT_OK);
    CHECK(tt_range_integer(value, &number) && number == -2);
    CHECK_INT(tt_json_member(twin, "a", &value), TT_ENOTFOUND);
    CHECK_INT(tt_json_member(twin, "desire", &value), TT_ENOTFOUND);
    CHECK_INT(tt_json_member(range("{}"), "a", &value), TT_ENOTFOUND);
    CHECK_INT(tt_json_member(range("[1]"), "a", &value), TT_EINVALID);
    CHECK_INT(tt_json_member(range("{\"a\":1"), "a", &value), TT_EINVALID);
    CHECK_INT(tt_json_member(range(""), "a", &value), TT_EINVALID);
}

static void integers(void)
{
    int64_t number;
    CHECK(tt_range_integer(range("4503599627370496"), &number) && number == 4503599627370496);
    CHECK(!tt_range_integer(range("1000000000000000000"), &number)); // 19 digits
    CHECK(tt_range_integer(range("-999999999999999999"), &number) && number == -999999999999999999);
    CHECK(!tt_range_integer(range("1.0"), &number) && !tt_range_integer(range("-"), &number));
    CHECK(!tt_range_integer(range(""), &number) && !tt_range_integer(range("1e3"), &number));
}

static void escapes(void)
{
    uint8_t out[64];
    struct tt_writer writer = tt_writer_of(out, sizeof out);
    tt_writer_json(&writer, "a\"b\\c\nd\x01", 8);
    CHECK_TEXT(out, writer.len, "\"a\\\"b\\\\c\\u000Ad\\u0001\"");
    CHECK(tt_json_valid((struct tt_range){(char *)out, writer.len}));
    writer = tt_writer_of(out, 3);
    tt_writer_json(&writer, "ab", 2);
    CHECK(writer.full);
}

int main(void)
{
    RUN(accepts, "what RFC 8259 allows is well-formed");
    RUN(refuses, "what RFC 8259 does not allow is refused");
    RUN(every_cut, "a document cut anywhere is refused");
    RUN(depth, "nesting is bounded");
    RUN(members, "a member of the outermost object is found, the last of its name");
    RUN(integers, "an integer is whole and within bounds");
    RUN(escapes, "a written string is escaped");
    return 0;
}
