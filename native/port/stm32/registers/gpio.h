// Pins, their interrupt lines, and what connects the two. RM0090 chapters 8, 9 and 12.
#pragma once

#include "register.h"

// SVD: GPIOA
struct tt_gpio {
    uint32_t moder;
    uint32_t otyper;
    uint32_t ospeedr;
    uint32_t pupdr;
    uint32_t idr;
    uint32_t odr;
    uint32_t bsrr;
    uint32_t lckr;
    uint32_t afr[2]; // AFRL, AFRH
};
static_assert(offsetof(struct tt_gpio, afr) == 0x20, "GPIO");
// Ports A to K.
#define TT_GPIO(port) TT_PERIPHERAL(tt_gpio, 0x40020000 + 0x400 * (uint32_t)(port))

// SVD: EXTI
struct tt_exti {
    uint32_t imr;
    uint32_t emr;
    uint32_t rtsr;
    uint32_t ftsr;
    uint32_t swier;
    uint32_t pr;
};
#define TT_EXTI TT_PERIPHERAL(tt_exti, 0x40013C00)

// SVD: SYSCFG
struct tt_syscfg {
    uint32_t memrm;
    uint32_t pmc;
    uint32_t exticr[4]; // EXTICR1 to EXTICR4
};
#define TT_SYSCFG TT_PERIPHERAL(tt_syscfg, 0x40013800)

enum tt_syscfg_bits {
    SYSCFG_PMC_MII_RMII_SEL = 1 << 23,
};
