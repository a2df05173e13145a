// Console, watchdog, reset and its reason, cycle counter.

#include "chip.h"

#include "cache.h"
#include "random.h"
#include "registers/core.h"
#include "registers/rcc.h"
#include "registers/rng.h"
#include "usart.h"

enum {
    WATCHDOG_KEY_START = 0xCCCC,
    WATCHDOG_KEY_WRITE = 0x5555,
    WATCHDOG_KEY_FEED = 0xAAAA,
    WATCHDOG_BY_256 = 6,   // of some 32 kHz: 17 to 47 kHz over all chips and temperatures
    WATCHDOG_COUNT = 1500, // 12 s, at least 8: an erase of the largest sector takes 4
    POLLS_MAX = 200000,
    CONSOLE_RING = 2, // it only sends, and waits until it has
};

static struct tt_stm32_usart console;
static enum tt_stm32_source source;

static void start_watchdog(void)
{
    TT_IWDG->kr = WATCHDOG_KEY_START;
    TT_IWDG->kr = WATCHDOG_KEY_WRITE;
    TT_IWDG->pr = WATCHDOG_BY_256;
    TT_IWDG->rlr = WATCHDOG_COUNT;
    for (int i = 0; i < POLLS_MAX && (TT_IWDG->sr & (IWDG_SR_PVU | IWDG_SR_RVU)) != 0; i++) {}
    TT_IWDG->kr = WATCHDOG_KEY_FEED;
}

static void say(const char *text)
{
    size_t len = 0;
    while (text[len] != 0) {
        len++;
    }
    tt_stm32_write(text, len);
}

void tt_stm32_start(const struct tt_stm32_clock *clock, const struct tt_uart_wires *wires)
{
    static uint8_t rings[2][CONSOLE_RING];
    source = tt_stm32_clock_start(clock);
    tt_stm32_cache_start();
    start_watchdog();
    console.receive = (struct tt_stm32_ring){.bytes = rings[0], .size = CONSOLE_RING};
    console.send = (struct tt_stm32_ring){.bytes = rings[1], .size = CONSOLE_RING};
    if (wires->baud != 0) { tt_stm32_usart_open(&console, wires, NULL); }
    if (source == TT_STM32_FROM_INTERNAL) {
        say("clock: the board's oscillator does not run, the chip's own does\n");
    } else if (source == TT_STM32_SLOW) {
        say("clock: the PLL does not lock, 16 MHz\n");
    }
}

void tt_stm32_random_or_reset(uint8_t *out, size_t len)
{
    if (tt_stm32_random(out, len)) { return; }
    say("fault: the random generator has failed\n"); // weak keys are worse than no device
    tt_stm32_reset();
}

void tt_stm32_reset(void)
{
    __asm__ volatile("dsb");
    TT_SCB_AIRCR = TT_AIRCR_RESET;
    for (;;) {}
}

void tt_stm32_write(const char *text, size_t len)
{
    tt_stm32_usart_write_now(&console, text, len);
}

uint32_t tt_stm32_counter(void)
{
    return TT_DWT_CYCCNT;
}

void tt_stm32_idle(void)
{
    __asm__ volatile("wfi");
}

void tt_stm32_feed(void)
{
    TT_IWDG->kr = WATCHDOG_KEY_FEED;
}

// Several flags may stand, the pin's with each: the rarest says most. RM0090 §7.3.21.
enum tt_reset_reason tt_stm32_reset_reason(void)
{
    const uint32_t csr = tt_stm32_reset_csr();
    if ((csr & (RCC_CSR_WDGRSTF | RCC_CSR_WWDGRSTF)) != 0) { return TT_RESET_WATCHDOG; }
    if ((csr & RCC_CSR_SFTRSTF) != 0) { return TT_RESET_SOFTWARE; }
    if ((csr & RCC_CSR_PORRSTF) != 0) { return TT_RESET_POWER; }
    if ((csr & RCC_CSR_BORRSTF) != 0) { return TT_RESET_BROWNOUT; }
    return (csr & RCC_CSR_PADRSTF) != 0 ? TT_RESET_PIN : TT_RESET_UNKNOWN;
}
