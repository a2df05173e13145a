#include "https.h"

#include <string.h>

#include "../port/error.gen.h"

void tt_https_init(struct tt_https *https, const struct tt_https_way *way, void *ctx)
{
    *https = (struct tt_https){.way = way, .ctx = ctx};
}

void tt_https_close(struct tt_https *https)
{
    if (https->open) { https->stream.close(https->stream.ctx); }
    https->open = false;
    https->asking = false;
}

int tt_https_ask(struct tt_https *https, struct tt_range host, bool hub,
                 const struct tt_http_request *request, void *into, size_t into_cap, int64_t now_ms,
                 const char **why)
{
    if (host.len > sizeof https->host) {
        *why = "a host's name is too long";
        return TT_EINVALID;
    }
    if (https->open && (host.len != https->host_len || memcmp(host.data, https->host, host.len))) {
        tt_https_close(https);
    }
    if (!https->open) {
        const int err = https->way->open(https->ctx, host, hub, &https->stream, why);
        if (err < 0) { return err; }
        memcpy(https->host, host.data, host.len);
        https->host_len = host.len;
        https->open = true;
        https->used = false;
    }
    tt_http_begin(&https->exchange, request, into, into_cap, now_ms);
    https->asking = true;
    return TT_OK;
}

static const char *words_of(const struct tt_https *https, int err)
{
    const char *const tls = https->way->reason(https->ctx);
    if (tls != NULL) { return tls; }
    switch (err) {
    case TT_EPROTOCOL:
        return https->exchange.response.why;
    case TT_ETIMEOUT:
        return "no answer in time";
    case TT_EREFUSED:
        return "the host refused the connection";
    case TT_ENOTFOUND:
        return "the host name is not known";
    case TT_ECLOSED:
        return "the connection was closed before the answer";
    default:
        return "the connection broke";
    }
}

int tt_https_step(struct tt_https *https, int64_t now_ms, bool *again, const char **why)
{
    const int done = tt_http_step(&https->exchange, &https->stream, now_ms);
    if (done == 0) { return 0; }
    if (done < 0) {
        // TLS' own words go with its stream.
        struct tt_writer words = tt_writer_of(https->why, TT_HTTPS_WHY_MAX);
        const char *const text = words_of(https, done);
        const size_t len = strlen(text);
        tt_writer_bytes(&words, text, len < TT_HTTPS_WHY_MAX ? len : TT_HTTPS_WHY_MAX);
        https->why[words.len] = 0;
        *why = https->why;
        // RFC 9112 §9.3.1: a kept connection may be closed at any time.
        *again = https->used && https->exchange.response.status == 0 &&
                 (done == TT_ECLOSED || done == TT_EIO);
        tt_https_close(https);
        return done;
    }
    https->used = true;
    https->asking = false;
    if (!https->exchange.response.keep) { tt_https_close(https); }
    return 1;
}
