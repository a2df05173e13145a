// The crash policy of the app loop: records, reloads, the safe mode and the way out of it.
#include "app_bench.h"

static void crash_is_told(void)
{
    start_commands();
    command(5, 'W', 0, 1);
    command(5, 'W', 1, 0);
    CHECK_INT(bench.level[0], 1);
    command(6, 'T', 10, 10);
    put_command(TT_EVENT_METHOD, 9, 'l', 0, 0);
    CHECK_INT(tt_app_step(&bench.app, 7), TT_APP_CRASH_WINDOW_MS);
    CHECK_INT(bench.level[0], 0);
    CHECK_INT(bench.level[1], 1);
    CHECK_INT(bench.notices[TT_NOTICE_CRASHED], 1);
    CHECK(strstr(bench.log.bytes, "E the app crashed: ran too long in obey at offset "));
    CHECK(strstr(bench.log.bytes, bench.app.build));
    CHECK_INT(strlen(bench.app.build), 16);

    struct tt_telemetry telemetry;
    CHECK(tt_outbox_peek_telemetry(&bench.outbox, &telemetry));
    char expected[200];
    snprintf(expected, sizeof expected,
             "{\"crash\":{\"build\":\"%s\",\"reason\":\"ran too "
             "long\",\"function\":\"obey\",\"offset\":",
             bench.app.build);
    CHECK(telemetry.body_len > strlen(expected));
    CHECK_BYTES(telemetry.body, strlen(expected), expected, strlen(expected));
    struct tt_reply reply;
    CHECK(next_reply(&reply));
    CHECK(reply.request == 9 && reply.status == 500);
    CHECK(tt_outbox_twin_asked(&bench.outbox));

    // A new guest runs, without the old one's timers.
    forget_trace();
    CHECK_INT(tt_app_step(&bench.app, 100), TT_APP_CRASH_WINDOW_MS - 93);
    check_traced("");
    command(100, 'W', 0, 1);
    CHECK_INT(bench.level[0], 1);
    tt_app_stop(&bench.app);
    CHECK_INT(bench.level[0], 0);
}

static void abort_says_where(void)
{
    start_commands();
    command(0, 'a', 0, 0);
    CHECK(strstr(bench.log.bytes, "E abort: boom (main.ts:12:5)\n"));
    CHECK(strstr(bench.log.bytes, "the app crashed: abort: boom (main.ts:12:5) in obey"));
    command(0, 'u', 0, 0);
    CHECK(strstr(bench.log.bytes, "the app crashed: unreachable executed in obey"));
    tt_app_stop(&bench.app);
}

static void crash_on_message(void)
{
    start_commands();
    put_command(TT_EVENT_MESSAGE, 3, 'u', 0, 0);
    tt_app_step(&bench.app, 0);
    struct tt_reply reply;
    CHECK(next_reply(&reply));
    CHECK(reply.kind == TT_REPLY_DONE && reply.request == 3);
    tt_app_stop(&bench.app);
}

static void check_safe_mode(void)
{
    CHECK(tt_app_safe_mode(&bench.app));
    CHECK_INT(bench.level[0], 0);
    struct tt_report report;
    CHECK(tt_outbox_peek_report(&bench.outbox, &report));
    CHECK_TEXT(report.name, report.name_len, "safeMode");
    static const char start[] =
        "{\"reason\":\"three crashes within 10 minutes\",\"crash\":{\"build\":\"";
    CHECK(report.value_len > sizeof start);
    CHECK_BYTES(report.value, sizeof start - 1, start, sizeof start - 1);
    deliver(TT_EVENT_METHOD, 21, "brew", "{}", 2);
    deliver(TT_EVENT_MESSAGE, 22, "", "", 0);
    tt_app_step(&bench.app, bench.app.now_ms);
    struct tt_reply reply;
    while (next_reply(&reply) && reply.request != 21) {}
    CHECK_INT(reply.status, 503);
    CHECK_BYTES(reply.body, sizeof start - 1, start, sizeof start - 1);
    CHECK(!next_reply(&reply)); // the message is not acknowledged
}

static void three_crashes(void)
{
    start_commands();
    command(0, 'u', 0, 0);
    command(300000, 'd', 1, 0);
    CHECK(!tt_app_safe_mode(&bench.app));
    command(599999, 'u', 0, 0);
    CHECK_INT(bench.notices[TT_NOTICE_SAFE_MODE], 1);
    check_safe_mode();
    CHECK_INT(reset(&bench, 0), TT_OK);
    check_safe_mode();
    CHECK_INT(tt_app_step(&bench.app, 10000000), INT32_MAX);
    CHECK(tt_app_safe_mode(&bench.app));

    deliver(TT_EVENT_METHOD, 30, "leaveSafeMode", "null", 4);
    CHECK_INT(tt_app_step(&bench.app, 10000000), 1000);
    struct tt_reply reply;
    CHECK(next_reply(&reply));
    CHECK(reply.request == 30 && reply.status == 200);
    tt_app_step(&bench.app, 10001000);
    CHECK_INT(bench.restarts, 1);
    CHECK_INT(reset(&bench, 0), TT_OK);
    CHECK(!tt_app_safe_mode(&bench.app));
    struct tt_report report;
    CHECK(tt_outbox_peek_report(&bench.outbox, &report));
    CHECK_TEXT(report.value, report.value_len, "null");
    tt_app_stop(&bench.app);
}

static void crashes_across_resets(void)
{
    start_commands();
    for (int i = 0; i < 3; i++) {
        CHECK(!tt_app_safe_mode(&bench.app));
        tt_app_step(&bench.app, 0);
        command(200000, 'u', 0, 0);
        tt_app_stop(&bench.app);
        CHECK_INT(reset(&bench, 0), TT_OK);
    }
    CHECK(tt_app_safe_mode(&bench.app));
    tt_app_stop(&bench.app);
}

static void crashes_far_apart(void)
{
    start_commands();
    for (int64_t i = 0; i < 10; i++) {
        command(i * 300001, 'u', 0, 0);
    }
    CHECK(!tt_app_safe_mode(&bench.app));
    CHECK_INT(tt_app_step(&bench.app, 9 * 300001 + TT_APP_CRASH_WINDOW_MS), INT32_MAX);
    // Forgotten in the store too.
    CHECK_INT(reset(&bench, 0), TT_OK);
    CHECK_INT(bench.app.crashes.count, 0);
    tt_app_stop(&bench.app);
}

static void crash_at_start(void)
{
    start_commands();
    CHECK_INT(tt_abi_store_set(&bench.app, "boom", 4, (const uint8_t *)"1", 1), TT_OK);
    tt_app_stop(&bench.app);
    CHECK_INT(reset(&bench, 0), TT_OK);
    tt_app_step(&bench.app, 0);
    CHECK(tt_app_safe_mode(&bench.app));
    CHECK_INT(bench.notices[TT_NOTICE_CRASHED], 3);
    CHECK_INT(tt_app_step(&bench.app, 1), INT32_MAX);
    tt_app_stop(&bench.app);
}

static void another_build_starts_clean(void)
{
    start_commands();
    for (int i = 0; i < 3; i++) {
        command(0, 'u', 0, 0);
    }
    CHECK(tt_app_safe_mode(&bench.app));
    tt_app_stop(&bench.app);
    const struct guest *const other = guest_named("least");
    bench.config.wasm = other->wasm;
    bench.config.wasm_len = other->len;
    CHECK_INT(reset(&bench, 0), TT_OK);
    CHECK(!tt_app_safe_mode(&bench.app));
    tt_app_stop(&bench.app);
}

int main(void)
{
    RUN(crash_is_told,
        "an endless loop ends with safe outputs, a log line, telemetry and a new guest");
    RUN(abort_says_where, "a failed assertion is told with its file and line");
    RUN(crash_on_message, "a message that crashes the guest does not come again");
    RUN(three_crashes, "three crashes within ten minutes lead to the safe mode, which can be left");
    RUN(crashes_across_resets, "crashes are counted across resets");
    RUN(crashes_far_apart, "crashes far apart are forgotten");
    RUN(crash_at_start, "a guest that crashes at its start ends in the safe mode");
    RUN(another_build_starts_clean, "another build of the app leaves the safe mode");
    return 0;
}
