// The app loop around a real guest: order of events, limits, collections, restarts.
#include "app_bench.h"

#include "../core/mqtt.h"
#include "../core/topic.h"

static void outputs_at_start(void)
{
    start_commands();
    CHECK_INT(bench.level[0], 0);
    CHECK_INT(bench.level[1], 1);
    check_traced("0 start\n0 store.get \"boom\" -> -2\n");
    tt_app_stop(&bench.app);
}

static void timers_in_order(void)
{
    start_commands();
    command(0, 'T', 300, 100);
    command(0, 'T', 200, 0);
    command(0, 'T', 100, 200);
    forget_trace();
    CHECK_INT(tt_app_step(&bench.app, 99), 1);
    CHECK_INT(tt_app_step(&bench.app, 100), 100);
    CHECK_INT(tt_app_step(&bench.app, 200), 100);
    CHECK_INT(tt_app_step(&bench.app, 300), 100);
    CHECK_INT(tt_app_step(&bench.app, 400), 100);
    check_traced("100 event 1 3\n100 event.read 0 -> 0\n"
                 "200 event 1 2\n200 event.read 0 -> 0\n"
                 "300 event 1 1\n300 event.read 0 -> 0\n"
                 "300 event 1 3\n300 event.read 0 -> 0\n"
                 "400 event 1 1\n400 event.read 0 -> 0\n");
    tt_app_stop(&bench.app);
}

static void late_timers(void)
{
    start_commands();
    command(0, 'T', 100, 100);
    forget_trace();
    CHECK_INT(tt_app_step(&bench.app, 105), 95);
    CHECK_INT(tt_app_step(&bench.app, 450), 50);
    check_traced("105 event 1 1\n105 event.read 0 -> 0\n450 event 1 1\n450 event.read 0 -> 0\n");
    tt_app_stop(&bench.app);
}

static void timer_limits(void)
{
    start_commands();
    CHECK_INT(tt_abi_timer_start(&bench.app, -1, 0), TT_EINVALID);
    CHECK_INT(tt_abi_timer_start(&bench.app, 0, -1), TT_EINVALID);
    for (int i = 0; i < TT_APP_TIMERS_MAX; i++) {
        CHECK_INT(tt_abi_timer_start(&bench.app, 0, 0), i + 1);
    }
    CHECK_INT(tt_abi_timer_start(&bench.app, 0, 0), TT_EFULL);
    CHECK_INT(tt_abi_timer_cancel(&bench.app, 5), TT_OK);
    CHECK_INT(tt_abi_timer_cancel(&bench.app, 5), TT_ENOTFOUND);
    CHECK_INT(tt_abi_timer_start(&bench.app, INT32_MAX, INT32_MAX), TT_APP_TIMERS_MAX + 1);
    tt_app_stop(&bench.app);
}

static void kinds_in_order(void)
{
    start_commands();
    command(0, 'T', 50, 0);
    command(0, 'H', 2, 1);
    CHECK_INT(bench.watched, 1);
    forget_trace();
    tt_app_pin_changed(&bench.app, 3, 1);
    tt_app_pin_changed(&bench.app, 3, 0); // not watched
    tt_app_pin_changed(&bench.app, 9, 1); // no such input
    deliver(TT_EVENT_DESIRED, 0, "", "{\"$version\":1}", 14);
    deliver(TT_EVENT_CONNECTION, 1, "", "", 0);
    tt_app_step(&bench.app, 50);
    check_traced("50 event 1 1\n50 event.read 0 -> 0\n"
                 "50 event 5 0 \"{\\\"$version\\\":1}\"\n"
                 "50 event.read 0 -> 14 \"{\\\"$version\\\":1}\"\n"
                 "50 event.read 0 -> 0\n"
                 "50 event 2 5\n50 event.read 0 -> 0\n");
    CHECK_INT(tt_abi_hub_connected(&bench.app), 1);
    tt_app_stop(&bench.app);
}

static void replies_once(void)
{
    start_commands();
    put_command(TT_EVENT_METHOD, 7, 'Y', 201, 7);
    tt_app_step(&bench.app, 0);
    struct tt_reply reply;
    CHECK(next_reply(&reply));
    CHECK(reply.kind == TT_REPLY_METHOD && reply.request == 7 && reply.status == 201);
    CHECK_TEXT(reply.body, reply.body_len, "{\"x\":1}");
    CHECK_INT(tt_abi_hub_reply(&bench.app, 7, 200, NULL, 0), TT_ENOTFOUND);
    CHECK_INT(tt_abi_hub_reply(&bench.app, 7, -1, NULL, 0), TT_EINVALID);
    CHECK(!next_reply(&reply));
    tt_app_stop(&bench.app);
}

static void large_telemetry(void)
{
    static uint8_t body[GUEST_BYTES];
    start_commands();
    const size_t room = 512 - 64 - strlen("d1");
    CHECK_INT(tt_abi_hub_send(&bench.app, body, room, NULL, 0, 0, 0), 1);
    CHECK_INT(tt_abi_hub_send(&bench.app, body, room - 10, body, 11, 0, 0), TT_EINVALID);
    CHECK_INT(tt_abi_hub_send(&bench.app, body, sizeof body, body, sizeof body, 0, 0), TT_EINVALID);
    CHECK_INT(tt_abi_hub_send(&bench.app, body, room - 10, body, 10, 0, 0), 2);
    CHECK_INT(bench.notices[TT_NOTICE_QUEUED], 2);
    tt_app_stop(&bench.app);
}

// The longest body that is taken, as the packet it becomes after many starts and messages.
static bool longest_fits(const char *topic_id)
{
    static uint8_t body[512];
    uint8_t packet[512];
    size_t len = sizeof body;
    while (tt_abi_hub_send(&bench.app, body, len, NULL, 0, 0, 0) < 0) {
        len--;
    }
    struct tt_writer writer = tt_writer_of(packet, bench.app.config.board->packet_bytes);
    struct tt_mqtt_open_publish open = tt_mqtt_begin_publish(&writer);
    tt_topic_begin_telemetry(&writer, (struct tt_range){topic_id, strlen(topic_id)});
    tt_topic_end_telemetry(&writer, false, UINT32_MAX, INT32_MAX);
    tt_mqtt_begin_payload(&writer, &open, 1, 1);
    tt_writer_bytes(&writer, body, len);
    return tt_mqtt_end_publish(&writer, &open, false);
}

static void taken_telemetry_fits(void)
{
    start_commands();
    CHECK(longest_fits("d1"));
    bench.app.config.module_id = (struct tt_range){"m1", 2};
    CHECK(longest_fits("d1/modules/m1"));
    tt_app_stop(&bench.app);
}

static void unanswered_requests(void)
{
    start_commands();
    for (int32_t id = 1; id <= TT_APP_REQUESTS_MAX + 1; id++) {
        put_command(TT_EVENT_METHOD, id, ' ', 0, 0);
        tt_app_step(&bench.app, id);
    }
    struct tt_reply reply;
    CHECK(next_reply(&reply));
    CHECK(reply.request == TT_APP_REQUESTS_MAX + 1 && reply.status == 429);
    CHECK_INT(tt_abi_hub_reply(&bench.app, 2, 200, NULL, 0), TT_OK);
    CHECK(next_reply(&reply));
    CHECK_INT(tt_app_step(&bench.app, TT_APP_REQUEST_TIMEOUT_MS), 1);
    CHECK(!next_reply(&reply));
    CHECK_INT(tt_app_step(&bench.app, TT_APP_REQUEST_TIMEOUT_MS + 1), 2);
    CHECK(next_reply(&reply));
    CHECK(reply.request == 1 && reply.status == 504);
    tt_app_stop(&bench.app);
}

static void messages_are_done(void)
{
    start_commands();
    put_command(TT_EVENT_MESSAGE, 3, ' ', 0, 0);
    tt_app_step(&bench.app, 0);
    struct tt_reply reply;
    CHECK(next_reply(&reply));
    CHECK(reply.kind == TT_REPLY_DONE && reply.request == 3);

    // With the lane full the mark waits, and so do the messages behind it.
    while (tt_outbox_reply(&bench.outbox, 0, 0, NULL, 0) == TT_OK) {}
    put_command(TT_EVENT_MESSAGE, 4, ' ', 0, 0);
    put_command(TT_EVENT_MESSAGE, 5, ' ', 0, 0);
    CHECK_INT(tt_app_step(&bench.app, 10), 10);
    struct tt_delivery waiting;
    CHECK(tt_inbox_peek(&bench.inbox, &waiting) && waiting.id == 5);
    while (next_reply(&reply)) {}
    tt_app_step(&bench.app, 20);
    CHECK(next_reply(&reply) && reply.kind == TT_REPLY_DONE && reply.request == 4);
    CHECK(next_reply(&reply) && reply.kind == TT_REPLY_DONE && reply.request == 5);
    tt_app_stop(&bench.app);
}

static void pin_names(void)
{
    start_commands();
    CHECK_INT(tt_abi_gpio_output(&bench.app, "valve", 5), 1);
    CHECK_INT(tt_abi_gpio_input(&bench.app, "button", 6), 2);
    CHECK_INT(tt_abi_pwm_open(&bench.app, "fan", 3), 3);
    CHECK_INT(tt_abi_gpio_output(&bench.app, "pump", 4), TT_ENOTFOUND);
    CHECK_INT(tt_abi_adc_open(&bench.app, "button", 6), TT_EINVALID);
    CHECK(strcmp(bench.log.bytes,
                 "E board 'bench' has no pin 'pump' (pins: boiler, valve, button, fan)\n"
                 "E pin 'button' of board 'bench' is an input, not an analog input\n") == 0);
    CHECK_INT(tt_abi_gpio_write(&bench.app, 2, 1), TT_ENOTFOUND);
    CHECK_INT(tt_abi_gpio_write(&bench.app, 0, 2), TT_EINVALID);
    CHECK_INT(tt_abi_gpio_write(&bench.app, -1, 1), TT_ENOTFOUND);
    CHECK_INT(tt_abi_gpio_write(&bench.app, INT32_MAX, 1), TT_ENOTFOUND);
    CHECK_INT(tt_abi_gpio_read(&bench.app, 1), 1);
    CHECK_INT(tt_abi_pwm_duty(&bench.app, 3, 65536), TT_EINVALID);
    CHECK_INT(tt_abi_pwm_frequency(&bench.app, 3, 100), TT_EUNSUPPORTED);
    tt_app_stop(&bench.app);
}

static void restarts(void)
{
    start_commands();
    command(0, 'W', 0, 1);
    CHECK_INT(tt_abi_device_restart(&bench.app, -1), TT_EINVALID);
    CHECK_INT(tt_abi_device_restart(&bench.app, 86400001), TT_EINVALID);
    CHECK_INT(command(10, 'R', 500, 0), 500);
    tt_app_step(&bench.app, 509);
    CHECK_INT(bench.restarts, 0);
    CHECK_INT(bench.level[0], 1);
    CHECK_INT(tt_app_step(&bench.app, 510), INT32_MAX);
    CHECK_INT(bench.restarts, 1);
    CHECK_INT(bench.level[0], 0);
    forget_trace();
    deliver(TT_EVENT_METHOD, 30, "brew", "{}", 2);
    CHECK_INT(tt_app_step(&bench.app, 1000), INT32_MAX);
    check_traced("");
}

static void collections(void)
{
    enum { ROOM = GUEST_BYTES - 100 }; // a collection leaves 100 bytes in use
    start_commands();
    CHECK_INT(bench.collections, 1); // after start
    command(0, 'g', ROOM / 4, 0);
    CHECK_INT(bench.collections, 1);
    command(0, 'g', 1, 0);
    CHECK_INT(bench.collections, 2);
    // With a timer due at once it waits, unless memory demands it.
    command(0, 'T', 1, 1);
    command(0, 'g', ROOM / 4 + 1, 0);
    CHECK_INT(bench.collections, 2);
    command(0, 'g', ROOM / 4 + 1, 0);
    CHECK_INT(bench.collections, 3);
    command(0, 'g', ROOM / 4 + 1, 0);
    CHECK_INT(bench.collections, 3);
    command(0, 'C', 1, 0);
    CHECK_INT(bench.collections, 4);
    tt_app_stop(&bench.app);
}

static void store_of_the_guest(void)
{
    start_commands();
    uint8_t value[4];
    char key[TT_STORE_KEY_MAX] = "k";
    CHECK_INT(tt_abi_store_get(&bench.app, "boot", 4, value, 4), TT_ENOTFOUND);
    CHECK_INT(tt_abi_store_set(&bench.app, key, TT_STORE_KEY_MAX - 1, value, 4), TT_OK);
    CHECK_INT(tt_abi_store_set(&bench.app, key, TT_STORE_KEY_MAX, value, 4), TT_EINVALID);
    CHECK_INT(tt_abi_store_set(&bench.app, key, 0, value, 4), TT_EINVALID);
    CHECK_INT(tt_abi_store_get(&bench.app, key, TT_STORE_KEY_MAX - 1, value, 4), 4);
    CHECK_INT(tt_abi_store_remove(&bench.app, key, TT_STORE_KEY_MAX - 1), TT_OK);
    CHECK_INT(tt_store_get(&bench.store, "crash", 5, value, 4), TT_ENOTFOUND);
    tt_app_stop(&bench.app);
}

static void pin_changes_overflow(void)
{
    start_commands();
    command(0, 'H', 2, 3);
    forget_trace();
    for (int i = 0; i < TT_APP_PIN_CHANGES + 1; i++) {
        tt_app_pin_changed(&bench.app, 3, i % 2);
    }
    tt_app_step(&bench.app, 1);
    CHECK(strstr(bench.log.bytes, "W pin changes came too fast; some were lost\n"));
    size_t events = 0;
    for (const char *at = bench.traced.bytes; (at = strstr(at, "event 2 ")); at++) {
        events++;
    }
    CHECK_INT(events, TT_APP_PIN_CHANGES);
    tt_app_stop(&bench.app);
}

int main(void)
{
    RUN(outputs_at_start, "outputs are safe before the guest starts");
    RUN(timers_in_order, "timers fire in order of their time, then of their start");
    RUN(late_timers, "a period keeps its phase, and turns missed altogether are left out");
    RUN(timer_limits, "timers are bounded and told apart");
    RUN(kinds_in_order, "of what is due at once timers come first, then the inbox, then pins");
    RUN(replies_once, "a direct method is answered once");
    RUN(large_telemetry, "telemetry larger than a packet is refused when it is sent");
    RUN(taken_telemetry_fits, "telemetry that is taken fits into its packet, a module's too");
    RUN(unanswered_requests, "methods beyond eight get 429, unanswered ones 504 in the end");
    RUN(messages_are_done, "a message is done after its event, and no done mark is lost");
    RUN(pin_names, "a pin that is missing or of another kind is named with its board");
    RUN(pin_changes_overflow, "pin changes beyond the ring are lost and said to be");
    RUN(restarts, "a restart comes after its delay with outputs safe");
    RUN(collections, "garbage is collected in quiet moments, or when memory demands it");
    RUN(store_of_the_guest, "a guest's keys never meet the runtime's");
    return 0;
}
