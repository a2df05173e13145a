// The port over FreeRTOS: the app's task above the link's, waiting and waking, uptime, log and
// watchdog. What is the chip's comes as functions; the network is another port's. The kernel has
// one of everything, and so has this.
#pragma once

#include "../port.h"

enum tt_loop { TT_LOOP_APP, TT_LOOP_LINK };
enum { TT_LOOPS = 2 };

struct tt_freertos_chip {
    int64_t (*epoch_ms)(void); // TT_EUNSET while unknown
    void (*random)(uint8_t *out, size_t len);
    void (*reset)(void);                         // does not return
    void (*write)(const char *text, size_t len); // a whole line of the log
    uint32_t (*counter)(void); // free-running, upwards; the unit of tt_freertos_spent
    bool (*in_handler)(void);  // whether an interrupt handler is what runs
    // In the tick's handler, each millisecond; may be NULL.
    void (*tick)(void);
    // Postpones the watchdog's reset by some seconds. In the tick's handler; may be NULL.
    void (*feed)(void);
};

struct tt_freertos_stacks {
    uint32_t *app; // words
    size_t app_words;
    uint32_t *link;
    size_t link_words;
};

// What a loop does, from its first instruction on; neither returns.
typedef void tt_freertos_body(void *ctx);

// Hands the processor over to the app's task; the link's waits until tt_freertos_start_link.
void tt_freertos_run(const struct tt_freertos_chip *chip, const struct tt_freertos_stacks *stacks,
                     tt_freertos_body *app, tt_freertos_body *link, void *ctx);
void tt_freertos_start_link(void);

// All of struct tt_port but `connect` and `notice`.
struct tt_port tt_freertos_port(void);

int64_t tt_freertos_uptime_ms(void); // for tasks

// Ends at the loop's wake, however long ago it came, or after timeout_ms, whichever is first. Each
// for its own loop only. A loop that does not wait again within its time is stuck: the watchdog is
// not fed any more.
void tt_freertos_wait(enum tt_loop loop, int32_t timeout_ms);
void tt_freertos_wake(enum tt_loop loop); // also from an interrupt handler

// Units of the chip's counter the loop had the processor, handlers within that time included.
uint32_t tt_freertos_spent(enum tt_loop loop);
// Least bytes that were ever free on the loop's stack. Walks the free part.
size_t tt_freertos_stack_free(enum tt_loop loop);

// In the kernel's idle task, before it waits for an interrupt; main's to define.
void tt_freertos_idle(void);
