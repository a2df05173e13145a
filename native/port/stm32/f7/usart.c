// The serial port of F7 and later. RM0410 chapter 34.

#include "../usart_family.h"

#include "../registers/usart.h"

static volatile struct tt_usart2 *of(volatile void *registers)
{
    return registers;
}

void tt_usart_start(volatile void *registers, uint32_t divider)
{
    of(registers)->cr1 = 0;
    of(registers)->brr = divider;
    of(registers)->cr2 = 0;
    of(registers)->cr3 = 0;
    of(registers)->cr1 = USART2_CR1_UE | USART2_CR1_RE | USART2_CR1_TE | USART2_CR1_RXNEIE;
}

bool tt_usart_receive(volatile void *registers, uint8_t *byte, volatile uint32_t *lost)
{
    const uint32_t status = of(registers)->isr;
    if ((status & USART2_ISR_ORE) != 0) { (*lost)++; }
    // Left standing, an overrun would interrupt for ever.
    of(registers)->icr = USART2_ICR_ORECF | USART2_ICR_NCF | USART2_ICR_FECF | USART2_ICR_PECF;
    if ((status & USART2_ISR_RXNE) == 0) { return false; }
    *byte = (uint8_t)of(registers)->rdr;
    return true;
}

bool tt_usart_sendable(volatile void *registers)
{
    return (of(registers)->isr & USART2_ISR_TXE) != 0;
}

void tt_usart_send(volatile void *registers, uint8_t byte)
{
    of(registers)->tdr = byte;
}

void tt_usart_ask_to_send(volatile void *registers, bool on)
{
    const uint32_t cr1 = of(registers)->cr1 & ~(uint32_t)USART2_CR1_TXEIE;
    of(registers)->cr1 = on ? cr1 | USART2_CR1_TXEIE : cr1;
}

bool tt_usart_asked_to_send(volatile void *registers)
{
    return (of(registers)->cr1 & USART2_CR1_TXEIE) != 0;
}
