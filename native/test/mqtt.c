// MQTT framing against the shared wire cases, and the frame reader against cuts and oversize.
#include "../core/mqtt.h"
#include "vectors.h"

static size_t hex_of(struct tt_range item, uint8_t *out, size_t cap)
{
    char hex[2048];
    vector_text(item, "hex", hex, sizeof hex);
    return check_hex(hex, out, cap);
}

static void write_case(struct tt_range item, struct tt_writer *writer)
{
    char text[5][256];
    if (vector_is(item, "type", "connect")) {
        const struct tt_mqtt_connect connect = {
            .client_id = vector_text(item, "clientId", text[0], 256),
            .username = vector_text(item, "username", text[1], 256),
            .password = vector_text(item, "password", text[2], 256),
            .will_topic = vector_text(item, "willTopic", text[3], 256),
            .will_message = vector_text(item, "willMessage", text[4], 256),
            .keep_alive_s = (uint16_t)vector_integer(item, "keepAlive"),
            .clean_session = vector_integer(item, "clean") == 1,
        };
        tt_mqtt_write_connect(writer, &connect);
    } else if (vector_is(item, "type", "publish")) {
        const struct tt_mqtt_publish publish = {
            .topic = vector_text(item, "topic", text[0], 256),
            .payload = vector_text(item, "payload", text[1], 256),
            .packet_id = (uint16_t)vector_integer(item, "packetId"),
            .qos = (uint8_t)vector_integer(item, "qos"),
            .duplicate = vector_integer(item, "dup") == 1,
            .retain = vector_integer(item, "retain") == 1,
        };
        tt_mqtt_write_publish(writer, &publish);
    } else if (vector_is(item, "type", "puback")) {
        tt_mqtt_write_puback(writer, (uint16_t)vector_integer(item, "packetId"));
    } else if (vector_is(item, "type", "subscribe")) {
        struct tt_range list;
        struct tt_range filters[4];
        size_t count = 0;
        CHECK(tt_json_member(item, "filters", &list) == TT_OK);
        for (size_t i = 0; i < list.len; i++) { // strings without escapes
            if (list.data[i] == '"') {
                const char *const first = list.data + ++i;
                while (list.data[i] != '"') {
                    i++;
                }
                filters[count++] = (struct tt_range){first, (size_t)(list.data + i - first)};
            }
        }
        tt_mqtt_write_subscribe(writer, (uint16_t)vector_integer(item, "packetId"),
                                (uint8_t)vector_integer(item, "qos"), filters, count);
    } else if (vector_is(item, "type", "pingreq")) {
        tt_mqtt_write_pingreq(writer);
    } else {
        CHECK(vector_is(item, "type", "disconnect"));
        tt_mqtt_write_disconnect(writer);
    }
}

static void check_packet(struct tt_range item, const struct tt_mqtt_packet *packet)
{
    char text[256];
    if (vector_is(item, "type", "connack")) {
        CHECK_INT(packet->type, TT_MQTT_CONNACK);
        CHECK_INT(packet->code, vector_integer(item, "code"));
        CHECK_INT(packet->session_present, vector_integer(item, "sessionPresent"));
    } else if (vector_is(item, "type", "publish")) {
        CHECK_INT(packet->type, TT_MQTT_PUBLISH);
        const struct tt_mqtt_publish *publish = &packet->publish;
        CHECK(tt_range_is(publish->topic, vector_text(item, "topic", text, 256).data));
        CHECK(tt_range_is(publish->payload, vector_text(item, "payload", text, 256).data));
        CHECK_INT(publish->packet_id, vector_integer(item, "packetId"));
        CHECK_INT(publish->qos, vector_integer(item, "qos"));
        CHECK_INT(publish->duplicate, vector_integer(item, "dup"));
        CHECK_INT(publish->retain, vector_integer(item, "retain"));
    } else if (vector_is(item, "type", "puback")) {
        CHECK_INT(packet->type, TT_MQTT_PUBACK);
        CHECK_INT(packet->packet_id, vector_integer(item, "packetId"));
    } else if (vector_is(item, "type", "suback")) {
        CHECK_INT(packet->type, TT_MQTT_SUBACK);
        CHECK_INT(packet->packet_id, vector_integer(item, "packetId"));
        CHECK_INT(packet->granted, vector_integer(item, "codes"));
        CHECK_INT(packet->code, vector_integer(item, "worst"));
    } else {
        CHECK(vector_is(item, "type", "pingresp"));
        CHECK_INT(packet->type, TT_MQTT_PINGRESP);
    }
}

// Frame and packet of the bytes, `step` at a time: TT_OK, or the first error.
static int read_packet(const uint8_t *bytes, size_t len, size_t step, uint8_t *memory, size_t cap,
                       struct tt_mqtt_packet *packet)
{
    struct tt_mqtt_stream stream;
    struct tt_mqtt_frame frame;
    const char *why = NULL;
    tt_mqtt_stream_init(&stream, memory, cap);
    for (size_t at = 0; at < len;) {
        size_t room;
        uint8_t *const into = tt_mqtt_stream_room(&stream, &room);
        size_t take = step < len - at ? step : len - at;
        take = take < room ? take : room;
        CHECK(take > 0);
        memcpy(into, bytes + at, take);
        tt_mqtt_stream_add(&stream, take);
        at += take;
        const int got = tt_mqtt_stream_peek(&stream, &frame);
        if (got < 0) { return got; }
        if (got == 1) {
            CHECK_INT(at, len);
            const int err = tt_mqtt_decode(&frame, packet, &why);
            CHECK((err < 0) == (why != NULL));
            return err;
        }
    }
    return TT_EPROTOCOL; // it promised more than it had
}

static void shared_cases(void)
{
    struct vectors vectors = vectors_open("test/vectors/mqtt.json");
    struct tt_range item;
    uint8_t bytes[1024];
    uint8_t memory[1024];
    while (vectors_next(&vectors, &item)) {
        char name[256];
        check_case = vector_text(item, "name", name, sizeof name).data;
        const size_t len = hex_of(item, bytes, sizeof bytes);
        const bool refused = vector_integer(item, "refuse") == 1;
        if (!refused && !vector_is(item, "from", "server")) {
            uint8_t out[1024];
            struct tt_writer writer = tt_writer_of(out, sizeof out);
            write_case(item, &writer);
            CHECK(!writer.full);
            CHECK_BYTES(writer.data, writer.len, bytes, len);
            // One byte less of room: nothing is written.
            writer = tt_writer_of(out, len - 1);
            write_case(item, &writer);
            CHECK(writer.full);
            CHECK_INT(writer.len, 0);
        }
        if (!vector_is(item, "from", "client")) {
            for (size_t step = 1; step <= len; step++) {
                struct tt_mqtt_packet packet;
                const int err = read_packet(bytes, len, step, memory, sizeof memory, &packet);
                CHECK_INT(err, refused ? TT_EPROTOCOL : TT_OK);
                if (!refused) { check_packet(item, &packet); }
            }
        }
    }
    CHECK(vectors.count >= 60);
}

static void publish_in_place(void)
{
    static const size_t sizes[] = {0, 1, 110, 120, 121, 122, 16000, 16370, 16380, 16390};
    static uint8_t payload[17000];
    static uint8_t one[17100];
    static uint8_t other[17100];
    memset(payload, 'x', sizeof payload);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct tt_mqtt_publish publish = {
            .topic = {"a/b", 3},
            .payload = {(const char *)payload, sizes[i]},
            .packet_id = 9,
            .qos = 1,
        };
        struct tt_writer expected = tt_writer_of(one, sizeof one);
        tt_mqtt_write_publish(&expected, &publish);
        struct tt_writer writer = tt_writer_of(other, expected.len + 3);
        struct tt_mqtt_open_publish open = tt_mqtt_begin_publish(&writer);
        tt_writer_text(&writer, "a/b");
        tt_mqtt_begin_payload(&writer, &open, 1, 9);
        tt_writer_bytes(&writer, payload, sizes[i]);
        CHECK(tt_mqtt_end_publish(&writer, &open, false));
        CHECK_BYTES(writer.data, writer.len, expected.data, expected.len);
    }
}

static void publish_in_place_without_room(void)
{
    uint8_t out[20];
    struct tt_writer writer = tt_writer_of(out, sizeof out);
    tt_mqtt_write_pingreq(&writer);
    struct tt_mqtt_open_publish open = tt_mqtt_begin_publish(&writer);
    tt_writer_text(&writer, "a/b/c/d/e/f/g/h");
    tt_mqtt_begin_payload(&writer, &open, 0, 0);
    CHECK(!tt_mqtt_end_publish(&writer, &open, false));
    CHECK_INT(writer.len, 2);
    CHECK(!writer.full);
}

enum { CAP = 32 };

// A publish of `payload` bytes, then PINGRESP, through a buffer of CAP bytes, `step` at a time.
static void oversize(size_t payload, size_t topic_len, size_t step)
{
    static uint8_t wire[4000];
    static char topic[200];
    memset(topic, 't', sizeof topic);
    struct tt_writer writer = tt_writer_of(wire, sizeof wire);
    static char body[3000];
    const struct tt_mqtt_publish publish = {
        .topic = {topic, topic_len},
        .payload = {body, payload},
        .packet_id = 0x1234,
        .qos = 1,
    };
    tt_mqtt_write_publish(&writer, &publish);
    const size_t total = writer.len;
    tt_writer_u16(&writer, 0xd000);
    CHECK(!writer.full);

    uint8_t memory[CAP];
    struct tt_mqtt_stream stream;
    tt_mqtt_stream_init(&stream, memory, sizeof memory);
    int seen = 0;
    for (size_t at = 0; at < writer.len;) {
        size_t room;
        uint8_t *const into = tt_mqtt_stream_room(&stream, &room);
        size_t take = step < writer.len - at ? step : writer.len - at;
        take = take < room ? take : room;
        CHECK(take > 0);
        memcpy(into, wire + at, take);
        tt_mqtt_stream_add(&stream, take);
        at += take;
        struct tt_mqtt_frame frame;
        int got;
        while ((got = tt_mqtt_stream_peek(&stream, &frame)) == 1) {
            struct tt_mqtt_packet packet;
            const char *why;
            CHECK_INT(tt_mqtt_decode(&frame, &packet, &why), TT_OK);
            if (seen == 0) {
                CHECK_INT(packet.type, TT_MQTT_PUBLISH);
                CHECK_INT(frame.total, total);
                CHECK_INT(frame.cut, total > CAP);
                CHECK_INT(packet.publish.packet_id, 0x1234);
                CHECK_INT(packet.publish.topic.len, frame.cut && topic_len > 12 ? 0 : topic_len);
            } else {
                CHECK_INT(packet.type, TT_MQTT_PINGRESP);
            }
            seen++;
            tt_mqtt_stream_drop(&stream, &frame);
        }
        CHECK_INT(got, 0);
    }
    CHECK_INT(seen, 2);
}

static void oversize_packets(void)
{
    for (size_t step = 1; step <= 40; step++) {
        for (size_t payload = 0; payload < 80; payload++) {
            oversize(payload, 4, step);
        }
        oversize(3000, 4, step);
        for (size_t topic_len = 10; topic_len < 60; topic_len++) {
            oversize(9, topic_len, step);
        }
    }
}

static void oversize_without_payload(void)
{
    // A SUBACK of 40 bytes where 32 fit: no packet without payload is ever that large.
    uint8_t wire[42] = {0x90, 40, 0, 1};
    uint8_t memory[CAP];
    struct tt_mqtt_packet packet;
    CHECK_INT(read_packet(wire, sizeof wire, 7, memory, sizeof memory, &packet), TT_EPROTOCOL);
}

int main(void)
{
    RUN(shared_cases, "each shared wire case is written and read as it stands");
    RUN(publish_in_place, "a publish written in place equals one written at once");
    RUN(publish_in_place_without_room, "a publish without room leaves the writer as it was");
    RUN(oversize_packets,
        "a packet larger than the buffer is passed over and keeps its identifier");
    RUN(oversize_without_payload, "an oversize packet that is no publish breaks the protocol");
    return 0;
}
