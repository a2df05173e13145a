// What a firmware's link loop needs of a way to the internet: lwIP over Ethernet, a modem's
// commands. All but epoch_ms is called on the link loop.
#pragma once

#include "port.h"

struct tt_network {
    // Brings the network up and does not wait for it. `wake` may be called from a handler, to have
    // `step` called soon. TT_OK, or TT_EIO when the controller does not answer.
    int (*start)(const struct tt_port *port, int64_t (*uptime_ms)(void), void (*wake)(void));
    // Receives, and does what is due. True once for each time the network came back.
    bool (*step)(void);
    int32_t (*wait_ms)(void); // until it wants to be stepped again
    // struct tt_port's; one stream at a time besides one that ends.
    int (*connect)(void *ctx, const char *host, uint16_t port, struct tt_stream *out);
    // Milliseconds since 1970-01-01 UTC as the network told, or TT_EUNSET; NULL: it never does. On
    // both loops, of which the app's may interrupt the link's.
    int64_t (*epoch_ms)(void);
};
