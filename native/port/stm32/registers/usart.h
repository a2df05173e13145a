// Serial ports: the first version of F2 and F4, the second of F7 and later. RM0090 chapter 30,
// RM0410 chapter 34.
#pragma once

#include "register.h"

// SVD: USART1 of F4
struct tt_usart1 {
    uint32_t sr;
    uint32_t dr;
    uint32_t brr;
    uint32_t cr1;
    uint32_t cr2;
    uint32_t cr3;
    uint32_t gtpr;
};
static_assert(offsetof(struct tt_usart1, gtpr) == 0x18, "USART");

// SVD: USART1 of L4
struct tt_usart2 {
    uint32_t cr1;
    uint32_t cr2;
    uint32_t cr3;
    uint32_t brr;
    uint32_t gtpr;
    uint32_t rtor;
    uint32_t rqr;
    uint32_t isr;
    uint32_t icr;
    uint32_t rdr;
    uint32_t tdr;
};
static_assert(offsetof(struct tt_usart2, tdr) == 0x28, "USART");

enum tt_usart1_bits { // SVD: of F4
    USART1_SR_PE = 1 << 0,
    USART1_SR_FE = 1 << 1,
    USART1_SR_ORE = 1 << 3,
    USART1_SR_RXNE = 1 << 5,
    USART1_SR_TC = 1 << 6,
    USART1_SR_TXE = 1 << 7,
    USART1_CR1_RE = 1 << 2,
    USART1_CR1_TE = 1 << 3,
    USART1_CR1_RXNEIE = 1 << 5,
    USART1_CR1_TXEIE = 1 << 7,
    USART1_CR1_UE = 1 << 13,
};

enum tt_usart2_bits { // SVD: of L4
    USART2_CR1_UE = 1 << 0,
    USART2_CR1_RE = 1 << 2,
    USART2_CR1_TE = 1 << 3,
    USART2_CR1_RXNEIE = 1 << 5,
    USART2_CR1_TXEIE = 1 << 7,
    USART2_ISR_ORE = 1 << 3,
    USART2_ISR_RXNE = 1 << 5,
    USART2_ISR_TC = 1 << 6,
    USART2_ISR_TXE = 1 << 7,
    USART2_ICR_PECF = 1 << 0,
    USART2_ICR_FECF = 1 << 1,
    USART2_ICR_NCF = 1 << 2,
    USART2_ICR_ORECF = 1 << 3,
};
