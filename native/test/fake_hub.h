// A hub of one device for the link's tests: in memory, in virtual time, with faults on request. It
// is written against the protocol pages and shares only the frame reader with the code under test.
#pragma once

#include "../core/json.h"
#include "../core/mqtt.h"
#include "../port/error.gen.h"
#include "../port/stream.h"
#include "check.h"

enum { FAKE_MESSAGES = 24, FAKE_TELEMETRY = 512 };

struct fake_message { // cloud-to-device, until acknowledged
    uint16_t packet_id;
    bool sent; // in this session
    char properties[32];
    size_t payload_len;
};

struct fake_hub {
    // Who calls.
    const char *client; // NULL: "d1"
    const char *id;     // as in topics; NULL: "d1"
    bool by_certificate;

    // Behaviour.
    int connack;             // return code
    const char *key_refused; // CONNACK 5 for a token that holds this text
    bool silent;             // nothing is answered
    bool no_pingresp;
    bool no_puback;
    bool refuse_tcp;
    bool forget;          // the session is gone at the next CONNECT
    size_t chunk;         // most bytes of one read or write
    long cut_after;       // bytes in both directions until the connection breaks, -1: never
    int twin_status;      // of GET; 0: 200
    int report_status;    // of PATCH; 0: 204
    bool accept_no_bytes; // writes find no room
    bool patch_overtakes; // the next GET is answered with a twin that a patch has just changed

    // Connection.
    bool open;
    bool broken;
    uint8_t memory[70000];
    struct tt_mqtt_stream in;
    uint8_t out[200000];
    size_t out_len;
    size_t out_at;
    unsigned long moved; // bytes read and written by the link, for its wake-ups
    bool accepted;

    // Durable.
    bool session;
    bool subscribed;
    int64_t desired_version;
    struct fake_message messages[FAKE_MESSAGES];
    size_t message_count;
    uint16_t next_message_id;

    // What was seen.
    int dials, connects, disconnects, subscribes, pings, twin_gets, reports, closes;
    int replies, reply_status;
    char reply_rid[80];
    char reply_body[256];
    char telemetry[FAKE_TELEMETRY][24]; // message ids in order of arrival
    bool telemetry_dup[FAKE_TELEMETRY];
    int telemetry_count;
    char reported[1024]; // the last patch
    char username[256];
    char password[512];
};

static inline void fake_put(struct fake_hub *hub, const void *data, size_t len)
{
    CHECK(hub->out_len + len <= sizeof hub->out);
    memcpy(hub->out + hub->out_len, data, len);
    hub->out_len += len;
}

static inline void fake_publish(struct fake_hub *hub, const char *topic, const void *payload,
                                size_t payload_len, uint16_t packet_id, bool dup)
{
    static uint8_t packet[70000];
    struct tt_writer writer = tt_writer_of(packet, sizeof packet);
    const size_t topic_len = strlen(topic);
    const size_t remaining = 2 + topic_len + (packet_id != 0 ? 2 : 0) + payload_len;
    tt_writer_u8(&writer, (uint8_t)(0x30 | (dup ? 8 : 0) | (packet_id != 0 ? 2 : 0)));
    size_t rest = remaining;
    do {
        tt_writer_u8(&writer, (uint8_t)((rest & 127) | (rest > 127 ? 128 : 0)));
        rest >>= 7;
    } while (rest > 0);
    tt_writer_u16(&writer, (uint16_t)topic_len);
    tt_writer_bytes(&writer, topic, topic_len);
    if (packet_id != 0) { tt_writer_u16(&writer, packet_id); }
    tt_writer_bytes(&writer, payload, payload_len);
    CHECK(!writer.full);
    fake_put(hub, packet, writer.len);
}

static inline void fake_deliver(struct fake_hub *hub)
{
    static const uint8_t payload[65536];
    for (size_t i = 0; hub->accepted && hub->subscribed && i < hub->message_count; i++) {
        struct fake_message *message = &hub->messages[i];
        if (message->sent) { continue; }
        message->sent = true;
        char topic[96];
        if (hub->id == NULL) {
            snprintf(topic, sizeof topic, "devices/d1/messages/devicebound/%s",
                     message->properties);
        } else {
            snprintf(topic, sizeof topic, "devices/%s/inputs/%s", hub->id, message->properties);
        }
        const bool dup = message->packet_id != 0; // [MQTT-4.4.0-1]
        if (!dup) { message->packet_id = ++hub->next_message_id; }
        fake_publish(hub, topic, payload, message->payload_len, message->packet_id, dup);
    }
}

static inline void fake_on_connect(struct fake_hub *hub, const uint8_t *body, size_t len)
{
    struct tt_reader reader = tt_reader_of(body, len);
    CHECK(tt_reader_u16(&reader) == 4 && memcmp(tt_reader_take(&reader, 4), "MQTT", 4) == 0);
    CHECK_INT(tt_reader_u8(&reader), 4);
    CHECK_INT(tt_reader_u8(&reader), hub->by_certificate ? 0x80 : 0xc0); // session kept
    tt_reader_u16(&reader);
    char *const into[] = {NULL, hub->username, hub->password};
    hub->password[0] = 0;
    for (int i = 0; i < (hub->by_certificate ? 2 : 3); i++) {
        const uint16_t text_len = tt_reader_u16(&reader);
        const uint8_t *const text = tt_reader_take(&reader, text_len);
        CHECK(text != NULL);
        if (into[i] == NULL) {
            const char *const client = hub->client != NULL ? hub->client : "d1";
            CHECK(text_len == strlen(client) && memcmp(text, client, text_len) == 0);
        } else {
            memcpy(into[i], text, text_len);
            into[i][text_len] = 0;
        }
    }
    CHECK_INT(tt_reader_left(&reader), 0);
    hub->connects++;
    hub->session = hub->session && !hub->forget;
    hub->forget = false;
    if (!hub->session) { hub->subscribed = false; }
    const bool refused =
        hub->key_refused != NULL && strstr(hub->password, hub->key_refused) != NULL;
    const int code = refused ? 5 : hub->connack;
    const uint8_t connack[4] = {0x20, 2, code == 0 && hub->session, (uint8_t)code};
    fake_put(hub, connack, 4);
    if (code == 0) {
        for (size_t i = 0; i < hub->message_count; i++) {
            hub->messages[i].sent = false;
            hub->messages[i].packet_id = hub->session ? hub->messages[i].packet_id : 0;
        }
        hub->session = true;
        hub->accepted = true;
        fake_deliver(hub);
    }
}

static inline void fake_on_telemetry(struct fake_hub *hub, const struct tt_mqtt_publish *publish)
{
    const char *const mid = strstr(publish->topic.data, "$.mid=");
    CHECK(mid != NULL && hub->telemetry_count < FAKE_TELEMETRY && publish->qos == 1);
    const size_t len = (size_t)(publish->topic.data + publish->topic.len - mid) - 6;
    CHECK(len < sizeof hub->telemetry[0]);
    memcpy(hub->telemetry[hub->telemetry_count], mid + 6, len);
    hub->telemetry[hub->telemetry_count][len] = 0;
    hub->telemetry_dup[hub->telemetry_count] = publish->duplicate;
    hub->telemetry_count++;
    const uint8_t puback[4] = {0x40, 2, (uint8_t)(publish->packet_id >> 8),
                               (uint8_t)publish->packet_id};
    if (!hub->no_puback) { fake_put(hub, puback, 4); }
}

static inline void fake_on_publish(struct fake_hub *hub, const struct tt_mqtt_publish *publish)
{
    char topic[256];
    CHECK(publish->topic.len < sizeof topic);
    memcpy(topic, publish->topic.data, publish->topic.len);
    topic[publish->topic.len] = 0;
    char answer[160];
    const char *const rid = strstr(topic, "?$rid=");
    char events[300];
    snprintf(events, sizeof events, "devices/%s/messages/events/",
             hub->id != NULL ? hub->id : "d1");
    if (strncmp(topic, events, strlen(events)) == 0) {
        fake_on_telemetry(hub, publish);
    } else if (strncmp(topic, "$iothub/twin/GET/", 17) == 0) {
        hub->twin_gets++;
        const int status = hub->twin_status != 0 ? hub->twin_status : 200;
        char body[160];
        snprintf(body, sizeof body,
                 "{\"desired\":{\"x\":1,\"$version\":%d},\"reported\":{\"$version\":1}}",
                 (int)hub->desired_version);
        if (hub->patch_overtakes) {
            hub->patch_overtakes = false;
            hub->desired_version++;
            fake_publish(hub, "$iothub/twin/PATCH/properties/desired/?$version=2",
                         "{\"y\":2,\"$version\":2}", 20, 0, false);
        }
        snprintf(answer, sizeof answer, "$iothub/twin/res/%d/%s", status, rid);
        fake_publish(hub, answer, body, strlen(body), 0, false);
    } else if (strncmp(topic, "$iothub/twin/PATCH/properties/reported/", 39) == 0) {
        hub->reports++;
        CHECK(tt_json_valid(publish->payload) && publish->payload.len < sizeof hub->reported);
        memcpy(hub->reported, publish->payload.data, publish->payload.len);
        hub->reported[publish->payload.len] = 0;
        const int status = hub->report_status != 0 ? hub->report_status : 204;
        snprintf(answer, sizeof answer, "$iothub/twin/res/%d/%s&$version=%d", status, rid,
                 hub->reports);
        fake_publish(hub, answer, NULL, 0, 0, false);
    } else {
        CHECK_INT(
            sscanf(topic, "$iothub/methods/res/%d/?$rid=%79s", &hub->reply_status, hub->reply_rid),
            2);
        snprintf(hub->reply_body, sizeof hub->reply_body, "%.*s", (int)publish->payload.len,
                 publish->payload.data);
        hub->replies++;
    }
}

static inline void fake_on_puback(struct fake_hub *hub, uint16_t packet_id)
{
    for (size_t i = 0; i < hub->message_count; i++) {
        if (hub->messages[i].packet_id == packet_id) {
            hub->message_count--;
            memmove(&hub->messages[i], &hub->messages[i + 1],
                    (hub->message_count - i) * sizeof hub->messages[0]);
            return;
        }
    }
    CHECK(!"PUBACK for a message that is not queued");
}

static inline void fake_on_packet(struct fake_hub *hub, const struct tt_mqtt_frame *frame)
{
    const uint8_t type = frame->header >> 4;
    CHECK(!frame->cut && hub->accepted == (type != TT_MQTT_CONNECT));
    if (type == TT_MQTT_CONNECT) {
        fake_on_connect(hub, frame->body, frame->body_len);
    } else if (type == TT_MQTT_SUBSCRIBE) {
        hub->subscribes++;
        hub->subscribed = true;
        const uint8_t suback[8] = {0x90, 6, frame->body[0], frame->body[1], 1, 1, 1, 1};
        fake_put(hub, suback, 8);
        fake_deliver(hub);
    } else if (type == TT_MQTT_PINGREQ) {
        hub->pings++;
        if (!hub->no_pingresp) { fake_put(hub, "\xd0", 2); }
    } else if (type == TT_MQTT_DISCONNECT) {
        hub->disconnects++;
    } else {
        struct tt_mqtt_packet packet;
        const char *why;
        CHECK_INT(tt_mqtt_decode(frame, &packet, &why), TT_OK);
        if (type == TT_MQTT_PUBACK) {
            fake_on_puback(hub, packet.packet_id);
        } else {
            CHECK_INT(type, TT_MQTT_PUBLISH);
            fake_on_publish(hub, &packet.publish);
        }
    }
}

// How many of `len` bytes pass before the cut; breaks the connection when it is due.
static inline size_t fake_pass(struct fake_hub *hub, size_t len)
{
    len = hub->chunk != 0 && hub->chunk < len ? hub->chunk : len;
    if (hub->cut_after >= 0 && len > 0) {
        if (hub->cut_after == 0) {
            hub->broken = true;
            hub->cut_after = -1;
            return 0;
        }
        len = (long)len < hub->cut_after ? len : (size_t)hub->cut_after;
        hub->cut_after -= (long)len;
    }
    return len;
}

static inline int fake_read(void *ctx, uint8_t *out, size_t cap)
{
    struct fake_hub *hub = ctx;
    size_t len = hub->out_len - hub->out_at;
    len = fake_pass(hub, len < cap ? len : cap);
    if (hub->broken) { return TT_ECLOSED; }
    memcpy(out, hub->out + hub->out_at, len);
    hub->out_at += len;
    hub->moved += len;
    if (hub->out_at == hub->out_len) { hub->out_at = hub->out_len = 0; }
    return (int)len;
}

static inline int fake_write(void *ctx, const uint8_t *data, size_t len)
{
    struct fake_hub *hub = ctx;
    if (hub->accept_no_bytes) { return 0; }
    len = fake_pass(hub, len);
    if (hub->broken) { return TT_ECLOSED; }
    hub->moved += len;
    if (hub->silent) { return (int)len; }
    size_t room;
    uint8_t *const into = tt_mqtt_stream_room(&hub->in, &room);
    CHECK(len <= room);
    memcpy(into, data, len);
    tt_mqtt_stream_add(&hub->in, len);
    struct tt_mqtt_frame frame;
    int got;
    while ((got = tt_mqtt_stream_peek(&hub->in, &frame)) == 1) {
        fake_on_packet(hub, &frame);
        tt_mqtt_stream_drop(&hub->in, &frame);
    }
    CHECK_INT(got, 0);
    return (int)len;
}

static inline void fake_close(void *ctx)
{
    struct fake_hub *hub = ctx;
    CHECK(hub->open); // exactly once
    hub->open = false;
    hub->accepted = false;
    hub->closes++;
}
