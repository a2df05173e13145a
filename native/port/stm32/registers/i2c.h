// I2C: the first version of F2 and F4, the second of F7 and later. RM0090 chapter 27, RM0410
// chapter 33.
#pragma once

#include "register.h"

// SVD: I2C1 of F4
struct tt_i2c1 {
    uint32_t cr1;
    uint32_t cr2;
    uint32_t oar1;
    uint32_t oar2;
    uint32_t dr;
    uint32_t sr1;
    uint32_t sr2;
    uint32_t ccr;
    uint32_t trise;
};
static_assert(offsetof(struct tt_i2c1, trise) == 0x20, "I2C");

enum tt_i2c1_bits { // SVD: of F4
    I2C1_CR1_PE = 1 << 0,
    I2C1_CR1_START = 1 << 8,
    I2C1_CR1_STOP = 1 << 9,
    I2C1_CR1_ACK = 1 << 10,
    I2C1_CR1_POS = 1 << 11,
    I2C1_CR1_SWRST = 1 << 15,
    I2C1_CR2_FREQ_AT = 0,
    I2C1_SR1_SB = 1 << 0,
    I2C1_SR1_ADDR = 1 << 1,
    I2C1_SR1_BTF = 1 << 2,
    I2C1_SR1_RxNE = 1 << 6,
    I2C1_SR1_TxE = 1 << 7,
    I2C1_SR1_BERR = 1 << 8,
    I2C1_SR1_ARLO = 1 << 9,
    I2C1_SR1_AF = 1 << 10,
    I2C1_SR2_BUSY = 1 << 1,
    I2C1_CCR_CCR_AT = 0,
    I2C1_CCR_F_S = 1 << 15,
};

// SVD: I2C1 of L4
struct tt_i2c2 {
    uint32_t cr1;
    uint32_t cr2;
    uint32_t oar1;
    uint32_t oar2;
    uint32_t timingr;
    uint32_t timeoutr;
    uint32_t isr;
    uint32_t icr;
    uint32_t pecr;
    uint32_t rxdr;
    uint32_t txdr;
};
static_assert(offsetof(struct tt_i2c2, txdr) == 0x28, "I2C");

enum tt_i2c2_bits { // SVD: of L4
    I2C2_CR1_PE = 1 << 0,
    I2C2_CR2_RD_WRN = 1 << 10,
    I2C2_CR2_START = 1 << 13,
    I2C2_CR2_STOP = 1 << 14,
    I2C2_CR2_NBYTES_AT = 16,
    I2C2_CR2_RELOAD = 1 << 24,
    I2C2_CR2_AUTOEND = 1 << 25,
    I2C2_TIMINGR_SCLL_AT = 0,
    I2C2_TIMINGR_SCLH_AT = 8,
    I2C2_TIMINGR_SDADEL_AT = 16,
    I2C2_TIMINGR_SCLDEL_AT = 20,
    I2C2_TIMINGR_PRESC_AT = 28,
    I2C2_ISR_TXIS = 1 << 1,
    I2C2_ISR_RXNE = 1 << 2,
    I2C2_ISR_NACKF = 1 << 4,
    I2C2_ISR_STOPF = 1 << 5,
    I2C2_ISR_TC = 1 << 6,
    I2C2_ISR_TCR = 1 << 7,
    I2C2_ISR_BERR = 1 << 8,
    I2C2_ISR_ARLO = 1 << 9,
    I2C2_ISR_BUSY = 1 << 15,
    I2C2_ICR_NACKCF = 1 << 4,
    I2C2_ICR_STOPCF = 1 << 5,
    I2C2_ICR_BERRCF = 1 << 8,
    I2C2_ICR_ARLOCF = 1 << 9,
};
