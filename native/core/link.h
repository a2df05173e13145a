// The link loop: keeps one device connected to its hub and moves outbox and inbox across.
#pragma once

#include "../port/key.h"
#include "../port/port.h"
#include "board.h"
#include "connection.h"
#include "inbox.h"
#include "outbox.h"

// What else the link loop does, stepped after the link itself. NULL: nothing.
struct tt_link_side {
    void *ctx;
    int64_t (*step)(void *ctx, int64_t now_ms); // when again, INT64_MAX: when woken
    void (*stop)(void *ctx);                    // closes what is open
};

struct tt_dps;
struct tt_post;
struct tt_trust;

// Strings and buffers are the caller's and live as long as the link. Secrets are never logged.
struct tt_link_config {
    const struct tt_port *port;
    const struct tt_board *board;
    struct tt_outbox *outbox;
    struct tt_inbox *inbox;
    // Who it is and where its hub. The host is for user name and token, and verified unless there
    // is a gateway; the second key is tried when the hub refuses the first, and back.
    struct tt_connection connection;
    struct tt_dps *dps;    // with an id scope in the connection, in use; else NULL
    const char *address;   // TCP host; NULL: the gateway's or host's name without its :port
    uint16_t tcp_port;     // 0: that :port, or 8883
    uint16_t https_port;   // of the hub; 0: its host's, or 443
    const char *model_id;  // of IoT Plug and Play, announced in CONNECT; NULL: none
    uint32_t token_ttl_s;  // 0: 3600. Renewed when a quarter of it is left
    uint16_t keep_alive_s; // 0: 240, at most 1177
    bool tls;              // false only inside one process
    bool tls13;            // offer TLS 1.3 too, see tls.h
    const uint8_t *ca;     // roots, see tls.h
    size_t ca_len;
    struct tt_trust *trust; // bundles of roots that come before ca. NULL: ca for good
    // With x509 in the connection: what proves who the device is, in place of a token.
    const struct tt_key_slot *key_slot;
    const uint8_t *certificate;
    size_t certificate_len;
    bool health;              // condition is a reported property, said at each connection
    uint32_t boot;            // number of this start, first half of message ids
    int64_t build_epoch_ms;   // the clock is not believed before this
    struct tt_link_side side; // step NULL: none
    struct tt_post *post;     // telemetry by HTTPS; NULL: MQTT alone
};

struct tt_link; // defined by link_state.h

size_t tt_link_memory(const struct tt_board *board); // bytes of buffers tt_link_start takes
// TT_OK; TT_EINVALID for a connection or keep-alive that cannot be, or a board whose
// packet_bytes do not hold CONNECT (about 300 bytes) or whose receive_bytes are below 128.
int tt_link_start(struct tt_link *link, const struct tt_link_config *config, void *memory);

// Does what can be done now without blocking. Returns milliseconds until it wants to be called
// again at the latest; woken earlier by bytes on its stream or records in the outbox.
int32_t tt_link_step(struct tt_link *link, int64_t now_ms);

bool tt_link_connected(const struct tt_link *link);
// True when nothing waits to be sent or acknowledged.
bool tt_link_idle(const struct tt_link *link);
// The network came back: try now, backoff forgotten.
void tt_link_up(struct tt_link *link);
// DISCONNECT when possible, close, free the TLS state.
void tt_link_stop(struct tt_link *link);
