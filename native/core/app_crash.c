// What a crash of the guest leads to: a record, a reload, and after three of them the safe mode.
#include <string.h>

#include "app_state.h"
#include "bytes.h"
#include "trace.h"

// In the store: a crash's build, count and ages in ms (little endian), then its record. A count of
// 0 says that the safe mode was left and its reported property is to be removed.
static const char store_key[] = "crash";
enum { AGE_BYTES = 4, HEAD_BYTES = TT_BUILD_ID_LEN + 1 + TT_APP_CRASHES_MAX * AGE_BYTES };
enum { NAME_MAX = 96, LEAVE_DELAY_MS = 1000, SAFE_MODE_MAX = TT_APP_RECORD_MAX + 128 };

static const char three_crashes[] = "three crashes within 10 minutes";

static void persist(struct tt_app *app)
{
    const struct tt_app_crashes *const crashes = &app->crashes;
    uint8_t value[HEAD_BYTES + TT_APP_RECORD_MAX];
    memset(value, 0, HEAD_BYTES);
    memcpy(value, app->build, TT_BUILD_ID_LEN);
    value[TT_BUILD_ID_LEN] = (uint8_t)crashes->count;
    for (int i = 0; i < crashes->count; i++) {
        const uint32_t age = (uint32_t)(crashes->at_ms[crashes->count - 1] - crashes->at_ms[i]);
        for (int j = 0; j < AGE_BYTES; j++) {
            value[TT_BUILD_ID_LEN + 1 + i * AGE_BYTES + j] = (uint8_t)(age >> 8 * j);
        }
    }
    memcpy(value + HEAD_BYTES, crashes->record, crashes->record_len);
    const int err = tt_store_set(app->config.store, store_key, sizeof store_key - 1, value,
                                 HEAD_BYTES + crashes->record_len);
    if (err < 0 && err != TT_EUNSUPPORTED) {
        tt_app_log(app, TT_LOG_WARNING, "the crash could not be stored");
    }
}

// {"crash":{…}} without its outermost braces is the property's name and value.
static void report_crash(struct tt_app *app)
{
    enum { BEFORE = sizeof "{\"crash\":" - 1, AFTER = 1 };
    const struct tt_app_crashes *const crashes = &app->crashes;
    if (!app->config.health || crashes->record_len < BEFORE + AFTER) { return; }
    tt_app_report(app, "crash", crashes->record + BEFORE, crashes->record_len - BEFORE - AFTER);
}

void tt_app_crashes_restore(struct tt_app *app)
{
    struct tt_app_crashes *const crashes = &app->crashes;
    uint8_t value[HEAD_BYTES + TT_APP_RECORD_MAX];
    const int len =
        tt_store_get(app->config.store, store_key, sizeof store_key - 1, value, sizeof value);
    if (len < HEAD_BYTES || len > (int)sizeof value) { return; }
    const int count = value[TT_BUILD_ID_LEN];
    // A new app starts with a clean record; what it finds reported is not its own.
    if (count == 0 || memcmp(value, app->build, TT_BUILD_ID_LEN) != 0) {
        tt_app_report(app, "safeMode", "null", 4);
        if (app->config.health) { tt_app_report(app, "crash", "null", 4); }
        return;
    }
    crashes->count = count < TT_APP_CRASHES_MAX ? count : TT_APP_CRASHES_MAX;
    for (int i = 0; i < crashes->count; i++) {
        const uint8_t *const age = value + TT_BUILD_ID_LEN + 1 + i * AGE_BYTES;
        crashes->at_ms[i] =
            app->now_ms - (int64_t)((uint32_t)age[0] | (uint32_t)age[1] << 8 |
                                    (uint32_t)age[2] << 16 | (uint32_t)age[3] << 24);
    }
    crashes->record_len = (size_t)len - HEAD_BYTES;
    memcpy(crashes->record, value + HEAD_BYTES, crashes->record_len);
    report_crash(app); // also when the power went before it could be said
    if (crashes->count == TT_APP_CRASHES_MAX) { tt_app_enter_safe_mode(app, three_crashes); }
}

static size_t at_most(const char *text, size_t max)
{
    return tt_app_cut(text, strlen(text), max);
}

static void write_record(struct tt_app *app, const struct tt_trap *trap)
{
    // Should escapes have made it too long, the function's name is the part to do without.
    size_t name_len = at_most(trap->function, NAME_MAX);
    size_t reason_len = at_most(trap->reason, TT_APP_REASON_MAX);
    struct tt_writer text;
    do {
        text = tt_writer_of(app->crashes.record, sizeof app->crashes.record);
        tt_writer_text(&text, "{\"crash\":{\"build\":\"");
        tt_writer_text(&text, app->build);
        tt_writer_text(&text, "\",\"reason\":");
        tt_writer_json(&text, trap->reason, reason_len);
        tt_writer_text(&text, ",\"function\":");
        tt_writer_json(&text, trap->function, name_len);
        tt_writer_text(&text, ",\"offset\":");
        tt_writer_decimal(&text, trap->offset);
        tt_writer_text(&text, "}}");
        if (name_len == 0) { reason_len /= 2; }
        name_len = 0;
    } while (text.full);
    app->crashes.record_len = text.len;
}

static void tell(struct tt_app *app, const struct tt_trap *trap)
{
    const struct tt_app_crashes *const crashes = &app->crashes;
    char line[TT_APP_REASON_MAX + NAME_MAX + 96];
    struct tt_writer text = tt_writer_of(line, sizeof line);
    tt_writer_text(&text, "the app crashed: ");
    tt_writer_bytes(&text, trap->reason, at_most(trap->reason, TT_APP_REASON_MAX));
    tt_writer_text(&text, " in ");
    tt_writer_bytes(&text, trap->function, at_most(trap->function, NAME_MAX));
    tt_writer_text(&text, " at offset ");
    tt_writer_decimal(&text, trap->offset);
    tt_writer_text(&text, " of build ");
    tt_writer_text(&text, app->build);
    app->config.port->log(app->config.port->ctx, TT_LOG_ERROR, line, text.len);
    tt_app_notice(app, TT_NOTICE_CRASHED, crashes->count, crashes->record, crashes->record_len);
    static const char json[] = "%24.ct=application%2Fjson&%24.ce=utf-8";
    if (tt_abi_hub_send(app, (const uint8_t *)crashes->record, crashes->record_len,
                        (const uint8_t *)json, sizeof json - 1, TT_SEND_URGENT, 0) < 0) {
        tt_app_log(app, TT_LOG_WARNING, "no room to send the crash to the hub");
    }
}

static void count_crash(struct tt_app *app)
{
    struct tt_app_crashes *const crashes = &app->crashes;
    int kept = 0;
    for (int i = 0; i < crashes->count; i++) {
        if (app->now_ms - crashes->at_ms[i] < TT_APP_CRASH_WINDOW_MS) {
            crashes->at_ms[kept++] = crashes->at_ms[i];
        }
    }
    crashes->at_ms[kept] = app->now_ms;
    crashes->count = kept + 1;
}

void tt_app_crashed(struct tt_app *app, const struct tt_trap *trap)
{
    if (app->config.trace) { app->config.trace->mark(app->config.trace, app->now_ms, "trap"); }
    tt_app_pins_safe(app); // at once: the rest takes its time
    count_crash(app);
    write_record(app, trap);
    tell(app, trap);
    report_crash(app);
    tt_app_unload(app);
    tt_app_fail_requests(app, 500, "{\"error\":\"the app crashed\"}");
    persist(app);
    if (app->crashes.count == TT_APP_CRASHES_MAX) {
        tt_app_enter_safe_mode(app, three_crashes);
    } else {
        tt_outbox_ask_twin(app->config.outbox);
    }
}

// {"reason":…,"crash":{…}}
static size_t describe(const struct tt_app *app, const char *reason, char out[SAFE_MODE_MAX])
{
    struct tt_writer text = tt_writer_of(out, SAFE_MODE_MAX);
    tt_writer_text(&text, "{\"reason\":");
    tt_writer_json(&text, reason, at_most(reason, 64));
    if (app->crashes.record_len > 2) {
        tt_writer_text(&text, ",");
        tt_writer_bytes(&text, app->crashes.record + 1, app->crashes.record_len - 2);
    }
    tt_writer_text(&text, "}");
    return text.len;
}

void tt_app_enter_safe_mode(struct tt_app *app, const char *reason)
{
    app->safe_mode = true;
    char json[SAFE_MODE_MAX];
    const size_t len = describe(app, reason, json);
    tt_app_log(
        app, TT_LOG_ERROR,
        "safe mode: the app is not started any more; fix it, or invoke the method leaveSafeMode");
    tt_app_notice(app, TT_NOTICE_SAFE_MODE, 0, json, len);
    tt_app_report(app, "safeMode", json, len);
}

static void leave(struct tt_app *app, int32_t request)
{
    static const char body[] = "{\"restarting\":true}";
    app->crashes.count = 0;
    app->crashes.record_len = 0;
    persist(app);
    tt_app_log(app, TT_LOG_INFO, "leaving the safe mode");
    tt_app_report(app, "safeMode", "null", 4);
    tt_app_reply(app, request, 200, body, sizeof body - 1);
    app->restart_ms = app->now_ms + LEAVE_DELAY_MS; // time for the link to say so
}

void tt_app_answer_in_safe_mode(struct tt_app *app, const struct tt_delivery *method)
{
    const struct tt_range name = {.data = method->name, .len = method->name_len};
    if (tt_range_is(name, "leaveSafeMode")) {
        leave(app, method->id);
        return;
    }
    char json[SAFE_MODE_MAX];
    const size_t len = describe(app, three_crashes, json);
    tt_app_reply(app, method->id, 503, json, len);
}

int64_t tt_app_crashes_forget(struct tt_app *app)
{
    struct tt_app_crashes *const crashes = &app->crashes;
    if (crashes->count == 0 || app->safe_mode) { return INT64_MAX; }
    const int64_t at = crashes->at_ms[crashes->count - 1] + TT_APP_CRASH_WINDOW_MS;
    if (at > app->now_ms) { return at; }
    crashes->count = 0;
    tt_store_remove(app->config.store, store_key, sizeof store_key - 1);
    return INT64_MAX;
}
