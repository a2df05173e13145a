// Requests over HTTPS, one at a time, on a connection that is opened when one needs it and kept for
// the next to the same host. It knows no request; who opens connections and signs is the link.
#pragma once

#include "http.h"

enum {
    TT_HTTPS_HOST_MAX = 128, // characters of a host with its port
    TT_HTTPS_WHY_MAX = 96,   // of a reason, which is cut there
};

// The link's side, for whoever speaks HTTPS beside its MQTT connection.
struct tt_https_way {
    // The hub's host with its port where it has one, and the device's id.
    void (*hub)(void *ctx, struct tt_range *host, struct tt_range *device_id);
    // A stream to "name" or "name:port" (443), TLS in it and the name verified. TT_OK; TT_EBUSY
    // when the board has memory for one connection only and MQTT has not left it yet: ask again
    // soon; else an error with *why in words. `hub`: the host is the hub's own.
    int (*open)(void *ctx, struct tt_range host, bool hub, struct tt_stream *out, const char **why);
    // Nothing more is opened for a while: MQTT may have the memory again.
    void (*release)(void *ctx);
    // After an error of the stream, until it is closed: in words, NULL when TLS is not to blame.
    const char *(*reason)(void *ctx);
    // The value of Authorization for a request to the hub. Its length, 0 when the certificate in
    // TLS says it all, or an error.
    int (*authorize)(void *ctx, char *out, size_t cap);
};

struct tt_https {
    const struct tt_https_way *way;
    void *ctx; // of the way's functions
    struct tt_stream stream;
    bool open;
    bool used; // it carried a request before: the peer may have closed it since
    bool asking;
    size_t host_len;
    char host[TT_HTTPS_HOST_MAX]; // the one it is open to
    char why[TT_HTTPS_WHY_MAX + 1];
    struct tt_http_exchange exchange;
};

void tt_https_init(struct tt_https *https, const struct tt_https_way *way, void *ctx);
// Begins a request; at most into_cap bytes of the response's body are kept. TT_OK, or what open
// says.
int tt_https_ask(struct tt_https *https, struct tt_range host, bool hub,
                 const struct tt_http_request *request, void *into, size_t into_cap, int64_t now_ms,
                 const char **why);
// 1 when the response is there (https->exchange.response), 0 while it is not, or an error with
// *why, which is good until the next step; TT_ECLOSED also for a kept connection that the peer had
// closed in the meantime, *again saying so: the request was not heard.
int tt_https_step(struct tt_https *https, int64_t now_ms, bool *again, const char **why);
void tt_https_close(struct tt_https *https);
