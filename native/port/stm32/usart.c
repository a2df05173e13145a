// The rings and what the two versions of the peripheral have in common.

#include "usart.h"

#include <stdatomic.h>

#include "../error.gen.h"
#include "clock.h"
#include "gpio.h"
#include "interrupt.h"
#include "registers/rcc.h"
#include "shared.h"
#include "usart_family.h"

enum { POLLS_MAX = 200000, BYTES_MAX = 16 }; // of one interrupt: more are another's

static const struct {
    uint32_t address;
    uint8_t enable; // bit of RCC_APB1ENR, or of APB2ENR
    bool apb2;
    uint8_t irq;
} units[TT_STM32_USARTS] = {
    {0x40011000, 4, true, TT_IRQ_USART1},       {0x40004400, 17, false, TT_IRQ_USART1 + 1},
    {0x40004800, 18, false, TT_IRQ_USART1 + 2}, {0x40004C00, 19, false, TT_IRQ_UART4},
    {0x40005000, 20, false, TT_IRQ_UART5},      {0x40011400, 5, true, TT_IRQ_USART6},
    {0x40007800, 30, false, TT_IRQ_UART7},      {0x40007C00, 31, false, TT_IRQ_UART8},
};

static struct tt_stm32_usart *opened[TT_STM32_USARTS];

static bool put(struct tt_stm32_ring *ring, uint8_t byte)
{
    const uint16_t next = (uint16_t)((ring->in + 1U) & (ring->size - 1U));
    if (next == ring->out) { return false; }
    ring->bytes[ring->in] = byte;
    atomic_signal_fence(memory_order_release); // the byte before the news of it
    ring->in = next;
    return true;
}

static bool take(struct tt_stm32_ring *ring, uint8_t *byte)
{
    if (ring->in == ring->out) { return false; }
    *byte = ring->bytes[ring->out];
    atomic_signal_fence(memory_order_release);
    ring->out = (uint16_t)((ring->out + 1U) & (ring->size - 1U));
    return true;
}

// What the ring has, as long as the chip takes it. In the handler, or with the interrupt off.
static void send_some(struct tt_stm32_usart *usart)
{
    uint8_t byte;
    while (tt_usart_sendable(usart->registers)) {
        if (!take(&usart->send, &byte)) {
            tt_usart_ask_to_send(usart->registers, false);
            return;
        }
        tt_usart_send(usart->registers, byte);
    }
    tt_usart_ask_to_send(usart->registers, true);
}

void tt_stm32_usart_interrupt(void)
{
    const uint8_t irq = tt_stm32_irq_now();
    for (size_t i = 0; i < TT_STM32_USARTS; i++) {
        struct tt_stm32_usart *const usart = opened[i];
        if (usart == NULL || units[i].irq != irq) { continue; }
        uint8_t byte;
        for (int bytes = 0;
             bytes < BYTES_MAX && tt_usart_receive(usart->registers, &byte, &usart->lost);
             bytes++) {
            if (!put(&usart->receive, byte)) { usart->lost++; }
        }
        if (tt_usart_asked_to_send(usart->registers)) { send_some(usart); }
        if (usart->wake != NULL) { usart->wake(); }
    }
}

static int stream_read(void *ctx, uint8_t *out, size_t cap)
{
    struct tt_stm32_usart *const usart = ctx;
    size_t got = 0;
    while (got < cap && take(&usart->receive, out + got)) {
        got++;
    }
    return (int)got;
}

static int stream_write(void *ctx, const uint8_t *data, size_t len)
{
    struct tt_stm32_usart *const usart = ctx;
    size_t taken = 0;
    while (taken < len && put(&usart->send, data[taken])) {
        taken++;
    }
    if (taken > 0) {
        // The handler must not take from the ring at the same time.
        tt_usart_ask_to_send(usart->registers, false);
        send_some(usart);
    }
    return (int)taken;
}

static void stream_close(void *ctx)
{
    (void)ctx;
}

int tt_stm32_usart_open(struct tt_stm32_usart *usart, const struct tt_uart_wires *wires,
                        void (*wake)(void))
{
    const uint8_t unit = wires->tx.unit;
    if (unit == 0 || unit > TT_STM32_USARTS || wires->rx.unit != unit || wires->baud == 0) {
        return TT_EINVALID;
    }
    tt_stm32_pin_alternate(&wires->tx, false);
    tt_stm32_pin_alternate(&wires->rx, false);
    volatile uint32_t *const enable = units[unit - 1].apb2 ? &TT_RCC->apb2enr : &TT_RCC->apb1enr;
    tt_stm32_change(enable, 0, 1U << units[unit - 1].enable);
    (void)*enable;
    usart->registers = (volatile void *)TT_ADDRESS(units[unit - 1].address);
    usart->wake = wake;
    usart->unit = unit;
    opened[unit - 1] = usart;
    const uint32_t clock_hz = units[unit - 1].apb2 ? tt_stm32_apb2_hz() : tt_stm32_apb1_hz();
    tt_usart_start(usart->registers, (clock_hz + wires->baud / 2) / wires->baud);
    tt_stm32_irq_on(units[unit - 1].irq);
    return TT_OK;
}

struct tt_stream tt_stm32_usart_stream(struct tt_stm32_usart *usart)
{
    return (struct tt_stream){
        .ctx = usart, .read = stream_read, .write = stream_write, .close = stream_close};
}

void tt_stm32_usart_write_now(struct tt_stm32_usart *usart, const char *text, size_t len)
{
    if (usart->unit == 0) { return; }
    for (size_t i = 0; i < len; i++) {
        for (int polls = 0; !tt_usart_sendable(usart->registers) && polls < POLLS_MAX; polls++) {}
        tt_usart_send(usart->registers, (uint8_t)text[i]);
    }
}
