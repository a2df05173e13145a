#include "http.h"

#include <string.h>

#include "../port/error.gen.h"

enum { READ_BYTES = 256 };

static bool visible(struct tt_range text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f) { return false; }
    }
    return text.len > 0;
}

static void put_range(struct tt_writer *out, struct tt_range text)
{
    tt_writer_bytes(out, text.data, text.len);
}

void tt_http_write_request(struct tt_writer *out, const char *method, struct tt_range target,
                           struct tt_range host, size_t body_len)
{
    if (!visible(target) || !visible(host) || target.data[0] != '/') { out->full = true; }
    tt_writer_text(out, method);
    tt_writer_u8(out, ' ');
    put_range(out, target);
    tt_writer_text(out, " HTTP/1.1\r\n");
    tt_http_write_header(out, "Host", host);
    tt_writer_text(out, "Content-Length: ");
    tt_writer_decimal(out, (int64_t)body_len);
    tt_writer_text(out, "\r\n");
}

void tt_http_write_header(struct tt_writer *out, const char *name, struct tt_range value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < 0x20 || value.data[i] >= 0x7f) { out->full = true; }
    }
    tt_writer_text(out, name);
    tt_writer_text(out, ": ");
    put_range(out, value);
    tt_writer_text(out, "\r\n");
}

void tt_http_write_end(struct tt_writer *out)
{
    tt_writer_text(out, "\r\n");
}

void tt_http_response_init(struct tt_http_response *response, void *body, size_t cap)
{
    *response = (struct tt_http_response){
        .retry_after_s = -1, .keep = true, .body = body, .body_cap = cap, .left = -1};
}

static int fail(struct tt_http_response *response, const char *why)
{
    response->why = why;
    return TT_EPROTOCOL;
}

static struct tt_range line_of(const struct tt_http_response *response)
{
    return (struct tt_range){response->line, response->line_len};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

// name in small letters.
static bool same(struct tt_range text, const char *name)
{
    if (text.len != strlen(name)) { return false; }
    for (size_t i = 0; i < text.len; i++) {
        if (lower(text.data[i]) != name[i]) { return false; }
    }
    return true;
}

static struct tt_range trimmed(struct tt_range text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++, text.len--;
    }
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static bool has_option(struct tt_range list, const char *name)
{
    while (list.len > 0) {
        const char *const comma = memchr(list.data, ',', list.len);
        const size_t len = comma == NULL ? list.len : (size_t)(comma - list.data);
        if (same(trimmed((struct tt_range){list.data, len}), name)) { return true; }
        const size_t step = comma == NULL ? list.len : len + 1;
        list.data += step, list.len -= step;
    }
    return false;
}

// "HTTP/1.1 200 OK"; the reason phrase is nobody's business (RFC 9112 §4).
static int end_status_line(struct tt_http_response *response)
{
    const struct tt_range line = line_of(response);
    int64_t status = 0;
    if (line.len < 12 || memcmp(line.data, "HTTP/1.", 7) != 0 || line.data[8] != ' ' ||
        (line.data[7] != '0' && line.data[7] != '1') ||
        !tt_range_integer((struct tt_range){line.data + 9, 3}, &status) || status < 100 ||
        (line.len > 12 && line.data[12] != ' ')) {
        return fail(response, "no status line of HTTP/1 (RFC 9112 §4)");
    }
    if (status == 101) { return fail(response, "a protocol switch nobody asked for"); }
    response->status = (int32_t)status;
    response->keep = line.data[7] == '1';
    response->state = TT_HTTP_HEADER;
    return TT_OK;
}

static int take_length(struct tt_http_response *response, struct tt_range value)
{
    int64_t length = 0;
    if (!tt_range_integer(value, &length) || length < 0 || value.data[0] == '-') {
        return fail(response, "a malformed Content-Length (RFC 9112 §6.3)");
    }
    if (response->left >= 0 && response->left != length) {
        return fail(response, "two different lengths (RFC 9112 §6.3)");
    }
    response->left = length;
    return TT_OK;
}

static int take_header(struct tt_http_response *response, struct tt_range name,
                       struct tt_range value)
{
    const bool length = same(name, "content-length");
    const bool coding = same(name, "transfer-encoding");
    const bool connection = same(name, "connection");
    const bool retry = same(name, "retry-after");
    if ((length || coding || connection || retry) && response->long_line) {
        return fail(response, "a header that matters is longer than any should be");
    }
    if (length) { return take_length(response, value); }
    if (coding) {
        if (!same(value, "chunked")) {
            return fail(response, "a transfer coding nobody asked for (RFC 9112 §6.1)");
        }
        response->chunked = true;
    }
    if (connection && has_option(value, "close")) { response->keep = false; }
    int64_t seconds = 0;
    if (retry && tt_range_integer(value, &seconds) && seconds >= 0) {
        response->retry_after_s =
            (int32_t)(seconds < TT_HTTP_RETRY_MAX_S ? seconds : TT_HTTP_RETRY_MAX_S);
    }
    return TT_OK;
}

// The empty line: how long the body is (RFC 9112 §6.3).
static int end_head(struct tt_http_response *response)
{
    if (response->status < 200) { // interim (RFC 9110 §15.2): the response is still to come
        response->state = TT_HTTP_STATUS_LINE;
        response->chunked = false;
        response->left = -1;
        return TT_OK;
    }
    if (response->chunked && response->left >= 0) {
        return fail(response, "a length beside a transfer coding (RFC 9112 §6.3)");
    }
    if (response->left > TT_HTTP_BODY_MAX) { return fail(response, "a body of more than 1 MiB"); }
    response->state = response->chunked ? TT_HTTP_CHUNK_SIZE : TT_HTTP_BODY;
    if (response->status == 204 || response->status == 304 || response->left == 0) {
        response->state = TT_HTTP_DONE;
    } else if (!response->chunked && response->left < 0) {
        response->keep = false;
    }
    return TT_OK;
}

static int end_header(struct tt_http_response *response)
{
    const struct tt_range line = line_of(response);
    if (line.len == 0) { return end_head(response); }
    const char *const colon = memchr(line.data, ':', line.len);
    if (colon == NULL || colon == line.data || line.data[0] == ' ' || line.data[0] == '\t' ||
        colon[-1] == ' ' || colon[-1] == '\t') {
        return fail(response, "a malformed header (RFC 9112 §5)");
    }
    const size_t name_len = (size_t)(colon - line.data);
    const struct tt_range value = {colon + 1, line.len - name_len - 1};
    return take_header(response, (struct tt_range){line.data, name_len}, trimmed(value));
}

static int hex_digit(char c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Extensions are passed over (RFC 9112 §7.1.1).
static int end_chunk_size(struct tt_http_response *response)
{
    const struct tt_range line = line_of(response);
    size_t at = 0;
    response->left = 0;
    for (; at < line.len && hex_digit(line.data[at]) >= 0; at++) {
        response->left = response->left * 16 + hex_digit(line.data[at]);
        if (response->left > TT_HTTP_BODY_MAX) {
            return fail(response, "a body of more than 1 MiB");
        }
    }
    if (at == 0 ||
        (at < line.len && line.data[at] != ';' && line.data[at] != ' ' && line.data[at] != '\t')) {
        return fail(response, "a malformed chunk (RFC 9112 §7.1)");
    }
    response->state = response->left == 0 ? TT_HTTP_TRAILER : TT_HTTP_CHUNK;
    return TT_OK;
}

static int end_line(struct tt_http_response *response)
{
    switch (response->state) {
    case TT_HTTP_STATUS_LINE:
        return end_status_line(response);
    case TT_HTTP_HEADER:
        return end_header(response);
    case TT_HTTP_CHUNK_SIZE:
        return end_chunk_size(response);
    case TT_HTTP_CHUNK_END:
        if (response->line_len > 0) { return fail(response, "a chunk longer than it said"); }
        response->state = TT_HTTP_CHUNK_SIZE;
        return TT_OK;
    default: // a trailer, which says nothing to us
        if (response->line_len == 0) { response->state = TT_HTTP_DONE; }
        return TT_OK;
    }
}

static int add_to_line(struct tt_http_response *response, char c)
{
    if (++response->head_len > TT_HTTP_HEAD_MAX) {
        return fail(response, "a head of more than 16 KiB");
    }
    if (response->cr) {
        if (c != '\n') { return fail(response, "CR without LF (RFC 9112 §2.2)"); }
        response->cr = false;
        const int err = end_line(response);
        response->line_len = 0;
        response->long_line = false;
        return err;
    }
    if (c == '\r') {
        response->cr = true;
    } else if (c == '\n' || c == 0) {
        return fail(response, "LF without CR, or NUL (RFC 9112 §2.2)");
    } else if (response->line_len < sizeof response->line) {
        response->line[response->line_len++] = c;
    } else {
        response->long_line = true;
    }
    return TT_OK;
}

static int add_to_body(struct tt_http_response *response, const uint8_t *data, size_t len)
{
    if (len > TT_HTTP_BODY_MAX - response->body_read) {
        return fail(response, "a body of more than 1 MiB");
    }
    response->body_read += (uint32_t)len;
    const size_t room = response->body_cap - response->body_len;
    const size_t kept = len < room ? len : room;
    if (kept > 0) { memcpy(response->body + response->body_len, data, kept); }
    response->body_len += kept;
    response->cut = response->cut || kept < len;
    if (response->left >= 0) {
        response->left -= (int64_t)len;
        if (response->left == 0) {
            response->state = response->state == TT_HTTP_CHUNK ? TT_HTTP_CHUNK_END : TT_HTTP_DONE;
        }
    }
    return TT_OK;
}

int tt_http_response_add(struct tt_http_response *response, const uint8_t *data, size_t len,
                         size_t *used)
{
    size_t at = 0;
    int err = TT_OK;
    while (at < len && err == TT_OK && response->state != TT_HTTP_DONE) {
        if (response->state == TT_HTTP_BODY || response->state == TT_HTTP_CHUNK) {
            const size_t rest = len - at;
            const size_t take = response->left >= 0 && (size_t)response->left < rest
                                    ? (size_t)response->left
                                    : rest;
            err = add_to_body(response, data + at, take);
            at += take;
        } else {
            err = add_to_line(response, (char)data[at++]);
        }
    }
    *used = at;
    return err < 0 ? err : response->state == TT_HTTP_DONE ? 1 : 0;
}

int tt_http_response_end(struct tt_http_response *response)
{
    if (response->state != TT_HTTP_BODY || response->left >= 0) { return TT_ECLOSED; }
    response->state = TT_HTTP_DONE;
    return TT_OK;
}

void tt_http_begin(struct tt_http_exchange *exchange, const struct tt_http_request *request,
                   void *into, size_t into_cap, int64_t now_ms)
{
    *exchange =
        (struct tt_http_exchange){.request = *request, .part = request->head, .quiet_ms = now_ms};
    tt_http_response_init(&exchange->response, into, into_cap);
}

static void next_part(struct tt_http_exchange *exchange)
{
    const struct tt_http_request *const request = &exchange->request;
    if (!exchange->in_body) {
        exchange->in_body = true;
        exchange->part = request->body;
        if (exchange->part.len > 0) { return; }
    }
    if (request->more != NULL) { exchange->part = request->more(request->ctx); }
    exchange->sent = exchange->part.len == 0;
}

// TT_OK, or the stream's error.
static int send_request(struct tt_http_exchange *exchange, const struct tt_stream *stream,
                        int64_t now_ms)
{
    while (!exchange->sent) {
        if (exchange->part.len == 0) {
            next_part(exchange);
            continue;
        }
        const int taken =
            stream->write(stream->ctx, (const uint8_t *)exchange->part.data, exchange->part.len);
        if (taken <= 0) { return taken; }
        exchange->part.data += taken;
        exchange->part.len -= (size_t)taken;
        exchange->quiet_ms = now_ms;
    }
    return TT_OK;
}

int tt_http_step(struct tt_http_exchange *exchange, const struct tt_stream *stream, int64_t now_ms)
{
    struct tt_http_response *const response = &exchange->response;
    const int sent = send_request(exchange, stream, now_ms);
    for (;;) {
        uint8_t bytes[READ_BYTES];
        const int got = stream->read(stream->ctx, bytes, sizeof bytes);
        if (got == TT_ECLOSED && tt_http_response_end(response) == TT_OK) { return 1; }
        if (got < 0) { return got; }
        if (got == 0) { break; }
        exchange->quiet_ms = now_ms;
        size_t used;
        const int done = tt_http_response_add(response, bytes, (size_t)got, &used);
        if (done < 0) { return done; }
        if (done == 1) {
            // More than was asked for, or an answer to half a question: nothing else goes this way.
            if (used < (size_t)got || !exchange->sent) { response->keep = false; }
            return 1;
        }
    }
    // A server that says no and closes may be read to the end before its refusal to take counts.
    if (sent < 0) { return sent; }
    return now_ms - exchange->quiet_ms >= TT_HTTP_QUIET_MS ? TT_ETIMEOUT : 0;
}
