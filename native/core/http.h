// HTTP/1.1 as a client sees it (RFC 9110, RFC 9112): writes the head of a request, reads a
// response, and carries one of each over a byte stream. It knows no URL, TLS, key or meaning of a
// status; it follows no redirect, sends no cookie and allocates nothing.
#pragma once

#include <stdbool.h>

#include "../port/stream.h"
#include "bytes.h"

enum {
    TT_HTTP_LINE_MAX = 160,     // bytes kept of a header's line; a longer one may not matter to us
    TT_HTTP_HEAD_MAX = 16384,   // bytes of status line, headers, interim responses and trailers
    TT_HTTP_BODY_MAX = 1 << 20, // bytes of a body that is read, kept or not
    TT_HTTP_RETRY_MAX_S = 3600, // a longer Retry-After counts as this
    TT_HTTP_QUIET_MS = 30000,   // without a byte either way the connection is dead
};

// Writes "METHOD target HTTP/1.1", Host, and Content-Length for a body of body_len bytes. Sets
// out->full for a target or host with anything but visible ASCII in it, so that nothing a peer
// wrote can end a line (RFC 9112 §3.2, §11.1).
void tt_http_write_request(struct tt_writer *out, const char *method, struct tt_range target,
                           struct tt_range host, size_t body_len);
// One header; a value with control characters or beyond ASCII sets out->full (RFC 9110 §5.5).
void tt_http_write_header(struct tt_writer *out, const char *name, struct tt_range value);
void tt_http_write_end(struct tt_writer *out); // the empty line

enum tt_http_state {
    TT_HTTP_STATUS_LINE,
    TT_HTTP_HEADER,
    TT_HTTP_BODY,       // `left` bytes of it, or up to the end of the stream
    TT_HTTP_CHUNK_SIZE, // its line
    TT_HTTP_CHUNK,      // `left` bytes of it
    TT_HTTP_CHUNK_END,  // CR LF after it
    TT_HTTP_TRAILER,
    TT_HTTP_DONE,
};

struct tt_http_response {
    int32_t status;        // 0: no status line yet
    int32_t retry_after_s; // -1: not given, or given as a date, which is as good as not at all
    bool keep;             // the connection may carry another request
    uint8_t *body;         // the caller's
    size_t body_cap;
    size_t body_len; // kept
    bool cut;        // the body was longer than body_cap; the rest was read and dropped
    const char *why; // after an error: the rule that was broken, in words

    enum tt_http_state state;
    bool chunked;
    bool cr; // the line's last byte was CR
    bool long_line;
    int64_t left; // -1: a body without a length
    uint32_t head_len;
    uint32_t body_read;
    uint8_t line_len;
    char line[TT_HTTP_LINE_MAX];
};

// keeps at most cap bytes of the body in `body`.
void tt_http_response_init(struct tt_http_response *response, void *body, size_t cap);
// Takes bytes that arrived; *used says how many were of this response. 1 when it is complete, 0
// while it is not, TT_EPROTOCOL with `why`.
int tt_http_response_add(struct tt_http_response *response, const uint8_t *data, size_t len,
                         size_t *used);
// The stream ended: TT_OK when that is the end of the body (RFC 9112 §6.3), else TT_ECLOSED.
int tt_http_response_end(struct tt_http_response *response);

// What a request is made of; all of it stays in place until the exchange is over.
struct tt_http_request {
    struct tt_range head;
    struct tt_range body;
    // The next part of a body too large for memory; one of no bytes ends it. NULL: body is all.
    struct tt_range (*more)(void *ctx);
    void *ctx;
};

// One request and its response on a stream that stays the caller's.
struct tt_http_exchange {
    struct tt_http_request request;
    struct tt_range part; // what is left of the part being sent
    bool in_body;
    bool sent;
    int64_t quiet_ms; // when the silence began
    struct tt_http_response response;
};

// Keeps at most into_cap bytes of the response's body.
void tt_http_begin(struct tt_http_exchange *exchange, const struct tt_http_request *request,
                   void *into, size_t into_cap, int64_t now_ms);
// Sends and reads what can be now. 1 when the response is complete (it may come before all was
// sent: then it says not to keep the connection), 0 while it is not, or an error: the stream's,
// TT_EPROTOCOL, TT_ETIMEOUT after TT_HTTP_QUIET_MS without a byte.
int tt_http_step(struct tt_http_exchange *exchange, const struct tt_stream *stream, int64_t now_ms);
