// A device on QEMU's mps2-an385: the app's loop and the link's as two tasks, in memory that is all
// laid out here.

#include <string.h>

#include "../core/crypto.h"
#include "../core/device_state.h"
#include "../core/slot.h"
#include "../engine/wasm3.h"
#include "../port/error.gen.h"
#include "../port/freertos/arena.h"
#include "../port/freertos/freertos.h"
#include "../port/freertos/libc.h"
#include "../port/lwip/network.h"
#include "../port/qemu_mps2/chip.h"
#include "../port/qemu_mps2/code.h"
#include "../port/qemu_mps2/flash.h"
#include "../port/qemu_mps2/lan9118.h"
#include "../port/qemu_mps2/panel.h"
#include "../port/qemu_mps2/pins.h"
#include "board.gen.h"
#include "qemu_mps2/settings.h"

enum { FIGURES_MS = 100, MILLISECONDS = 1000 };

static uint64_t device_memory[TT_BOARD_DEVICE_BYTES / 8];
static uint64_t vm_memory[TT_BOARD_VM_BYTES / 8];
static uint64_t tls_memory[TT_BOARD_TLS_BYTES / 8];
static uint32_t app_stack[TT_BOARD_APP_STACK_BYTES / 4];
static uint32_t link_stack[TT_BOARD_LINK_STACK_BYTES / 4];

static struct tt_arena vm;
static struct tt_arena tls;
static struct tt_device *device; // NULL: nothing to run
static struct tt_port port;
static struct tt_settings settings;
static struct tt_wasm3 wasm3;
static uint32_t connecting_since;
static volatile bool queued; // a message whose record was not written yet
static uint32_t queued_since;
static struct tt_stream tcp;
static int64_t epoch_at_start_ms;

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

// Read once: the virtual clock goes on by itself from there, in milliseconds.
static int64_t epoch_ms(void)
{
    return epoch_at_start_ms + tt_freertos_uptime_ms();
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

static int tcp_read(void *ctx, uint8_t *out, size_t cap)
{
    (void)ctx;
    return tcp.read(tcp.ctx, out, cap);
}

static int tcp_write(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    if (queued) {
        queued = false;
        tt_panel->figures.publish_counts = tt_freertos_spent(TT_LOOP_LINK) - queued_since;
    }
    return tcp.write(tcp.ctx, data, len);
}

static void tcp_close(void *ctx)
{
    (void)ctx;
    tcp.close(tcp.ctx);
}

// The link has one stream at a time; its writes are looked at on their way.
static int connect_measured(void *ctx, const char *host, uint16_t tcp_port, struct tt_stream *out)
{
    *out = (struct tt_stream){.read = tcp_read, .write = tcp_write, .close = tcp_close};
    return tt_lwip_connect(ctx, host, tcp_port, &tcp);
}

// QUEUED and CRASHED on the app loop, all else on the link loop.
static void noticed(void *ctx, const struct tt_notice *notice)
{
    (void)ctx;
    const uint32_t spent = tt_freertos_spent(TT_LOOP_LINK);
    if (notice->kind == TT_NOTICE_CONNECTED) {
        tt_panel->figures.connect_counts = spent - connecting_since;
        port.log(port.ctx, TT_LOG_INFO, notice->text, notice->text_len);
    } else if (notice->kind == TT_NOTICE_DISCONNECTED) {
        connecting_since = spent;
    } else if (notice->kind == TT_NOTICE_QUEUED) {
        queued_since = spent;
        queued = true;
    }
}

// The newest of the valid apps in the two slots.
static bool find_app(struct tt_slot *app)
{
    static const struct {
        uint32_t offset;
        uint32_t size;
    } slots[] = TT_BOARD_APP_SLOTS;
    bool found = false;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        struct tt_slot slot;
        const int err =
            tt_slot_open(tt_mps2_flash_at(slots[i].offset), slots[i].size, TT_SLOT_APP, &slot);
        if (err == TT_EINVALID) { say(TT_LOG_WARNING, "an app slot is damaged and passed over"); }
        if (err < 0 || (found && (int32_t)(slot.sequence - app->sequence) < 0)) { continue; }
        *app = slot;
        found = true;
    }
    return found;
}

// wasm3, whose code is in flash: where another app's is in the way, it is erased and compiled
// again.
static int load(void *ctx, const uint8_t *wasm, size_t wasm_len,
                const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                const char **why)
{
    const struct tt_engine engine = tt_wasm3_engine(ctx);
    int err = engine.load(ctx, wasm, wasm_len, limits, call, host, why);
    if (err < 0 || !tt_mps2_code_stale()) { return err; }
    engine.unload(ctx);
    tt_mps2_code_erase();
    say(TT_LOG_INFO, "compiled code written to flash");
    err = engine.load(ctx, wasm, wasm_len, limits, call, host, why);
    if (err < 0 || !tt_mps2_code_stale()) { return err; }
    engine.unload(ctx);
    *why = "the flash does not keep compiled code";
    return TT_EINVALID;
}

static struct tt_device *start(void)
{
    static struct tt_board_io io;
    static struct tt_block block;
    static struct tt_engine engine;
    struct tt_slot app = {0};
    if (!find_app(&app)) {
        say(TT_LOG_ERROR, "no app in its slots: flash one");
        return NULL;
    }
    const char *why = "";
    const int known = tt_settings_read(&settings, tt_mps2_flash_at(TT_BOARD_SETTINGS_OFFSET),
                                       TT_BOARD_SETTINGS_BYTES, &why);
    if (known == TT_ENOTFOUND) { say(TT_LOG_WARNING, "no settings: the hub is not called"); }
    if (known == TT_EINVALID) { say_why("the settings cannot be used: ", why); }
    io = tt_mps2_pins_io(pin_changed);
    block = tt_mps2_flash_block(TT_BOARD_STORE_OFFSET, TT_BOARD_STORE_BYTES);
    engine = tt_wasm3_engine(&wasm3);
    engine.load = load;
    tt_mps2_code_use(TT_BOARD_CODE_OFFSET, TT_BOARD_CODE_BYTES);
    const struct tt_device_config config = {
        .port = &port,
        .board = tt_boards[0],
        .io = &io,
        .block = &block,
        .engine = &engine,
        .wasm = app.data,
        .wasm_len = app.len,
        .offline = known < 0,
        .link = {.host = settings.host,
                 .address = known == TT_OK && settings.address[0] != 0 ? settings.address : NULL,
                 .tcp_port = settings.port,
                 .device_id = settings.device_id,
                 .key = settings.key,
                 .key_len = settings.key_len,
                 .tls = true,
                 .ca = settings.ca,
                 .ca_len = settings.ca_len},
    };
    struct tt_device *const started = tt_device_start(device_memory, sizeof device_memory, &config,
                                                      tt_freertos_uptime_ms(), &why);
    if (started == NULL) { say_why("the device cannot start: ", why); }
    return started;
}

static void app_loop(void *ctx)
{
    (void)ctx;
    device = start();
    if (device != NULL && device->linked) { tt_freertos_start_link(); }
    for (;;) {
        if (device == NULL) {
            tt_freertos_wait(TT_LOOP_APP, INT32_MAX);
            continue;
        }
        const int64_t now_ms = tt_freertos_uptime_ms();
        const int32_t wait_ms = tt_app_step(tt_device_app(device), now_ms);
        tt_freertos_wait(TT_LOOP_APP, wait_ms);
        const int64_t late_ms = tt_freertos_uptime_ms() - now_ms - wait_ms;
        if (late_ms > (int64_t)tt_panel->figures.late_ms) {
            tt_panel->figures.late_ms = (uint32_t)late_ms;
        }
    }
}

static void frames_arrived(void)
{
    tt_freertos_wake(TT_LOOP_LINK);
}

static void link_loop(void *ctx)
{
    (void)ctx;
    static const struct tt_lwip_driver driver = {
        .init = tt_lan9118_init, .receive = tt_lan9118_receive, .linked = tt_lan9118_linked};
    struct tt_link *const link = tt_device_link(device);
    tt_lan9118_use(frames_arrived);
    if (tt_lwip_start(&driver, tt_freertos_uptime_ms, &port) < 0) {
        say(TT_LOG_ERROR, "the Ethernet controller does not answer");
    }
    for (;;) {
        if (tt_lwip_step()) { tt_link_up(link); }
        const int32_t link_ms = tt_link_step(link, tt_freertos_uptime_ms());
        const int32_t network_ms = tt_lwip_wait_ms();
        tt_freertos_wait(TT_LOOP_LINK, link_ms < network_ms ? link_ms : network_ms);
    }
}

static void show_figures(void)
{
    volatile struct tt_panel_figures *const figures = &tt_panel->figures;
    figures->app_counts = tt_freertos_spent(TT_LOOP_APP);
    figures->link_counts = tt_freertos_spent(TT_LOOP_LINK);
    figures->app_stack_free = tt_freertos_stack_free(TT_LOOP_APP);
    figures->link_stack_free = tt_freertos_stack_free(TT_LOOP_LINK);
    figures->tls_peak_bytes = tls.peak_bytes;
    figures->vm_peak_bytes = vm.peak_bytes;
    figures->refused = tls.refused + vm.refused;
    figures->uptime_ms = (uint32_t)tt_freertos_uptime_ms();
}

void tt_freertos_idle(void)
{
    static uint32_t shown_ms;
    const uint32_t now_ms = (uint32_t)tt_freertos_uptime_ms();
    if (now_ms - shown_ms >= FIGURES_MS) {
        shown_ms = now_ms;
        show_figures();
    }
    __asm__ volatile("wfi");
}

int main(void)
{
    static const struct tt_freertos_chip chip = {
        .epoch_ms = epoch_ms,
        .random = tt_mps2_random,
        .reset = tt_mps2_reset,
        .write = tt_mps2_write,
        .counter = tt_mps2_counter,
        .in_handler = tt_mps2_in_handler,
        .tick = tt_mps2_pins_tick,
        .feed = tt_mps2_feed,
    };
    static const struct tt_freertos_stacks stacks = {
        .app = app_stack,
        .app_words = sizeof app_stack / sizeof app_stack[0],
        .link = link_stack,
        .link_words = sizeof link_stack / sizeof link_stack[0],
    };
    tt_panel->figures = (struct tt_panel_figures){0}; // the panel outlives a reset
    tt_arena_init(&vm, vm_memory, sizeof vm_memory);
    tt_arena_init(&tls, tls_memory, sizeof tls_memory);
    tt_libc_use_arena(&vm);
    tt_crypto_use_heap(tls_calloc, tls_free);
    epoch_at_start_ms = tt_mps2_epoch_s() * MILLISECONDS;
    port = tt_freertos_port();
    port.connect = connect_measured;
    port.notice = noticed;
    tt_freertos_run(&chip, &stacks, app_loop, link_loop, NULL);
}
