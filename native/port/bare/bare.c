// os.h without a kernel: the two loops take turns on one stack, the app's first whenever it is due.
// A long turn of the link's, such as a handshake, delays the app's.

#include <string.h>

#include "../mcu/log.h"
#include "../os.h"

enum { FEED_MS = 1000, STACK_PAINT = 0x5A5A5A5A };

// The linker script's; start-up fills the stack with STACK_PAINT.
extern uint32_t tt_stack_bottom[], tt_stack_top[];

static const struct tt_chip *chip;
static const struct tt_os_loops *work;

static struct {
    bool started;
    uint8_t turns; // 2: or more
    volatile bool woken;
    int64_t due_ms;
    uint32_t spent;
    uint32_t late_ms;
} loops[TT_LOOPS];

static int64_t uptime_ms;
static uint32_t counted; // the chip's counter at uptime_ms
static int running = -1;
static uint32_t running_since;

int64_t tt_os_uptime_ms(void)
{
    const uint32_t per_ms = chip->counter_hz / 1000;
    const uint32_t passed_ms = (chip->counter() - counted) / per_ms;
    counted += passed_ms * per_ms;
    uptime_ms += passed_ms;
    return uptime_ms;
}

static bool run_due(enum tt_loop loop, tt_os_step *step, int64_t now_ms)
{
    if (!loops[loop].started || (!loops[loop].woken && now_ms < loops[loop].due_ms)) {
        return false;
    }
    // The first turn, which may start a whole device, makes nothing late.
    if (loops[loop].turns < 2) {
        loops[loop].turns++;
    } else if (!loops[loop].woken && now_ms - loops[loop].due_ms > (int64_t)loops[loop].late_ms) {
        loops[loop].late_ms = (uint32_t)(now_ms - loops[loop].due_ms);
    }
    loops[loop].woken = false;
    running = (int)loop;
    running_since = chip->counter();
    const int32_t wait_ms = step(work->ctx, now_ms);
    loops[loop].spent += chip->counter() - running_since;
    running = -1;
    loops[loop].due_ms = now_ms + wait_ms;
    return true;
}

void tt_os_run(const struct tt_chip *of_chip, const struct tt_os_loops *of_loops)
{
    chip = of_chip;
    work = of_loops;
    counted = chip->counter();
    loops[TT_LOOP_APP].started = true;
    int64_t ticked_ms = 0;
    int64_t fed_ms = 0;
    for (;;) {
        const int64_t now_ms = tt_os_uptime_ms();
        if (chip->tick != NULL && now_ms != ticked_ms) { chip->tick(); }
        ticked_ms = now_ms;
        // Whoever gets here is not stuck.
        if (chip->feed != NULL && now_ms - fed_ms >= FEED_MS) {
            chip->feed();
            fed_ms = now_ms;
        }
        if (run_due(TT_LOOP_APP, work->app, now_ms)) { continue; }
        if (run_due(TT_LOOP_LINK, work->link, now_ms)) { continue; }
        if (work->idle != NULL) { work->idle(); }
        if (chip->idle != NULL) { chip->idle(); }
    }
}

void tt_os_start_link(void)
{
    loops[TT_LOOP_LINK].started = true;
}

void tt_os_wake(enum tt_loop loop)
{
    loops[loop].woken = true;
}

uint32_t tt_os_spent(enum tt_loop loop)
{
    return loops[loop].spent + (running == (int)loop ? chip->counter() - running_since : 0);
}

uint32_t tt_os_late_ms(enum tt_loop loop)
{
    return loops[loop].late_ms;
}

// Of the one stack.
size_t tt_os_stack_free(enum tt_loop loop)
{
    (void)loop;
    const uint32_t *word = tt_stack_bottom;
    while (word < tt_stack_top && *word == STACK_PAINT) {
        word++;
    }
    return (size_t)(word - tt_stack_bottom) * sizeof *word;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    chip->random(out, len);
}

static void restart(void *ctx, enum tt_restart_reason reason)
{
    (void)ctx;
    (void)reason;
    chip->reset();
}

static void log_line(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx;
    char line[TT_LOG_LINE_MAX];
    chip->write(line, tt_log_line(line, tt_os_uptime_ms(), level, text, len));
}

static void wake_app(void *ctx)
{
    (void)ctx;
    tt_os_wake(TT_LOOP_APP);
}

static void wake_link(void *ctx)
{
    (void)ctx;
    tt_os_wake(TT_LOOP_LINK);
}

struct tt_port tt_os_port(void)
{
    return (struct tt_port){
        .random = random_bytes,
        .restart = restart,
        .log = log_line,
        .wake_app = wake_app,
        .wake_link = wake_link,
    };
}
