// The device side of Azure IoT Hub's MQTT protocol as a state machine over bytes. It knows the two
// queues; it has never heard of sockets, TLS, keys or reconnect policy.
#pragma once

#include "../port/port.h"
#include "inbox.h"
#include "mqtt.h"
#include "outbox.h"
#include "reported.h"
#include "topic.h"

enum {
    TT_HUB_METHODS_MAX = 8,    // requests that wait for the app's reply
    TT_HUB_MESSAGES_MAX = 16,  // cloud-to-device messages that wait for the app
    TT_HUB_WILL_MAX = 192,     // bytes of the last will's properties and body
    TT_HUB_RID_MAX = 64,       // longer request ids are refused; the hub's are far shorter
    TT_HUB_ANSWER_MS = 30000,  // what is asked of the hub is answered by then, or the link is dead
    TT_HUB_METHOD_MS = 300000, // the hub's longest method timeout: later replies are for nobody
    TT_HUB_HOLD_MS = 5000,     // how long reading rests because the inbox is full
};

// What is asked of the hub, at most one of each at a time.
enum tt_hub_question {
    TT_HUB_SUBSCRIBE,
    TT_HUB_TELEMETRY,
    TT_HUB_TWIN_GET,
    TT_HUB_REPORT,
    TT_HUB_PING,
    TT_HUB_QUESTIONS,
};

struct tt_hub_method {
    int32_t id; // 0: free
    int64_t until_ms;
    size_t rid_len;
    char rid[TT_HUB_RID_MAX];
};

struct tt_hub_message {
    int32_t id; // 0: free
    uint16_t packet_id;
    uint32_t digest;     // of topic and payload: a packet identifier alone may be used again
    uint32_t connection; // the one it came on
    bool done;           // by the app, while its connection was gone
};

// The message the hub sends itself when this device vanishes.
struct tt_hub_will {
    uint8_t properties_len;
    uint8_t len; // of properties and body; 0: none
    char text[TT_HUB_WILL_MAX];
};

// A direct method that the runtime itself answers, at once and on the link loop.
struct tt_hub_reserved {
    void *ctx;
    const char *name; // NULL: there is none
    int32_t (*answer)(void *ctx, struct tt_range payload, struct tt_writer *answer); // its status
};

struct tt_hub {
    const struct tt_port *port;
    struct tt_outbox *outbox;
    struct tt_inbox *inbox;
    struct tt_range id; // as in its topics: "d1", or "d1/modules/m1"
    uint32_t boot;

    struct tt_hub_reserved reserved;

    struct tt_writer tx; // packets not yet taken by the stream
    size_t tx_taken;     // bytes at its front that were
    struct tt_mqtt_stream rx;
    struct tt_reported reported;
    struct tt_hub_method methods[TT_HUB_METHODS_MAX];
    struct tt_hub_message messages[TT_HUB_MESSAGES_MAX];
    int32_t next_id;     // for both tables, > 0
    uint32_t connection; // number of the current one

    struct tt_hub_will will;
    bool will_changed;   // since this connection was made
    int32_t ephemeral_s; // 0: stay connected, see link.h
    bool over_https;     // telemetry alone, and not by MQTT

    bool accepted;   // CONNACK 0 came
    bool subscribed; // SUBACK came
    bool draining;   // nothing new is begun: the connection will be changed
    bool missed;     // a message was left to the hub: only a reconnect brings it again
    const char *why; // after an error: what happened, in words

    int64_t ping_after_ms; // of silence in either direction
    int64_t sent_ms;       // last packet out
    int64_t received_ms;   // last packet in
    int64_t held_ms;       // since when reading rests for want of inbox, -1 when it does not
    int64_t due_ms[TT_HUB_QUESTIONS]; // the answer's last moment, INT64_MAX when nothing is asked
    int64_t twin_get_at_ms;           // when to ask for the twin, INT64_MAX: not wanted
    int64_t report_at_ms;             // when reports may be sent again after a refusal
    int64_t twin_version;             // of the desired properties the app has, -1 when unknown
    bool twin_unread;  // the whole twin was too large: patches are followed without it
    int64_t twin_seen; // highest version the hub spoke of
    uint16_t next_packet_id;
    uint16_t subscribe_id;
    uint16_t telemetry_id;   // of the message in flight, also while disconnected; 0: none
    uint32_t telemetry_boot; // with the next its id, for it may give way to others meanwhile
    int32_t telemetry_sequence;
    uint32_t next_rid;
    uint32_t twin_get_rid;
    uint32_t report_rid;
};

struct tt_hub_buffers {
    uint8_t *tx;
    size_t tx_size;
    uint8_t *rx;
    size_t rx_size;
    uint8_t *reported;
    size_t reported_size;
};

void tt_hub_init(struct tt_hub *hub, const struct tt_port *port, struct tt_outbox *outbox,
                 struct tt_inbox *inbox, struct tt_range id, uint32_t boot,
                 const struct tt_hub_buffers *buffers);

// A new connection: queues CONNECT. TT_OK, or TT_EINVALID when it exceeds the send buffer.
int tt_hub_open(struct tt_hub *hub, const struct tt_mqtt_connect *connect, int64_t now_ms);
// The connection is gone, also by intent: what was in flight waits again.
void tt_hub_closed(struct tt_hub *hub);
void tt_hub_disconnect(struct tt_hub *hub); // queues DISCONNECT

// Handles the packets in rx. TT_OK, or an error with hub->why: TT_EPROTOCOL, TT_EREFUSED (the hub
// said no to this device), TT_EBUSY (try later).
int tt_hub_receive(struct tt_hub *hub, int64_t now_ms);
// True while a packet waits in rx for room in the inbox or in tx: read nothing more then.
bool tt_hub_holding(const struct tt_hub *hub);

// Takes what is due from the queues into tx; without a connection drops what nobody waits for any
// more. False when something had no room in tx: call again when tx is empty.
bool tt_hub_send(struct tt_hub *hub, int64_t now_ms);

// TT_OK, or TT_ETIMEOUT with hub->why when the hub owes an answer for too long.
int tt_hub_check(struct tt_hub *hub, int64_t now_ms);
// When tt_hub_send or tt_hub_check have something to do at the latest.
int64_t tt_hub_deadline(const struct tt_hub *hub);

bool tt_hub_quiet(const struct tt_hub *hub); // nothing in flight, either way
bool tt_hub_idle(const struct tt_hub *hub);  // nothing waits to be sent or acknowledged

// Between the files of the hub.
bool tt_hub_write_reply(struct tt_hub *hub, int32_t status, struct tt_range rid,
                        struct tt_range body);
int tt_hub_receive_publish(struct tt_hub *hub, const struct tt_mqtt_frame *frame,
                           const struct tt_mqtt_publish *publish, int64_t now_ms);
bool tt_hub_put(struct tt_hub *hub, int32_t kind, int32_t id); // an event without payload
// Whether the message is the one in flight, or was when the connection ended.
bool tt_hub_in_flight(const struct tt_hub *hub, const struct tt_telemetry *message);
// Tells who watches what became of a message: a TT_NOTICE with its id.
void tt_hub_tell(const struct tt_hub *hub, enum tt_notice_kind kind,
                 const struct tt_telemetry *message);
// The oldest message whose time is not over; those before it are given up. False: there is none.
bool tt_hub_next_telemetry(struct tt_hub *hub, struct tt_telemetry *out, int64_t now_ms);
void tt_hub_drop_telemetry(struct tt_hub *hub, const struct tt_telemetry *message, const char *why);
// Why a message is dropped that can be written nowhere: TT_EFULL, or an error of its flash.
const char *tt_hub_unsendable(int err);
// The message is in flight, until it is acknowledged or the connection ends. id: its packet's.
void tt_hub_telemetry_sent(struct tt_hub *hub, const struct tt_telemetry *message, uint16_t id,
                           int64_t now_ms);
void tt_hub_telemetry_acknowledged(struct tt_hub *hub);
int32_t tt_hub_new_id(struct tt_hub *hub);
void tt_hub_log(const struct tt_hub *hub, enum tt_log_level level, const char *text);
