// Telemetry by HTTPS (reference A11) in place of MQTT, for devices that say something now and then
// and listen to nothing: one POST at a time over the link's own stream, out of its own buffers, the
// outbox in order. It knows no policy; when to call, and when again, is the link's business.
#pragma once

#include "http.h"

struct tt_link;

struct tt_post;

// A table, so that a firmware without it has no byte of HTTP in it.
struct tt_post_calls {
    // TCP and TLS to the hub's HTTPS port. As tt_link_dial.
    int (*dial)(struct tt_link *link);
    // Sends and reads what can be now, `more` saying whether a further message may be begun. 1: the
    // connection has done its work, 0: it goes on, or an error with hub->why; what had not been
    // acknowledged stays in the outbox.
    int (*step)(struct tt_link *link, bool more, int64_t now_ms);
    // When step has something to do at the latest.
    int64_t (*deadline)(const struct tt_post *post, int64_t now_ms);
};

struct tt_post {
    const struct tt_post_calls *calls;
    bool asking;
    bool used;        // the connection carried a request: the hub may have closed it since
    uint8_t refusals; // of the oldest message as malformed, in a row
    int64_t least_ms; // the hub's own wish for the wait after an error; 0: none
    struct tt_http_exchange exchange;
};

void tt_post_init(struct tt_post *post);
