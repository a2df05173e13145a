// A hostile guest: any import with any arguments on any memory, and any bytes as a module.
#include <stdlib.h>
#include <string.h>

#include "../core/app_state.h"
#include "../core/trace.h"

enum { N = 4096, SLOTS = 6 };

static const struct tt_board_pin pins[] = {{"boiler", TT_PIN_OUTPUT, 0, 0},
                                           {"button", TT_PIN_INPUT, 0, 0},
                                           {"probe", TT_PIN_ANALOG, 0, 0},
                                           {"fan", TT_PIN_PWM, 0, 0},
                                           {"bus", TT_PIN_I2C, 0, 0}};
static const struct tt_board board = {.name = "fuzz",
                                      .pins = pins,
                                      .pin_count = sizeof pins / sizeof pins[0],
                                      .guest_bytes = N,
                                      .telemetry_bytes = 256,
                                      .reply_bytes = 256,
                                      .report_bytes = 256,
                                      .packet_bytes = 256};

static int64_t epoch_ms(void *ctx)
{
    (void)ctx;
    return 0;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 1, len);
}

static void sink(void *ctx, const char *text, size_t len)
{
    size_t *const sum = ctx;
    for (size_t i = 0; i < len; i++) {
        *sum += (uint8_t)text[i];
    } // reads all of it
}

static void log_text(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)level;
    sink(ctx, text, len);
}

static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    (void)channel;
    (void)address;
    sink(ctx, (const char *)tx, tx_len);
    memset(rx, 0x5A, rx_len);
    return (int)rx_len;
}

static void call_imports(struct tt_app *app, const uint8_t *data, size_t size)
{
    // On the heap, so that the sanitizer sees the byte before and the byte after.
    uint8_t *const base = calloc(1, N);
    const struct tt_guest_memory memory = {.base = base, .size = N};
    for (size_t i = 0; i < N; i++) {
        base[i] = size > 0 ? data[i % size] : 0;
    }
    while (size >= 1 + SLOTS * 4) {
        uint64_t slots[SLOTS];
        const struct tt_import *const import = &tt_imports[data[0] % TT_IMPORT_COUNT];
        for (int i = 0; i < SLOTS; i++) {
            uint32_t word;
            memcpy(&word, data + 1 + i * 4, sizeof word);
            // Mostly near the end of the memory, where it is interesting.
            if (word & 1) { word = N - (word >> 1) % 64; }
            slots[i] = word | (uint64_t)data[0] << 40;
        }
        uint64_t result = 0;
        tt_app_import(app, import, &memory, slots, &result);
        data += 1 + SLOTS * 4;
        size -= 1 + SLOTS * 4;
    }
    free(base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tt_app app;
    static struct tt_store store;
    static struct tt_outbox outbox;
    static struct tt_inbox inbox;
    static _Alignas(8) uint8_t memory[1024];
    static _Alignas(8) uint8_t inbox_memory[64];
    size_t sum = 0;
    const struct tt_port port = {
        .ctx = &sum, .epoch_ms = epoch_ms, .random = random_bytes, .log = log_text};
    const struct tt_board_io io = {.ctx = &sum, .i2c_transfer = i2c_transfer};
    struct tt_trace trace = tt_trace_to(&sum, sink);
    const struct tt_delivery event = {.kind = TT_EVENT_METHOD,
                                      .name = "name",
                                      .name_len = 4,
                                      .payload = data,
                                      .payload_len = size};
    char why[TT_MODULE_WHY_MAX];

    tt_module_check(data, size, &board, why);
    tt_module_model_id(data, size);

    memset(&app, 0, sizeof app);
    tt_store_open(&store, NULL, 0, 0);
    tt_outbox_init(&outbox, &board, memory);
    tt_inbox_init(&inbox, inbox_memory, sizeof inbox_memory);
    app.config = (struct tt_app_config){.port = &port,
                                        .board = &board,
                                        .io = &io,
                                        .store = &store,
                                        .outbox = &outbox,
                                        .inbox = &inbox,
                                        .trace = &trace,
                                        .device_id = {"device", 6}};
    app.next_timer = 1;
    app.event = &event;
    call_imports(&app, data, size);
    return 0;
}
