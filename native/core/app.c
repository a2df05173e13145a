// The app loop: what is due runs in a fixed order, one guest event at a time. Knows no protocol.
#include "app.h"

#include <string.h>

#include "app_state.h"
#include "crypto.h"
#include "trace.h"
#include "uploader.h"

enum { RETRY_MS = 10 }; // for a done mark that found the outbox full

static void name_build(struct tt_app *app)
{
    uint8_t digest[TT_SHA256_LEN];
    tt_crypto_sha256(app->config.wasm, app->config.wasm_len, digest);
    for (size_t i = 0; i < TT_BUILD_ID_LEN; i++) {
        app->build[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    }
}

int tt_app_start(struct tt_app *app, const struct tt_app_config *config, int64_t now_ms)
{
    memset(app, 0, sizeof *app);
    app->config = *config;
    app->now_ms = now_ms;
    app->wake_ms = now_ms;
    app->restart_ms = INT64_MAX;
    app->next_timer = 1;
    app->json.out = tt_writer_of(app->json_memory, sizeof app->json_memory);
    tt_queue_init(&app->changes, app->change_memory, sizeof app->change_memory);
    if (config->board->pin_count > TT_APP_PINS_MAX) {
        memcpy(app->why, "the board has too many pins", sizeof "the board has too many pins");
        return TT_EINVALID;
    }
    tt_app_pins_safe(app);
    name_build(app);
    int err = tt_module_check(config->wasm, config->wasm_len, config->board, app->why);
    if (err == TT_OK) {
        tt_app_crashes_restore(app);
        if (!app->safe_mode) { err = tt_app_load(app); }
    }
    if (err < 0) { tt_app_log(app, TT_LOG_ERROR, app->why); }
    if (err == TT_OK && config->upload != NULL) { config->uploader->resume(app); }
    return err;
}

const char *tt_app_why(const struct tt_app *app)
{
    return app->why;
}

void tt_app_stop(struct tt_app *app)
{
    tt_app_unload(app);
    app->stopped = true;
}

bool tt_app_safe_mode(const struct tt_app *app)
{
    return app->safe_mode;
}

void tt_app_log(struct tt_app *app, enum tt_log_level level, const char *text)
{
    app->config.port->log(app->config.port->ctx, level, text, strlen(text));
}

void tt_app_notice(struct tt_app *app, enum tt_notice_kind kind, int32_t code, const char *text,
                   size_t len)
{
    const struct tt_port *const port = app->config.port;
    if (!port->notice) { return; }
    const struct tt_notice notice = {.kind = kind, .code = code, .text = text, .text_len = len};
    port->notice(port->ctx, &notice);
}

size_t tt_app_cut(const char *text, size_t len, size_t max)
{
    if (len <= max) { return len; }
    while (max > 0 && (text[max] & 0xC0) == 0x80) {
        max--;
    }
    return max;
}

bool tt_app_interrupted(const struct tt_app *app)
{
    return !app->loaded || app->restart_ms <= app->now_ms;
}

bool tt_app_dispatch(struct tt_app *app, const struct tt_delivery *event)
{
    if (app->config.trace) { app->config.trace->event(app->config.trace, app->now_ms, event); }
    app->event = event;
    const bool ran = tt_app_call(app, TT_GUEST_ON_EVENT, event->kind, event->id);
    app->event = NULL;
    // With so much garbage the next event might not find room: not waiting for a quiet moment.
    if (ran) { tt_app_collect(app, 2); }
    return ran && app->loaded;
}

static void run_start(struct tt_app *app)
{
    app->started = true;
    if (app->config.trace) { app->config.trace->mark(app->config.trace, app->now_ms, "start"); }
    if (tt_app_call(app, TT_GUEST_START, 0, 0)) { tt_app_collect(app, 0); }
}

// One turn runs all that is due; a crash ends it, and the reloaded guest begins another. It ends,
// for the third crash leads to safe mode.
static void run_turns(struct tt_app *app)
{
    do {
        if (!app->loaded && !app->safe_mode && tt_app_load(app) < 0) {
            tt_app_enter_safe_mode(app, app->why);
        }
        if (app->loaded && !app->started) { run_start(app); }
        tt_app_run_timers(app);
        tt_app_run_inbox(app);
        tt_app_run_pins(app);
    } while (!app->loaded && !app->safe_mode && app->restart_ms > app->now_ms);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_wake(struct tt_app *app)
{
    int64_t wake = earlier(app->restart_ms, tt_app_timers_due(app));
    wake = earlier(wake, tt_app_expire_requests(app));
    wake = earlier(wake, tt_app_crashes_forget(app));
    return app->done_waits ? earlier(wake, app->now_ms + RETRY_MS) : wake;
}

static int32_t until(int64_t wake_ms, int64_t now_ms)
{
    const int64_t wait = wake_ms - now_ms;
    return wait > INT32_MAX ? INT32_MAX : wait < 0 ? 0 : (int32_t)wait;
}

// To sleep, or to restart. The link, which knows what is still to be sent, has the last word.
static void leave(struct tt_app *app)
{
    const struct tt_port *const port = app->config.port;
    struct tt_outbox *const outbox = app->config.outbox;
    const bool sleeps = app->sleep_s > 0;
    tt_app_stop(app);
    tt_app_log(app, TT_LOG_INFO, sleeps ? "going to sleep" : "restarting");
    if (!app->config.offline) {
        outbox->leave_patience_ms = app->sleep_patience_ms;
        atomic_store(&outbox->leave_s, sleeps ? app->sleep_s : TT_OUTBOX_RESTART);
        if (port->wake_link) { port->wake_link(port->ctx); }
    } else if (sleeps) {
        port->sleep(port->ctx, app->sleep_s);
    } else {
        port->restart(port->ctx, TT_RESTART_REQUESTED);
    }
}

int32_t tt_app_step(struct tt_app *app, int64_t now_ms)
{
    if (app->stopped) { return INT32_MAX; }
    if (now_ms < app->wake_ms && tt_queue_empty(&app->config.inbox->queue) &&
        tt_queue_empty(&app->changes)) {
        return until(app->wake_ms, now_ms);
    }
    app->now_ms = now_ms;
    if (app->restart_ms > now_ms) { run_turns(app); }
    if (app->restart_ms <= now_ms) {
        leave(app);
        return INT32_MAX;
    }
    app->wake_ms = next_wake(app);
    if (app->loaded && app->wake_ms - now_ms >= TT_APP_COLLECT_MS) {
        tt_app_collect(app, 4);
        if (!app->loaded) { app->wake_ms = now_ms; } // it crashed there
    }
    return until(app->wake_ms, now_ms);
}

const char *tt_app_import(void *host, const struct tt_import *import,
                          const struct tt_guest_memory *memory, const uint64_t *args,
                          uint64_t *result)
{
    struct tt_app *const app = host;
    const char *const trap = import->shim(app, memory, args, result);
    if (!trap && app->config.trace && import->traced) {
        app->config.trace->call(app->config.trace, app->now_ms, import, memory, args, *result);
    }
    return trap;
}
