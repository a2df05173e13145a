// Time, randomness, resets and the console.
#include "chip.h"

#include <esp_cpu.h>
#include <esp_ota_ops.h>
#include <esp_random.h>
#include <esp_sleep.h>
#include <esp_system.h>
#include <freertos/FreeRTOS.h>
#include <stdio.h>
#include <sys/time.h>

#include "../error.gen.h"

// A clock that was never set begins at 1970; one that was goes on through all resets but power's.
static int64_t epoch_ms(int64_t uptime_ms)
{
    enum { YEAR_2001_S = 1000000000 };
    (void)uptime_ms;
    struct timeval now;
    if (gettimeofday(&now, NULL) != 0 || now.tv_sec < YEAR_2001_S) { return TT_EUNSET; }
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

// True randomness while Wi-Fi runs, which it does before anything secret is made [ESP-IDF,
// Random Number Generation].
static void random_bytes(uint8_t *out, size_t len)
{
    esp_fill_random(out, len);
}

static void reset(void)
{
    esp_restart();
}

// The timer wakes the chip by a reset; only the clock and its memory stay on.
static void sleep_for(uint32_t seconds)
{
    esp_sleep_enable_timer_wakeup((uint64_t)seconds * 1000000);
    esp_deep_sleep_start();
}

static void write_line(const char *text, size_t len)
{
    fwrite(text, 1, len, stdout);
    fflush(stdout);
}

static uint32_t counter(void)
{
    return esp_cpu_get_cycle_count();
}

static bool in_handler(void)
{
    return xPortInIsrContext();
}

static enum tt_reset_reason reset_reason(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
        return TT_RESET_POWER;
    case ESP_RST_EXT:
        return TT_RESET_PIN;
    case ESP_RST_SW:
    case ESP_RST_PANIC:
        return TT_RESET_SOFTWARE;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return TT_RESET_WATCHDOG;
    case ESP_RST_BROWNOUT:
        return TT_RESET_BROWNOUT;
    case ESP_RST_DEEPSLEEP:
        return TT_RESET_SLEEP;
    default:
        return TT_RESET_UNKNOWN;
    }
}

// Until then a reset brings the firmware before this one back [ESP-IDF, OTA: App Rollback].
static void proven(void)
{
    esp_ota_img_states_t state;
    if (esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) == ESP_OK &&
        state == ESP_OTA_IMG_PENDING_VERIFY) {
        esp_ota_mark_app_valid_cancel_rollback();
    }
}

struct tt_chip tt_esp_chip(void)
{
    return (struct tt_chip){
        .epoch_ms = epoch_ms,
        .random = random_bytes,
        .reset = reset,
        .sleep = sleep_for,
        .write = write_line,
        .counter = counter,
        .in_handler = in_handler,
        .reset_reason = reset_reason,
        .proven = proven,
        .pins = tt_esp_pins,
        .flash_at = tt_esp_flash_at,
        .flash = tt_esp_flash,
    };
}
