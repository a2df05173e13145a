// os.h over FreeRTOS: each loop is a task, the app's above the link's, in stacks that are laid
// out here. Tasks, time, waking, log and watchdog by the kernel's own calls.

#include <FreeRTOS.h>
#include <task.h>

#include "../mcu/log.h"
#include "../os.h"

enum {
    LINK_PRIORITY = 1,
    APP_PRIORITY = 2,
    WAIT_MAX_MS = 2000,     // so that an idle loop still shows that it lives
    APP_ALIVE_MS = 5000,    // longest turn of a loop the watchdog bears
    LINK_ALIVE_MS = 60000,  // a handshake's public-key step can take seconds
    START_ALIVE_MS = 60000, // until a loop waits for the first time: flash may have to be erased
};

// Sizes from the board, by the build.
static StackType_t app_stack[TT_APP_STACK_BYTES / sizeof(StackType_t)];
static StackType_t link_stack[TT_LINK_STACK_BYTES / sizeof(StackType_t)];

static const struct tt_chip *chip;
static const struct tt_os_loops *work;

static struct {
    StaticTask_t task;
    TaskHandle_t handle;
    tt_os_step *step;
    volatile int64_t alive_until_ms; // INT64_MAX: it was not started
    uint32_t spent;
    uint32_t late_ms;
} loops[TT_LOOPS];

static volatile int64_t uptime_ms; // the tick handler's
static int running = -1;           // the loop that has the processor, -1: neither
static uint32_t running_since;

static void wait_for(enum tt_loop loop, int32_t timeout_ms)
{
    const int64_t limit_ms = loop == TT_LOOP_APP ? APP_ALIVE_MS : LINK_ALIVE_MS;
    taskENTER_CRITICAL();
    loops[loop].alive_until_ms = uptime_ms + WAIT_MAX_MS + limit_ms;
    taskEXIT_CRITICAL();
    const int32_t wait_ms = timeout_ms > WAIT_MAX_MS ? WAIT_MAX_MS : timeout_ms;
    ulTaskNotifyTake(pdTRUE, wait_ms <= 0 ? 0 : pdMS_TO_TICKS((TickType_t)wait_ms));
}

static void run_loop(void *ctx)
{
    const enum tt_loop loop = (enum tt_loop)(uintptr_t)ctx;
    bool begun = false; // the first turn, which may start a whole device, makes nothing late
    for (;;) {
        const int64_t now_ms = tt_os_uptime_ms();
        const int32_t wait_ms = loops[loop].step(work->ctx, now_ms);
        wait_for(loop, wait_ms);
        const int64_t late_ms = tt_os_uptime_ms() - now_ms - wait_ms;
        if (begun && late_ms > (int64_t)loops[loop].late_ms) {
            loops[loop].late_ms = (uint32_t)late_ms;
        }
        begun = true;
    }
}

static void create(enum tt_loop loop, const char *name, StackType_t *stack, size_t bytes,
                   UBaseType_t priority)
{
    loops[loop].handle =
        xTaskCreateStatic(run_loop, name, (configSTACK_DEPTH_TYPE)(bytes / sizeof(StackType_t)),
                          (void *)(uintptr_t)loop, priority, stack, &loops[loop].task);
}

void tt_os_run(const struct tt_chip *of_chip, const struct tt_os_loops *of_loops)
{
    chip = of_chip;
    work = of_loops;
    loops[TT_LOOP_APP].step = of_loops->app;
    loops[TT_LOOP_LINK].step = of_loops->link;
    loops[TT_LOOP_APP].alive_until_ms = START_ALIVE_MS;
    loops[TT_LOOP_LINK].alive_until_ms = INT64_MAX;
    create(TT_LOOP_APP, "app", app_stack, sizeof app_stack, APP_PRIORITY);
    vTaskStartScheduler();
}

void tt_os_start_link(void)
{
    taskENTER_CRITICAL();
    loops[TT_LOOP_LINK].alive_until_ms = uptime_ms + START_ALIVE_MS;
    taskEXIT_CRITICAL();
    create(TT_LOOP_LINK, "link", link_stack, sizeof link_stack, LINK_PRIORITY);
}

void vApplicationGetIdleTaskMemory(StaticTask_t **task, StackType_t **stack,
                                   configSTACK_DEPTH_TYPE *words);
void vApplicationGetIdleTaskMemory(StaticTask_t **task, StackType_t **stack,
                                   configSTACK_DEPTH_TYPE *words)
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
    if (work->idle != NULL) { work->idle(); }
    if (chip->idle != NULL) { chip->idle(); }
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

// What the kernel's own checks found; also stack overflows, with the task's name. There is nothing
// to go on with.
void tt_freertos_failed(const char *file, int line)
{
    char text[TT_LOG_FAULT_MAX];
    chip->write(text, tt_log_fault(text, file, line));
    chip->reset();
}

int64_t tt_os_uptime_ms(void)
{
    taskENTER_CRITICAL();
    const int64_t now_ms = uptime_ms;
    taskEXIT_CRITICAL();
    return now_ms;
}

void tt_os_wake(enum tt_loop loop)
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

uint32_t tt_os_spent(enum tt_loop loop)
{
    taskENTER_CRITICAL();
    const uint32_t since = running == (int)loop ? chip->counter() - running_since : 0;
    const uint32_t spent = loops[loop].spent + since;
    taskEXIT_CRITICAL();
    return spent;
}

uint32_t tt_os_late_ms(enum tt_loop loop)
{
    return loops[loop].late_ms;
}

size_t tt_os_stack_free(enum tt_loop loop)
{
    if (loops[loop].handle == NULL) { return 0; }
    return uxTaskGetStackHighWaterMark(loops[loop].handle) * sizeof(StackType_t);
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
    const size_t line_len = tt_log_line(line, tt_os_uptime_ms(), level, text, len);
    // The other loop's lines come before or after, not within.
    vTaskSuspendAll();
    chip->write(line, line_len);
    xTaskResumeAll();
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
