// The random generator and the independent watchdog. RM0090 chapters 24 and 21.
#pragma once

#include "register.h"

// SVD: RNG
struct tt_rng {
    uint32_t cr;
    uint32_t sr;
    uint32_t dr;
};
#define TT_RNG TT_PERIPHERAL(tt_rng, 0x50060800)

enum tt_rng_bits {
    RNG_CR_RNGEN = 1 << 2,
    RNG_SR_DRDY = 1 << 0,
    RNG_SR_CECS = 1 << 1,
    RNG_SR_SECS = 1 << 2,
    RNG_SR_CEIS = 1 << 5,
    RNG_SR_SEIS = 1 << 6,
};

// SVD: IWDG
struct tt_iwdg {
    uint32_t kr;
    uint32_t pr;
    uint32_t rlr;
    uint32_t sr;
};
#define TT_IWDG TT_PERIPHERAL(tt_iwdg, 0x40003000)

enum tt_iwdg_bits {
    IWDG_SR_PVU = 1 << 0,
    IWDG_SR_RVU = 1 << 1,
};
