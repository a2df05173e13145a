// os.h over ESP-IDF's FreeRTOS: each loop is a task, the app's above the link's, on one core, so
// that the app's may come between the link's instructions and never the other way round.
#include "../os.h"

#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <stdatomic.h>

#include "../mcu/log.h"

enum {
    LINK_PRIORITY = 4, // below TCP/IP and Wi-Fi, which must not wait for a handshake
    APP_PRIORITY = 5,
    WAIT_MAX_MS = 2000,     // so that an idle loop still shows that it lives
    APP_ALIVE_MS = 5000,    // longest turn of a loop the watchdog bears
    LINK_ALIVE_MS = 60000,  // a handshake's public-key step can take seconds, a name's look-up too
    START_ALIVE_MS = 60000, // until a loop waits for the first time
    FEED_MS = 1000,
    LOOPS_CORE = CONFIG_FREERTOS_NUMBER_OF_CORES - 1, // Wi-Fi is on the first
};

static StackType_t app_stack[TT_APP_STACK_BYTES / sizeof(StackType_t)];
static StackType_t link_stack[TT_LINK_STACK_BYTES / sizeof(StackType_t)];

static const struct tt_chip *chip;
static const struct tt_os_loops *work;
static esp_task_wdt_user_handle_t watchdog;

static struct {
    StaticTask_t task;
    TaskHandle_t handle;
    tt_os_step *step;
    _Atomic uint32_t alive_until_s; // of uptime; UINT32_MAX: it was not started
    uint32_t late_ms;
} loops[TT_LOOPS];

int64_t tt_os_uptime_ms(void)
{
    return esp_timer_get_time() / 1000;
}

static void lives(enum tt_loop loop, int64_t for_ms)
{
    atomic_store(&loops[loop].alive_until_s, (uint32_t)((tt_os_uptime_ms() + for_ms) / 1000 + 1));
}

static void wait_for(enum tt_loop loop, int32_t timeout_ms)
{
    lives(loop, WAIT_MAX_MS + (loop == TT_LOOP_APP ? APP_ALIVE_MS : LINK_ALIVE_MS));
    const int32_t wait_ms = timeout_ms > WAIT_MAX_MS ? WAIT_MAX_MS : timeout_ms;
    ulTaskNotifyTake(pdTRUE, wait_ms <= 0 ? 0 : pdMS_TO_TICKS((TickType_t)wait_ms));
}

static void run_loop(void *ctx)
{
    const enum tt_loop loop = (enum tt_loop)(uintptr_t)ctx;
    for (;;) {
        const int64_t now_ms = tt_os_uptime_ms();
        const int32_t wait_ms = loops[loop].step(work->ctx, now_ms);
        if (loop == TT_LOOP_LINK && work->idle != NULL) { work->idle(); }
        wait_for(loop, wait_ms);
        const int64_t late_ms = tt_os_uptime_ms() - now_ms - wait_ms;
        if (late_ms > (int64_t)loops[loop].late_ms) { loops[loop].late_ms = (uint32_t)late_ms; }
    }
}

// In the timers' task, above both loops.
static void look_after(void *ctx)
{
    (void)ctx;
    const uint32_t now_s = (uint32_t)(tt_os_uptime_ms() / 1000);
    for (int loop = 0; loop < TT_LOOPS; loop++) {
        if (now_s > atomic_load(&loops[loop].alive_until_s)) { return; }
    }
    esp_task_wdt_reset_user(watchdog);
}

static void create(enum tt_loop loop, const char *name, StackType_t *stack, size_t bytes,
                   UBaseType_t priority)
{
    // ESP-IDF counts stacks in bytes.
    loops[loop].handle =
        xTaskCreateStaticPinnedToCore(run_loop, name, bytes, (void *)(uintptr_t)loop, priority,
                                      stack, &loops[loop].task, LOOPS_CORE);
}

void tt_os_run(const struct tt_chip *of_chip, const struct tt_os_loops *of_loops)
{
    chip = of_chip;
    work = of_loops;
    loops[TT_LOOP_APP].step = of_loops->app;
    loops[TT_LOOP_LINK].step = of_loops->link;
    atomic_store(&loops[TT_LOOP_LINK].alive_until_s, UINT32_MAX);
    lives(TT_LOOP_APP, START_ALIVE_MS);
    const esp_timer_create_args_t feeding = {.callback = look_after, .name = "feed"};
    esp_timer_handle_t timer;
    ESP_ERROR_CHECK(esp_task_wdt_add_user("loops", &watchdog));
    ESP_ERROR_CHECK(esp_timer_create(&feeding, &timer));
    ESP_ERROR_CHECK(esp_timer_start_periodic(timer, FEED_MS * 1000));
    create(TT_LOOP_APP, "app", app_stack, sizeof app_stack, APP_PRIORITY);
    vTaskDelete(NULL); // the task that ESP-IDF gave to app_main
}

void tt_os_start_link(void)
{
    lives(TT_LOOP_LINK, START_ALIVE_MS);
    create(TT_LOOP_LINK, "link", link_stack, sizeof link_stack, LINK_PRIORITY);
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

// Not measured here: the figures of this port are those of a profiler.
uint32_t tt_os_spent(enum tt_loop loop)
{
    (void)loop;
    return 0;
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

// One write a line: the C library's lock keeps the loops' lines apart.
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
