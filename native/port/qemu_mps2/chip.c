// Counter, UART, watchdog and reset by registers.

#include "chip.h"

#include "../qemu/panel.h"
#include "registers.h"

enum {
    BAUD_DIVISOR = 217, // 115,200; below 16 nothing is sent
    WATCHDOG_S = 8,     // an interrupt after so long, the reset after twice as long
    SYSTEM_RESET = 0x05FA0004,
};

void tt_mps2_start(void)
{
    TT_UART_BAUDDIV = BAUD_DIVISOR;
    TT_UART_CTRL = 1;
    TT_TIMER_RELOAD = UINT32_MAX;
    TT_TIMER_VALUE = UINT32_MAX;
    TT_TIMER_CTRL = 1;
    TT_WATCHDOG_LOAD = (uint32_t)WATCHDOG_S * TT_MPS2_COUNTER_HZ;
    TT_WATCHDOG_CTRL = 3;
}

uint32_t tt_mps2_counter(void)
{
    return ~TT_TIMER_VALUE;
}

bool tt_mps2_in_handler(void)
{
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0;
}

void tt_mps2_write(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while ((TT_UART_STATE & 1) != 0) {}
        TT_UART_DATA = (uint8_t)text[i];
    }
}

void tt_mps2_feed(void)
{
    TT_WATCHDOG_CLEAR = 1;
}

void tt_mps2_idle(void)
{
    __asm__ volatile("wfi");
}

static void reset(enum tt_reset_reason why)
{
    tt_panel_resets(why);
    TT_SCB_AIRCR = SYSTEM_RESET;
    for (;;) {}
}

void tt_mps2_reset(void)
{
    reset(TT_RESET_SOFTWARE);
}

void tt_mps2_starved(void)
{
    static const char text[] = "fault: the watchdog was not fed\n";
    tt_mps2_write(text, sizeof text - 1);
    reset(TT_RESET_WATCHDOG);
}
