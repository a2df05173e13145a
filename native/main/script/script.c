// Runs the device's app by a script instead of a hub and a clock: timed pin inputs and deliveries
// come from flash, time is the script's, and the canonical trace goes out with the log. The core,
// engine and guest are the firmware's own; its network is not touched.

#include <string.h>

#include "../../core/device_state.h"
#include "../../core/trace.h"
#include "../../port/error.gen.h"
#include "../../port/mcu/log.h"
#include "../../port/os.h"
#include "../firmware/firmware.h"
#include "../firmware/heaps.h"
#include "../firmware/parts.h"
#include "board.gen.h"
#include "pins.h"
#include "steps.h"

static uint64_t device_memory[TT_BOARD_DEVICE_BYTES / 8];

static const struct tt_chip *chip;
static struct tt_parts parts;
static struct tt_port port;
static struct tt_device *device;
static struct tt_steps steps;
static int64_t now_ms; // the script's
static struct tt_range twin = {"{}", 2};

static void say(const char *text)
{
    chip->write(text, strlen(text));
}

static int64_t epoch_ms(void *ctx)
{
    (void)ctx;
    return steps.epoch_ms + now_ms;
}

// The script ends where the device would be started again.
static void restart(void *ctx, enum tt_restart_reason reason)
{
    (void)ctx;
    say(reason == TT_RESTART_REQUESTED ? "script: the app restarts the device\n"
                                       : "script: a fault restarts the device\n");
    for (;;) {}
}

// Lines of the trace begin with "> ", so that they can be told from the log's.
static void write_trace(void *ctx, const char *text, size_t len)
{
    static bool inside;
    (void)ctx;
    if (len == 0) { return; }
    if (!inside) { chip->write("> ", 2); }
    chip->write(text, len);
    inside = text[len - 1] != '\n';
}

static void pin_changed(uint16_t channel, int level)
{
    tt_app_pin_changed(tt_device_app(device), channel, level);
}

static void deliver(int32_t kind, int32_t id, struct tt_range name, struct tt_range payload)
{
    const struct tt_delivery delivery = {.kind = kind,
                                         .id = id,
                                         .name = name.data,
                                         .name_len = name.len,
                                         .payload = (const uint8_t *)payload.data,
                                         .payload_len = payload.len};
    if (tt_inbox_put(&device->inbox, &delivery) < 0) { say("script: the inbox has no room\n"); }
}

// What a link with a hub at its other end would do: take all, and say that it was stored.
static void drain(void)
{
    struct tt_telemetry telemetry;
    struct tt_reply reply;
    struct tt_report report;
    const struct tt_range none = {"", 0};
    while (tt_outbox_peek_reply(&device->outbox, &reply)) {
        tt_outbox_pop_reply(&device->outbox);
    }
    while (tt_outbox_peek_report(&device->outbox, &report)) {
        tt_outbox_pop_report(&device->outbox);
    }
    while (tt_outbox_peek_telemetry(&device->outbox, &telemetry)) {
        const int32_t sequence = telemetry.sequence;
        tt_outbox_pop_telemetry(&device->outbox);
        deliver(TT_EVENT_STORED, sequence, none, none);
    }
    if (tt_outbox_twin_asked(&device->outbox)) { deliver(TT_EVENT_DESIRED, 0, none, twin); }
}

// Runs all that is due at now_ms, deliveries of its own included.
static int32_t settle(void)
{
    int32_t wait_ms;
    do {
        wait_ms = tt_app_step(tt_device_app(device), now_ms);
        drain();
    } while (!tt_queue_empty(&device->inbox.queue));
    return wait_ms;
}

static bool start(void)
{
    static struct tt_board_io io;
    static struct tt_trace trace;
    const char *why = "";
    if (!tt_parts_open(&parts, chip, &port)) { return false; }
    if (tt_steps_open(&steps, chip->flash_at(TT_BOARD_SETTINGS_OFFSET), TT_BOARD_SETTINGS_BYTES) <
        0) {
        say("script: there is none in the settings' partition\n");
        return false;
    }
    io = tt_script_pins(pin_changed);
    trace = tt_trace_to(NULL, write_trace);
    const struct tt_device_config config = {
        .port = &port,
        .board = tt_boards[0],
        .io = &io,
        .block = &parts.store,
        .engine = &parts.engine,
        .trace = &trace,
        .wasm = parts.app.data,
        .wasm_len = parts.app.len,
        .offline = true,
    };
    device = tt_device_start(device_memory, sizeof device_memory, &config, 0, &why);
    if (device == NULL) { tt_parts_say(&port, TT_LOG_ERROR, "the device cannot start: ", why); }
    return device != NULL;
}

// Everything due before the step, then at its time; then the step, and what follows from it.
static void run_until(int64_t at_ms)
{
    for (int32_t wait_ms = settle(); now_ms + wait_ms <= at_ms; wait_ms = settle()) {
        now_ms += wait_ms;
    }
    now_ms = at_ms;
    settle();
}

static int32_t run(void *ctx, int64_t uptime_ms)
{
    (void)ctx;
    (void)uptime_ms;
    struct tt_step step;
    if (device == NULL && !start()) {
        say("script: it cannot run\n");
        return INT32_MAX;
    }
    if (!tt_steps_next(&steps, &step)) {
        say("script: it is damaged\n");
        return INT32_MAX;
    }
    run_until(step.at_ms);
    switch (step.what) {
    case TT_STEP_PIN:
        tt_script_pin_set(step.channel, step.value);
        break;
    case TT_STEP_DELIVERY:
        deliver(step.kind, step.id, step.name, step.payload);
        break;
    case TT_STEP_TWIN:
        twin = step.payload;
        break;
    case TT_STEP_END:
        say("script: the end\n");
        return INT32_MAX;
    }
    settle();
    return 0;
}

void tt_firmware_run(const struct tt_chip *of_chip, const struct tt_network *network)
{
    static const struct tt_os_loops loops = {.app = run, .link = run};
    (void)network;
    chip = of_chip;
    tt_heaps_init();
    port = tt_os_port();
    port.epoch_ms = epoch_ms;
    port.restart = restart;
    tt_os_run(chip, &loops);
}
