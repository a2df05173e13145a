// Serial ports with a ring each way, filled and emptied by their interrupt handler. One opener, one
// reader and one writer each.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../stream.h"
#include "../wires.h"

enum { TT_STM32_USARTS = 8 };

struct tt_stm32_ring {
    uint8_t *bytes;
    uint16_t size; // a power of two; one byte of it stays free
    volatile uint16_t in;
    volatile uint16_t out;
};

struct tt_stm32_usart {
    uint8_t unit; // 1 to 8; 0: not opened
    volatile void *registers;
    struct tt_stm32_ring receive;
    struct tt_stm32_ring send;
    void (*wake)(void);     // in the handler: bytes have come, or there is room; may be NULL
    volatile uint32_t lost; // bytes received that found no room, here or in the chip
};

// Connects the pins and starts both ways. The rings' bytes and *usart are the caller's for ever.
// TT_OK, or TT_EINVALID for a unit that is not there.
int tt_stm32_usart_open(struct tt_stm32_usart *usart, const struct tt_uart_wires *wires,
                        void (*wake)(void));
// Its pipe; close does nothing.
struct tt_stream tt_stm32_usart_stream(struct tt_stm32_usart *usart);
// Waits, bounded, until all of it is out; also where interrupts are off, and in a fault.
void tt_stm32_usart_write_now(struct tt_stm32_usart *usart, const char *text, size_t len);
