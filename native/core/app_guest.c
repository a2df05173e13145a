// One guest from load to unload: calls with their fuel, and when its garbage is collected.
#include <string.h>

#include "app_state.h"
#include "uploader.h"

int tt_app_load(struct tt_app *app)
{
    const struct tt_engine *const engine = app->config.engine;
    const struct tt_engine_limits limits = {.memory_bytes = app->config.board->guest_bytes,
                                            .stack_bytes = app->config.board->guest_stack_bytes};
    const char *why = "";
    const int err = engine->load(engine->ctx, app->config.wasm, app->config.wasm_len, &limits,
                                 tt_app_import, app, &why);
    app->started = false;
    app->loaded = err == TT_OK;
    if (err < 0) {
        static const char before[] = "the app does not load: ";
        const size_t room = sizeof app->why - sizeof before;
        const size_t len = strlen(why) < room ? strlen(why) : room;
        memcpy(app->why, before, sizeof before - 1);
        memcpy(app->why + sizeof before - 1, why, len);
        app->why[sizeof before - 1 + len] = 0;
    }
    return err;
}

bool tt_app_call(struct tt_app *app, enum tt_guest_export which, int32_t a, int32_t b)
{
    const struct tt_engine *const engine = app->config.engine;
    struct tt_trap trap = {.reason = "", .function = "", .offset = 0};
    app->aborted[0] = 0;
    if (engine->call(engine->ctx, which, a, b, app->config.board->event_fuel, &trap) == TT_OK) {
        return true;
    }
    if (app->aborted[0]) { trap.reason = app->aborted; }
    tt_app_crashed(app, &trap);
    return false;
}

void tt_app_unload(struct tt_app *app)
{
    app->config.engine->unload(app->config.engine->ctx);
    app->loaded = false;
    app->timer_count = 0;
    if (app->uploading) { app->config.uploader->abandon(app); }
    tt_app_pins_unwatch(app);
    tt_app_pins_safe(app);
}

void tt_app_collect(struct tt_app *app, uint32_t part)
{
    const struct tt_engine *const engine = app->config.engine;
    const uint32_t heap = engine->heap_bytes(engine->ctx);
    if (heap < app->heap_floor_bytes) { app->heap_floor_bytes = heap; }
    const uint32_t memory = app->config.board->guest_bytes;
    const uint32_t room = memory > app->heap_floor_bytes ? memory - app->heap_floor_bytes : 0;
    if (part > 0 && heap - app->heap_floor_bytes <= room / part) { return; }
    if (!tt_app_call(app, TT_GUEST_COLLECT, 0, 0)) { return; }
    app->heap_floor_bytes = engine->heap_bytes(engine->ctx);
}
