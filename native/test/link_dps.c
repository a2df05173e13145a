// A link that is provisioned: DPS first, its hub then, and DPS again when the hub says no for long.
#include "fake_world.h"

static const char dps_host[] = "global.azure-devices-provisioning.net";

// DPS, as far as it goes: one connection at a time, answers by the script.
struct fake_dps {
    const char *hub;    // it assigns
    const char *device; // likewise
    int connack;
    bool down;     // no TCP
    bool silent;   // no answers
    int assigning; // answers of 202 before the last
    bool open;
    uint8_t memory[4096];
    struct tt_mqtt_stream in;
    uint8_t out[4096];
    size_t out_len;
    int dials, registers, polls, disconnects;
    char username[256];
    char password[512];
    char topic[256];
    char payload[256];
};

static struct fake_world world;
static struct fake_dps fake;
static struct tt_dps dps;

static void say(const void *bytes, size_t len)
{
    CHECK(fake.out_len + len <= sizeof fake.out);
    memcpy(fake.out + fake.out_len, bytes, len);
    fake.out_len += len;
}

static void answer(const char *body, int status)
{
    char topic[96];
    snprintf(topic, sizeof topic, "$dps/registrations/res/%d/%s&retry-after=3", status,
             strchr(fake.topic, '?'));
    char *const more = strstr(topic, "&operationId=");
    if (more != NULL) { snprintf(more, 16, "&retry-after=3"); }
    uint8_t memory[512];
    struct tt_writer packet = tt_writer_of(memory, sizeof memory);
    const struct tt_mqtt_publish publish = {.topic = {topic, strlen(topic)},
                                            .payload = {body, strlen(body)}};
    tt_mqtt_write_publish(&packet, &publish);
    say(packet.data, packet.len);
}

static void on_publish(const struct tt_mqtt_publish *publish)
{
    snprintf(fake.topic, sizeof fake.topic, "%.*s", (int)publish->topic.len, publish->topic.data);
    snprintf(fake.payload, sizeof fake.payload, "%.*s", (int)publish->payload.len,
             publish->payload.data);
    const bool poll = strstr(fake.topic, "GET/iotdps-get-operationstatus/") != NULL;
    fake.polls += poll;
    fake.registers += !poll;
    if (fake.silent) { return; }
    if (fake.assigning > 0) {
        fake.assigning--;
        answer("{\"operationId\":\"5.op\",\"status\":\"assigning\"}", 202);
        return;
    }
    char body[256];
    snprintf(body, sizeof body,
             "{\"operationId\":\"5.op\",\"status\":\"assigned\",\"registrationState\":"
             "{\"assignedHub\":\"%s\",\"deviceId\":\"%s\"}}",
             fake.hub, fake.device);
    answer(body, 200);
}

static void on_packet(const struct tt_mqtt_frame *frame)
{
    const uint8_t type = frame->header >> 4;
    if (type == TT_MQTT_CONNECT) {
        struct tt_reader reader = tt_reader_of(frame->body, frame->body_len);
        tt_reader_take(&reader, 10);
        CHECK_INT(frame->body[7] & 0x02, 0x02); // no session is kept at DPS
        char *const into[] = {NULL, fake.username, fake.password};
        for (int i = 0; i < 3; i++) {
            const uint16_t len = tt_reader_u16(&reader);
            const uint8_t *const text = tt_reader_take(&reader, len);
            CHECK(text != NULL);
            if (into[i] != NULL) { snprintf(into[i], 256, "%.*s", len, (const char *)text); }
        }
        const uint8_t connack[4] = {0x20, 2, 0, (uint8_t)fake.connack};
        say(connack, 4);
    } else if (type == TT_MQTT_SUBSCRIBE) {
        const uint8_t suback[5] = {0x90, 3, frame->body[0], frame->body[1], 1};
        say(suback, 5);
    } else if (type == TT_MQTT_PUBLISH) {
        struct tt_mqtt_packet packet;
        const char *why;
        CHECK_INT(tt_mqtt_decode(frame, &packet, &why), TT_OK);
        on_publish(&packet.publish);
    } else {
        CHECK_INT(type, TT_MQTT_DISCONNECT);
        fake.disconnects++;
    }
}

static int read_dps(void *ctx, uint8_t *out, size_t cap)
{
    (void)ctx;
    const size_t len = fake.out_len < cap ? fake.out_len : cap;
    memcpy(out, fake.out, len);
    fake.out_len -= len;
    memmove(fake.out, fake.out + len, fake.out_len);
    world.hub.moved += len;
    return (int)len;
}

static int write_dps(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    size_t room;
    uint8_t *const into = tt_mqtt_stream_room(&fake.in, &room);
    CHECK(len <= room);
    memcpy(into, data, len);
    tt_mqtt_stream_add(&fake.in, len);
    world.hub.moved += len;
    struct tt_mqtt_frame frame;
    while (tt_mqtt_stream_peek(&fake.in, &frame) == 1) {
        on_packet(&frame);
        tt_mqtt_stream_drop(&fake.in, &frame);
    }
    return (int)len;
}

static void close_dps(void *ctx)
{
    (void)ctx;
    CHECK(fake.open);
    fake.open = false;
}

static int dial(void *ctx, const char *host, uint16_t port, struct tt_stream *out)
{
    if (strcmp(host, dps_host) != 0) {
        CHECK(tt_range_is(dps.hub, host));
        world.dialled = host;
        return fake_dial(ctx, host, port, out);
    }
    CHECK(port == 8883 && !fake.open && !world.hub.open);
    fake.dials++;
    if (fake.down) { return TT_ENOTFOUND; }
    fake.open = true;
    fake.out_len = 0;
    tt_mqtt_stream_init(&fake.in, fake.memory, sizeof fake.memory);
    *out = (struct tt_stream){NULL, read_dps, write_dps, close_dps};
    return TT_OK;
}

static uint8_t kept[TT_DPS_RECORD_MAX]; // what the app loop was given for the store
static size_t kept_len;

static void restart(void)
{
    static struct tt_connection connection;
    const char *why;
    static const char text[] = "IdScope=0ne1;RegistrationId=dev-1;SharedAccessKey=MDEyMw==";
    CHECK_INT(tt_connection_parse(text, sizeof text, &connection, &why), TT_OK);
    tt_link_stop(&world.link);
    dps = (struct tt_dps){.calls = &tt_dps_calls};
    dps.calls->use(&dps, &connection, kept, kept_len);
    world.config.connection = connection;
    world.config.dps = &dps;
    fake_restart(&world);
}

static void start(void)
{
    fake_start(&world);
    world.kept = kept;
    world.kept_len = &kept_len;
    kept_len = 0;
    world.port.connect = dial;
    fake = (struct fake_dps){.hub = "hub.test", .device = "d1"};
    restart();
}

static void provisioned(void)
{
    start();
    fake.assigning = 2;
    world.config.model_id = "dtmi:com:example:Coffee;1";
    restart();
    fake_send(&world, "{}");
    fake_run(&world, 10000);
    CHECK_INT(fake.dials, 1);
    CHECK_INT(fake.registers, 1);
    CHECK_INT(fake.polls, 2);
    CHECK_INT(fake.disconnects, 1);
    CHECK(strcmp(fake.payload, "") == 0); // of the last poll
    CHECK(strncmp(fake.username, "0ne1/registrations/dev-1/api-version=2019-03-31", 46) == 0);
    CHECK(strstr(fake.password, "sr=0ne1%2Fregistrations%2Fdev-1&") != NULL);
    CHECK(strstr(fake.password, "&skn=registration") != NULL);
    CHECK(tt_link_connected(&world.link));
    CHECK_INT(world.hub.telemetry_count, 1);
    CHECK(strncmp(world.hub.username, "hub.test/d1/?", 13) == 0);
    CHECK(strstr(world.hub.password, "sr=hub.test%2Fdevices%2Fd1&") != NULL);
    CHECK_INT(world.notices[TT_NOTICE_PROVISIONED], 1);
    CHECK_INT(world.ups, 1);
}

static void kept_over_restart(void)
{
    start();
    fake_run(&world, 10000);
    CHECK(kept_len > 0);
    restart();
    fake_run(&world, 10000);
    CHECK_INT(fake.dials, 1);
    CHECK(tt_link_connected(&world.link));
}

static void kept_when_there_is_room(void)
{
    start();
    world.app_asleep = true;
    for (int i = 0; i < 200; i++) { // the inbox is full
        const struct tt_delivery news = {.kind = TT_EVENT_STORED, .id = i, .name = ""};
        tt_inbox_put(&world.inbox, &news);
    }
    fake_run(&world, 5000);
    CHECK_INT(fake.registers, 1);
    CHECK_INT(kept_len, 0);
    world.app_asleep = false;
    fake_run(&world, 300000);
    CHECK(kept_len > 0);
}

static void moved_to_another_hub(void)
{
    start();
    fake_run(&world, 10000);
    world.hub.connack = 5; // the device is not known here any more
    world.hub.broken = true;
    fake_run(&world, 10);
    fake.hub = "other.test";
    for (int i = 0; i < 2000 && fake.dials < 2; i++) {
        fake_run(&world, 100);
    }
    CHECK_INT(fake.dials, 2);
    CHECK(world.hub.connects == 4 || world.hub.connects == 5); // the first, and three refusals
    world.hub.connack = 0;
    fake_run(&world, 100000);
    CHECK(tt_link_connected(&world.link));
    CHECK(strncmp(world.hub.username, "other.test/d1/?", 15) == 0);
    CHECK(memcmp(kept + 4, "other.test", 11) == 0);
}

static void one_refusal_is_not_enough(void)
{
    start();
    fake_run(&world, 10000);
    world.hub.connack = 5;
    world.hub.broken = true;
    fake_run(&world, 1500); // one refusal, or none yet
    world.hub.connack = 0;
    fake_run(&world, 100000);
    CHECK_INT(fake.dials, 1);
    CHECK(tt_link_connected(&world.link));
}

static void unreachable_dps_leaves_the_hub(void)
{
    start();
    fake_run(&world, 10000);
    world.hub.connack = 5;
    world.hub.broken = true;
    fake.down = true;
    fake_run(&world, 600000);
    CHECK(fake.dials >= 3 && fake.dials <= 30); // by turns, and no hammering
    CHECK(world.hub.connects >= 6);
    world.hub.connack = 0; // the hub remembers the device after all
    fake_run(&world, 130000);
    CHECK(tt_link_connected(&world.link));
}

static void silent_dps(void)
{
    start();
    fake.silent = true;
    fake_run(&world, 31000);
    CHECK(strcmp(world.disconnect_text, "network: no answer of DPS within 30 s") == 0);
    fake.silent = false;
    fake_run(&world, 60000);
    CHECK(tt_link_connected(&world.link));
}

static void refused_by_dps(void)
{
    start();
    fake.connack = 5;
    fake_run(&world, 600000);
    CHECK(strcmp(world.disconnect_text,
                 "auth: DPS does not know this registration or its key: CONNACK 5") == 0);
    CHECK(fake.dials >= 8 && fake.dials <= 40);
    CHECK_INT(world.hub.dials, 0);
    CHECK(strstr(world.log, "MDEyMw") == NULL && strstr(world.log, "sig=") == NULL);
}

static void group_key(void)
{
    static const char text[] =
        "IdScope=0ne1;RegistrationId=sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6;GroupSharedAccessKey="
        "8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==";
    static const char derived[] =
        "IdScope=0ne1;RegistrationId=sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6;SharedAccessKey="
        "Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=";
    char tokens[2][2][512];
    for (int i = 0; i < 2; i++) {
        struct tt_connection connection;
        const char *why;
        start();
        const char *const given = i == 0 ? text : derived;
        CHECK_INT(tt_connection_parse(given, strlen(given), &connection, &why), TT_OK);
        tt_link_stop(&world.link);
        dps = (struct tt_dps){.calls = &tt_dps_calls};
        dps.calls->use(&dps, &connection, NULL, 0);
        world.config.connection = connection;
        fake_restart(&world);
        fake_run(&world, 1000);
        CHECK(tt_link_connected(&world.link));
        snprintf(tokens[i][0], 512, "%s", fake.password);
        snprintf(tokens[i][1], 512, "%s", world.hub.password);
    }
    CHECK(strcmp(tokens[0][0], tokens[1][0]) == 0); // at DPS
    CHECK(strcmp(tokens[0][1], tokens[1][1]) == 0); // at the hub
}

int main(void)
{
    RUN(provisioned, "registers at DPS, then connects to the hub it was given");
    RUN(kept_over_restart, "goes to its hub at once after a restart");
    RUN(kept_when_there_is_room, "keeps the assignment also when the inbox was full");
    RUN(moved_to_another_hub, "asks DPS again when the hub refuses it three times");
    RUN(one_refusal_is_not_enough, "does not ask DPS for one refusal");
    RUN(unreachable_dps_leaves_the_hub, "tries its hub again where DPS cannot be reached");
    RUN(silent_dps, "gives up a DPS that does not answer, and comes back");
    RUN(refused_by_dps, "says that DPS refuses it, and does not hammer");
    RUN(group_key, "derives its key from its group's, for DPS and hub alike");
    return 0;
}
