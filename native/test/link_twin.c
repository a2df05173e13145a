// The link and the device twin, reported properties, and the renewal of tokens, in virtual time.
#include "fake_world.h"

static struct fake_world world;

static void reported(void)
{
    fake_start(&world);
    world.hub.refuse_tcp = true;
    fake_report(&world, "a", "1");
    fake_report(&world, "b", "\"x\"");
    fake_report(&world, "a", "2");
    fake_report(&world, "bad", "{");
    fake_run(&world, 1000);
    world.hub.refuse_tcp = false;
    fake_run(&world, 60000);
    CHECK(strcmp(world.hub.reported, "{\"b\":\"x\",\"a\":2}") == 0);
    CHECK_INT(world.hub.reports, 1);
    CHECK(strstr(world.log, "no JSON") != NULL);
    CHECK(tt_link_idle(&world.link));
}

static void reported_throttled(void)
{
    fake_start(&world);
    world.hub.report_status = 429;
    fake_report(&world, "a", "1");
    fake_run(&world, 5000);
    CHECK_INT(world.hub.reports, 1);
    world.hub.report_status = 400;
    fake_run(&world, 10000);
    CHECK_INT(world.hub.reports, 2);
    fake_run(&world, 60000);
    CHECK_INT(world.hub.reports, 2); // refused for good
    CHECK(tt_link_idle(&world.link));
}

static void reported_in_parts(void)
{
    fake_start(&world);
    world.board.packet_bytes = 512;
    fake_restart(&world);
    char value[482];
    memset(value, '1', sizeof value);
    value[400] = 0;
    fake_report(&world, "a", value);
    fake_report(&world, "b", value);
    fake_run(&world, 1000);
    CHECK_INT(world.hub.reports, 2);
    CHECK(strncmp(world.hub.reported, "{\"b\":1", 6) == 0);
    value[400] = '1';
    value[480] = 0;
    fake_report(&world, "c", value);
    fake_run(&world, 1000);
    CHECK_INT(world.hub.reports, 2);
    CHECK(strstr(world.log, "larger than a packet: dropped") != NULL);
    CHECK(tt_link_idle(&world.link));
}

static void twin_patches(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    fake_patch(&world);
    fake_run(&world, 10);
    CHECK_INT(world.patches, 1);
    CHECK(strcmp(world.desired_json, "{\"y\":2,\"$version\":2}") == 0);
    world.hub.desired_version++; // one that nobody told us of
    fake_patch(&world);
    fake_run(&world, 10);
    CHECK_INT(world.patches, 1);
    CHECK_INT(world.desired, 2);
    CHECK_INT(world.hub.twin_gets, 2);
    CHECK(strcmp(world.desired_json, "{\"x\":1,\"$version\":4}") == 0);
}

static void twin_overtaken(void)
{
    fake_start(&world);
    world.hub.patch_overtakes = true;
    fake_run(&world, 1000);
    CHECK_INT(world.hub.twin_gets, 2);
    CHECK(strcmp(world.desired_json, "{\"x\":1,\"$version\":2}") == 0);
}

static void twin_with_full_inbox(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    world.app_asleep = true;
    for (int i = 0; i < 6; i++) {
        fake_invoke(&world, "m", "1", 900);
    }
    for (int i = 0; i < 20; i++) {
        fake_patch(&world);
    }
    fake_run(&world, 5000);
    world.app_asleep = false;
    fake_run(&world, 5000);
    CHECK(strcmp(world.desired_json, "{\"x\":1,\"$version\":21}") == 0);
    CHECK_INT(world.hub.connects, 1);
}

static void twin_asked_again(void)
{
    fake_start(&world);
    fake_run(&world, 10);
    tt_outbox_ask_twin(&world.outbox);
    fake_run(&world, 10);
    CHECK_INT(world.desired, 2);
}

static void twin_throttled(void)
{
    fake_start(&world);
    world.hub.twin_status = 429;
    fake_run(&world, 5000);
    CHECK_INT(world.desired, 0);
    world.hub.twin_status = 200;
    fake_run(&world, 10000);
    CHECK_INT(world.desired, 1);
    CHECK_INT(world.hub.twin_gets, 2);
}

static void renewal(void)
{
    fake_start(&world);
    for (int i = 0; i < 24 * 60; i++) {
        fake_send(&world, "{}");
        fake_run(&world, 60000);
        CHECK(tt_link_connected(&world.link));
        world.hub.telemetry_count -= i % 2 == 0 ? 0 : 2; // checked in pairs
        if (i % 2 == 1) {
            char last[24];
            snprintf(last, sizeof last, "7-%d", i + 1);
            CHECK(strcmp(world.hub.telemetry[1], last) == 0);
        }
    }
    CHECK_INT(world.notices[TT_NOTICE_RENEWED], 32); // every 45 minutes
    CHECK_INT(world.hub.connects, 33);
    CHECK_INT(world.hub.disconnects, 32);
    CHECK_INT(world.notices[TT_NOTICE_DISCONNECTED], 0);
    CHECK_INT(world.ups, 1);
    CHECK_INT(world.downs, 0);
    CHECK_INT(world.desired, 1); // the same version is no news
}

static void renewal_waits(void)
{
    fake_start(&world);
    world.status = 0;
    fake_run(&world, 2690000);
    fake_invoke(&world, "slow", "1", 0);
    fake_run(&world, 30000); // due at 2,700 s
    CHECK_INT(world.hub.connects, 1);
    for (int32_t id = 1; id < 10; id++) {
        tt_outbox_reply(&world.outbox, id, 200, NULL, 0);
    }
    fake_run(&world, 1000);
    CHECK_INT(world.hub.replies, 1);
    CHECK_INT(world.hub.connects, 2);
    CHECK_INT(world.notices[TT_NOTICE_RENEWED], 1);
}

int main(void)
{
    RUN(reported, "coalesces reported properties while offline");
    RUN(reported_throttled, "reports again when throttled, not when refused");
    RUN(reported_in_parts, "reports in as many packets as it takes, drops what fits none");
    RUN(twin_patches, "delivers patches in turn and fetches the twin after a gap");
    RUN(twin_overtaken, "fetches the twin again when a patch overtook it");
    RUN(twin_with_full_inbox, "fetches the twin again after patches met a full inbox");
    RUN(twin_asked_again, "fetches and delivers the twin again when the app asks");
    RUN(twin_throttled, "asks for the twin again when throttled");
    RUN(renewal, "renews the token with one reconnect each and nothing lost");
    RUN(renewal_waits, "renews only when what is in flight came home");
    return 0;
}
