// Steps a device's two loops, each in a thread that sleeps until its loop has something to do.

#include "loops.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PINS_POLL_MS = 200 };

// What a loop may wait of the wanted milliseconds; 0 when it is to end.
static int32_t left_ms(const struct tt_loops *loops, int32_t wanted_ms)
{
    if (atomic_load(loops->stopped) || tt_posix_restart_reason(loops->posix) != 0) { return 0; }
    const int64_t left = loops->until_ms - tt_posix_uptime_ms(loops->posix);
    return left <= 0 ? 0 : left < wanted_ms ? (int32_t)left : wanted_ms;
}

static void *run_app(void *ctx)
{
    const struct tt_loops *loops = ctx;
    struct tt_app *app = tt_device_app(loops->device);
    while (left_ms(loops, 1) > 0) {
        tt_posix_pins_poll(loops->pins);
        int32_t wait_ms = tt_app_step(app, tt_posix_uptime_ms(loops->posix));
        if (loops->pins->path != NULL && wait_ms > PINS_POLL_MS) { wait_ms = PINS_POLL_MS; }
        tt_posix_wait_app(loops->posix, left_ms(loops, wait_ms));
    }
    return NULL;
}

static void *run_link(void *ctx)
{
    const struct tt_loops *loops = ctx;
    struct tt_link *link = tt_device_link(loops->device);
    while (left_ms(loops, 1) > 0) {
        const int32_t wait_ms = tt_link_step(link, tt_posix_uptime_ms(loops->posix));
        tt_posix_wait_link(loops->posix, left_ms(loops, wait_ms));
    }
    return NULL;
}

void tt_loops_run(struct tt_loops *loops)
{
    pthread_t app;
    pthread_t link;
    if (pthread_create(&app, NULL, run_app, loops) != 0) { abort(); }
    if (pthread_create(&link, NULL, run_link, loops) != 0) { abort(); }
    pthread_join(app, NULL);
    pthread_join(link, NULL);
}
