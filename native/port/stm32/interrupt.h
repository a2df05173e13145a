// Interrupt lines of the chip, by their number in its vector table.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    TT_IRQ_EXTI0 = 6,
    TT_IRQ_EXTI9_5 = 23,
    TT_IRQ_USART1 = 37,
    TT_IRQ_EXTI15_10 = 40,
    TT_IRQ_UART4 = 52,
    TT_IRQ_UART5 = 53,
    TT_IRQ_ETH = 61,
    TT_IRQ_USART6 = 71,
    TT_IRQ_UART7 = 82,
    TT_IRQ_UART8 = 83,
    TT_IRQ_COUNT = 110,
};

// Below what the kernel masks, so that handlers may wake its tasks.
void tt_stm32_irq_on(uint8_t irq);
bool tt_stm32_in_handler(void);
// The line whose handler runs.
uint8_t tt_stm32_irq_now(void);
// Keeps handlers and other tasks off the processor, for microseconds at most. What it returns is
// for tt_stm32_irq_let.
uint32_t tt_stm32_irq_hold(void);
void tt_stm32_irq_let(uint32_t held);

// Handlers, for the vector table.
void tt_stm32_exti_interrupt(void);
void tt_stm32_usart_interrupt(void);
void tt_stm32_ethernet_interrupt(void);
