// A board, its pins, a port, a store and one app around a guest of guests.gen.h, all in memory.
#pragma once

#include <stdbool.h>

#include "../core/app_state.h"
#include "../core/trace.h"
#include "../engine/wasm3.h"
#include "check.h"
#include "guests.gen.h"

enum { GUEST_BYTES = 4096, TEXT_MAX = 1 << 16, FLASH_BYTES = 4096 };

struct text {
    size_t len;
    char bytes[TEXT_MAX];
};

struct bench {
    struct tt_app app;
    struct tt_app_config config;
    struct tt_outbox outbox;
    struct tt_inbox inbox;
    struct tt_store store;
    struct tt_trace trace;
    struct tt_wasm3 wasm3;
    struct tt_engine wasm3_engine;
    struct tt_engine engine; // counts, then wasm3's
    int collections;
    int restarts;
    int notices[TT_NOTICE_REFUSED + 1]; // by enum tt_notice_kind
    int level[4];                       // outputs by channel, -1: never written
    int duty;
    int input;
    int watched;
    struct text log;
    struct text traced;
    uint8_t flash[FLASH_BYTES];
    _Alignas(8) uint8_t outbox_memory[6144];
    _Alignas(8) uint8_t inbox_memory[1024];
};

static void append(struct text *text, const char *bytes, size_t len)
{
    CHECK(len < TEXT_MAX - text->len);
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = 0;
}

static int64_t fake_epoch_ms(void *ctx)
{
    (void)ctx;
    return TT_EUNSET;
}

static void fake_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 1, len);
}

static void fake_restart(void *ctx, enum tt_restart_reason reason)
{
    struct bench *const bench = ctx;
    CHECK_INT(reason, TT_RESTART_REQUESTED);
    bench->restarts++;
}

static void fake_log(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    struct bench *const bench = ctx;
    append(&bench->log, &"DIWE"[level], 1);
    append(&bench->log, " ", 1);
    append(&bench->log, text, len);
    append(&bench->log, "\n", 1);
}

static void fake_notice(void *ctx, const struct tt_notice *notice)
{
    struct bench *const bench = ctx;
    bench->notices[notice->kind]++;
}

static void fake_trace(void *ctx, const char *line, size_t len)
{
    struct bench *const bench = ctx;
    append(&bench->traced, line, len);
}

static int fake_output_write(void *ctx, uint16_t channel, int level)
{
    struct bench *const bench = ctx;
    bench->level[channel] = level;
    return TT_OK;
}

static int fake_input_read(void *ctx, uint16_t channel)
{
    (void)channel;
    return ((struct bench *)ctx)->input;
}

static int fake_input_watch(void *ctx, uint16_t channel, int edges)
{
    (void)channel;
    ((struct bench *)ctx)->watched = edges;
    return TT_OK;
}

static int fake_pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    (void)channel;
    ((struct bench *)ctx)->duty = duty;
    return TT_OK;
}

static int fake_flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    memcpy(out, ((struct bench *)ctx)->flash + offset, len);
    return TT_OK;
}

static int fake_flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    memcpy(((struct bench *)ctx)->flash + offset, data, len);
    return TT_OK;
}

static int fake_flash_erase(void *ctx, uint32_t block)
{
    memset(((struct bench *)ctx)->flash + block * 2048, 0xFF, 2048);
    return TT_OK;
}

static int engine_load(void *ctx, const uint8_t *wasm, size_t wasm_len,
                       const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                       const char **why)
{
    const struct tt_engine *const engine = &((struct bench *)ctx)->wasm3_engine;
    return engine->load(engine->ctx, wasm, wasm_len, limits, call, host, why);
}

static int engine_call(void *ctx, enum tt_guest_export which, int32_t a, int32_t b, int64_t fuel,
                       struct tt_trap *trap)
{
    struct bench *const bench = ctx;
    bench->collections += which == TT_GUEST_COLLECT;
    return bench->wasm3_engine.call(bench->wasm3_engine.ctx, which, a, b, fuel, trap);
}

static uint32_t engine_heap_bytes(void *ctx)
{
    const struct tt_engine *const engine = &((struct bench *)ctx)->wasm3_engine;
    return engine->heap_bytes(engine->ctx);
}

static void engine_unload(void *ctx)
{
    const struct tt_engine *const engine = &((struct bench *)ctx)->wasm3_engine;
    engine->unload(engine->ctx);
}

static const struct tt_board_pin pins[] = {{"boiler", TT_PIN_OUTPUT, 0, 0},
                                           {"valve", TT_PIN_OUTPUT, 1, 1},
                                           {"button", TT_PIN_INPUT, 0, 3},
                                           {"fan", TT_PIN_PWM, 0, 0}};

static const struct tt_board board = {.name = "bench",
                                      .pins = pins,
                                      .pin_count = sizeof pins / sizeof pins[0],
                                      .guest_bytes = GUEST_BYTES,
                                      .guest_stack_bytes = 4096,
                                      .event_fuel = 100000,
                                      .telemetry_bytes = 2048,
                                      .reply_bytes = 2048,
                                      .report_bytes = 2048,
                                      .inbox_bytes = 1024,
                                      .packet_bytes = 512};

static inline const struct guest *guest_named(const char *name)
{
    for (size_t i = 0; i < sizeof guests / sizeof guests[0]; i++) {
        if (strcmp(guests[i].name, name) == 0) { return &guests[i]; }
    }
    CHECK(!"no such guest");
    return NULL;
}

static struct tt_port fake_port;
static struct tt_board_io fake_io;
static struct tt_block fake_block;

// A start with what flash holds.
static inline int reset(struct bench *bench, int64_t now_ms)
{
    for (int i = 0; i < 4; i++) {
        bench->level[i] = -1;
    }
    CHECK_INT(tt_store_open(&bench->store, &fake_block, 0, 2), TT_OK);
    tt_outbox_init(&bench->outbox, &board, bench->outbox_memory);
    tt_inbox_init(&bench->inbox, bench->inbox_memory, sizeof bench->inbox_memory);
    return tt_app_start(&bench->app, &bench->config, now_ms);
}

// The device's first start, with empty flash.
static inline int power_on(struct bench *bench, const uint8_t *wasm, size_t len)
{
    memset(bench, 0, sizeof *bench);
    memset(bench->flash, 0xFF, sizeof bench->flash);
    fake_port = (struct tt_port){.ctx = bench,
                                 .epoch_ms = fake_epoch_ms,
                                 .random = fake_random,
                                 .restart = fake_restart,
                                 .log = fake_log,
                                 .notice = fake_notice};
    fake_io = (struct tt_board_io){.ctx = bench,
                                   .output_write = fake_output_write,
                                   .input_read = fake_input_read,
                                   .input_watch = fake_input_watch,
                                   .pwm_duty = fake_pwm_duty};
    fake_block = (struct tt_block){.ctx = bench,
                                   .block_bytes = 2048,
                                   .block_count = 2,
                                   .program_bytes = 4,
                                   .read = fake_flash_read,
                                   .program = fake_flash_program,
                                   .erase = fake_flash_erase};
    bench->trace = tt_trace_to(bench, fake_trace);
    bench->wasm3_engine = tt_wasm3_engine(&bench->wasm3);
    bench->engine = (struct tt_engine){.ctx = bench,
                                       .load = engine_load,
                                       .call = engine_call,
                                       .heap_bytes = engine_heap_bytes,
                                       .unload = engine_unload};
    CHECK(tt_outbox_memory(&board) <= sizeof bench->outbox_memory);
    bench->config = (struct tt_app_config){.offline = true,
                                           .port = &fake_port,
                                           .board = &board,
                                           .io = &fake_io,
                                           .engine = &bench->engine,
                                           .store = &bench->store,
                                           .outbox = &bench->outbox,
                                           .inbox = &bench->inbox,
                                           .trace = &bench->trace,
                                           .device_id = {"d1", 2},
                                           .boot = 4,
                                           .wasm = wasm,
                                           .wasm_len = len};
    return reset(bench, 0);
}
