// A hostile HTTP server: any bytes, in pieces. What is kept lies within its buffer, pieces make no
// difference, and what is refused stays refused. What gzip writes of them never exceeds its bound.
#include <stdlib.h>
#include <string.h>

#include "../core/gzip.h"
#include "../core/http.h"
#include "../port/error.gen.h"

enum { KEPT = 64 };

static void require(int fact)
{
    if (!fact) { abort(); }
}

static int read_in_pieces(struct tt_http_response *response, char *body, const uint8_t *data,
                          size_t len, size_t piece)
{
    tt_http_response_init(response, body, KEPT);
    for (size_t at = 0; at < len;) {
        const size_t take = len - at < piece ? len - at : piece;
        size_t used = 0;
        const int done = tt_http_response_add(response, data + at, take, &used);
        require(used <= take && response->body_len <= KEPT);
        if (done != 0) { return done; }
        require(used == take);
        at += used;
    }
    return tt_http_response_end(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *const body[2] = {malloc(KEPT), malloc(KEPT)};
    struct tt_http_response whole;
    struct tt_http_response pieces;
    const int done = read_in_pieces(&whole, body[0], data, len, len + 1);
    require(read_in_pieces(&pieces, body[1], data, len, 1 + len % 7) == done);
    require(done == 1 || done == TT_OK || done == TT_ECLOSED || done == TT_EPROTOCOL);
    require((done == TT_EPROTOCOL) == (whole.why != NULL));
    require(whole.status == pieces.status && whole.body_len == pieces.body_len &&
            whole.keep == pieces.keep && memcmp(body[0], body[1], whole.body_len) == 0);
    if (done >= 0) { require(whole.status >= 200 && whole.status <= 999); }

    // Nothing a peer says can end a line of ours.
    char *const head = malloc(256);
    struct tt_writer out = tt_writer_of(head, 256);
    const struct tt_range text = {(const char *)data, len};
    tt_http_write_request(&out, "PUT", text, text, 0);
    tt_http_write_header(&out, "x", text);
    if (!out.full) {
        size_t lines = 0;
        for (size_t i = 0; i < out.len; i++) {
            lines += head[i] == '\n';
        }
        require(lines == 4);
    }

    struct tt_gzip *const gzip = malloc(sizeof *gzip);
    uint8_t *const member = malloc(len + TT_GZIP_OVERHEAD);
    const int written = tt_gzip_write(gzip, data, len, member, len + TT_GZIP_OVERHEAD);
    require(len == 0 || len > TT_GZIP_INPUT_MAX ? written == TT_EINVALID : written > 18);
    free(member);
    free(gzip);
    free(head);
    free(body[0]);
    free(body[1]);
    return 0;
}
