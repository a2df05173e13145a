// The link when things break: cuts at every byte, refusals, silence, clocks, and the way back.
#include "fake_world.h"

#include "../core/trust.h"

static struct fake_world world;

// One session with some of everything, its connection cut after `bytes`. Returns whether it was.
static bool session_with_cut(long bytes, size_t chunk)
{
    fake_start(&world);
    world.hub.cut_after = bytes;
    world.hub.chunk = chunk;
    for (int i = 0; i < 4; i++) {
        fake_send(&world, "{\"celsius\":93}");
    }
    fake_report(&world, "a", "1");
    fake_queue_message(&world, "k=v", 20);
    fake_run(&world, 1000);
    fake_patch(&world);
    fake_report(&world, "a", "2");
    if (world.hub.accepted) { fake_invoke(&world, "brew", "1", 2); }
    fake_run(&world, 10);
    fake_send(&world, "{\"celsius\":94}");
    fake_run(&world, 120000);
    const bool cut = world.hub.cut_after < 0;
    world.hub.cut_after = -1;
    fake_run(&world, 60000);

    const int duplicates = fake_duplicates(&world, 5);
    CHECK(duplicates <= (cut ? 1 : 0));
    CHECK_INT(world.notices[TT_NOTICE_ACKNOWLEDGED], 5);
    CHECK_INT(world.hub.message_count, 0);
    CHECK(world.messages >= 1);
    CHECK(strcmp(world.hub.reported, "{\"a\":2}") == 0);
    CHECK(strstr(world.desired_json, "\"$version\":2}") != NULL);
    CHECK_INT(world.hub.dials, cut ? 2 : 1);
    CHECK_INT(world.notices[TT_NOTICE_DISCONNECTED], cut ? 1 : 0);
    CHECK_INT(world.ups - world.downs, 1);
    CHECK(tt_link_idle(&world.link));
    return cut;
}

static void cut_at_every_byte(void)
{
    static const size_t chunks[] = {0, 1, 7};
    for (size_t i = 0; i < 3; i++) {
        long bytes = 0;
        while (session_with_cut(bytes, chunks[i])) {
            bytes++;
        }
        CHECK(bytes > 1000); // the whole session was cut through
    }
}

static void cut_often(void)
{
    fake_start(&world);
    uint32_t random = 1;
    int cuts = 0;
    for (int i = 0; i < 200; i++) {
        random = random * 1664525u + 1013904223u;
        if (world.hub.cut_after < 0) {
            world.hub.cut_after = (long)(random >> 22); // to 1,023
            cuts++;
        }
        fake_send(&world, "{}");
        fake_run(&world, 10000);
    }
    world.hub.cut_after = -1;
    fake_run(&world, 120000);
    CHECK(cuts > 20);
    CHECK(fake_duplicates(&world, 200) <= cuts);
}

static void session_forgotten(void)
{
    fake_start(&world);
    world.hub.no_puback = true;
    fake_send(&world, "{}");
    fake_run(&world, 10);
    world.hub.no_puback = false;
    world.hub.forget = true;
    world.hub.broken = true;
    fake_run(&world, 60000);
    CHECK_INT(world.hub.telemetry_count, 2);
    CHECK(!world.hub.telemetry_dup[1]); // a new session knows no packet to repeat
    CHECK_INT(fake_duplicates(&world, 1), 1);
    CHECK_INT(world.desired, 2); // perhaps another twin by now
}

static void session_kept(void)
{
    fake_start(&world);
    world.hub.no_puback = true;
    fake_send(&world, "{}");
    fake_run(&world, 10);
    world.hub.no_puback = false;
    world.hub.broken = true;
    fake_run(&world, 60000);
    CHECK(world.hub.telemetry_dup[1]); // [MQTT-4.4.0-1]
    CHECK_INT(world.desired, 1);
}

static void refused(int connack, int code, const char *text, int64_t least_ms)
{
    fake_start(&world);
    world.hub.connack = connack;
    fake_run(&world, 10);
    CHECK_INT(world.disconnect_code, code);
    CHECK(strcmp(world.disconnect_text, text) == 0);
    CHECK_INT(world.ups, 0);
    fake_run(&world, 3600000);
    CHECK(world.hub.dials >= 60 && world.hub.dials <= 3600000 / least_ms);
    world.hub.connack = 0;
    fake_run(&world, 60000);
    CHECK(tt_link_connected(&world.link));
}

static void refusals(void)
{
    refused(1, TT_EPROTOCOL, "protocol: the hub does not speak MQTT 3.1.1 (CONNACK 1)", 5000);
    refused(2, TT_EREFUSED, "auth: the hub does not accept the device id (CONNACK 2)", 5000);
    refused(3, TT_EBUSY, "throttled: the hub is unavailable or throttling (CONNACK 3)", 5000);
    refused(4, TT_EREFUSED, "auth: the hub does not accept user name or token (CONNACK 4)", 5000);
    refused(5, TT_EREFUSED, "auth: the hub does not authorize this device (CONNACK 5)", 5000);
}

static void no_host(void)
{
    fake_start(&world);
    world.hub.refuse_tcp = true;
    fake_run(&world, 72 * 3600000LL);
    CHECK_INT(world.disconnect_code, TT_EREFUSED);
    CHECK(strcmp(world.disconnect_text, "network: the host refused the connection") == 0);
    CHECK(world.hub.dials > 72 * 60 && world.hub.dials < 72 * 240);
    world.hub.refuse_tcp = false;
    tt_link_up(&world.link); // the network says it is back
    fake_run(&world, 1);
    CHECK(tt_link_connected(&world.link));
}

static void back_within_a_minute(void)
{
    for (uint32_t seed = 1; seed < 50; seed++) {
        fake_start(&world);
        world.random = seed;
        world.hub.refuse_tcp = true;
        fake_run(&world, 3600000);
        world.hub.refuse_tcp = false;
        fake_run(&world, 60000);
        CHECK(tt_link_connected(&world.link));
    }
}

static void silent_host(void)
{
    fake_start(&world);
    world.hub.silent = true;
    fake_run(&world, 29999);
    CHECK_INT(world.notices[TT_NOTICE_DISCONNECTED], 0);
    fake_run(&world, 1);
    CHECK_INT(world.disconnect_code, TT_ETIMEOUT);
    CHECK(strcmp(world.disconnect_text, "network: no CONNACK within 30 s") == 0);
    CHECK(!world.hub.open);
}

static void host_takes_nothing(void)
{
    fake_start(&world);
    world.hub.accept_no_bytes = true;
    fake_run(&world, 31000);
    CHECK(strcmp(world.disconnect_text, "network: no CONNACK within 30 s") == 0);
    world.hub.accept_no_bytes = false;
    fake_run(&world, 60000);
    CHECK(tt_link_connected(&world.link));
    world.hub.accept_no_bytes = true; // a window that closed for ever
    world.disconnect_text[0] = 0;
    fake_invoke(&world, "m", "1", 0);
    fake_run(&world, 31000);
    CHECK(strcmp(world.disconnect_text, "network: the connection takes no bytes") == 0);
}

static void half_open_idle(void)
{
    fake_start(&world);
    fake_run(&world, 1000);
    world.hub.silent = true;
    fake_run(&world, 210000 + 30000);
    CHECK(strcmp(world.disconnect_text, "network: no PINGRESP within 30 s") == 0);
    CHECK_INT(world.downs, 1);
}

static void half_open_busy(void)
{
    fake_start(&world);
    fake_run(&world, 1000);
    world.hub.silent = true;
    fake_send(&world, "{}");
    fake_run(&world, 30000);
    CHECK(strcmp(world.disconnect_text, "network: no PUBACK within 30 s") == 0);
    world.hub.silent = false;
    fake_run(&world, 60000);
    CHECK_INT(fake_duplicates(&world, 1), 0);
}

static void keeps_alive(void)
{
    fake_start(&world);
    world.config.keep_alive_s = 60;
    fake_restart(&world);
    fake_run(&world, 600000);
    CHECK_INT(world.hub.pings, 11); // every 52.5 s
    CHECK_INT(world.hub.connects, 1);
}

static void no_pings_beside_traffic(void)
{
    fake_start(&world);
    for (int i = 0; i < 360; i++) {
        fake_send(&world, "{}");
        fake_run(&world, 5000);
    }
    CHECK_INT(world.hub.pings, 0);
}

static void clock_not_set(void)
{
    fake_start(&world);
    world.epoch_offset_ms = -1;
    fake_run(&world, 60000);
    CHECK_INT(world.hub.dials, 0);
    CHECK_INT(world.disconnect_code, TT_EUNSET);
    CHECK(strstr(world.disconnect_text, "clock: the clock is not set") != NULL);
    world.epoch_offset_ms = 1600000000000; // before the build
    fake_run(&world, 60000);
    CHECK_INT(world.hub.dials, 0);
    world.epoch_offset_ms = 1767225600000;
    fake_run(&world, 60000);
    CHECK(tt_link_connected(&world.link));
}

static int no_memory(void *ctx, const char *host, uint16_t tcp_port, struct tt_stream *out)
{
    (void)ctx, (void)host, (void)tcp_port, (void)out;
    return TT_EFULL;
}

static bool count_told(struct tt_trust *trust, bool connected)
{
    return !connected && ++trust->untrusted == TT_TRUST_TRIES;
}

static void roots_without_room(void)
{
    static const struct tt_trust_calls calls = {.tell = count_told};
    struct tt_trust trust = {.calls = &calls};
    fake_start(&world);
    world.link.config.trust = &trust;
    world.port.connect = no_memory;
    fake_run(&world, 600000);
    CHECK(trust.untrusted >= TT_TRUST_TRIES);
}

static void hostile_bytes(void)
{
    static const char *const answers[] = {
        "d0 00",
        "20 02 00 00 20 02 00 00",
        "20 02 00 00 f0 00",
        "20 02 00 00 30 ff ff ff ff 01",
        "20 02 00 00 90 03 0005 01",
        "20 02 00 00 36 02 0000",
        "16 03 01 00 a5",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        check_case = answers[i];
        fake_start(&world);
        world.hub.silent = true;
        fake_run(&world, 10);
        uint8_t bytes[32];
        fake_put(&world.hub, bytes, check_hex(answers[i], bytes, sizeof bytes));
        fake_run(&world, 10);
        CHECK_INT(world.disconnect_code, TT_EPROTOCOL);
        CHECK(strncmp(world.disconnect_text, "protocol: ", 10) == 0);
        CHECK(!world.hub.open);
        world.hub.silent = false;
        fake_run(&world, 60000);
        CHECK(tt_link_connected(&world.link));
    }
}

static void unknown_topics(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    fake_publish(&world.hub, "nobody/knows", "x", 1, 0, false);
    fake_publish(&world.hub, "$iothub/twin/res/200/?$rid=99", "x", 1, 0, false);
    fake_publish(&world.hub, "$iothub/twin/res/200/?$rid=abc", "x", 1, 0, false);
    fake_publish(&world.hub, "$iothub/methods/POST/m/", "x", 1, 0, false);
    fake_run(&world, 1000);
    CHECK_INT(world.hub.connects, 1);
    CHECK_INT(world.methods, 0);
}

static void renewal_fails(void)
{
    fake_start(&world);
    fake_run(&world, 2699000);
    world.hub.connack = 5;
    fake_run(&world, 10000);
    CHECK_INT(world.downs, 1);
    CHECK_INT(world.notices[TT_NOTICE_RENEWED], 0);
    CHECK_INT(world.notices[TT_NOTICE_DISCONNECTED], 1);
    world.hub.connack = 0;
    fake_run(&world, 60000);
    CHECK_INT(world.ups, 2);
    CHECK_INT(world.notices[TT_NOTICE_CONNECTED], 2);
}

static void renewal_does_not_wait_for_ever(void)
{
    fake_start(&world);
    world.status = 0;
    fake_run(&world, 2690000);
    fake_invoke(&world, "never", "1", 0);
    fake_run(&world, 10000 + 59000);
    CHECK_INT(world.hub.connects, 1);
    fake_run(&world, 2000);
    CHECK_INT(world.hub.connects, 2);
}

static void kicked_again_and_again(void)
{
    fake_start(&world); // another client with our identity: each CONNECT ends the other's
    for (int i = 0; i < 600; i++) {
        fake_run(&world, 1000);
        world.hub.broken = world.hub.open;
    }
    CHECK(world.hub.connects < 40); // backs off although each CONNECT is accepted
}

int main(void)
{
    RUN(cut_at_every_byte, "a cut at any byte of a session loses nothing, one duplicate at most");
    RUN(cut_often, "two hundred messages survive a line that is cut again and again");
    RUN(session_forgotten, "publishes anew when the hub forgot the session");
    RUN(session_kept, "repeats the publish in flight with DUP when the session is kept");
    RUN(roots_without_room, "new roots that leave no memory for TLS are blamed for it");
    RUN(refusals, "names each refusal of CONNECT and comes back with patience");
    RUN(no_host, "backs off for days, and dials at once when the network is back");
    RUN(back_within_a_minute, "is back within a minute of the host");
    RUN(silent_host, "gives a silent host up after 30 s");
    RUN(host_takes_nothing, "gives a connection up that takes no bytes");
    RUN(half_open_idle, "notices a dead connection by its ping");
    RUN(half_open_busy, "notices a dead connection by its telemetry");
    RUN(keeps_alive, "pings an idle connection in good time");
    RUN(no_pings_beside_traffic, "does not ping while there is traffic");
    RUN(clock_not_set, "does not dial before the clock is set");
    RUN(hostile_bytes, "closes on bytes that are not the protocol");
    RUN(unknown_topics, "passes over topics it does not know");
    RUN(renewal_fails, "tells when a renewal fails");
    RUN(renewal_does_not_wait_for_ever, "renews although a method is never answered");
    RUN(kicked_again_and_again, "backs off when it is kicked at each connection");
    return 0;
}
