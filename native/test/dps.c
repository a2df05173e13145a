// DPS as a state machine over bytes, against the shared cases and in virtual time.
#include "../core/dps.h"
#include "vectors.h"

static uint8_t rx_memory[1024];
static uint8_t tx_memory[1024];
static struct tt_mqtt_stream rx;
static struct tt_writer tx;
static struct tt_dps dps;

static void use(const char *text, const uint8_t *record, size_t record_len)
{
    static struct tt_connection connection;
    static char kept[256];
    const char *why;
    snprintf(kept, sizeof kept, "%s", text);
    CHECK_INT(tt_connection_parse(kept, strlen(kept), &connection, &why), TT_OK);
    dps = (struct tt_dps){.calls = &tt_dps_calls};
    dps.calls->use(&dps, &connection, record, record_len);
}

static void start(const char *text)
{
    use(text, NULL, 0);
    tt_mqtt_stream_init(&rx, rx_memory, sizeof rx_memory);
    tx = tt_writer_of(tx_memory, sizeof tx_memory);
    CHECK_INT(dps.calls->open(&dps, &tx, (struct tt_range){"token", 5}, 0), TT_OK);
}

static const char by_key[] = "IdScope=0ne00000000;RegistrationId=dev-1;SharedAccessKey=MDEyMw==";

static int receive(const void *bytes, size_t len, int64_t now_ms)
{
    const uint8_t *at = bytes;
    int err = TT_OK;
    do {
        size_t room;
        uint8_t *const into = tt_mqtt_stream_room(&rx, &room);
        const size_t part = len < room ? len : room;
        if (part > 0) { memcpy(into, at, part); }
        tt_mqtt_stream_add(&rx, part);
        at += part;
        len -= part;
        err = dps.calls->step(&dps, &rx, &tx, NULL, now_ms);
    } while (len > 0 && err == TT_OK);
    return err;
}

static int receive_hex(const char *hex, int64_t now_ms)
{
    uint8_t bytes[64];
    const size_t len = check_hex(hex, bytes, sizeof bytes);
    return receive(bytes, len, now_ms);
}

static int answer(const char *topic, const char *body, int64_t now_ms)
{
    uint8_t memory[512];
    struct tt_writer packet = tt_writer_of(memory, sizeof memory);
    const struct tt_mqtt_publish publish = {
        .topic = {topic, strlen(topic)}, .payload = {body, strlen(body)}, .packet_id = 9, .qos = 1};
    tt_mqtt_write_publish(&packet, &publish);
    CHECK(!packet.full);
    return receive(memory, packet.len, now_ms);
}

// The publish at the front of tx, which is taken out.
static void take_publish(char topic[256], char payload[512])
{
    struct tt_mqtt_stream out;
    uint8_t memory[1024];
    tt_mqtt_stream_init(&out, memory, sizeof memory);
    size_t room;
    memcpy(tt_mqtt_stream_room(&out, &room), tx.data, tx.len);
    tt_mqtt_stream_add(&out, tx.len);
    tx.len = 0;
    struct tt_mqtt_frame frame;
    struct tt_mqtt_packet packet;
    const char *why;
    CHECK_INT(tt_mqtt_stream_peek(&out, &frame), 1);
    CHECK_INT(tt_mqtt_decode(&frame, &packet, &why), TT_OK);
    CHECK_INT(packet.type, TT_MQTT_PUBLISH);
    snprintf(topic, 256, "%.*s", (int)packet.publish.topic.len, packet.publish.topic.data);
    snprintf(payload, 512, "%.*s", (int)packet.publish.payload.len, packet.publish.payload.data);
}

// Up to the request that waits for its answer.
static void ask(const char *text)
{
    start(text);
    tx.len = 0;
    CHECK_INT(receive_hex("20 02 00 00", 0), TT_OK);
    CHECK_INT(tx.data[0] >> 4, TT_MQTT_SUBSCRIBE);
    tx.len = 0;
    CHECK_INT(receive_hex("90 03 0001 01", 0), TT_OK);
    CHECK_INT(dps.phase, TT_DPS_ASKED);
}

static void check_answer(struct tt_range item)
{
    static char topic[512];
    static char body[1024];
    char why[128];
    char expected[160];
    start(by_key);
    dps.phase = TT_DPS_ASKED;
    dps.rid = 1;
    dps.why = NULL;
    const int err = tt_dps_read_answer(&dps, vector_text(item, "topic", topic, sizeof topic),
                                       vector_text(item, "body", body, sizeof body), 1000);
    if (vector_is(item, "phase", "error")) {
        CHECK_INT(err, vector_is(item, "err", "refused") ? TT_EREFUSED : TT_EPROTOCOL);
        CHECK(dps.why != NULL && dps.hub.len == 0);
        if (vector_has(item, "why")) {
            CHECK(strcmp(dps.why, vector_text(item, "why", why, sizeof why).data) == 0);
        }
        return;
    }
    static const char *const phases[] = {"connecting", "subscribing", "asked", "waiting",
                                         "assigned"};
    CHECK_INT(err, TT_OK);
    CHECK(vector_is(item, "phase", phases[dps.phase]));
    if (dps.phase == TT_DPS_WAITING) {
        CHECK_INT(dps.at_ms, 1000 + vector_integer(item, "waitMs"));
        CHECK(tt_range_is((struct tt_range){dps.operation, dps.operation_len},
                          vector_text(item, "operation", expected, sizeof expected).data));
    }
    CHECK(tt_range_is(dps.hub, vector_text(item, "hub", expected, sizeof expected).data));
    CHECK(tt_range_is(dps.device_id, vector_text(item, "device", expected, sizeof expected).data));
}

static void check_connect(struct tt_range item)
{
    char text[256];
    char client[160];
    char username[256];
    use(vector_text(item, "connection", text, sizeof text).data, NULL, 0);
    tx = tt_writer_of(tx_memory, sizeof tx_memory);
    const bool x509 = vector_integer(item, "x509") == 1;
    CHECK_INT(dps.calls->open(&dps, &tx, (struct tt_range){"token", x509 ? 0 : 5}, 0), TT_OK);
    uint8_t memory[512];
    struct tt_writer expected = tt_writer_of(memory, sizeof memory);
    const struct tt_mqtt_connect connect = {
        .client_id = vector_text(item, "client", client, sizeof client),
        .username = vector_text(item, "username", username, sizeof username),
        .password = {"token", x509 ? 0 : 5},
        .keep_alive_s = 240,
        .clean_session = true,
    };
    tt_mqtt_write_connect(&expected, &connect);
    CHECK_BYTES(tx.data, (int)tx.len, memory, expected.len);
}

static void check_request(struct tt_range item)
{
    char topic[256];
    char payload[512];
    char text[2][512];
    const struct tt_range model = vector_text(item, "model", text[0], 512);
    start(by_key);
    dps.phase = TT_DPS_WAITING;
    dps.at_ms = 0;
    tx.len = 0;
    if (vector_has(item, "poll")) {
        dps.rid = 1;
        dps.operation_len = vector_text(item, "poll", dps.operation, sizeof dps.operation).len;
    }
    CHECK_INT(dps.calls->step(&dps, &rx, &tx, model.len > 0 ? model.data : NULL, 0), TT_OK);
    take_publish(topic, payload);
    CHECK(strcmp(topic, vector_text(item, "publish", text[1], 512).data) == 0);
    CHECK(strcmp(payload, vector_text(item, "payload", text[1], 512).data) == 0);
}

static void shared_cases(void)
{
    struct vectors vectors = vectors_open("test/vectors/dps.json");
    struct tt_range item;
    while (vectors_next(&vectors, &item)) {
        char name[256];
        check_case = vector_text(item, "name", name, sizeof name).data;
        if (vector_has(item, "topic")) {
            check_answer(item);
        } else if (vector_has(item, "connection")) {
            check_connect(item);
        } else {
            check_request(item);
        }
    }
    CHECK(vectors.count >= 40);
}

static const char assigned[] = "{\"status\":\"assigned\",\"registrationState\":{\"assignedHub\":"
                               "\"h.net\",\"deviceId\":\"d7\"}}";

static void whole_way(void)
{
    char topic[256];
    char payload[512];
    ask(by_key);
    take_publish(topic, payload);
    CHECK_INT(answer("$dps/registrations/res/202/?$rid=1&retry-after=3",
                     "{\"operationId\":\"5.x\",\"status\":\"assigning\"}", 100),
              TT_OK);
    CHECK_INT(tx.data[0] >> 4, TT_MQTT_PUBACK);
    tx.len = 0;
    CHECK_INT(dps.calls->deadline(&dps), 3100);
    CHECK_INT(receive(NULL, 0, 3099), TT_OK);
    CHECK_INT(tx.len, 0);
    CHECK_INT(receive(NULL, 0, 3100), TT_OK);
    take_publish(topic, payload);
    CHECK(strstr(topic, "operationId=5.x") != NULL);
    CHECK_INT(answer("$dps/registrations/res/200/?$rid=2", assigned, 3200), TT_OK);
    CHECK_INT(dps.phase, TT_DPS_ASSIGNED);
    CHECK(tt_range_is(dps.hub, "h.net") && tt_range_is(dps.device_id, "d7"));
}

static void never_assigned(void)
{
    ask(by_key);
    int err = TT_OK;
    int64_t now_ms = 0;
    for (int polls = 0; err == TT_OK && polls < 1000; polls++) {
        tx.len = 0;
        char topic[64];
        snprintf(topic, sizeof topic, "$dps/registrations/res/202/?$rid=%d&retry-after=3", dps.rid);
        err = answer(topic, "{\"operationId\":\"5.x\",\"status\":\"assigning\"}", now_ms);
        tx.len = 0;
        now_ms = dps.calls->deadline(&dps);
        err = err < 0 ? err : receive(NULL, 0, now_ms);
    }
    CHECK_INT(err, TT_ETIMEOUT);
    CHECK_INT(now_ms, 120000);
    CHECK(strcmp(dps.why, "DPS assigned no hub within 2 minutes") == 0);
}

static void no_answer(void)
{
    ask(by_key);
    CHECK_INT(dps.calls->deadline(&dps), 30000);
    CHECK_INT(receive(NULL, 0, 30000), TT_ETIMEOUT);
    CHECK(strcmp(dps.why, "no answer of DPS within 30 s") == 0);
}

static void protocol_errors(void)
{
    start(by_key);
    CHECK_INT(receive_hex("90 03 0001 01", 0), TT_EPROTOCOL); // before CONNACK
    start(by_key);
    CHECK_INT(receive_hex("20 02 00 05", 0), TT_EREFUSED);
    CHECK(strcmp(dps.why, "DPS does not know this registration or its key: CONNACK 5") == 0);
    start(by_key);
    CHECK_INT(receive_hex("20 02 00 03", 0), TT_EBUSY);
    start(by_key);
    tx.len = 0;
    CHECK_INT(receive_hex("20 02 00 00", 0), TT_OK);
    CHECK_INT(receive_hex("20 02 00 00", 0), TT_EPROTOCOL);
    start(by_key);
    tx.len = 0;
    CHECK_INT(receive_hex("20 02 00 00 90 03 0001 80", 0), TT_EREFUSED);
    start(by_key);
    CHECK_INT(receive_hex("20 ff ff ff ff", 0), TT_EPROTOCOL);
    ask(by_key);
    tx.len = 0;
    CHECK_INT(receive_hex("30 8010 0003 612f62", 0), TT_OK); // a publish over the buffer
    static uint8_t rest[2048];
    CHECK_INT(receive(rest, sizeof rest, 0), TT_EPROTOCOL);
    CHECK(strcmp(dps.why, "an answer of DPS is larger than receive_bytes") == 0);
}

static void kept_record(void)
{
    ask(by_key);
    tx.len = 0;
    CHECK_INT(answer("$dps/registrations/res/200/?$rid=1", assigned, 0), TT_OK);
    uint8_t record[TT_DPS_RECORD_MAX];
    const size_t len = dps.record_len;
    memcpy(record, dps.record, len);

    use(by_key, record, len);
    CHECK(tt_range_is(dps.hub, "h.net") && tt_range_is(dps.device_id, "d7"));
    CHECK(tt_range_is((struct tt_range){dps.known_as, dps.known_as_len}, "d7"));
    use("IdScope=0ne00000000;RegistrationId=dev-2;SharedAccessKey=MDEyMw==", record, len);
    CHECK_INT(dps.hub.len, 0);
    CHECK(tt_range_is((struct tt_range){dps.known_as, dps.known_as_len}, "dev-2"));
    for (size_t cut = 0; cut < len; cut++) {
        use(by_key, record, cut);
        CHECK(dps.hub.len == 0 || cut > len - 2); // "d" of "d7" is a device id as well
    }
    record[5] = '\n';
    record[6] = 0;
    use(by_key, record, len);
    CHECK(dps.hub.len == 0 || tt_topic_device_id(dps.device_id));
}

int main(void)
{
    RUN(shared_cases, "each shared packet is written, each shared answer read or refused");
    RUN(whole_way, "registers, waits as told, polls and is assigned");
    RUN(never_assigned, "gives up after two minutes of assigning");
    RUN(no_answer, "gives up on a request that is not answered");
    RUN(protocol_errors, "refuses packets out of turn, malformed or too large");
    RUN(kept_record, "a kept assignment counts for its own registration only");
    return 0;
}
