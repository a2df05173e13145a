// The analog-to-digital converters. RM0090 chapter 13, RM0410 chapter 15.
#pragma once

#include "register.h"

// SVD: ADC1
struct tt_adc {
    uint32_t sr;
    uint32_t cr1;
    uint32_t cr2;
    uint32_t smpr1;
    uint32_t smpr2;
    uint32_t jofr1;
    uint32_t jofr2;
    uint32_t jofr3;
    uint32_t jofr4;
    uint32_t htr;
    uint32_t ltr;
    uint32_t sqr1;
    uint32_t sqr2;
    uint32_t sqr3;
    uint32_t jsqr;
    uint32_t jdr1;
    uint32_t jdr2;
    uint32_t jdr3;
    uint32_t jdr4;
    uint32_t dr;
};
static_assert(offsetof(struct tt_adc, dr) == 0x4C, "ADC");
#define TT_ADC1 TT_PERIPHERAL(tt_adc, 0x40012000)

enum tt_adc_bits {
    ADC_SR_EOC = 1 << 1,
    ADC_CR2_ADON = 1 << 0,
    ADC_CR2_SWSTART = 1 << 30,
};

// SVD: C_ADC
struct tt_adc_common {
    uint32_t csr;
    uint32_t ccr;
};
#define TT_ADC_COMMON TT_PERIPHERAL(tt_adc_common, 0x40012300)

enum tt_adc_common_bits {
    C_ADC_CCR_ADCPRE_AT = 16,
    C_ADC_CCR_TSVREFE = 1 << 23,
};
