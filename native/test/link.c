// The link against a fake hub in virtual time: what it says, what it answers, when it comes back.
#include "fake_world.h"

static struct fake_world world;

static void connects(void)
{
    fake_start(&world);
    fake_run(&world, 1000);
    CHECK(tt_link_connected(&world.link));
    CHECK_INT(world.hub.connects, 1);
    CHECK_INT(world.hub.subscribes, 1);
    CHECK_INT(world.hub.twin_gets, 1);
    CHECK_INT(world.ups, 1);
    CHECK_INT(world.desired, 1);
    CHECK(strcmp(world.desired_json, "{\"x\":1,\"$version\":1}") == 0);
    CHECK(strcmp(world.hub.username,
                 "hub.test/d1/?api-version=2021-04-12&DeviceClientType=tinytwin") == 0);
    CHECK(strstr(world.hub.password, "SharedAccessSignature sr=hub.test%2Fdevices%2Fd1&sig=") ==
          world.hub.password);
    CHECK(strstr(world.hub.password, "&se=1767229200") != NULL); // one hour on
    CHECK_INT(world.notices[TT_NOTICE_CONNECTED], 1);
    CHECK(strcmp(world.connected_text, "plain") == 0);
    CHECK(tt_link_idle(&world.link));
}

static void telemetry(void)
{
    fake_start(&world);
    for (int i = 0; i < 50; i++) {
        fake_send(&world, "{\"celsius\":93}");
    }
    fake_run(&world, 1000);
    CHECK_INT(fake_duplicates(&world, 50), 0);
    CHECK_INT(world.notices[TT_NOTICE_ACKNOWLEDGED], 50);
    CHECK_INT(world.stored, 50);
    CHECK(tt_link_idle(&world.link));
}

static void one_byte_at_a_time(void)
{
    fake_start(&world);
    world.hub.chunk = 1;
    fake_send(&world, "{}");
    fake_report(&world, "a", "1");
    fake_run(&world, 10);
    fake_invoke(&world, "brew", "1", 2);
    fake_queue_message(&world, "k=v", 5);
    fake_run(&world, 1000);
    CHECK_INT(fake_duplicates(&world, 1), 0);
    CHECK_INT(world.hub.replies, 1);
    CHECK_INT(world.messages, 1);
    CHECK_INT(world.hub.message_count, 0);
    CHECK(strcmp(world.hub.reported, "{\"a\":1}") == 0);
    CHECK_INT(world.hub.connects, 1);
}

static void methods(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    fake_invoke(&world, "brew", "b0e6-opaque", 2);
    fake_run(&world, 10);
    CHECK_INT(world.methods, 1);
    CHECK_INT(world.hub.reply_status, 200);
    CHECK(strcmp(world.hub.reply_rid, "b0e6-opaque") == 0);
    CHECK(strcmp(world.hub.reply_body, "{}") == 0);
}

static void method_with_full_inbox(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    world.app_asleep = true;
    for (int i = 0; i < 6; i++) {
        fake_invoke(&world, "m", "1", 900);
    }
    fake_run(&world, 1000);
    CHECK_INT(world.hub.reply_status, 429);
    CHECK_INT(world.hub.replies, 2);
    world.app_asleep = false;
    fake_run(&world, 10);
    CHECK_INT(world.hub.replies, 6);
    CHECK_INT(world.hub.reply_status, 200);
    CHECK_INT(world.hub.connects, 1);
}

static void method_without_slot(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    world.status = 0; // never answers
    for (int i = 0; i < 9; i++) {
        fake_invoke(&world, "m", "1", 0);
    }
    fake_run(&world, 1000);
    CHECK_INT(world.methods, 8);
    CHECK_INT(world.hub.reply_status, 429);
    fake_run(&world, 300000);
    fake_invoke(&world, "m", "1", 0);
    fake_run(&world, 10);
    CHECK_INT(world.methods, 9);
    CHECK_INT(tt_outbox_reply(&world.outbox, 1, 200, NULL, 0), TT_OK); // nobody waits any more
    fake_run(&world, 10);
    CHECK_INT(world.hub.replies, 1);
}

static void oversize_method(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    fake_invoke(&world, "m", "9", 60000);
    fake_run(&world, 10);
    CHECK_INT(world.hub.reply_status, 413);
    CHECK_INT(world.methods, 0);
    fake_invoke(&world, "m", "10", 2);
    fake_run(&world, 10);
    CHECK_INT(world.hub.reply_status, 200);
}

static void oversize_reply(void)
{
    static uint8_t body[1500];
    fake_start(&world);
    world.status = 0;
    fake_run(&world, 10);
    fake_invoke(&world, "m", "9", 0);
    fake_run(&world, 10);
    CHECK_INT(tt_outbox_reply(&world.outbox, world.method, 200, body, sizeof body), TT_OK);
    fake_run(&world, 10);
    CHECK_INT(world.hub.reply_status, 500);
    CHECK(strcmp(world.hub.reply_body, "{\"error\":\"reply too large\"}") == 0);
    CHECK_INT(tt_outbox_reply(&world.outbox, world.method, 200, NULL, 0), TT_OK); // a second time
    fake_run(&world, 10);
    CHECK_INT(world.hub.replies, 1);
}

static void messages(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    fake_queue_message(&world, "a=1", 3);
    fake_queue_message(&world, "a=2", 60000);
    fake_queue_message(&world, "a=3", 3);
    fake_run(&world, 100);
    CHECK_INT(world.messages, 2); // the large one is discarded
    CHECK(strstr(world.log, "is too large for this board: discarded") != NULL);
    CHECK_INT(world.hub.message_count, 0);
    CHECK(strcmp(world.message_properties[1], "a=3") == 0);
}

static void message_acknowledged_after_its_event(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    world.app_asleep = true;
    fake_queue_message(&world, "a=1", 3);
    fake_run(&world, 60000);
    CHECK_INT(world.hub.message_count, 1);
    world.app_asleep = false;
    fake_run(&world, 10);
    CHECK_INT(world.hub.message_count, 0);
}

static void messages_with_full_inbox(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    world.app_asleep = true;
    for (int i = 0; i < 20; i++) {
        char properties[16];
        snprintf(properties, sizeof properties, "n=%d", i);
        fake_queue_message(&world, properties, 500);
    }
    fake_send(&world, "{}");
    fake_run(&world, 120000); // telemetry goes on
    CHECK_INT(fake_duplicates(&world, 1), 0);
    CHECK(tt_link_connected(&world.link));
    world.app_asleep = false;
    fake_run(&world, 120000);
    CHECK_INT(world.messages, 20);
    CHECK_INT(world.hub.message_count, 0);
    CHECK(strcmp(world.message_properties[19 % 8], "n=19") == 0);
    CHECK_INT(world.notices[TT_NOTICE_DISCONNECTED], 0);
}

static void message_sent_again(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    world.app_asleep = true;
    fake_queue_message(&world, "a=1", 3);
    fake_run(&world, 10);
    world.hub.broken = true; // before the app was done
    fake_run(&world, 10);
    world.app_asleep = false;
    fake_run(&world, 60000);
    CHECK_INT(world.messages, 1); // once, though the hub sent it twice
    CHECK_INT(world.hub.message_count, 0);
}

static void oversize_telemetry(void)
{
    static char body[1100];
    memset(body, 'x', sizeof body - 1);
    fake_start(&world);
    fake_send(&world, body);
    fake_send(&world, "{}");
    fake_run(&world, 1000);
    CHECK_INT(world.hub.telemetry_count, 1);
    CHECK(strcmp(world.hub.telemetry[0], "7-2") == 0);
    CHECK(strstr(world.log, "a telemetry message is larger than a packet: dropped") != NULL);
}

static void no_secrets(void)
{
    fake_start(&world);
    world.hub.connack = 5;
    fake_run(&world, 600000);
    CHECK(strlen(world.log) > 0);
    CHECK(strstr(world.log, "SharedAccess") == NULL && strstr(world.log, "secret") == NULL &&
          strstr(world.log, "c2Vjcm") == NULL && strstr(world.log, "sig=") == NULL);
}

static void stops(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    tt_link_stop(&world.link);
    CHECK_INT(world.hub.disconnects, 1);
    CHECK_INT(world.hub.closes, 1);
    CHECK_INT(tt_link_step(&world.link, world.now_ms), INT32_MAX);
    tt_link_stop(&world.link);
}

static void bad_configuration(void)
{
    fake_start(&world);
    struct tt_link link;
    struct tt_link_config config = world.config;
    config.connection.device_id = fake_text("a/b");
    CHECK_INT(tt_link_start(&link, &config, world.link_memory), TT_EINVALID);
    config = world.config;
    config.connection.host = fake_text("hub.test:99999");
    CHECK_INT(tt_link_start(&link, &config, world.link_memory), TT_EINVALID);
    config = world.config;
    config.connection.host = fake_text("");
    CHECK_INT(tt_link_start(&link, &config, world.link_memory), TT_EINVALID);
    config = world.config;
    config.connection.key = fake_text("");
    CHECK_INT(tt_link_start(&link, &config, world.link_memory), TT_EINVALID);
    config = world.config;
    config.connection.key = fake_text("no base64!");
    CHECK_INT(tt_link_start(&link, &config, world.link_memory), TT_EINVALID);
    config = world.config;
    config.keep_alive_s = 1178;
    CHECK_INT(tt_link_start(&link, &config, world.link_memory), TT_EINVALID);
    config = world.config;
    struct tt_board small = world.board;
    small.packet_bytes = 100;
    config.board = &small;
    CHECK_INT(tt_link_start(&link, &config, world.link_memory), TT_EINVALID);
}

int main(void)
{
    RUN(connects, "connects, subscribes, fetches the twin and tells the app");
    RUN(telemetry, "sends telemetry one in flight and pops what is acknowledged");
    RUN(one_byte_at_a_time, "works through reads and writes of one byte");
    RUN(methods, "answers a method with its own request id");
    RUN(method_with_full_inbox, "answers 429 while the inbox is full");
    RUN(method_without_slot, "answers 429 while eight methods wait, and forgets them after 300 s");
    RUN(oversize_method, "answers 413 to a method larger than the receive buffer");
    RUN(oversize_reply, "answers 500 when a reply fits no packet, and only once");
    RUN(messages, "delivers messages, discards and acknowledges an oversize one");
    RUN(message_acknowledged_after_its_event, "acknowledges a message after its event");
    RUN(messages_with_full_inbox, "loses no message to a full inbox and never stalls");
    RUN(message_sent_again, "delivers a message once when the hub sends it again");
    RUN(oversize_telemetry, "drops telemetry that fits no packet and goes on");
    RUN(no_secrets, "logs no token and no key");
    RUN(stops, "stops with DISCONNECT");
    RUN(bad_configuration, "refuses a configuration that cannot work");
    return 0;
}
