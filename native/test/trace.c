// The canonical trace's lines: the same bytes for the same happenings on every engine and target.
#include "../core/trace.h"

#include "../core/guest_memory.h"
#include "../core/inbox.h"
#include "check.h"

static char text[4096];
static size_t text_len;

static void keep(void *ctx, const char *piece, size_t len)
{
    (void)ctx;
    CHECK(len > 0 && len < sizeof text - text_len);
    memcpy(text + text_len, piece, len);
    text_len += len;
}

static const struct tt_trace trace = {.write = keep};
static uint8_t bytes[1024];
static const struct tt_guest_memory memory = {.base = bytes, .size = sizeof bytes};

static void check_lines(const char *expected)
{
    CHECK_BYTES(text, text_len, expected, strlen(expected));
    text_len = 0;
}

static void events(void)
{
    struct tt_delivery event = {.kind = TT_EVENT_TIMER, .id = 7};
    tt_trace_event(&trace, 0, &event);
    event = (struct tt_delivery){.kind = TT_EVENT_METHOD,
                                 .id = -1,
                                 .name = "a\"b",
                                 .name_len = 3,
                                 .payload = (const uint8_t *)"\\\n\xC3\x7F",
                                 .payload_len = 4};
    tt_trace_event(&trace, INT64_MAX, &event);
    event.kind = TT_EVENT_CONNECTION;
    tt_trace_event(&trace, 5, &event);
    event.kind = TT_EVENT_STORED;
    tt_trace_event(&trace, 5, &event);
    tt_trace_mark(&trace, 6, "trap");
    check_lines("0 event 1 7\n"
                "9223372036854775807 event 3 -1 \"a\\\"b\" \"\\\\\\x0a\\xc3\\x7f\"\n"
                "6 trap\n");
}

static void calls(void)
{
    static const struct tt_import mixed = {
        .module = "m", .name = "mixed", .signature = "I(iIFiiiiii)", .kinds = "iIFtbo"};
    memcpy(bytes, "h\0i\0\x01zOUT", 9);
    const uint64_t args[] = {UINT64_C(0xFFFFFFFF80000000),
                             (uint64_t)INT64_MIN,
                             UINT64_C(0xFFF8000000000123),
                             0,
                             2,
                             4,
                             2,
                             6,
                             2};
    tt_trace_call(&trace, 1, &mixed, &memory, args, 3);
    // The out parameter has room for two bytes of the three.
    check_lines(
        "1 m.mixed -2147483648 -9223372036854775808 7ff8000000000000 \"hi\" \"\\x01z\" -> 3 "
        "\"OU\"\n");

    static const struct tt_import none = {
        .module = "m", .name = "none", .signature = "v()", .kinds = ""};
    tt_trace_call(&trace, 2, &none, &memory, args, 3);
    static const struct tt_import failed = {
        .module = "m", .name = "get", .signature = "i(ii)", .kinds = "o"};
    tt_trace_call(&trace, 3, &failed, &memory, args + 3, (uint32_t)-2);
    check_lines("2 m.none\n3 m.get -> -2\n");
}

static void long_lines(void)
{
    static const struct tt_import send = {
        .module = "hub", .name = "send", .signature = "i(ii)", .kinds = "b"};
    char expected[1100] = "4 hub.send \"";
    memset(bytes, 'x', sizeof bytes);
    const size_t start = strlen(expected);
    memset(expected + start, 'x', sizeof bytes);
    memcpy(expected + start + sizeof bytes, "\" -> 1\n", 8);
    tt_trace_call(&trace, 4, &send, &memory, (const uint64_t[]){0, sizeof bytes}, 1);
    check_lines(expected);
}

int main(void)
{
    RUN(events, "events carry name and payload, and none of them tells of the link");
    RUN(calls, "calls carry arguments and result, with every NaN the same");
    RUN(long_lines, "a line longer than the formatter's buffer comes out whole");
    return 0;
}
