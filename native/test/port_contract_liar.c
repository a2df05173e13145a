// Shows that the contract finds a port that lies: each promise is broken by one, and named.

#include "../port/error.gen.h"
#include "contract_report.h"

enum { BLOCK_BYTES = 512, BLOCKS = 2 };

// The lie told; everything else is as it should be.
enum lie {
    NO_LIE,
    CLOCK_OF_1970,
    CLOCK_RUNS_BACK,
    RANDOM_IS_ZERO,
    RANDOM_REPEATS,
    RANDOM_OVERRUNS,
    WAKE_IS_LOST,
    WAIT_NEVER_WAITS,
    CONNECT_IS_SILENT,
    READ_INVENTS,
    ERASE_DOES_NOTHING,
    PROGRAM_ADDS_ONES,
    FLASH_HAS_NO_END,
    PIN_LEVEL_IS_SEVEN,
    ANY_CHANNEL_IS_GOOD,
};

struct liar {
    enum lie lie;
    int64_t now_ms;
    uint32_t random_state;
    bool woken;
    uint8_t cells[BLOCK_BYTES * (BLOCKS + 2)]; // two more, for what goes past the end
};

static int64_t epoch_ms(void *ctx)
{
    const struct liar *liar = ctx;
    return liar->lie == CLOCK_OF_1970 ? 86400000 : TT_EUNSET;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    struct liar *liar = ctx;
    if (liar->lie == RANDOM_REPEATS) { liar->random_state = 1; }
    for (size_t i = 0; i < len + (liar->lie == RANDOM_OVERRUNS && len > 0 ? 1 : 0); i++) {
        liar->random_state = liar->random_state * 1664525 + 1013904223;
        out[i] = liar->lie == RANDOM_IS_ZERO ? 0 : (uint8_t)(liar->random_state >> 24);
    }
}

static void restart(void *ctx, enum tt_restart_reason reason)
{
    (void)ctx, (void)reason;
}

static void log_line(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx, (void)level, (void)text, (void)len;
}

static int stream_read(void *ctx, uint8_t *out, size_t cap)
{
    const struct liar *liar = ctx;
    if (liar->lie != READ_INVENTS) { return liar->lie == CONNECT_IS_SILENT ? 0 : TT_EREFUSED; }
    memset(out, 'x', cap);
    return (int)cap;
}

static int stream_write(void *ctx, const uint8_t *data, size_t len)
{
    (void)data;
    const struct liar *liar = ctx;
    return liar->lie == CONNECT_IS_SILENT || liar->lie == READ_INVENTS ? (int)len : TT_EREFUSED;
}

static void stream_close(void *ctx)
{
    (void)ctx;
}

static int connect_to(void *ctx, const char *host, uint16_t port, struct tt_stream *out)
{
    (void)host, (void)port;
    const struct liar *liar = ctx;
    if (liar->lie != CONNECT_IS_SILENT && liar->lie != READ_INVENTS) { return TT_EUNSUPPORTED; }
    *out = (struct tt_stream){ctx, stream_read, stream_write, stream_close};
    return TT_OK;
}

static void wake(void *ctx)
{
    struct liar *liar = ctx;
    liar->woken = liar->lie != WAKE_IS_LOST;
}

static int64_t uptime_ms(void *ctx)
{
    struct liar *liar = ctx;
    if (liar->lie == CLOCK_RUNS_BACK) { liar->now_ms -= liar->now_ms % 100 == 99 ? 50 : -1; }
    return liar->now_ms;
}

static void wait_for(void *ctx, int32_t timeout_ms)
{
    struct liar *liar = ctx;
    if (!liar->woken && liar->lie != WAIT_NEVER_WAITS) { liar->now_ms += timeout_ms; }
    liar->woken = false;
}

static bool inside(const struct liar *liar, uint32_t offset, size_t len)
{
    const uint64_t blocks = BLOCKS + (liar->lie == FLASH_HAS_NO_END ? 2 : 0);
    return offset + (uint64_t)len <= blocks * BLOCK_BYTES;
}

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    struct liar *liar = ctx;
    if (!inside(liar, offset, len)) { return TT_EIO; }
    memcpy(out, liar->cells + offset, len);
    return TT_OK;
}

static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    struct liar *liar = ctx;
    if (!inside(liar, offset, len)) { return TT_EIO; }
    for (size_t i = 0; i < len; i++) {
        liar->cells[offset + i] &= data[i];
        if (liar->lie == PROGRAM_ADDS_ONES) { liar->cells[offset + i] |= 1; }
    }
    return TT_OK;
}

static int flash_erase(void *ctx, uint32_t block)
{
    struct liar *liar = ctx;
    if (block >= BLOCKS) { return TT_EIO; }
    if (liar->lie != ERASE_DOES_NOTHING) {
        memset(liar->cells + block * BLOCK_BYTES, 0xff, BLOCK_BYTES);
    }
    return TT_OK;
}

static int known(const struct liar *liar, uint16_t channel)
{
    return channel < CONTRACT_BOARD_PINS || liar->lie == ANY_CHANNEL_IS_GOOD ? TT_OK : TT_ENOTFOUND;
}

static int output_write(void *ctx, uint16_t channel, int level)
{
    (void)level;
    return known(ctx, channel);
}

static int input_read(void *ctx, uint16_t channel)
{
    const struct liar *liar = ctx;
    return liar->lie == PIN_LEVEL_IS_SEVEN ? 7 : known(liar, channel);
}

static int input_watch(void *ctx, uint16_t channel, int edges)
{
    (void)edges;
    return known(ctx, channel);
}

// Runs the contract on a port with one lie.
static struct contract_report report_of(enum lie lie)
{
    static struct liar liar;
    liar = (struct liar){.lie = lie, .random_state = 7};
    const struct tt_port port = {.ctx = &liar,
                                 .epoch_ms = epoch_ms,
                                 .random = random_bytes,
                                 .restart = restart,
                                 .log = log_line,
                                 .connect = connect_to,
                                 .wake_app = wake,
                                 .wake_link = wake};
    const struct tt_block block = {.ctx = &liar,
                                   .block_bytes = BLOCK_BYTES,
                                   .block_count = BLOCKS,
                                   .program_bytes = 1,
                                   .read = flash_read,
                                   .program = flash_program,
                                   .erase = flash_erase};
    const struct tt_board_io io = {.ctx = &liar,
                                   .output_write = output_write,
                                   .input_read = input_read,
                                   .input_watch = input_watch};
    struct contract_report report = {0};
    const struct tt_contract contract = {.port = &port,
                                         .loop = &liar,
                                         .uptime_ms = uptime_ms,
                                         .wait_app = wait_for,
                                         .wait_link = wait_for,
                                         .echo_host = "echo",
                                         .unknown_host = "nobody",
                                         .patience_ms = 1000,
                                         .block = &block,
                                         .io = &io,
                                         .pins = contract_board_pins,
                                         .pin_count = 2, // an output and an input
                                         .report = contract_note,
                                         .ctx = &report};
    CHECK_INT(tt_contract_run(&contract), report.broken);
    return report;
}

static void expect(enum lie lie, const char *promise)
{
    const struct contract_report report = report_of(lie);
    CHECK(report.broken > 0);
    CHECK(contract_names(report.broken_titles, report.broken, promise));
}

static void believes_the_honest(void)
{
    CHECK_INT(report_of(NO_LIE).broken, 0);
}

static void catches_loops(void)
{
    expect(CLOCK_OF_1970, "epoch_ms");
    expect(CLOCK_RUNS_BACK, "uptime never goes back");
    expect(RANDOM_IS_ZERO, "random");
    expect(RANDOM_REPEATS, "random");
    expect(RANDOM_OVERRUNS, "random");
    expect(WAKE_IS_LOST, "wake_app");
    expect(WAKE_IS_LOST, "wake_link");
    expect(WAIT_NEVER_WAITS, "the app loop's wait");
    expect(WAIT_NEVER_WAITS, "the link loop's wait");
}

static void catches_streams(void)
{
    expect(CONNECT_IS_SILENT, "refused connection");
    expect(CONNECT_IS_SILENT, "does not resolve");
    expect(CONNECT_IS_SILENT, "comes back unchanged");
    expect(CONNECT_IS_SILENT, "TT_ECLOSED at the end");
    expect(CONNECT_IS_SILENT, "peer that is gone");
    expect(CONNECT_IS_SILENT, "no room");
    expect(CONNECT_IS_SILENT, "end the link loop's wait");
    expect(READ_INVENTS, "comes back unchanged");
    expect(READ_INVENTS, "read is 0 when nothing is there");
}

static void catches_flash(void)
{
    expect(ERASE_DOES_NOTHING, "erase sets");
    expect(PROGRAM_ADDS_ONES, "program keeps");
    expect(FLASH_HAS_NO_END, "ends where it says");
}

static void catches_pins(void)
{
    expect(PIN_LEVEL_IS_SEVEN, "inputs are 0 or 1");
    expect(ANY_CHANNEL_IS_GOOD, "outputs");
}

int main(void)
{
    RUN(believes_the_honest, "a port that keeps its promises is believed");
    RUN(catches_loops, "lies about time, randomness and waking are found");
    RUN(catches_streams, "lies about streams are found");
    RUN(catches_flash, "lies about flash are found");
    RUN(catches_pins, "lies about pins are found");
    return 0;
}
