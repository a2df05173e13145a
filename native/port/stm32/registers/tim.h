// Timers with PWM outputs; the small ones lack the registers of the channels they do not have.
// RM0090 chapters 17 to 19.
#pragma once

#include "register.h"

// SVD: TIM1
struct tt_tim {
    uint32_t cr1;
    uint32_t cr2;
    uint32_t smcr;
    uint32_t dier;
    uint32_t sr;
    uint32_t egr;
    uint32_t ccmr1; // CCMR1_Output
    uint32_t ccmr2; // CCMR2_Output
    uint32_t ccer;
    uint32_t cnt;
    uint32_t psc;
    uint32_t arr;
    uint32_t rcr;
    uint32_t ccr1;
    uint32_t ccr2;
    uint32_t ccr3;
    uint32_t ccr4;
    uint32_t bdtr;
};
static_assert(offsetof(struct tt_tim, bdtr) == 0x44, "TIM");

enum tt_tim_bits {
    TIM1_CR1_CEN = 1 << 0,
    TIM1_CR1_ARPE = 1 << 7,
    TIM1_EGR_UG = 1 << 0,
    TIM1_CCER_CC1E = 1 << 0, // the other channels' follow every four bits
    TIM1_BDTR_MOE = 1 << 15,
};
