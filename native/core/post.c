#include "post.h"

#include <string.h>

#include "../port/error.gen.h"
#include "crypto.h"
#include "http_telemetry.h"
#include "link_state.h"
#include "trust.h"

enum {
    HTTPS_PORT = 443,
    POLL_MS = 20,     // while the stream has no room
    REFUSALS_MAX = 8, // so often a message may be called malformed before it gives way to others
};

static int fail(struct tt_link *link, int err, const char *why)
{
    link->hub.why = why;
    return err;
}

static int dial(struct tt_link *link)
{
    struct tt_post *const post = link->config.post;
    post->asking = false;
    post->used = false;
    post->least_ms = 0;
    link->provisioning = false;
    return tt_link_connect(link, HTTPS_PORT, link->config.https_port);
}

// Signed anew for each request.
static int write_authorization(struct tt_link *link, struct tt_writer *out)
{
    if (link->config.connection.x509) { return TT_OK; }
    const struct tt_port *const port = link->config.port;
    const int64_t epoch_ms = port->epoch_ms(port->ctx);
    if (epoch_ms < 0 || epoch_ms < link->config.build_epoch_ms) {
        return fail(link, TT_EUNSET, "the clock is not set: no token can be signed");
    }
    tt_writer_text(out, "Authorization: ");
    const int len =
        tt_link_sign(link, epoch_ms / 1000, (char *)out->data + out->len, out->cap - out->len);
    if (len < 0) {
        out->full = true;
        return TT_OK;
    }
    out->len += (size_t)len;
    tt_writer_text(out, "\r\n");
    return TT_OK;
}

// Head and body one behind the other. TT_EFULL when they do not fit, TT_EIO when the flash cannot
// be read, TT_EUNSET.
static int write_request(struct tt_link *link, const struct tt_telemetry *message,
                         struct tt_writer *out)
{
    const struct tt_range gateway = link->config.connection.gateway;
    const struct tt_http_telemetry head = {
        .host = gateway.len > 0 ? gateway : link->host,
        .id = {link->id, link->id_len},
        .body_len = message->body_len,
        .boot = message->boot,
        .sequence = message->sequence,
        .expires_s = (message->options & TT_OUTBOX_UPTIME) == 0 ? message->expires_s : 0,
    };
    // The bag waits at the end of the buffer until it is headers.
    const size_t cap = out->cap;
    if (message->properties_len > cap) { return TT_EFULL; }
    out->cap = cap - message->properties_len;
    struct tt_writer bag = tt_writer_of(out->data + out->cap, message->properties_len);
    int err = tt_outbox_write_properties(message, &bag);
    if (err < 0) { return err; }
    tt_http_write_telemetry(out, &head);
    err = write_authorization(link, out);
    if (err < 0) { return err; }
    tt_http_write_bag(out, (struct tt_range){(const char *)bag.data, bag.len});
    tt_http_write_end(out);
    out->cap = cap;
    err = tt_outbox_write_body(message, out);
    return err < 0 ? err : out->full ? TT_EFULL : TT_OK;
}

// The link's packet buffers lie side by side, and without MQTT nothing else is in them.
static struct tt_writer buffers_of(const struct tt_link *link)
{
    const struct tt_board *const board = link->config.board;
    return tt_writer_of(link->hub.tx.data, (size_t)board->packet_bytes + board->receive_bytes);
}

// Begins the next request. 1: it is on its way, 0: there is nothing to be sent, or an error.
static int ask(struct tt_link *link, int64_t now_ms)
{
    struct tt_post *const post = link->config.post;
    struct tt_telemetry message;
    while (tt_hub_next_telemetry(&link->hub, &message, now_ms)) {
        struct tt_writer out = buffers_of(link);
        const int err = write_request(link, &message, &out);
        if (err == TT_EUNSET) { return err; }
        if (err < 0) {
            tt_hub_drop_telemetry(&link->hub, &message, tt_hub_unsendable(err));
            continue;
        }
        const struct tt_http_request request = {.head = {(const char *)out.data, out.len}};
        tt_http_begin(&post->exchange, &request, NULL, 0, now_ms);
        tt_hub_telemetry_sent(&link->hub, &message, 0, now_ms);
        post->asking = true;
        return 1;
    }
    return 0;
}

static void give_way(struct tt_link *link, const char *why)
{
    struct tt_telemetry message;
    link->config.post->refusals = 0;
    if (tt_outbox_peek_telemetry(link->config.outbox, &message) &&
        tt_hub_in_flight(&link->hub, &message)) {
        tt_hub_drop_telemetry(&link->hub, &message, why);
    }
}

static int refused(struct tt_link *link, int32_t status)
{
    switch (status) {
    case 401:
        return fail(link, TT_EREFUSED, "the hub does not accept the token or certificate (401)");
    case 403:
        return fail(link, TT_EREFUSED, "the hub does not authorize this device (403)");
    case 404:
        return fail(link, TT_EREFUSED, "the hub does not know this device (404)");
    case 408:
    case 429:
        return fail(link, TT_EBUSY, "the hub is throttling");
    default:
        return status >= 500 ? fail(link, TT_EBUSY, "the hub is unavailable")
                             : fail(link, TT_EPROTOCOL,
                                    "the hub answers telemetry with neither "
                                    "yes nor no");
    }
}

// TT_OK: the next may follow.
static int answered(struct tt_link *link)
{
    struct tt_post *const post = link->config.post;
    const struct tt_http_response *const response = &post->exchange.response;
    struct tt_hub *const hub = &link->hub;
    hub->due_ms[TT_HUB_TELEMETRY] = INT64_MAX; // answered, so not cut
    if (response->status == 204) {
        tt_hub_telemetry_acknowledged(hub);
        post->refusals = 0;
    } else if (response->status == 413) {
        give_way(link, "a telemetry message is larger than the hub takes: dropped");
    } else if (response->status == 400 && ++post->refusals >= REFUSALS_MAX) {
        give_way(link, "the hub calls a telemetry message malformed again and again: dropped");
    } else {
        const int32_t wish_s = response->retry_after_s;
        post->least_ms = wish_s > 0 ? (int64_t)wish_s * 1000 : 0;
        return response->status == 400
                   ? fail(link, TT_EBUSY, "the hub calls a telemetry message malformed (400)")
                   : refused(link, response->status);
    }
    link->attempt = 0;
    link->refusals = 0;
    link->away_ms = INT64_MAX;
    if (link->config.trust != NULL) { link->config.trust->calls->tell(link->config.trust, true); }
    return TT_OK;
}

static int broken(struct tt_link *link, int err)
{
    const struct tt_post *const post = link->config.post;
    const char *const malformed = post->exchange.response.why;
    // RFC 9112 §9.3.1: a kept connection may be closed at any time, which is no failure.
    if (post->used && post->exchange.response.status == 0 && (err == TT_ECLOSED || err == TT_EIO)) {
        return 1;
    }
    return err == TT_EPROTOCOL && malformed != NULL ? fail(link, err, malformed)
           : err == TT_ECLOSED ? fail(link, err, "the connection was closed before the answer")
           : err == TT_ETIMEOUT && post->exchange.sent
               ? fail(link, err, "no answer to telemetry within 30 s")
               : err;
}

static int step(struct tt_link *link, bool more, int64_t now_ms)
{
    struct tt_post *const post = link->config.post;
    for (;;) {
        if (!post->asking) {
            const int begun = more ? ask(link, now_ms) : 0;
            if (begun <= 0) { return begun < 0 ? begun : 1; }
        }
        const int done = tt_http_step(&post->exchange, &link->stream, now_ms);
        if (done == 0) { return 0; }
        post->asking = false;
        if (done < 0) { return broken(link, done); }
        const int err = answered(link);
        if (err < 0) { return err; }
        if (!post->exchange.response.keep) { return 1; }
        post->used = true;
    }
}

static int64_t deadline(const struct tt_post *post, int64_t now_ms)
{
    return post->exchange.sent ? post->exchange.quiet_ms + TT_HTTP_QUIET_MS : now_ms + POLL_MS;
}

void tt_post_init(struct tt_post *post)
{
    static const struct tt_post_calls calls = {.dial = dial, .step = step, .deadline = deadline};
    memset(post, 0, sizeof *post);
    post->calls = &calls;
}
