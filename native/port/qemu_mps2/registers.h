// Where the registers of QEMU's mps2-an385 are, as far as they are used.
#pragma once

#include <stdint.h>

#define TT_MPS2_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

// CMSDK APB UART 0.
#define TT_UART_DATA    TT_MPS2_REGISTER(0x40004000)
#define TT_UART_STATE   TT_MPS2_REGISTER(0x40004004) // bit 0: the transmitter is full
#define TT_UART_CTRL    TT_MPS2_REGISTER(0x40004008) // bit 0: transmit
#define TT_UART_BAUDDIV TT_MPS2_REGISTER(0x40004010)

// CMSDK APB timer 1, counting down from RELOAD.
#define TT_TIMER_CTRL   TT_MPS2_REGISTER(0x40001000)
#define TT_TIMER_VALUE  TT_MPS2_REGISTER(0x40001004)
#define TT_TIMER_RELOAD TT_MPS2_REGISTER(0x40001008)

// CMSDK APB watchdog.
#define TT_WATCHDOG_LOAD TT_MPS2_REGISTER(0x40008000)
#define TT_WATCHDOG_CTRL                                                                           \
    TT_MPS2_REGISTER(0x40008008) // bit 0: count, bit 1: reset at the second zero
#define TT_WATCHDOG_CLEAR TT_MPS2_REGISTER(0x4000800C)

// Cortex-M3 system control.
#define TT_NVIC_ENABLE        TT_MPS2_REGISTER(0xE000E100)
#define TT_NVIC_PENDING_CLEAR TT_MPS2_REGISTER(0xE000E280)
#define TT_NVIC_PRIORITY      ((volatile uint8_t *)(uintptr_t)0xE000E400)
#define TT_SCB_VTOR           TT_MPS2_REGISTER(0xE000ED08)
#define TT_SCB_AIRCR          TT_MPS2_REGISTER(0xE000ED0C)
#define TT_SCB_CFSR           TT_MPS2_REGISTER(0xE000ED28)
#define TT_SCB_BFAR           TT_MPS2_REGISTER(0xE000ED38)
