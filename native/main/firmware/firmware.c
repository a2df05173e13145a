// The board's device between its chip, its network and its operating system, in memory that is all
// laid out here. Knows neither of the three by name.

#include "firmware.h"

#include <string.h>

#include "../../core/crypto.h"
#include "../../core/device_state.h"
#include "../../core/settings.h"
#include "../../engine/wasm3.h"
#include "../../port/error.gen.h"
#include "../../port/mcu/arena.h"
#include "../../port/mcu/code.h"
#include "../../port/mcu/libc.h"
#include "../../port/os.h"
#include "board.gen.h"
#include "build_time.gen.h"
#include "measure.h"
#include "slots.h"

enum { FIGURES_MS = 100 };

static uint64_t device_memory[TT_BOARD_DEVICE_BYTES / 8];
static uint64_t vm_memory[TT_BOARD_VM_BYTES / 8];
static uint64_t tls_memory[TT_BOARD_TLS_BYTES / 8];

static const struct tt_chip *chip;
static const struct tt_network *network;
static struct tt_arena vm;
static struct tt_arena tls;
static struct tt_device *device; // NULL: nothing to run
static struct tt_port port;
static struct tt_settings settings;
static struct tt_wasm3 wasm3;

static void say(enum tt_log_level level, const char *text)
{
    port.log(port.ctx, level, text, strlen(text));
}

static void say_why(const char *text, const char *why)
{
    char line[224];
    const size_t len = strlen(text);
    const size_t why_len = strlen(why);
    memcpy(line, text, len);
    const size_t part = why_len < sizeof line - len ? why_len : sizeof line - len;
    memcpy(line + len, why, part);
    port.log(port.ctx, TT_LOG_ERROR, line, len + part);
}

static int64_t epoch_ms(void *ctx)
{
    (void)ctx;
    const int64_t now_ms = chip->epoch_ms != NULL ? chip->epoch_ms(tt_os_uptime_ms()) : TT_EUNSET;
    if (now_ms >= 0 || network == NULL || network->epoch_ms == NULL) { return now_ms; }
    return network->epoch_ms();
}

static enum tt_reset_reason reset_reason(void)
{
    return chip->reset_reason != NULL ? chip->reset_reason() : TT_RESET_UNKNOWN;
}

static void condition(void *ctx, struct tt_condition *out)
{
    (void)ctx;
    const size_t vm_free = sizeof vm_memory - vm.peak_bytes;
    const size_t tls_free = sizeof tls_memory - tls.peak_bytes;
    out->reset = reset_reason();
    out->least_free_bytes = (int32_t)(vm_free < tls_free ? vm_free : tls_free);
}

static void *tls_calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) { return NULL; }
    void *const memory = tt_arena_allocate(&tls, count * size);
    return memory != NULL ? memset(memory, 0, count * size) : NULL;
}

static void tls_free(void *memory)
{
    tt_arena_free(&tls, memory);
}

static void pin_changed(uint16_t channel, int level)
{
    tt_app_pin_changed(tt_device_app(device), channel, level);
}

static void wake_link(void)
{
    tt_os_wake(TT_LOOP_LINK);
}

// wasm3, whose code is in flash: where another app's is in the way, it is erased and compiled
// again.
static int load(void *ctx, const uint8_t *wasm, size_t wasm_len,
                const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                const char **why)
{
    const struct tt_engine engine = tt_wasm3_engine(ctx);
    int err = engine.load(ctx, wasm, wasm_len, limits, call, host, why);
    if (err < 0 || !tt_code_stale()) { return err; }
    engine.unload(ctx);
    tt_code_erase();
    say(TT_LOG_INFO, "compiled code written to flash");
    err = engine.load(ctx, wasm, wasm_len, limits, call, host, why);
    if (err < 0 || !tt_code_stale()) { return err; }
    engine.unload(ctx);
    *why = "the flash does not keep compiled code";
    return TT_EINVALID;
}

static struct tt_engine make_engine(void)
{
    struct tt_engine engine = tt_wasm3_engine(&wasm3);
    if (TT_BOARD_CODE_BYTES > 0) {
        const struct tt_block code = chip->flash(TT_BOARD_CODE_OFFSET, TT_BOARD_CODE_BYTES);
        tt_code_use(&code, chip->flash_at(TT_BOARD_CODE_OFFSET));
        engine.load = load;
    }
    return engine;
}

static bool find_app(struct tt_slot *app)
{
    unsigned damaged = 0;
    const bool found = tt_slots_find(chip, app, &damaged) == TT_OK;
    if (damaged > 0) { say(TT_LOG_WARNING, "an app slot is damaged and passed over"); }
    if (!found) { say(TT_LOG_ERROR, "no app in its slots: flash one"); }
    return found;
}

// Whether the hub is to be called.
static bool read_settings(void)
{
    const char *why = "";
    const int known = tt_settings_read(&settings, chip->flash_at(TT_BOARD_SETTINGS_OFFSET),
                                       TT_BOARD_SETTINGS_BYTES, &why);
    if (known == TT_ENOTFOUND) { say(TT_LOG_WARNING, "no settings: the hub is not called"); }
    if (known == TT_EINVALID) { say_why("the settings cannot be used: ", why); }
    return known == TT_OK;
}

static struct tt_device *start(void)
{
    static struct tt_board_io io;
    static struct tt_block block;
    static struct tt_engine engine;
    struct tt_slot app = {0};
    if (!find_app(&app)) { return NULL; }
    const bool known = read_settings();
    io = chip->pins(pin_changed);
    block = chip->flash(TT_BOARD_STORE_OFFSET, TT_BOARD_STORE_BYTES);
    engine = make_engine();
    struct tt_device_config config = {
        .port = &port,
        .board = tt_boards[0],
        .io = &io,
        .block = &block,
        .engine = &engine,
        .wasm = app.data,
        .wasm_len = app.len,
        .offline = !known,
        .health = !tt_range_is(settings.health, "off"),
    };
    config.link.build_epoch_ms = TT_BUILD_EPOCH_S * 1000;
    if (known) { tt_settings_apply(&settings, &config.link); }
    const char *why = "";
    struct tt_device *const started =
        tt_device_start(device_memory, sizeof device_memory, &config, tt_os_uptime_ms(), &why);
    if (started == NULL) { say_why("the device cannot start: ", why); }
    return started;
}

static int32_t app_step(void *ctx, int64_t now_ms)
{
    (void)ctx;
    static bool tried;
    if (!tried) {
        tried = true;
        device = start();
        if (device != NULL && device->linked) { tt_os_start_link(); }
        return device != NULL ? 0 : INT32_MAX;
    }
    return device != NULL ? tt_app_step(tt_device_app(device), now_ms) : INT32_MAX;
}

static int32_t link_step(void *ctx, int64_t now_ms)
{
    (void)ctx;
    static bool tried;
    struct tt_link *const link = tt_device_link(device);
    if (network == NULL) { return tt_link_step(link, now_ms); }
    if (!tried) {
        tried = true;
        if (network->start(&port, tt_os_uptime_ms, wake_link) < 0) {
            say(TT_LOG_ERROR, "the network controller does not answer");
        }
    }
    if (network->step()) { tt_link_up(link); }
    const int32_t link_ms = tt_link_step(link, now_ms);
    const int32_t network_ms = network->wait_ms();
    return link_ms < network_ms ? link_ms : network_ms;
}

static void show_figures(void)
{
    static struct tt_figures figures;
    static uint32_t shown_ms;
    const uint32_t now_ms = (uint32_t)tt_os_uptime_ms();
    if (chip->show == NULL || now_ms - shown_ms < FIGURES_MS) { return; }
    shown_ms = now_ms;
    tt_measure_read(&figures);
    figures.tls_peak_bytes = tls.peak_bytes;
    figures.vm_peak_bytes = vm.peak_bytes;
    figures.refused = tls.refused + vm.refused;
    figures.reset_reason = reset_reason();
    chip->show(&figures);
}

void tt_firmware_run(const struct tt_chip *of_chip, const struct tt_network *of_network)
{
    static const struct tt_os_loops loops = {
        .app = app_step, .link = link_step, .idle = show_figures};
    chip = of_chip;
    network = of_network;
    tt_arena_init(&vm, vm_memory, sizeof vm_memory);
    tt_arena_init(&tls, tls_memory, sizeof tls_memory);
    tt_libc_use_arena(&vm);
    tt_crypto_use_heap(tls_calloc, tls_free);
    port = tt_os_port();
    port.epoch_ms = epoch_ms;
    port.condition = condition;
    tt_measure_port(&port, network);
    if (chip->show != NULL) {
        chip->show(&(struct tt_figures){0});
    } // what it showed outlives a reset
    tt_os_run(chip, &loops);
}
