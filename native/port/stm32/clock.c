// RCC, PWR and the flash's wait states, in the order the manuals ask for: RM0090 §3.5, §5.1.4,
// §7.2.

#include "clock.h"

#include "limits.h"
#include "registers/core.h"
#include "registers/flash.h"
#include "registers/rcc.h"

enum {
    HSI_HZ = 16000000,
    POLLS_MAX = 200000, // some 50 ms at 16 MHz: a crystal needs 2, the PLL less than 1
    STEP_HZ = 1000000,  // into the PLL: 1 to 2 MHz
    HZ_PER_WAIT_STATE = 30000000,
    RANDOM_HZ = 48000000,
    SW_PLL = 2,
    DEMCR_TRACE = 1 << 24,
};

static uint32_t core_hz = HSI_HZ;
static uint32_t apb1_divider = 1;
static uint32_t apb2_divider = 1;
static uint32_t reset_csr;
static bool emulated;

static bool becomes(volatile const uint32_t *where, uint32_t mask, uint32_t value)
{
    for (int i = 0; i < POLLS_MAX; i++) {
        if ((*where & mask) == value) { return true; }
    }
    return false;
}

static bool start_oscillator(const struct tt_stm32_clock *wanted)
{
    if (wanted->oscillator_hz == 0) { return false; }
    if (wanted->bypass) { TT_RCC->cr |= RCC_CR_HSEBYP; }
    TT_RCC->cr |= RCC_CR_HSEON;
    if (becomes(&TT_RCC->cr, RCC_CR_HSERDY, RCC_CR_HSERDY)) { return true; }
    TT_RCC->cr &= ~(uint32_t)(RCC_CR_HSEON | RCC_CR_HSEBYP);
    return false;
}

static bool start_pll(uint32_t from_hz, bool oscillator, uint32_t hz)
{
    const uint32_t vco_hz = 2 * hz;
    const uint32_t random_divider = (vco_hz + RANDOM_HZ - 1) / RANDOM_HZ;
    TT_RCC->pllcfgr = from_hz / STEP_HZ << RCC_PLLCFGR_PLLM_AT |
                      vco_hz / STEP_HZ << RCC_PLLCFGR_PLLN_AT |
                      0U << RCC_PLLCFGR_PLLP_AT | // divided by 2
                      (oscillator ? RCC_PLLCFGR_PLLSRC : 0U) |
                      random_divider << RCC_PLLCFGR_PLLQ_AT | 2U << 28; // bits 28 to 30: PLLR, at 2
    TT_RCC->cr |= RCC_CR_PLLON;
    return becomes(&TT_RCC->cr, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
}

// What the core's supply needs above a chip's own limit.
static bool overdrive(uint32_t hz)
{
    if (tt_stm32_limits.overdrive_above_hz == 0 || hz <= tt_stm32_limits.overdrive_above_hz) {
        return true;
    }
    TT_PWR->cr |= PWR_CR_ODEN;
    if (!becomes(&TT_PWR->csr, PWR_CSR_ODRDY, PWR_CSR_ODRDY)) { return false; }
    TT_PWR->cr |= PWR_CR_ODSWEN;
    return becomes(&TT_PWR->csr, PWR_CSR_ODSWRDY, PWR_CSR_ODSWRDY);
}

static uint32_t divider_for(uint32_t hz, uint32_t most_hz)
{
    uint32_t divider = 1;
    while (hz / divider > most_hz && divider < 16) {
        divider *= 2;
    }
    return divider;
}

// PPRE1 and PPRE2: 0xx undivided, 100 by 2, 101 by 4, 110 by 8, 111 by 16.
static uint32_t divider_code(uint32_t divider)
{
    uint32_t code = 3;
    for (; divider > 1; divider /= 2) {
        code++;
    }
    return code == 3 ? 0 : code;
}

static bool switch_to_pll(uint32_t hz)
{
    const uint32_t wait_states = (hz - 1) / HZ_PER_WAIT_STATE;
    TT_FLASH->acr =
        wait_states << FLASH_ACR_LATENCY_AT | FLASH_ACR_PRFTEN | FLASH_ACR_ICEN | FLASH_ACR_DCEN;
    if (!becomes(&TT_FLASH->acr, 15U << FLASH_ACR_LATENCY_AT,
                 wait_states << FLASH_ACR_LATENCY_AT)) {
        return false;
    }
    const uint32_t apb1 = divider_for(hz, tt_stm32_limits.apb1_hz);
    const uint32_t apb2 = divider_for(hz, tt_stm32_limits.apb2_hz);
    const uint32_t dividers = divider_code(apb1) << RCC_CFGR_PPRE1_AT | divider_code(apb2)
                                                                            << RCC_CFGR_PPRE2_AT;
    TT_RCC->cfgr = dividers;
    TT_RCC->cfgr = dividers | (uint32_t)SW_PLL << RCC_CFGR_SW_AT;
    if (!becomes(&TT_RCC->cfgr, 3U << RCC_CFGR_SWS_AT, (uint32_t)SW_PLL << RCC_CFGR_SWS_AT)) {
        TT_RCC->cfgr = 0;
        return false;
    }
    core_hz = hz;
    apb1_divider = apb1;
    apb2_divider = apb2;
    return true;
}

enum tt_stm32_source tt_stm32_clock_start(const struct tt_stm32_clock *wanted)
{
    TT_DEMCR |= DEMCR_TRACE;
    TT_DWT_CTRL |= 1;
    // The chip's own oscillator is ready at every reset. Where the register is not, nothing is.
    if ((TT_RCC->cr & RCC_CR_HSIRDY) == 0) {
        emulated = true;
        core_hz = wanted->core_hz;
        return TT_STM32_NO_CLOCKS;
    }
    reset_csr = TT_RCC->csr;
    TT_RCC->csr |= RCC_CSR_RMVF;
    TT_RCC->apb1enr |= RCC_APB1ENR_PWREN;
    (void)TT_RCC->apb1enr; // a clock that was just switched on needs a moment
    const bool oscillator = start_oscillator(wanted);
    if (!start_pll(oscillator ? wanted->oscillator_hz : HSI_HZ, oscillator, wanted->core_hz) ||
        !overdrive(wanted->core_hz) || !switch_to_pll(wanted->core_hz)) {
        return TT_STM32_SLOW;
    }
    return oscillator || wanted->oscillator_hz == 0 ? TT_STM32_FROM_OSCILLATOR
                                                    : TT_STM32_FROM_INTERNAL;
}

uint32_t tt_stm32_core_hz(void)
{
    return core_hz;
}

uint32_t tt_stm32_apb1_hz(void)
{
    return core_hz / apb1_divider;
}

uint32_t tt_stm32_apb2_hz(void)
{
    return core_hz / apb2_divider;
}

bool tt_stm32_emulated(void)
{
    return emulated;
}

uint32_t tt_stm32_reset_csr(void)
{
    return reset_csr;
}

void tt_stm32_delay_us(uint32_t us)
{
    const uint32_t wanted = us * (core_hz / 1000000);
    const uint32_t since = TT_DWT_CYCCNT;
    for (uint32_t turns = 0; turns < wanted && TT_DWT_CYCCNT - since < wanted; turns++) {}
}
