// The layout of struct tt_link, for core and for whoever reserves memory for one.
#pragma once

#include <stdatomic.h>

#include "dps.h"
#include "https.h"
#include "hub.h"
#include "link.h"
#include "topic.h"

struct tt_tls;

enum tt_link_phase {
    TT_LINK_WAITING,    // no stream; dials at next_ms
    TT_LINK_CONNECTING, // TCP, TLS, CONNECT; given up at next_ms
    TT_LINK_CONNECTED,
    TT_LINK_LEAVING, // DISCONNECT on its way, at most until next_ms
    TT_LINK_POSTING, // telemetry by HTTPS, see post.h
    TT_LINK_STOPPED,
};

struct tt_link {
    struct tt_link_config config;
    struct tt_hub hub;
    enum tt_link_phase phase;
    struct tt_stream stream; // TLS or plain, from CONNECTING to LEAVING
    struct tt_tls *tls;      // NULL: plain, or no stream
    int64_t next_ms;
    int64_t connected_ms;
    int64_t renew_ms;        // when the token is to be renewed
    int64_t drain_until_ms;  // renewal waits no longer for what is in flight
    int64_t away_ms;         // when messages go to flash for want of a connection; INT64_MAX: it is
                             // there
    int64_t store_at_ms;     // the flash failed: not tried again before
    int64_t taken_by_ms;     // a stream that takes nothing is dead then; INT64_MAX: it does
    unsigned attempt;        // failures in a row
    int64_t leave_by_ms;     // patience ends; 0: the app runs
    uint32_t connections;    // since the start; a renewal is none
    bool renewing;           // the gap is of our own making: nobody is told
    bool told;               // what the app knows of the connection
    bool second;             // which of two keys signs the next token
    bool resting;            // away by intent, with nothing to send
    int64_t visit_ms;        // when the hub is called again with nothing to send, if ephemeral
    int64_t quiet_ms;        // since when there is nothing to do, if ephemeral; INT64_MAX: there is
    bool provisioning;       // the stream leads to DPS, not to the hub
    bool unkept;             // what DPS assigned is not yet on its way to the store
    uint8_t refusals;        // of the hub, in a row
    bool lent;               // the memory for a connection is a side's: no dialling
    struct tt_tls *side_tls; // of the side's connection, as long as that is open
    _Atomic bool up;         // tt_link_up was called
    uint16_t tcp_port;
    struct tt_range host;                  // of the hub, with its port where it has one
    char name[TT_CONNECTION_HOST_MAX + 1]; // whose certificate is expected; TCP address by default
    char id[TT_TOPIC_ID_MAX];              // "d1", or "d1/modules/m1"
    size_t id_len;
    size_t device_len; // of the device's part in id
};

// Between the files of the link.

// Takes over who the device is and where its hub, both well-formed; host stays the caller's.
void tt_link_set_names(struct tt_link *link, struct tt_range host, struct tt_range device_id);
// Begins a connection: TCP, TLS, CONNECT. An error may leave a stream, which is the caller's to
// close: link->stream.close is NULL when there is none.
int tt_link_dial(struct tt_link *link, int64_t now_ms);
// TCP and TLS alone: to tcp_port if it is not 0, else to the host's own, else to default_port.
int tt_link_connect(struct tt_link *link, uint16_t default_port, uint16_t tcp_port);
// Closes the stream, if there is one, and what lives on it.
void tt_link_hang_up(struct tt_link *link);
// TLS with the link's roots over inner, which it owns from now on. As tt_tls_open.
int tt_link_secure(struct tt_link *link, const char *name, const struct tt_stream *inner,
                   struct tt_tls **tls, struct tt_stream *out, const char **why);
// A token that says who the device is, signed at now_s (seconds since 1970). Its length, or an
// error.
int tt_link_sign(const struct tt_link *link, int64_t now_s, char *out, size_t cap);
// Asks for the memory of a connection, for a side: true at once on a board that has it twice, else
// once the link has left the hub. Until link->lent is false again the link does not dial.
bool tt_link_lend(struct tt_link *link);
extern const struct tt_https_way tt_link_https; // its ctx is the link
// Queues CONNECT with a token signed at now_s (seconds since 1970). TT_OK or TT_EINVALID.
int tt_link_open_session(struct tt_link *link, int64_t now_s, int64_t now_ms);
// Once the app is over: lets the link send while its patience lasts, then leave, keeps what is left
// on flash and sleeps or restarts. *next_ms becomes the moment to look again. True when it is done.
bool tt_link_leave(struct tt_link *link, int64_t now_ms, int64_t *next_ms);
// Puts the property `health` among those to be reported.
void tt_link_report_health(struct tt_link *link);
// Moves telemetry to flash when that is due. Returns when to be called again, INT64_MAX: only when
// something changed.
int64_t tt_link_store(struct tt_link *link, int64_t now_ms);
// Counts an end of the connection or the attempt: the hub may be the wrong one by now.
void tt_link_count_refusal(struct tt_link *link, bool refused);
// Whether DPS is to be asked at the next connection.
bool tt_link_wants_dps(const struct tt_link *link);
// What DPS assigned becomes the hub of the next connection.
void tt_link_assigned(struct tt_link *link);
// Hands what DPS assigned to the app loop, which keeps the store; again until there is room.
void tt_link_keep_assignment(struct tt_link *link);
// "<class>: <words>" for an error of the current connection; the classes are network, tls, auth,
// throttled, protocol, clock and device. Never holds a secret.
void tt_link_write_reason(const struct tt_link *link, int err, struct tt_writer *out);
