// Time, randomness, log, restart and waiting: to be filled from the chip and its operating system.

#include "template.h"

#include <string.h>

#include "../error.gen.h"
#include "network.h"

int tt_template_open(struct tt_template *device)
{
    memset(device, 0, sizeof *device);
    return TT_OK;
}

// From SNTP or a battery-backed clock. TT_EUNSET as long as neither has spoken: core then waits,
// since a token and a certificate cannot be judged without the time.
static int64_t epoch_ms(void *ctx)
{
    (void)ctx;
    return TT_EUNSET;
}

// On a chip: stop the loops and reset, never return. Outputs are at their safe levels already.
static void restart(void *ctx, enum tt_restart_reason reason)
{
    struct tt_template *device = ctx;
    device->restart_reason = reason;
}

// To a UART or a ring in RAM. The text has no NUL at its end and may hold any byte; it comes from
// both loops, so one call must be one line.
static void log_line(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx, (void)level, (void)text, (void)len;
}

int64_t tt_template_uptime_ms(void *ctx)
{
    (void)ctx;
    return TT_EUNSUPPORTED; // no clock: neither loop can run yet
}

void tt_template_wait_app(void *ctx, int32_t timeout_ms)
{
    (void)ctx, (void)timeout_ms;
}

void tt_template_wait_link(void *ctx, int32_t timeout_ms)
{
    (void)ctx, (void)timeout_ms;
}

struct tt_port tt_template_port(struct tt_template *device)
{
    return (struct tt_port){
        .ctx = device,
        .epoch_ms = epoch_ms,
        // The chip's hardware generator. There is no safe answer without one, so there is no
        // function: anything that fills the buffer with less would be believed.
        .random = NULL,
        .restart = restart,
        .log = log_line,
        .connect = tt_template_connect,
        // Needed as soon as the loops are two tasks; NULL while one thread steps both.
        .wake_app = NULL,
        .wake_link = NULL,
        .notice = NULL,
    };
}
