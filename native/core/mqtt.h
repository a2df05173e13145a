// MQTT 3.1.1 packets as a client writes and reads them. Pure: bytes in, bytes out, no session.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

enum tt_mqtt_type {
    TT_MQTT_CONNECT = 1,
    TT_MQTT_CONNACK = 2,
    TT_MQTT_PUBLISH = 3,
    TT_MQTT_PUBACK = 4,
    TT_MQTT_SUBSCRIBE = 8,
    TT_MQTT_SUBACK = 9,
    TT_MQTT_PINGREQ = 12,
    TT_MQTT_PINGRESP = 13,
    TT_MQTT_DISCONNECT = 14,
};

enum {
    TT_MQTT_HEADER_MAX = 5,            // type and flags, then 1 to 4 bytes of remaining length
    TT_MQTT_REMAINING_MAX = 268435455, // [MQTT-2.2.3]
};

struct tt_mqtt_connect {
    struct tt_range client_id;
    struct tt_range username;   // empty: none
    struct tt_range password;   // empty: none
    struct tt_range will_topic; // empty: no will; else one with QoS 1, not retained
    struct tt_range will_message;
    uint16_t keep_alive_s;
    bool clean_session;
};

struct tt_mqtt_publish {
    struct tt_range topic;
    struct tt_range payload;
    uint16_t packet_id; // 0 with QoS 0, else not 0
    uint8_t qos;        // 0 or 1
    bool duplicate;
    bool retain;
};

// Each appends one packet, or sets writer->full and leaves len as it was.
void tt_mqtt_write_connect(struct tt_writer *writer, const struct tt_mqtt_connect *connect);
void tt_mqtt_write_publish(struct tt_writer *writer, const struct tt_mqtt_publish *publish);
void tt_mqtt_write_puback(struct tt_writer *writer, uint16_t packet_id);
void tt_mqtt_write_subscribe(struct tt_writer *writer, uint16_t packet_id, uint8_t qos,
                             const struct tt_range *filters, size_t count);
void tt_mqtt_write_pingreq(struct tt_writer *writer);
void tt_mqtt_write_disconnect(struct tt_writer *writer);

// A publish whose topic and payload are written in place: begin, write the topic to *writer, then
// tt_mqtt_begin_payload, write the payload, end. Needs up to 3 bytes more than the packet has then.
struct tt_mqtt_open_publish {
    size_t start; // of the packet in the writer
    size_t topic_end;
    uint8_t qos;
};
struct tt_mqtt_open_publish tt_mqtt_begin_publish(struct tt_writer *writer);
void tt_mqtt_begin_payload(struct tt_writer *writer, struct tt_mqtt_open_publish *open, uint8_t qos,
                           uint16_t packet_id);
// True, or false with the writer as it was at begin (and not full): it does not fit.
bool tt_mqtt_end_publish(struct tt_writer *writer, const struct tt_mqtt_open_publish *open,
                         bool duplicate);

// Cuts a byte stream into packets. One larger than the buffer is passed over without being held:
// it comes out `cut`, with the first half buffer of it.
struct tt_mqtt_stream {
    uint8_t *data;
    size_t cap;      // at least 16; a packet of this size, header included, comes out whole
    size_t have;     // bytes in data
    size_t used;     // of them, what was given out already
    uint32_t passed; // of an oversize packet: bytes seen, 0 when none is being passed over
    uint32_t total;  // its size with header
    uint16_t cut_id; // its packet identifier as seen so far
};

struct tt_mqtt_frame {
    uint8_t header;
    const uint8_t *body; // after the fixed header; what is here of it when cut
    size_t body_len;
    uint32_t remaining; // bytes after the fixed header on the wire
    uint32_t total;     // with the fixed header
    bool cut;
    uint16_t packet_id; // of a cut PUBLISH with QoS 1, which may be beyond body
};

void tt_mqtt_stream_init(struct tt_mqtt_stream *stream, void *data, size_t cap);
// Where to put bytes that arrive; *room is never 0. Invalidates the last frame.
uint8_t *tt_mqtt_stream_room(struct tt_mqtt_stream *stream, size_t *room);
void tt_mqtt_stream_add(struct tt_mqtt_stream *stream, size_t len);
// 1 and the next packet, 0 when it is not complete, TT_EPROTOCOL for a malformed length.
// The frame stays valid, and comes again, until tt_mqtt_stream_drop.
int tt_mqtt_stream_peek(struct tt_mqtt_stream *stream, struct tt_mqtt_frame *frame);
void tt_mqtt_stream_drop(struct tt_mqtt_stream *stream, const struct tt_mqtt_frame *frame);

// What a server may send. Which members are set follows from the type.
struct tt_mqtt_packet {
    enum tt_mqtt_type type;
    uint8_t code;         // CONNACK: return code; SUBACK: the worst of its codes
    bool session_present; // CONNACK
    uint16_t packet_id;   // PUBACK, SUBACK
    size_t granted;       // SUBACK: number of codes
    struct tt_mqtt_publish publish;
};

// TT_OK, or TT_EPROTOCOL and in *why the rule that was broken. A cut PUBLISH comes out without
// payload, and with an empty topic when the topic itself is cut.
int tt_mqtt_decode(const struct tt_mqtt_frame *frame, struct tt_mqtt_packet *out, const char **why);
