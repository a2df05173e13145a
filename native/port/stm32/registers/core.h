// What belongs to the processor, not to the chip: interrupts, system control, cycle counter,
// caches, memory protection. ARMv7-M Architecture Reference Manual, B3.
#pragma once

#include "register.h"

#define TT_CORE_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define TT_NVIC_ENABLE        ((volatile uint32_t *)(uintptr_t)0xE000E100)
#define TT_NVIC_PENDING_CLEAR ((volatile uint32_t *)(uintptr_t)0xE000E280)
#define TT_NVIC_PRIORITY      ((volatile uint8_t *)(uintptr_t)0xE000E400)

#define TT_SYSTICK_CTRL TT_CORE_REGISTER(0xE000E010)
#define TT_SYSTICK_LOAD TT_CORE_REGISTER(0xE000E014)
#define TT_SYSTICK_VAL  TT_CORE_REGISTER(0xE000E018)

#define TT_SCB_VTOR    TT_CORE_REGISTER(0xE000ED08)
#define TT_SCB_AIRCR   TT_CORE_REGISTER(0xE000ED0C)
#define TT_SCB_CCR     TT_CORE_REGISTER(0xE000ED14)
#define TT_SCB_CFSR    TT_CORE_REGISTER(0xE000ED28)
#define TT_SCB_HFSR    TT_CORE_REGISTER(0xE000ED2C)
#define TT_SCB_BFAR    TT_CORE_REGISTER(0xE000ED38)
#define TT_SCB_CPACR   TT_CORE_REGISTER(0xE000ED88)
#define TT_SCB_CCSIDR  TT_CORE_REGISTER(0xE000ED80)
#define TT_SCB_CSSELR  TT_CORE_REGISTER(0xE000ED84)
#define TT_SCB_ICIALLU TT_CORE_REGISTER(0xE000EF50)
#define TT_SCB_DCIMVAC TT_CORE_REGISTER(0xE000EF5C)
#define TT_SCB_DCISW   TT_CORE_REGISTER(0xE000EF60)

#define TT_MPU_CTRL TT_CORE_REGISTER(0xE000ED94)
#define TT_MPU_RNR  TT_CORE_REGISTER(0xE000ED98)
#define TT_MPU_RBAR TT_CORE_REGISTER(0xE000ED9C)
#define TT_MPU_RASR TT_CORE_REGISTER(0xE000EDA0)

#define TT_DEMCR      TT_CORE_REGISTER(0xE000EDFC)
#define TT_DWT_CTRL   TT_CORE_REGISTER(0xE0001000)
#define TT_DWT_CYCCNT TT_CORE_REGISTER(0xE0001004)

enum {
    TT_AIRCR_RESET = 0x05FA0004,
    TT_SYSTICK_CTRL_ON = 7, // from the core's clock, with its interrupt
};
