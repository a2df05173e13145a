// ADC1 by polling. A conversion takes some 20 us. RM0090 chapter 13.

#include "analog.h"

#include "../error.gen.h"
#include "clock.h"
#include "gpio.h"
#include "limits.h"
#include "registers/adc.h"
#include "registers/rcc.h"

enum {
    POLLS_MAX = 20000,
    VREFINT = 17,
    SAMPLE_LONG = 7,    // 480 cycles: VREFINT wants at least 10 us
    PRESCALER_CODE = 3, // by 8: at most 13.5 MHz
    FULL_SCALE = 4095,
    CALIBRATED_MILLIVOLTS = 3300,
    REFERENCE_START_US = 20,
    RAIL_LEAST_MILLIVOLTS = 1700, // the family's limits: a reading outside them is no reading
    RAIL_MOST_MILLIVOLTS = 3700,
};

static bool on;
static int rail_millivolts = CALIBRATED_MILLIVOLTS;

static int convert(uint32_t channel)
{
    TT_ADC1->sqr1 = 0; // one conversion
    TT_ADC1->sqr3 = channel;
    TT_ADC1->sr = 0;
    TT_ADC1->cr2 |= ADC_CR2_SWSTART;
    for (int i = 0; i < POLLS_MAX; i++) {
        if ((TT_ADC1->sr & ADC_SR_EOC) != 0) { return (int)(TT_ADC1->dr & FULL_SCALE); }
    }
    return TT_ETIMEOUT;
}

static void set_sample_times(void)
{
    uint32_t all = 0;
    for (int channel = 0; channel < 10; channel++) {
        all |= (uint32_t)SAMPLE_LONG << 3 * channel;
    }
    TT_ADC1->smpr1 = all & 0x7FFFFFF; // channels 10 to 18
    TT_ADC1->smpr2 = all;
}

// The rail, by what the reference reads now and read at the maker's at 3.3 V. Without a sensible
// answer the rail stays at 3.3 V.
static void measure_rail(void)
{
    if (tt_stm32_emulated()) { return; } // has no such memory
    const uint16_t calibrated = *(const volatile uint16_t *)TT_ADDRESS(tt_stm32_limits.vrefint_3v3);
    const int now = convert(VREFINT);
    if (now <= 0 || calibrated == 0 || calibrated > FULL_SCALE) { return; }
    const int rail = CALIBRATED_MILLIVOLTS * (int)calibrated / now;
    if (rail >= RAIL_LEAST_MILLIVOLTS && rail <= RAIL_MOST_MILLIVOLTS) { rail_millivolts = rail; }
}

static void start(void)
{
    TT_RCC->apb2enr |= RCC_APB2ENR_ADC1EN;
    (void)TT_RCC->apb2enr;
    TT_ADC_COMMON->ccr = (uint32_t)PRESCALER_CODE << C_ADC_CCR_ADCPRE_AT | C_ADC_CCR_TSVREFE;
    TT_ADC1->cr1 = 0;
    TT_ADC1->cr2 = ADC_CR2_ADON;
    set_sample_times();
    tt_stm32_delay_us(REFERENCE_START_US);
    measure_rail();
    on = true;
}

int tt_stm32_analog_open(const struct tt_wire *wire)
{
    if (wire->unit != 1) { return TT_EUNSUPPORTED; }
    tt_stm32_pin_analog(wire->pin);
    if (!on) { start(); }
    return TT_OK;
}

int tt_stm32_analog_millivolts(const struct tt_wire *wire)
{
    const int value = convert(wire->channel);
    return value >= 0 ? (value * rail_millivolts + FULL_SCALE / 2) / FULL_SCALE : value;
}
