// HTTP against the shared wire cases, whole and byte by byte, and over a stream with faults.
#include "../core/http.h"

#include "vectors.h"

enum { TEXT = 1024 };

// A string member with \r, \n and \t resolved beside what vector_text knows.
static struct tt_range wire_text(struct tt_range item, const char *name, char *out)
{
    struct tt_range value;
    size_t len = 0;
    if (tt_json_member(item, name, &value) != TT_OK) { return (struct tt_range){out, 0}; }
    for (size_t i = 1; i + 1 < value.len; i++) {
        char c = value.data[i];
        if (c == '\\') {
            c = value.data[++i];
            c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        CHECK(len < TEXT);
        out[len++] = c;
    }
    return (struct tt_range){out, len};
}

static void check_response(struct tt_range item, struct tt_range wire, size_t piece)
{
    char body[TEXT];
    char expected[TEXT];
    struct tt_http_response response;
    tt_http_response_init(&response, body, sizeof body);
    int done = 0;
    for (size_t at = 0; at < wire.len && done == 0;) {
        const size_t len = wire.len - at < piece ? wire.len - at : piece;
        size_t used;
        done = tt_http_response_add(&response, (const uint8_t *)wire.data + at, len, &used);
        CHECK(used <= len && (done != 0 || used == len));
        at += used;
    }
    if (vector_integer(item, "refuse") == 1) {
        CHECK_INT(done, TT_EPROTOCOL);
        CHECK(response.why != NULL);
        return;
    }
    if (vector_integer(item, "ended") == 1) {
        CHECK_INT(done, 0);
        const int end = tt_http_response_end(&response);
        CHECK_INT(end, vector_integer(item, "closed") == 1 ? TT_ECLOSED : TT_OK);
        if (end < 0) { return; }
    } else {
        CHECK_INT(done, 1);
    }
    const struct tt_range text = wire_text(item, "body", expected);
    CHECK_INT(response.status, vector_integer(item, "status"));
    CHECK_BYTES(body, response.body_len, text.data, text.len);
    CHECK_INT(response.keep, vector_integer(item, "keep"));
    CHECK_INT(response.retry_after_s, vector_integer(item, "retryAfter"));
}

static void check_request(struct tt_range item)
{
    char text[5][TEXT];
    char written[TEXT];
    char name[64];
    struct tt_writer out = tt_writer_of(written, sizeof written);
    tt_http_write_request(&out, vector_text(item, "method", name, sizeof name).data,
                          wire_text(item, "target", text[0]), wire_text(item, "host", text[1]),
                          (size_t)vector_integer(item, "length"));
    tt_http_write_header(&out, vector_text(item, "header", name, sizeof name).data,
                         wire_text(item, "value", text[2]));
    tt_http_write_end(&out);
    if (vector_integer(item, "refuse") == 1) {
        CHECK(out.full);
        return;
    }
    CHECK(!out.full);
    const struct tt_range expected = wire_text(item, "request", text[3]);
    CHECK_BYTES(written, out.len, expected.data, expected.len);
}

static void shared_cases(void)
{
    struct vectors vectors = vectors_open("test/vectors/http.json");
    struct tt_range item;
    while (vectors_next(&vectors, &item)) {
        char name[256];
        char wire[TEXT];
        check_case = vector_text(item, "name", name, sizeof name).data;
        if (vector_has(item, "response")) {
            const struct tt_range response = wire_text(item, "response", wire);
            check_response(item, response, response.len);
            check_response(item, response, 1);
            check_response(item, response, 3);
        } else {
            check_request(item);
        }
    }
    CHECK(vectors.count > 60);
}

static int feed(struct tt_http_response *response, const char *text)
{
    size_t used;
    return tt_http_response_add(response, (const uint8_t *)text, strlen(text), &used);
}

static void keeps_no_more_than_it_may(void)
{
    char body[4];
    struct tt_http_response response;
    tt_http_response_init(&response, body, sizeof body);
    CHECK_INT(feed(&response, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789"), 1);
    CHECK(response.cut);
    CHECK_TEXT(body, response.body_len, "1234");
}

static void head_without_end(void)
{
    struct tt_http_response response;
    tt_http_response_init(&response, NULL, 0);
    CHECK_INT(feed(&response, "HTTP/1.1 200 OK\r\n"), 0);
    int done = 0;
    for (int i = 0; i < TT_HTTP_HEAD_MAX && done == 0; i++) {
        done = feed(&response, "x: y\r\n");
    }
    CHECK_INT(done, TT_EPROTOCOL);
}

static void interim_responses_without_end(void)
{
    struct tt_http_response response;
    tt_http_response_init(&response, NULL, 0);
    int done = 0;
    for (int i = 0; i < TT_HTTP_HEAD_MAX && done == 0; i++) {
        done = feed(&response, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    CHECK_INT(done, TT_EPROTOCOL);
}

static void body_without_end(void)
{
    static char piece[4097];
    memset(piece, 'x', 4096);
    struct tt_http_response response;
    tt_http_response_init(&response, NULL, 0);
    CHECK_INT(feed(&response, "HTTP/1.1 200 OK\r\n\r\n"), 0);
    int done = 0;
    for (int i = 0; i < 1000 && done == 0; i++) {
        done = feed(&response, piece);
    }
    CHECK_INT(done, TT_EPROTOCOL);
}

static void long_lines(void)
{
    char text[1024];
    struct tt_http_response response;
    tt_http_response_init(&response, NULL, 0);
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nx-ms-long: %0500d\r\nContent-Length: 0\r\n\r\n",
             7);
    CHECK_INT(feed(&response, text), 1);
    tt_http_response_init(&response, NULL, 0);
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %0500d\r\n\r\n", 7);
    CHECK_INT(feed(&response, text), TT_EPROTOCOL);
}

// A stream that takes `room` bytes at a time and answers with `answer` once `after` were taken.
struct wire {
    size_t room;
    size_t after;
    const char *answer;
    size_t answered;
    int end; // what read says after the answer
    size_t taken;
    int take_error;
    char seen[256];
};

static int wire_read(void *ctx, uint8_t *out, size_t cap)
{
    struct wire *wire = ctx;
    if (wire->taken < wire->after) { return 0; }
    const size_t left = strlen(wire->answer) - wire->answered;
    const size_t len = left < cap ? left : cap;
    if (len == 0) { return wire->end; }
    memcpy(out, wire->answer + wire->answered, len);
    wire->answered += len;
    return (int)len;
}

static int wire_write(void *ctx, const uint8_t *data, size_t len)
{
    struct wire *wire = ctx;
    const size_t take = len < wire->room ? len : wire->room;
    if (take == 0) { return wire->take_error; }
    CHECK(wire->taken + take <= sizeof wire->seen);
    memcpy(wire->seen + wire->taken, data, take);
    wire->taken += take;
    wire->room -= take;
    return (int)take;
}

static int exchange(struct wire *wire, struct tt_http_exchange *http, char *body, size_t cap)
{
    const struct tt_stream stream = {wire, wire_read, wire_write, NULL};
    const struct tt_http_request request = {.head = {"head", 4}, .body = {"body", 4}};
    tt_http_begin(http, &request, body, cap, 0);
    return tt_http_step(http, &stream, 0);
}

static void sends_and_reads(void)
{
    char body[8];
    struct tt_http_exchange http;
    struct wire wire = {
        .room = 3, .after = 8, .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
    const struct tt_stream stream = {&wire, wire_read, wire_write, NULL};
    CHECK_INT(exchange(&wire, &http, body, sizeof body), 0);
    wire.room = 5;
    CHECK_INT(tt_http_step(&http, &stream, 1000), 1);
    CHECK_TEXT(wire.seen, wire.taken, "headbody");
    CHECK_TEXT(body, http.response.body_len, "ok");
    CHECK(http.response.keep);
}

static struct tt_range two_more(void *ctx)
{
    int *const given = ctx;
    return (*given)++ < 2 ? (struct tt_range){"more", 4} : (struct tt_range){NULL, 0};
}

static void body_in_parts(void)
{
    char body[8];
    int given = 0;
    struct tt_http_exchange http;
    struct wire wire = {.room = 100, .after = 12, .answer = "HTTP/1.1 204 No Content\r\n\r\n"};
    const struct tt_stream stream = {&wire, wire_read, wire_write, NULL};
    const struct tt_http_request request = {.head = {"head", 4}, .more = two_more, .ctx = &given};
    tt_http_begin(&http, &request, body, sizeof body, 0);
    CHECK_INT(tt_http_step(&http, &stream, 0), 1);
    CHECK_TEXT(wire.seen, wire.taken, "headmoremore");
    CHECK(http.response.keep);
}

static void early_refusal(void)
{
    char body[8];
    struct tt_http_exchange http;
    struct wire wire = {.room = 5,
                        .after = 5,
                        .take_error = TT_ECLOSED,
                        .answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"};
    CHECK_INT(exchange(&wire, &http, body, sizeof body), 1);
    CHECK_INT(http.response.status, 413);
    CHECK(!http.response.keep);
}

static void more_than_was_asked_for(void)
{
    char body[8];
    struct tt_http_exchange http;
    struct wire wire = {
        .room = 8, .after = 8, .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP"};
    CHECK_INT(exchange(&wire, &http, body, sizeof body), 1);
    CHECK(!http.response.keep);
}

static void silence(void)
{
    char body[8];
    struct tt_http_exchange http;
    struct wire wire = {.room = 8, .after = 9, .answer = ""};
    const struct tt_stream stream = {&wire, wire_read, wire_write, NULL};
    CHECK_INT(exchange(&wire, &http, body, sizeof body), 0);
    CHECK_INT(tt_http_step(&http, &stream, TT_HTTP_QUIET_MS - 1), 0);
    CHECK_INT(tt_http_step(&http, &stream, TT_HTTP_QUIET_MS), TT_ETIMEOUT);
}

static void ends(void)
{
    char body[8];
    struct tt_http_exchange http;
    struct wire cut = {.room = 8, .after = 8, .answer = "HTTP/1.1 200", .end = TT_ECLOSED};
    CHECK_INT(exchange(&cut, &http, body, sizeof body), TT_ECLOSED);
    struct wire whole = {
        .room = 8, .after = 8, .answer = "HTTP/1.1 200 OK\r\n\r\nok", .end = TT_ECLOSED};
    CHECK_INT(exchange(&whole, &http, body, sizeof body), 1);
    CHECK_TEXT(body, http.response.body_len, "ok");
    struct wire broken = {.room = 2, .after = 8, .answer = "", .take_error = TT_EIO};
    CHECK_INT(exchange(&broken, &http, body, sizeof body), TT_EIO);
}

int main(void)
{
    RUN(shared_cases, "writes requests and reads responses as the shared cases say, in pieces too");
    RUN(keeps_no_more_than_it_may, "keeps no more of a body than it may, and says so");
    RUN(head_without_end, "refuses a head without an end");
    RUN(interim_responses_without_end, "refuses interim responses without an end");
    RUN(body_without_end, "refuses a body without an end");
    RUN(long_lines, "passes a long header over, and refuses one that matters");
    RUN(sends_and_reads, "sends head and body as there is room, then reads the response");
    RUN(body_in_parts, "sends a body that is made while it goes");
    RUN(early_refusal, "reads a refusal that comes before all was sent");
    RUN(more_than_was_asked_for, "does not use a connection again that said more than was asked");
    RUN(silence, "gives up after 30 s of silence");
    RUN(ends, "says how a stream ended");
    return 0;
}
