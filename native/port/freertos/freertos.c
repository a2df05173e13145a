// Tasks, time, waking, log and watchdog by the kernel's own calls, and struct tt_port over them.

#include "freertos.h"

#include <string.h>

#include <FreeRTOS.h>
#include <task.h>

#include "../error.gen.h"

enum {
    LINK_PRIORITY = 1,
    APP_PRIORITY = 2,
    WAIT_MAX_MS = 2000,     // so that an idle loop still shows that it lives
    APP_ALIVE_MS = 5000,    // longest turn of a loop the watchdog bears
    LINK_ALIVE_MS = 60000,  // a handshake's public-key step can take seconds
    START_ALIVE_MS = 60000, // until a loop waits for the first time: flash may have to be erased
    LINE_MAX = 256,
};

static const struct tt_freertos_chip *chip;

static struct {
    StaticTask_t task;
    TaskHandle_t handle;
    tt_freertos_body *body;
    volatile int64_t alive_until_ms; // INT64_MAX: it was not started
    uint32_t spent;
} loops[TT_LOOPS];

static void *loop_ctx;
static uint32_t *link_stack;
static size_t link_stack_words;

static volatile int64_t uptime_ms; // the tick handler's
static int running = -1;           // the loop that has the processor, -1: neither
static uint32_t running_since;

static void run_loop(void *ctx)
{
    const enum tt_loop loop = (enum tt_loop)(uintptr_t)ctx;
    loops[loop].body(loop_ctx);
    tt_freertos_failed("loop", loop); // it must not return
}

static void create(enum tt_loop loop, const char *name, uint32_t *stack, size_t words,
                   UBaseType_t priority)
{
    loops[loop].handle = xTaskCreateStatic(run_loop, name, words, (void *)(uintptr_t)loop, priority,
                                           (StackType_t *)stack, &loops[loop].task);
}

void tt_freertos_run(const struct tt_freertos_chip *of_chip,
                     const struct tt_freertos_stacks *stacks, tt_freertos_body *app,
                     tt_freertos_body *link, void *ctx)
{
    chip = of_chip;
    loop_ctx = ctx;
    loops[TT_LOOP_APP].body = app;
    loops[TT_LOOP_LINK].body = link;
    loops[TT_LOOP_APP].alive_until_ms = START_ALIVE_MS;
    loops[TT_LOOP_LINK].alive_until_ms = INT64_MAX;
    link_stack = stacks->link;
    link_stack_words = stacks->link_words;
    create(TT_LOOP_APP, "app", stacks->app, stacks->app_words, APP_PRIORITY);
    vTaskStartScheduler();
}

void tt_freertos_start_link(void)
{
    taskENTER_CRITICAL();
    loops[TT_LOOP_LINK].alive_until_ms = uptime_ms + START_ALIVE_MS;
    taskEXIT_CRITICAL();
    create(TT_LOOP_LINK, "link", link_stack, link_stack_words, LINK_PRIORITY);
}

void vApplicationGetIdleTaskMemory(StaticTask_t **task, StackType_t **stack, uint32_t *words);
void vApplicationGetIdleTaskMemory(StaticTask_t **task, StackType_t **stack, uint32_t *words)
{
    static StaticTask_t idle_task;
    static StackType_t idle_stack[configMINIMAL_STACK_SIZE];
    *task = &idle_task;
    *stack = idle_stack;
    *words = configMINIMAL_STACK_SIZE;
}

void vApplicationIdleHook(void);
void vApplicationIdleHook(void)
{
    tt_freertos_idle();
}

void vApplicationTickHook(void);
void vApplicationTickHook(void)
{
    const int64_t now_ms = uptime_ms + 1;
    uptime_ms = now_ms;
    if (chip->tick != NULL) { chip->tick(); }
    if (chip->feed == NULL || now_ms % configTICK_RATE_HZ != 0) { return; }
    for (int loop = 0; loop < TT_LOOPS; loop++) {
        if (now_ms > loops[loop].alive_until_ms) { return; }
    }
    chip->feed();
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name);
void vApplicationStackOverflowHook(TaskHandle_t task, char *name)
{
    (void)task;
    tt_freertos_failed(name, 0);
}

static size_t add_text(char *line, size_t at, const char *text)
{
    const size_t len = strlen(text);
    memcpy(line + at, text, len);
    return at + len;
}

static size_t add_number(char *line, size_t at, uint32_t value)
{
    char digits[10];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        line[at++] = digits[--count];
    }
    return at;
}

// What the kernel's own checks found; also stack overflows, with the task's name. There is nothing
// to go on with.
void tt_freertos_failed(const char *file, int line)
{
    char text[96];
    const char *const slash = strrchr(file, '/');
    const char *const name = slash != NULL ? slash + 1 : file;
    size_t at = add_text(text, 0, "fault: the kernel's check failed in ");
    const size_t len = strlen(name);
    memcpy(text + at, name, len < 32 ? len : 32);
    at += len < 32 ? len : 32;
    text[at++] = ':';
    at = add_number(text, at, (uint32_t)line);
    text[at++] = '\n';
    chip->write(text, at);
    chip->reset();
}

int64_t tt_freertos_uptime_ms(void)
{
    taskENTER_CRITICAL();
    const int64_t now_ms = uptime_ms;
    taskEXIT_CRITICAL();
    return now_ms;
}

void tt_freertos_wait(enum tt_loop loop, int32_t timeout_ms)
{
    const int64_t limit_ms = loop == TT_LOOP_APP ? APP_ALIVE_MS : LINK_ALIVE_MS;
    taskENTER_CRITICAL();
    loops[loop].alive_until_ms = uptime_ms + WAIT_MAX_MS + limit_ms;
    taskEXIT_CRITICAL();
    const int32_t wait_ms = timeout_ms > WAIT_MAX_MS ? WAIT_MAX_MS : timeout_ms;
    ulTaskNotifyTake(pdTRUE, wait_ms <= 0 ? 0 : pdMS_TO_TICKS((TickType_t)wait_ms));
}

void tt_freertos_wake(enum tt_loop loop)
{
    if (loops[loop].handle == NULL) { return; }
    if (!chip->in_handler()) {
        xTaskNotifyGive(loops[loop].handle);
        return;
    }
    BaseType_t higher = pdFALSE;
    vTaskNotifyGiveFromISR(loops[loop].handle, &higher);
    portYIELD_FROM_ISR(higher);
}

void tt_freertos_switched(const void *task)
{
    const uint32_t now = chip->counter();
    if (running >= 0) { loops[running].spent += now - running_since; }
    running = task == loops[TT_LOOP_APP].handle    ? TT_LOOP_APP
              : task == loops[TT_LOOP_LINK].handle ? TT_LOOP_LINK
                                                   : -1;
    running_since = now;
}

uint32_t tt_freertos_spent(enum tt_loop loop)
{
    taskENTER_CRITICAL();
    const uint32_t since = running == (int)loop ? chip->counter() - running_since : 0;
    const uint32_t spent = loops[loop].spent + since;
    taskEXIT_CRITICAL();
    return spent;
}

size_t tt_freertos_stack_free(enum tt_loop loop)
{
    if (loops[loop].handle == NULL) { return 0; }
    return uxTaskGetStackHighWaterMark(loops[loop].handle) * sizeof(StackType_t);
}

static int64_t epoch_ms(void *ctx)
{
    (void)ctx;
    return chip->epoch_ms();
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
    static const char *const names[] = {" debug ", " info  ", " warn  ", " error "};
    (void)ctx;
    if (level > TT_LOG_ERROR) { return; }
    char line[LINE_MAX];
    size_t at = add_number(line, 0, (uint32_t)(tt_freertos_uptime_ms()));
    at = add_text(line, at, names[level]);
    for (size_t i = 0; i < len && at < sizeof line - 1; i++) {
        // A guest's or a peer's text must not forge a line or talk to the terminal.
        const uint8_t byte = (uint8_t)text[i];
        line[at++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    line[at++] = '\n';
    // The other loop's lines come before or after, not within.
    vTaskSuspendAll();
    chip->write(line, at);
    xTaskResumeAll();
}

static void wake_app(void *ctx)
{
    (void)ctx;
    tt_freertos_wake(TT_LOOP_APP);
}

static void wake_link(void *ctx)
{
    (void)ctx;
    tt_freertos_wake(TT_LOOP_LINK);
}

struct tt_port tt_freertos_port(void)
{
    return (struct tt_port){
        .epoch_ms = epoch_ms,
        .random = random_bytes,
        .restart = restart,
        .log = log_line,
        .wake_app = wake_app,
        .wake_link = wake_link,
    };
}
