// The serial port of F2 and F4. RM0090 chapter 30.

#include "../usart_family.h"

#include "../registers/usart.h"

static volatile struct tt_usart1 *of(volatile void *registers)
{
    return registers;
}

void tt_usart_start(volatile void *registers, uint32_t divider)
{
    of(registers)->cr1 = 0;
    of(registers)->brr = divider;
    of(registers)->cr2 = 0;
    of(registers)->cr3 = 0;
    of(registers)->cr1 = USART1_CR1_UE | USART1_CR1_RE | USART1_CR1_TE | USART1_CR1_RXNEIE;
}

bool tt_usart_receive(volatile void *registers, uint8_t *byte, volatile uint32_t *lost)
{
    // Reading both registers in this order clears every flag of an error, too.
    const uint32_t status = of(registers)->sr;
    if ((status & (USART1_SR_RXNE | USART1_SR_ORE)) == 0) { return false; }
    if ((status & USART1_SR_ORE) != 0) { (*lost)++; }
    *byte = (uint8_t)of(registers)->dr;
    return (status & USART1_SR_RXNE) != 0;
}

bool tt_usart_sendable(volatile void *registers)
{
    return (of(registers)->sr & USART1_SR_TXE) != 0;
}

void tt_usart_send(volatile void *registers, uint8_t byte)
{
    of(registers)->dr = byte;
}

void tt_usart_ask_to_send(volatile void *registers, bool on)
{
    const uint32_t cr1 = of(registers)->cr1 & ~(uint32_t)USART1_CR1_TXEIE;
    of(registers)->cr1 = on ? cr1 | USART1_CR1_TXEIE : cr1;
}

bool tt_usart_asked_to_send(volatile void *registers)
{
    return (of(registers)->cr1 & USART1_CR1_TXEIE) != 0;
}
