// What runs a firmware's two loops: tasks of a kernel, or one after the other where there is none.
// A firmware is linked with one of them.
#pragma once

#include "chip.h"

enum tt_loop { TT_LOOP_APP, TT_LOOP_LINK };
enum { TT_LOOPS = 2 };

// Does what is due at now_ms (uptime) and returns the milliseconds until it wants to be called
// again; a wake makes it earlier.
typedef int32_t tt_os_step(void *ctx, int64_t now_ms);

struct tt_os_loops {
    tt_os_step *app;
    tt_os_step *link;
    void *ctx;
    void (*idle)(void); // when neither loop has anything to do, before the chip's
};

// Hands the processor over to the app's loop; the link's waits until tt_os_start_link. Does not
// return. A turn of a loop that never ends starves the watchdog: longer than 5 s for the app's, 60
// s for the link's and for each one's first.
void tt_os_run(const struct tt_chip *chip, const struct tt_os_loops *loops);
void tt_os_start_link(void); // on the app loop

// All of struct tt_port but `epoch_ms`, `connect` and `notice`; to be called from tt_os_run on.
struct tt_port tt_os_port(void);

int64_t tt_os_uptime_ms(void);
// Ends the loop's wait; also from an interrupt handler, and for a wait that has not begun.
void tt_os_wake(enum tt_loop loop);

// Units of the chip's counter the loop had the processor, handlers within that time included.
uint32_t tt_os_spent(enum tt_loop loop);
// Longest the loop came after the time it wanted.
uint32_t tt_os_late_ms(enum tt_loop loop);
// Least bytes that were ever free on the loop's stack. Walks the free part.
size_t tt_os_stack_free(enum tt_loop loop);
