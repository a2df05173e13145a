// The class `Device` that JavaScript sees: power, steps, streams, pins. What it decides itself is
// nothing.
#include "sim_device.h"

#include <stdlib.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/device_state.h"
#include "../core/uploader.h"

enum {
    TURNS_MAX = 1000, // loops that never want to wait are put off to the next millisecond
    EVENT_ROOM = 65536,
    TRACE_ROOM =
        1024 * 1024, // bytes of one event's lines; then they are taken over before it is done
};

static napi_value device_new(napi_env env, napi_callback_info info);
static napi_value device_start(napi_env env, napi_callback_info info);
static napi_value device_step(napi_env env, napi_callback_info info);
static napi_value device_stop(napi_env env, napi_callback_info info);
static napi_value device_drain(napi_env env, napi_callback_info info);
static napi_value device_drain_trace(napi_env env, napi_callback_info info);
static napi_value device_opened(napi_env env, napi_callback_info info);
static napi_value device_receive(napi_env env, napi_callback_info info);
static napi_value device_ended(napi_env env, napi_callback_info info);
static napi_value device_pin_changed(napi_env env, napi_callback_info info);
static napi_value device_link_up(napi_env env, napi_callback_info info);
static napi_value device_set_clock(napi_env env, napi_callback_info info);
static napi_value device_starve(napi_env env, napi_callback_info info);
static napi_value device_state(napi_env env, napi_callback_info info);
static napi_value device_store_get(napi_env env, napi_callback_info info);
static napi_value device_flash_fault(napi_env env, napi_callback_info info);
static napi_value device_flash_life(napi_env env, napi_callback_info info);
static napi_value device_import(napi_env env, napi_callback_info info);
static napi_value device_dispose(napi_env env, napi_callback_info info);

napi_value sim_device_class(napi_env env)
{
    const struct {
        const char *name;
        napi_callback call;
    } methods[] = {
        {"start", device_start},            // (epochBaseMs, reset reason) => undefined | why not
        {"step", device_step},              // (uptimeMs) => ms until it wants to be stepped again
        {"stop", device_stop},              // ()
        {"drain", device_drain},            // (into) => bytes of events
        {"drainTrace", device_drain_trace}, // () => Buffer of lines
        {"opened", device_opened},          // (stream)
        {"receive", device_receive},        // (stream, bytes) => bytes taken
        {"ended", device_ended},            // (stream, TT_E code)
        {"pinChanged", device_pin_changed}, // (pin, level)
        {"linkUp", device_link_up},         // ()
        {"setClock", device_set_clock},     // (epochBaseMs), below 0: unset
        {"starve", device_starve},          // ()
        {"state", device_state},            // () => { running, safeMode, connected, idle, … }
        {"storeGet", device_store_get},     // (key) => Buffer | undefined
        {"flashFault", device_flash_fault}, // (wait, fails, tornBytes, cuts)
        {"flashLife", device_flash_life},   // () => { programs, erases }
        {"importFunction", device_import},  // (module, name, signature) => function | undefined
        {"dispose", device_dispose},        // ()
    };
    enum { METHODS = sizeof methods / sizeof methods[0] };
    napi_property_descriptor properties[METHODS];
    memset(properties, 0, sizeof properties);
    for (size_t i = 0; i < METHODS; i++) {
        properties[i].utf8name = methods[i].name;
        properties[i].method = methods[i].call;
        properties[i].attributes = napi_default_method;
    }
    napi_value class = NULL;
    napi_define_class(env, "Device", NAPI_AUTO_LENGTH, device_new, NULL, METHODS, properties,
                      &class);
    return class;
}

static void power_off(struct sim_device *sim)
{
    if (sim->device) {
        tt_device_stop(sim->device);
        sim->device = NULL;
    }
    tt_sim_port_reset(&sim->sim);
}

// Frees all but the struct itself; a second call does nothing.
static void release(struct sim_device *sim, napi_env env)
{
    sim->env = env;
    power_off(sim);
    v8_engine_close(&sim->v8);
    sim_options_free(sim, env);
    free(sim->memory);
    sim->memory = NULL;
    tt_sim_buffer_free(&sim->sim.events);
    tt_sim_buffer_free(&sim->trace_lines);
}

static void finalize(napi_env env, void *data, void *hint)
{
    (void)hint;
    struct sim_device *sim = data;
    release(sim, env);
    free(sim);
}

static struct sim_device *unwrap(napi_env env, napi_callback_info info, size_t *argc,
                                 napi_value *argv)
{
    napi_value this;
    void *data = NULL;
    napi_get_cb_info(env, info, argc, argv, &this, NULL);
    if (napi_unwrap(env, this, &data) != napi_ok) { return NULL; }
    struct sim_device *sim = data;
    sim->env = env;
    return sim;
}

// False after throwing: a hook that the running call made wants to begin another.
static bool begin(struct sim_device *sim)
{
    if (sim->busy) {
        js_fail(sim->env, "a part or an I2C device cannot drive the device it is asked by");
        return false;
    }
    sim->busy = true;
    return true;
}

// Ends a call of JavaScript's: what waits for it, and what a hook threw.
static void tell(struct sim_device *sim)
{
    sim->busy = false;
    sim->status[SIM_STATUS_EVENTS] = (int32_t)sim->sim.events.len;
    sim->status[SIM_STATUS_TRACE] = (int32_t)sim->trace_lines.len;
    if (sim->thrown) {
        const napi_value thrown = js_value(sim->env, sim->thrown);
        js_release(sim->env, &sim->thrown);
        napi_throw(sim->env, thrown);
    }
}

static void write_trace(void *ctx, const char *line, size_t len)
{
    struct sim_device *sim = ctx;
    tt_sim_buffer_append(&sim->trace_lines, line, len);
    if (sim->trace_lines.len >= TRACE_ROOM) { sim_hooks_traced(sim); }
}

static bool in_flight(const struct sim_device *sim)
{
    if (!sim->device || !sim->device->linked) { return false; }
    const struct tt_hub *const hub = &sim->device->link.hub;
    return hub->due_ms[TT_HUB_TELEMETRY] != INT64_MAX;
}

// The port's flag ends the turn, as after a restart the device asked for.
static void flash_died(void *ctx)
{
    struct sim_device *sim = ctx;
    sim->events_at_death = sim->sim.events.len;
    sim->trace_at_death = sim->trace_lines.len;
    sim->cut_at_death = in_flight(sim);
    sim->sim.restarting = TT_RESTART_FAULT;
}

// The core went on to the end of its step: nobody is to hear of it. JavaScript hears of a restart
// without a reason.
static void forget_after_death(struct sim_device *sim)
{
    if (!sim->flash_life.dead) { return; }
    struct tt_sim_buffer *const events = &sim->sim.events;
    if (events->len > sim->events_at_death) { events->len = sim->events_at_death; }
    if (sim->trace_lines.len > sim->trace_at_death) { sim->trace_lines.len = sim->trace_at_death; }
    // The core has taken the acknowledgement since, whose mark the flash did not get.
    if (sim->cut_at_death && !in_flight(sim)) {
        tt_sim_event(events, TT_SIM_NOTICE, TT_NOTICE_CUT, 0, NULL, 0);
    }
    tt_sim_event(events, TT_SIM_RESTART, 0, 0, NULL, 0);
}

static napi_value device_new(napi_env env, napi_callback_info info)
{
    napi_value this;
    napi_value options;
    size_t argc = 1;
    napi_get_cb_info(env, info, &argc, &options, &this, NULL);
    struct sim_device *sim = calloc(1, sizeof *sim);
    if (!sim) { return js_fail(env, "out of memory"); }
    sim->env = env;
    if (napi_wrap(env, this, sim, finalize, NULL, NULL) != napi_ok) {
        free(sim);
        return js_fail(env, "a device is made with new");
    }
    if (!sim_options_read(sim, env, options)) {
        return NULL; // the wrapper's finalizer frees it
    }
    sim_hooks_fill(sim);
    sim->io = tt_sim_pins_io(&sim->sim_pins);
    sim->flash_life.ctx = sim;
    sim->flash_life.died = flash_died;
    sim->sim_flash.life = &sim->flash_life;
    sim->sim_outbox.life = &sim->flash_life;
    sim->block = tt_sim_flash_block(&sim->sim_flash);
    sim->outbox = tt_sim_flash_block(&sim->sim_outbox);
    sim->sim_files.life = &sim->flash_life;
    sim->files = tt_sim_flash_block(&sim->sim_files);
    sim->trace = tt_trace_to(sim, write_trace);
    const napi_value v8 = js_get(env, options, "v8");
    if (v8) {
        sim->engine = v8_engine_open(&sim->v8, env, v8);
    } else {
        sim->engine = tt_wasm3_engine(&sim->wasm3);
    }
    sim->config.port = &sim->port;
    sim->config.board = &sim->board;
    sim->config.io = &sim->io;
    sim->config.block = sim->sim_flash.block_count > 0 ? &sim->block : NULL;
    sim->config.outbox = sim->sim_outbox.block_count > 0 ? &sim->outbox : NULL;
    sim->config.files = sim->sim_files.block_count > 0 ? &sim->files : NULL;
    sim->config.uploader = sim->board.upload_bytes > 0 ? &tt_uploader : NULL;
    sim->config.engine = &sim->engine;
    sim->config.trace = &sim->trace;
    // As much as an ordinary moment takes, so that what grows afterwards is the device.
    tt_sim_buffer_grow(&sim->sim.events, EVENT_ROOM);
    tt_sim_buffer_grow(&sim->trace_lines, EVENT_ROOM);
    sim->memory_bytes = tt_device_memory(&sim->board);
    sim->memory = malloc(sim->memory_bytes);
    return sim->memory ? this : js_fail(env, "out of memory");
}

static napi_value device_start(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    size_t argc = 2;
    struct sim_device *sim = unwrap(env, info, &argc, argv);
    if (!sim || !sim->memory) { return js_fail(env, "the device is disposed"); }
    if (!begin(sim)) { return NULL; }
    power_off(sim);
    int64_t epoch_base_ms = TT_EUNSET;
    napi_get_value_int64(env, argv[0], &epoch_base_ms);
    sim->sim.epoch_base_ms = epoch_base_ms;
    sim->sim.reset = (enum tt_reset_reason)js_int32(env, argv[1]);
    sim->sim.uptime_ms = 0;
    sim->flash_life.dead = false;
    const char *why = "";
    sim->device = tt_device_start(sim->memory, sim->memory_bytes, &sim->config, 0, &why);
    const bool failed = !sim->device && !sim->flash_life.dead;
    forget_after_death(sim);
    const napi_value result = failed ? js_string(env, why, NAPI_AUTO_LENGTH) : NULL;
    tell(sim);
    return result;
}

// Steps both loops until both want to wait, so that a quiet moment costs JavaScript one call.
static int32_t run(struct sim_device *sim, int64_t uptime_ms)
{
    struct tt_app *app = tt_device_app(sim->device);
    struct tt_link *link = sim->config.offline ? NULL : tt_device_link(sim->device);
    sim->sim.uptime_ms = uptime_ms;
    tt_sim_pins_moment(&sim->sim_pins);
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        sim->sim.woken = false;
        const int32_t app_wait = tt_app_step(app, uptime_ms);
        if (sim->sim.restarting) { return INT32_MAX; }
        const int32_t link_wait = link ? tt_link_step(link, uptime_ms) : INT32_MAX;
        if (sim->sim.restarting) { return INT32_MAX; }
        const int32_t wait = app_wait < link_wait ? app_wait : link_wait;
        if (wait > 0 && !sim->sim.woken) { return wait; }
        if (sim->sim.events.len > EVENT_ROOM || sim->thrown) { return 0; }
    }
    return 1;
}

static uint32_t on_flash(const struct sim_device *sim)
{
    const struct tt_outbox *const outbox = &sim->device->outbox;
    return tt_journal_count(&outbox->journal) + tt_journal_count(&outbox->kept);
}

static napi_value device_step(napi_env env, napi_callback_info info)
{
    napi_value argument;
    size_t argc = 1;
    struct sim_device *sim = unwrap(env, info, &argc, &argument);
    if (!sim || !sim->device || sim->flash_life.dead) { return js_number(env, INT32_MAX); }
    if (!begin(sim)) { return NULL; }
    int64_t uptime_ms = 0;
    napi_get_value_int64(env, argument, &uptime_ms);
    const int32_t wait = run(sim, uptime_ms);
    forget_after_death(sim);
    tell(sim);
    return js_number(env, wait);
}

static napi_value device_stop(napi_env env, napi_callback_info info)
{
    size_t argc = 0;
    struct sim_device *sim = unwrap(env, info, &argc, NULL);
    if (sim && begin(sim)) {
        power_off(sim);
        tell(sim);
    }
    return NULL;
}

// Copies what waits into the array given, which has room for all of it by the status.
static napi_value device_drain(napi_env env, napi_callback_info info)
{
    napi_value into;
    size_t argc = 1;
    size_t cap = 0;
    struct sim_device *sim = unwrap(env, info, &argc, &into);
    uint8_t *data = js_bytes(env, into, &cap);
    if (!sim || !data || cap < sim->sim.events.len) {
        return js_fail(env, "drain needs an array of as many bytes as the status says");
    }
    const size_t len = sim->sim.events.len;
    if (len > 0) { memcpy(data, sim->sim.events.data, len); }
    sim->sim.events.len = 0;
    sim->status[SIM_STATUS_EVENTS] = 0;
    return js_number(env, (double)len);
}

static napi_value device_drain_trace(napi_env env, napi_callback_info info)
{
    size_t argc = 0;
    struct sim_device *sim = unwrap(env, info, &argc, NULL);
    if (!sim) { return NULL; }
    napi_value lines = NULL;
    void *copy;
    napi_create_buffer_copy(env, sim->trace_lines.len, sim->trace_lines.data, &copy, &lines);
    sim->trace_lines.len = 0;
    sim->status[SIM_STATUS_TRACE] = 0;
    return lines;
}

static napi_value device_opened(napi_env env, napi_callback_info info)
{
    napi_value stream;
    size_t argc = 1;
    struct sim_device *sim = unwrap(env, info, &argc, &stream);
    if (sim) { tt_sim_net_opened(&sim->sim.net, js_int32(env, stream)); }
    return NULL;
}

static napi_value device_receive(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    size_t argc = 2;
    size_t len = 0;
    struct sim_device *sim = unwrap(env, info, &argc, argv);
    const uint8_t *bytes = js_bytes(env, argv[1], &len);
    if (!sim || !bytes) { return js_number(env, (double)len); }
    return js_number(env,
                     (double)tt_sim_net_receive(&sim->sim.net, js_int32(env, argv[0]), bytes, len));
}

static napi_value device_ended(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    size_t argc = 2;
    struct sim_device *sim = unwrap(env, info, &argc, argv);
    if (sim) { tt_sim_net_ended(&sim->sim.net, js_int32(env, argv[0]), js_int32(env, argv[1])); }
    return NULL;
}

static napi_value device_pin_changed(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    size_t argc = 2;
    struct sim_device *sim = unwrap(env, info, &argc, argv);
    if (sim && sim->device) {
        tt_app_pin_changed(tt_device_app(sim->device), (uint16_t)js_int32(env, argv[0]),
                           js_int32(env, argv[1]));
    }
    return NULL;
}

static napi_value device_link_up(napi_env env, napi_callback_info info)
{
    size_t argc = 0;
    struct sim_device *sim = unwrap(env, info, &argc, NULL);
    if (sim && sim->device && !sim->config.offline) { tt_link_up(tt_device_link(sim->device)); }
    return NULL;
}

// As when somebody sets the clock, or its battery dies.
static napi_value device_set_clock(napi_env env, napi_callback_info info)
{
    napi_value argument;
    size_t argc = 1;
    struct sim_device *sim = unwrap(env, info, &argc, &argument);
    int64_t epoch_base_ms = TT_EUNSET;
    napi_get_value_int64(env, argument, &epoch_base_ms);
    if (sim) { sim->sim.epoch_base_ms = epoch_base_ms < 0 ? TT_EUNSET : epoch_base_ms; }
    return NULL;
}

// The guest's next event runs out of fuel: a trap as honest as any.
static napi_value device_starve(napi_env env, napi_callback_info info)
{
    size_t argc = 0;
    struct sim_device *sim = unwrap(env, info, &argc, NULL);
    if (sim && sim->device) { tt_sim_port_starve(&sim->sim, &sim->board.event_fuel); }
    return NULL;
}

static void put_flag(napi_env env, napi_value object, const char *name, bool flag)
{
    napi_value value;
    napi_get_boolean(env, flag, &value);
    napi_set_named_property(env, object, name, value);
}

static void put_number(napi_env env, napi_value object, const char *name, double value)
{
    napi_set_named_property(env, object, name, js_number(env, value));
}

static napi_value device_state(napi_env env, napi_callback_info info)
{
    size_t argc = 0;
    struct sim_device *sim = unwrap(env, info, &argc, NULL);
    napi_value state = NULL;
    napi_create_object(env, &state);
    const bool running = sim && sim->device;
    const bool linked = running && !sim->config.offline;
    put_flag(env, state, "running", running);
    put_flag(env, state, "safeMode", running && tt_app_safe_mode(tt_device_app(sim->device)));
    put_flag(env, state, "connected", linked && tt_link_connected(tt_device_link(sim->device)));
    put_flag(env, state, "idle", !linked || tt_link_idle(tt_device_link(sim->device)));
    put_number(env, state, "outboxMessages", running ? on_flash(sim) : 0);
    const size_t buffers = sim ? sim->sim.events.cap + sim->trace_lines.cap : 0;
    put_number(env, state, "heapBytes",
               (double)(tt_wasm3_heap_bytes() + tt_crypto_heap_bytes() + buffers));
    return state;
}

static napi_value device_store_get(napi_env env, napi_callback_info info)
{
    napi_value argument;
    size_t argc = 1;
    size_t key_len = 0;
    char key[TT_STORE_KEY_MAX + 1];
    uint8_t value[TT_STORE_VALUE_MAX];
    struct sim_device *sim = unwrap(env, info, &argc, &argument);
    if (!sim || !sim->device ||
        napi_get_value_string_utf8(env, argument, key, sizeof key, &key_len) != napi_ok) {
        return NULL;
    }
    const int len = tt_store_get(&sim->device->store, key, key_len, value, sizeof value);
    napi_value bytes = NULL;
    void *copy;
    if (len >= 0) { napi_create_buffer_copy(env, (size_t)len, value, &copy, &bytes); }
    return bytes;
}

static napi_value device_flash_fault(napi_env env, napi_callback_info info)
{
    napi_value argv[4];
    size_t argc = 4;
    struct sim_device *sim = unwrap(env, info, &argc, argv);
    if (sim) {
        sim->flash_life.wait = (uint32_t)js_int32(env, argv[0]);
        sim->flash_life.fails = (uint32_t)js_int32(env, argv[1]);
        sim->flash_life.torn_bytes = (uint32_t)js_int32(env, argv[2]);
        napi_get_value_bool(env, argv[3], &sim->flash_life.cuts);
    }
    return NULL;
}

static napi_value device_flash_life(napi_env env, napi_callback_info info)
{
    size_t argc = 0;
    struct sim_device *sim = unwrap(env, info, &argc, NULL);
    napi_value life = NULL;
    napi_create_object(env, &life);
    put_number(env, life, "programs", sim ? sim->flash_life.programs : 0);
    put_number(env, life, "erases", sim ? sim->flash_life.erases : 0);
    return life;
}

static napi_value device_import(napi_env env, napi_callback_info info)
{
    enum { NAME_BYTES = 64 };
    napi_value argv[3];
    size_t argc = 3;
    char text[3][NAME_BYTES] = {{0}};
    struct sim_device *sim = unwrap(env, info, &argc, argv);
    for (size_t i = 0; i < 3 && i < argc; i++) {
        napi_get_value_string_utf8(env, argv[i], text[i], NAME_BYTES, NULL);
    }
    return sim ? v8_engine_import(&sim->v8, text[0], text[1], text[2]) : NULL;
}

static napi_value device_dispose(napi_env env, napi_callback_info info)
{
    size_t argc = 0;
    struct sim_device *sim = unwrap(env, info, &argc, NULL);
    if (sim && begin(sim)) {
        release(sim, env);
        sim->busy = false;
    }
    return NULL;
}
