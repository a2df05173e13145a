// Reset and clock control, power control. RM0090 chapters 5 to 7, RM0410 chapters 4 and 5.
#pragma once

#include "register.h"

// SVD: RCC
struct tt_rcc {
    uint32_t cr;
    uint32_t pllcfgr;
    uint32_t cfgr;
    uint32_t cir;
    uint32_t ahb1rstr;
    uint32_t ahb2rstr;
    uint32_t ahb3rstr;
    uint32_t reserved0;
    uint32_t apb1rstr;
    uint32_t apb2rstr;
    uint32_t reserved1[2];
    uint32_t ahb1enr;
    uint32_t ahb2enr;
    uint32_t ahb3enr;
    uint32_t reserved2;
    uint32_t apb1enr;
    uint32_t apb2enr;
    uint32_t reserved3[2];
    uint32_t ahb1lpenr;
    uint32_t ahb2lpenr;
    uint32_t ahb3lpenr;
    uint32_t reserved4;
    uint32_t apb1lpenr;
    uint32_t apb2lpenr;
    uint32_t reserved5[2];
    uint32_t bdcr;
    uint32_t csr;
};
static_assert(offsetof(struct tt_rcc, ahb1enr) == 0x30, "RCC");
static_assert(offsetof(struct tt_rcc, csr) == 0x74, "RCC");
#define TT_RCC TT_PERIPHERAL(tt_rcc, 0x40023800)

enum tt_rcc_bits {
    RCC_CR_HSION = 1 << 0,
    RCC_CR_HSIRDY = 1 << 1,
    RCC_CR_HSEON = 1 << 16,
    RCC_CR_HSERDY = 1 << 17,
    RCC_CR_HSEBYP = 1 << 18,
    RCC_CR_PLLON = 1 << 24,
    RCC_CR_PLLRDY = 1 << 25,
    RCC_PLLCFGR_PLLM_AT = 0,
    RCC_PLLCFGR_PLLN_AT = 6,
    RCC_PLLCFGR_PLLP_AT = 16,
    RCC_PLLCFGR_PLLSRC = 1 << 22, // HSE
    RCC_PLLCFGR_PLLQ_AT = 24,
    RCC_CFGR_SW_AT = 0,
    RCC_CFGR_SWS_AT = 2,
    RCC_CFGR_HPRE_AT = 4,
    RCC_CFGR_PPRE1_AT = 10,
    RCC_CFGR_PPRE2_AT = 13,
    RCC_AHB1RSTR_ETHMACRST = 1 << 25,
    RCC_AHB1ENR_GPIOAEN = 1 << 0, // the other ports' follow
    RCC_AHB1ENR_ETHMACEN = 1 << 25,
    RCC_AHB1ENR_ETHMACTXEN = 1 << 26,
    RCC_AHB1ENR_ETHMACRXEN = 1 << 27,
    RCC_AHB2ENR_RNGEN = 1 << 6,
    RCC_APB1ENR_TIM2EN = 1 << 0,
    RCC_APB1ENR_TIM3EN = 1 << 1,
    RCC_APB1ENR_TIM4EN = 1 << 2,
    RCC_APB1ENR_TIM5EN = 1 << 3,
    RCC_APB1ENR_TIM12EN = 1 << 6,
    RCC_APB1ENR_TIM13EN = 1 << 7,
    RCC_APB1ENR_TIM14EN = 1 << 8,
    RCC_APB1ENR_USART2EN = 1 << 17,
    RCC_APB1ENR_USART3EN = 1 << 18,
    RCC_APB1ENR_UART4EN = 1 << 19,
    RCC_APB1ENR_UART5EN = 1 << 20,
    RCC_APB1ENR_I2C1EN = 1 << 21,
    RCC_APB1ENR_I2C2EN = 1 << 22,
    RCC_APB1ENR_I2C3EN = 1 << 23,
    RCC_APB1ENR_PWREN = 1 << 28,
    RCC_APB2ENR_TIM1EN = 1 << 0,
    RCC_APB2ENR_TIM8EN = 1 << 1,
    RCC_APB2ENR_USART1EN = 1 << 4,
    RCC_APB2ENR_USART6EN = 1 << 5,
    RCC_APB2ENR_ADC1EN = 1 << 8,
    RCC_APB2ENR_SYSCFGEN = 1 << 14,
    RCC_APB2ENR_TIM9EN = 1 << 16,
    RCC_APB2ENR_TIM10EN = 1 << 17,
    RCC_APB2ENR_TIM11EN = 1 << 18,
    RCC_CSR_LSION = 1 << 0,
    RCC_CSR_LSIRDY = 1 << 1,
    RCC_CSR_RMVF = 1 << 24,
    RCC_CSR_BORRSTF = 1 << 25,
    RCC_CSR_PADRSTF = 1 << 26, // PINRSTF in later manuals
    RCC_CSR_PORRSTF = 1 << 27,
    RCC_CSR_SFTRSTF = 1 << 28,
    RCC_CSR_WDGRSTF = 1 << 29, // of the independent one
    RCC_CSR_WWDGRSTF = 1 << 30,
};

// SVD: PWR (CR1 and CSR1 on F7)
struct tt_pwr {
    uint32_t cr;
    uint32_t csr;
};
#define TT_PWR TT_PERIPHERAL(tt_pwr, 0x40007000)

enum tt_pwr_bits {
    PWR_CR_ODEN = 1 << 16,
    PWR_CR_ODSWEN = 1 << 17,
    PWR_CSR_ODRDY = 1 << 16,
    PWR_CSR_ODSWRDY = 1 << 17,
};
