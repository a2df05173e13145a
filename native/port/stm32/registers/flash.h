// The flash controller. RM0090 chapter 3, RM0410 chapter 3.
#pragma once

#include "register.h"

// SVD: FLASH
struct tt_flash {
    uint32_t acr;
    uint32_t keyr;
    uint32_t optkeyr;
    uint32_t sr;
    uint32_t cr;
    uint32_t optcr;
};
static_assert(offsetof(struct tt_flash, cr) == 0x10, "FLASH");
#define TT_FLASH TT_PERIPHERAL(tt_flash, 0x40023C00)

enum tt_flash_bits {
    FLASH_ACR_LATENCY_AT = 0,
    FLASH_ACR_PRFTEN = 1 << 8,
    FLASH_ACR_ICEN = 1 << 9,  // F4; on F7 the same bit is ARTEN, its accelerator
    FLASH_ACR_DCEN = 1 << 10, // F4
    FLASH_ACR_ICRST = 1 << 11,
    FLASH_ACR_DCRST = 1 << 12,
    FLASH_SR_EOP = 1 << 0,
    FLASH_SR_OPERR = 1 << 1,
    FLASH_SR_WRPERR = 1 << 4,
    FLASH_SR_PGAERR = 1 << 5,
    FLASH_SR_PGPERR = 1 << 6,
    FLASH_SR_PGSERR = 1 << 7,
    FLASH_SR_BSY = 1 << 16,
    FLASH_CR_PG = 1 << 0,
    FLASH_CR_SER = 1 << 1,
    FLASH_CR_SNB_AT = 3,
    FLASH_CR_PSIZE_AT = 8,
    FLASH_CR_STRT = 1 << 16,
    FLASH_CR_LOCK = 1 << 31,
};
