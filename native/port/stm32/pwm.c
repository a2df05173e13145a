// Timers as PWM, edge-aligned, mode 1, both registers preloaded so that a change never glitches.
// RM0090 §18.3.9.

#include "pwm.h"

#include <stdbool.h>

#include "../error.gen.h"
#include "clock.h"
#include "gpio.h"
#include "registers/rcc.h"
#include "registers/tim.h"

enum {
    TIMERS = 14,
    FIRST_HZ = 1000,
    COUNT_MAX = 65536, // of the smallest timer
    MODE_1_PRELOADED = 6 << 4 | 1 << 3,
};

static const struct {
    uint32_t address; // 0: has no outputs
    uint8_t enable;
    bool apb2;
} timers[TIMERS] = {
    {0x40010000, 0, true},  {0x40000000, 0, false}, {0x40000400, 1, false}, {0x40000800, 2, false},
    {0x40000C00, 3, false}, {0, 0, false},          {0, 0, false},          {0x40010400, 1, true},
    {0x40014000, 16, true}, {0x40014400, 17, true}, {0x40014800, 18, true}, {0x40001800, 6, false},
    {0x40001C00, 7, false}, {0x40002000, 8, false},
};

static uint16_t duties[TIMERS][4];
static uint32_t counts[TIMERS]; // of one period; 0: not started

static volatile struct tt_tim *of(const struct tt_wire *wire)
{
    return TT_PERIPHERAL(tt_tim, timers[wire->unit - 1].address);
}

// Behind a divided bus clock timers get twice of it.
static uint32_t clock_of(uint8_t unit)
{
    const uint32_t bus_hz = timers[unit - 1].apb2 ? tt_stm32_apb2_hz() : tt_stm32_apb1_hz();
    return bus_hz == tt_stm32_core_hz() ? bus_hz : 2 * bus_hz;
}

static void compare(const struct tt_wire *wire, unsigned channel)
{
    volatile uint32_t *const ccr[] = {&of(wire)->ccr1, &of(wire)->ccr2, &of(wire)->ccr3,
                                      &of(wire)->ccr4};
    const uint64_t count = counts[wire->unit - 1];
    const uint16_t duty = duties[wire->unit - 1][channel];
    // At full duty the comparison never comes, so the pin stays high.
    *ccr[channel] = duty == UINT16_MAX ? (uint32_t)count : (uint32_t)(count * duty / UINT16_MAX);
}

int tt_stm32_pwm_frequency(const struct tt_wire *wire, uint32_t hz)
{
    const uint32_t clock_hz = clock_of(wire->unit);
    if (hz == 0 || hz > clock_hz / 4) { return TT_EINVALID; }
    const uint32_t turns = clock_hz / hz;
    const uint32_t divider = (turns + COUNT_MAX - 1) / COUNT_MAX;
    if (divider > COUNT_MAX) { return TT_EINVALID; }
    counts[wire->unit - 1] = turns / divider;
    of(wire)->psc = divider - 1;
    of(wire)->arr = turns / divider - 1;
    for (unsigned channel = 0; channel < 4; channel++) {
        compare(wire, channel);
    }
    return TT_OK;
}

static void start(const struct tt_wire *wire)
{
    volatile uint32_t *const enable =
        timers[wire->unit - 1].apb2 ? &TT_RCC->apb2enr : &TT_RCC->apb1enr;
    *enable |= 1U << timers[wire->unit - 1].enable;
    (void)*enable;
    of(wire)->cr1 = TIM1_CR1_ARPE;
    tt_stm32_pwm_frequency(wire, FIRST_HZ);
    of(wire)->egr = TIM1_EGR_UG;
    of(wire)->bdtr = TIM1_BDTR_MOE; // of TIM1 and TIM8; nothing is there in the others
    of(wire)->cr1 = TIM1_CR1_ARPE | TIM1_CR1_CEN;
}

int tt_stm32_pwm_open(const struct tt_wire *wire)
{
    const bool known = wire->unit >= 1 && wire->unit <= TIMERS && wire->channel >= 1 &&
                       wire->channel <= 4 && timers[wire->unit - 1].address != 0;
    if (!known) { return TT_EUNSUPPORTED; }
    if (counts[wire->unit - 1] == 0) { start(wire); }
    const unsigned channel = wire->channel - 1U;
    volatile uint32_t *const mode = channel < 2 ? &of(wire)->ccmr1 : &of(wire)->ccmr2;
    const unsigned at = channel % 2 * 8;
    *mode = (*mode & ~(0xFFU << at)) | (uint32_t)MODE_1_PRELOADED << at;
    duties[wire->unit - 1][channel] = 0;
    compare(wire, channel);
    of(wire)->ccer |= (uint32_t)TIM1_CCER_CC1E << 4 * channel;
    tt_stm32_pin_alternate(wire, false);
    return TT_OK;
}

int tt_stm32_pwm_duty(const struct tt_wire *wire, uint16_t duty)
{
    duties[wire->unit - 1][wire->channel - 1U] = duty;
    compare(wire, wire->channel - 1U);
    return TT_OK;
}
