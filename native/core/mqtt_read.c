// Reading MQTT packets: the frames of a stream, and what a server may put into them.
#include <string.h>

#include "../port/error.gen.h"
#include "mqtt.h"

void tt_mqtt_stream_init(struct tt_mqtt_stream *stream, void *data, size_t cap)
{
    *stream = (struct tt_mqtt_stream){.data = data, .cap = cap};
}

uint8_t *tt_mqtt_stream_room(struct tt_mqtt_stream *stream, size_t *room)
{
    if (stream->used > 0) {
        stream->have -= stream->used;
        memmove(stream->data, stream->data + stream->used, stream->have);
        stream->used = 0;
    }
    *room = stream->cap - stream->have;
    return stream->data + stream->have;
}

void tt_mqtt_stream_add(struct tt_mqtt_stream *stream, size_t len)
{
    stream->have += len;
}

// The fixed header at `data`: its length and the packet's whole size. 1, 0 or TT_EPROTOCOL.
static int read_header(const uint8_t *data, size_t len, size_t *header_len, uint32_t *total)
{
    uint32_t remaining = 0;
    for (size_t i = 1; i < TT_MQTT_HEADER_MAX; i++) {
        if (i >= len) { return 0; }
        remaining |= (uint32_t)(data[i] & 0x7f) << (7 * (i - 1));
        if ((data[i] & 0x80) == 0) {
            *header_len = i + 1;
            *total = (uint32_t)(i + 1) + remaining;
            return 1;
        }
    }
    return TT_EPROTOCOL; // [MQTT-2.2.3]: four bytes at most
}

// The packet identifier of an oversize PUBLISH is wherever its topic ends: note it in passing.
static void watch_for_id(struct tt_mqtt_stream *stream, size_t header_len, const uint8_t *bytes,
                         uint32_t from, uint32_t to)
{
    const uint32_t topic_len =
        (uint32_t)(stream->data[header_len] << 8 | stream->data[header_len + 1]);
    const uint32_t at = (uint32_t)header_len + 2 + topic_len;
    for (uint32_t i = at; i < at + 2; i++) {
        if (i >= from && i < to) {
            stream->cut_id = (uint16_t)(stream->cut_id << 8 | bytes[i - from]);
        }
    }
}

// Keeps the first half of the buffer and counts the rest of the packet away.
static int pass_over(struct tt_mqtt_stream *stream, size_t header_len, struct tt_mqtt_frame *frame)
{
    const size_t keep = stream->cap / 2;
    if (stream->passed == 0) {
        if (stream->have < stream->cap) {
            return 0; // first fill the buffer, so that keep bytes are here for certain
        }
        stream->passed = (uint32_t)keep;
        stream->cut_id = 0;
        watch_for_id(stream, header_len, stream->data, 0, (uint32_t)keep);
    }
    const uint32_t here = (uint32_t)(stream->have - keep);
    const uint32_t left = stream->total - stream->passed;
    const uint32_t take = here < left ? here : left;
    watch_for_id(stream, header_len, stream->data + keep, stream->passed, stream->passed + take);
    stream->passed += take;
    memmove(stream->data + keep, stream->data + keep + take, here - take);
    stream->have -= take;
    if (stream->passed < stream->total) { return 0; }
    *frame = (struct tt_mqtt_frame){
        .header = stream->data[0],
        .body = stream->data + header_len,
        .body_len = keep - header_len,
        .remaining = stream->total - (uint32_t)header_len,
        .total = stream->total,
        .cut = true,
        .packet_id = stream->cut_id,
    };
    return 1;
}

int tt_mqtt_stream_peek(struct tt_mqtt_stream *stream, struct tt_mqtt_frame *frame)
{
    const uint8_t *const start = stream->data + stream->used;
    const size_t here = stream->have - stream->used;
    size_t header_len;
    uint32_t total;
    const int got = read_header(start, here, &header_len, &total);
    if (got != 1) { return got; }
    if (total > stream->cap) {
        size_t room;
        tt_mqtt_stream_room(stream, &room); // to the front of the buffer
        stream->total = total;
        return pass_over(stream, header_len, frame);
    }
    if (here < total) { return 0; }
    *frame = (struct tt_mqtt_frame){
        .header = start[0],
        .body = start + header_len,
        .body_len = total - header_len,
        .remaining = total - (uint32_t)header_len,
        .total = total,
    };
    return 1;
}

void tt_mqtt_stream_drop(struct tt_mqtt_stream *stream, const struct tt_mqtt_frame *frame)
{
    if (frame->cut) {
        stream->used = stream->cap / 2;
        stream->passed = 0;
    } else {
        stream->used += frame->total;
    }
}

static int broken(const char **why, const char *rule)
{
    *why = rule;
    return TT_EPROTOCOL;
}

static int decode_publish(const struct tt_mqtt_frame *frame, struct tt_mqtt_publish *out,
                          const char **why)
{
    out->qos = (frame->header >> 1) & 3;
    out->duplicate = (frame->header & 8) != 0;
    out->retain = (frame->header & 1) != 0;
    if (out->qos > 1) {
        // 3 is malformed; 2 was never granted, for the client asks for 1 at most [MQTT-3.8.4-6].
        return broken(why, out->qos == 3 ? "PUBLISH with QoS 3 [MQTT-3.3.1-4]"
                                         : "PUBLISH with QoS 2, which was not granted");
    }
    if (out->qos == 0 && out->duplicate) {
        return broken(why, "PUBLISH with QoS 0 marked as duplicate [MQTT-3.3.1-2]");
    }
    struct tt_reader reader = tt_reader_of(frame->body, frame->body_len);
    const uint16_t topic_len = tt_reader_u16(&reader);
    const uint8_t *topic = tt_reader_take(&reader, topic_len);
    if (frame->cut) {
        const uint32_t least = 2u + topic_len + (out->qos > 0 ? 2u : 0u);
        if (frame->remaining < least) {
            return broken(why, "PUBLISH shorter than its topic [MQTT-3.3.2-1]");
        }
        out->packet_id = out->qos > 0 ? frame->packet_id : 0;
    } else {
        out->packet_id = out->qos > 0 ? tt_reader_u16(&reader) : 0;
        if (reader.cut) { return broken(why, "PUBLISH shorter than its topic [MQTT-3.3.2-1]"); }
        out->payload.data = (const char *)reader.data + reader.at;
        out->payload.len = tt_reader_left(&reader);
    }
    if (out->qos > 0 && out->packet_id == 0) {
        return broken(why, "PUBLISH with packet identifier 0 [MQTT-2.3.1-1]");
    }
    if (topic == NULL) { return TT_OK; }
    out->topic = (struct tt_range){(const char *)topic, topic_len};
    if (topic_len == 0) { return broken(why, "PUBLISH with an empty topic [MQTT-4.7.3-1]"); }
    if (!tt_range_is_text(out->topic)) {
        return broken(why, "PUBLISH with a topic that is not UTF-8 text [MQTT-1.5.3-1]");
    }
    if (memchr(topic, '#', topic_len) != NULL || memchr(topic, '+', topic_len) != NULL) {
        return broken(why, "PUBLISH with a wildcard in its topic [MQTT-3.3.2-2]");
    }
    return TT_OK;
}

static int decode_suback(struct tt_reader *reader, struct tt_mqtt_packet *out, const char **why)
{
    out->packet_id = tt_reader_u16(reader);
    out->granted = tt_reader_left(reader);
    if (reader->cut || out->granted == 0) {
        return broken(why, "SUBACK without a return code [MQTT-3.8.4-5]");
    }
    while (tt_reader_left(reader) > 0) {
        const uint8_t code = tt_reader_u8(reader);
        if (code > 2 && code != 0x80) {
            return broken(why, "SUBACK with a reserved return code [MQTT-3.9.3-2]");
        }
        out->code = code > out->code ? code : out->code;
    }
    return TT_OK;
}

int tt_mqtt_decode(const struct tt_mqtt_frame *frame, struct tt_mqtt_packet *out, const char **why)
{
    *out = (struct tt_mqtt_packet){.type = (enum tt_mqtt_type)(frame->header >> 4)};
    if (out->type == TT_MQTT_PUBLISH) { return decode_publish(frame, &out->publish, why); }
    if ((frame->header & 15) != 0) { return broken(why, "reserved flags are set [MQTT-2.2.2-2]"); }
    if (frame->cut) {
        return broken(why, "a packet without payload is larger than any of its kind");
    }
    struct tt_reader reader = tt_reader_of(frame->body, frame->body_len);
    switch (out->type) {
    case TT_MQTT_CONNACK: {
        if (frame->body_len != 2) {
            return broken(why, "CONNACK whose length is not 2 [MQTT-3.2.1]");
        }
        const uint8_t flags = tt_reader_u8(&reader);
        out->code = tt_reader_u8(&reader);
        out->session_present = flags == 1;
        if (flags > 1) { return broken(why, "CONNACK with reserved flags [MQTT-3.2.2]"); }
        if (out->session_present && out->code != 0) {
            return broken(why, "CONNACK that refuses and has a session [MQTT-3.2.2-4]");
        }
        if (out->code > 5) {
            return broken(why, "CONNACK with a reserved return code [MQTT-3.2.2-6]");
        }
        return TT_OK;
    }
    case TT_MQTT_PUBACK:
        out->packet_id = tt_reader_u16(&reader);
        if (frame->body_len != 2 || out->packet_id == 0) {
            return broken(why, "PUBACK without its packet identifier [MQTT-2.3.1-6]");
        }
        return TT_OK;
    case TT_MQTT_SUBACK:
        return decode_suback(&reader, out, why);
    case TT_MQTT_PINGRESP:
        return frame->body_len == 0 ? TT_OK : broken(why, "PINGRESP with a body [MQTT-3.13.1]");
    default:
        return broken(why, "a packet type a server must not send [MQTT-2.2.1]");
    }
}
