// The board's device between its chip, its network and its operating system, in memory that is all
// laid out here. Knows neither of the three by name.

#include "firmware.h"

#include "../../core/device_state.h"
#include "../../core/uploader.h"
#include "../../port/error.gen.h"
#include "../../port/os.h"
#include "board.gen.h"
#include "build_time.gen.h"
#include "heaps.h"
#include "identity.h"
#include "measure.h"
#include "parts.h"

enum { FIGURES_MS = 100 };

static uint64_t device_memory[TT_BOARD_DEVICE_BYTES / 8];

static const struct tt_chip *chip;
static const struct tt_network *network;
static struct tt_device *device; // NULL: nothing to run
static struct tt_port port;
static struct tt_settings settings;
static struct tt_parts parts;

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

static void sleep_for(void *ctx, uint32_t seconds)
{
    (void)ctx;
    chip->sleep(seconds);
}

static void condition(void *ctx, struct tt_condition *out)
{
    (void)ctx;
    out->reset = reset_reason();
    out->least_free_bytes = (int32_t)tt_heaps_least_free();
}

static void pin_changed(uint16_t channel, int level)
{
    tt_app_pin_changed(tt_device_app(device), channel, level);
}

static void wake_link(void)
{
    tt_os_wake(TT_LOOP_LINK);
}

// Whether the hub is to be called.
static bool read_settings(struct tt_link_config *link)
{
    const char *why = "";
    const int known = tt_settings_read(&settings, chip->flash_at(TT_BOARD_SETTINGS_OFFSET),
                                       TT_BOARD_SETTINGS_BYTES, &why);
    if (known == TT_ENOTFOUND) {
        tt_parts_say(&port, TT_LOG_WARNING, "no settings: the hub is not called", NULL);
        return false;
    }
    const bool usable = known == TT_OK && tt_identity_apply(&settings, &port, chip, link, &why);
    if (!usable) { tt_parts_say(&port, TT_LOG_ERROR, "the settings cannot be used: ", why); }
    return usable;
}

static struct tt_device *start(void)
{
    static struct tt_board_io io;
    static struct tt_block files;
    if (!tt_parts_open(&parts, chip, &port)) { return NULL; }
    tt_measure_engine(&parts.engine);
    io = chip->pins(pin_changed);
    files = chip->flash(TT_BOARD_FILES_OFFSET, TT_BOARD_FILES_BYTES);
    struct tt_device_config config = {
        .port = &port,
        .board = tt_boards[0],
        .io = &io,
        .block = &parts.store,
        .outbox = &parts.outbox,
        .files = TT_BOARD_FILES_BYTES > 0 ? &files : NULL,
        .uploader = TT_BOARD_UPLOADER,
        .engine = &parts.engine,
        .wasm = parts.app.data,
        .wasm_len = parts.app.len,
        .link = {.build_epoch_ms = TT_BUILD_EPOCH_S * 1000},
    };
    config.offline = !read_settings(&config.link);
    config.health = !tt_range_is(settings.health, "off");
    const char *why = "";
    struct tt_device *const started =
        tt_device_start(device_memory, sizeof device_memory, &config, tt_os_uptime_ms(), &why);
    if (started == NULL) { tt_parts_say(&port, TT_LOG_ERROR, "the device cannot start: ", why); }
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
    static bool proven;
    if (chip->proven != NULL && !proven && tt_link_connected(link)) {
        proven = true;
        chip->proven();
    }
    if (network == NULL) { return tt_link_step(link, now_ms); }
    if (!tried) {
        tried = true;
        if (network->start(&port, tt_os_uptime_ms, wake_link) < 0) {
            tt_parts_say(&port, TT_LOG_ERROR, "the network controller does not answer", NULL);
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
    tt_heaps_read(&figures);
    figures.reset_reason = reset_reason();
    chip->show(&figures);
}

void tt_firmware_run(const struct tt_chip *of_chip, const struct tt_network *of_network)
{
    static const struct tt_os_loops loops = {
        .app = app_step, .link = link_step, .idle = show_figures};
    chip = of_chip;
    network = of_network;
    tt_heaps_init();
    port = tt_os_port();
    port.epoch_ms = epoch_ms;
    port.condition = condition;
    if (chip->sleep != NULL) { port.sleep = sleep_for; }
    tt_measure_port(&port, network);
    if (chip->show != NULL) {
        chip->show(&(struct tt_figures){0});
    } // what it showed outlives a reset
    tt_os_run(chip, &loops);
}
