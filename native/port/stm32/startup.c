// Vector table, reset and faults. A fault says where it was and resets.

#include <stddef.h>

#include "chip.h"
#include "interrupt.h"
#include "registers/core.h"

extern uint32_t tt_data_load[], tt_data_start[], tt_data_end[];
extern uint32_t tt_bss_start[], tt_bss_end[], tt_core_start[], tt_core_end[], tt_stack_top[];

int main(void);
void SVC_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);
void vPortSetupTimerInterrupt(void);
void tt_stm32_faulted(const uint32_t *frame);

enum { IRQ_PRIORITY = 0x80, TICK_HZ = 1000, CPACR_FPU = 0xF << 20 };

static void clear(uint32_t *from, const uint32_t *to)
{
    while (from < to) {
        *from++ = 0;
    }
}

static void begin(void)
{
#ifdef __ARM_FP
    TT_SCB_CPACR |= CPACR_FPU; // code for the FPU traps until it is on; else it stays off
#endif
    const uint32_t *from = tt_data_load;
    for (uint32_t *to = tt_data_start; to < tt_data_end;) {
        *to++ = *from++;
    }
    clear(tt_bss_start, tt_bss_end);
    clear(tt_core_start, tt_core_end);
    main();
    tt_stm32_reset();
}

// Of the kernel: it would believe the clock that was wanted, not the one there is.
void vPortSetupTimerInterrupt(void)
{
    TT_SYSTICK_LOAD = tt_stm32_core_hz() / TICK_HZ - 1;
    TT_SYSTICK_VAL = 0;
    TT_SYSTICK_CTRL = TT_SYSTICK_CTRL_ON;
}

void tt_stm32_irq_on(uint8_t irq)
{
    TT_NVIC_PRIORITY[irq] = IRQ_PRIORITY;
    TT_NVIC_PENDING_CLEAR[irq / 32] = 1U << irq % 32;
    TT_NVIC_ENABLE[irq / 32] = 1U << irq % 32;
}

static uint32_t exception_now(void)
{
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    return exception;
}

bool tt_stm32_in_handler(void)
{
    return exception_now() != 0;
}

uint8_t tt_stm32_irq_now(void)
{
    return (uint8_t)(exception_now() - 16);
}

uint32_t tt_stm32_irq_hold(void)
{
    uint32_t held;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(held)::"memory");
    return held;
}

void tt_stm32_irq_let(uint32_t held)
{
    __asm__ volatile("msr primask, %0" ::"r"(held) : "memory");
}

static void write_hex(const char *name, uint32_t value)
{
    char text[8];
    for (int i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    }
    size_t len = 0;
    while (name[len] != 0) {
        len++;
    }
    tt_stm32_write(name, len);
    tt_stm32_write(text, sizeof text);
}

// frame: r0-r3, r12, lr, pc and xpsr as the processor pushed them.
void tt_stm32_faulted(const uint32_t *frame)
{
    write_hex("fault: pc 0x", frame[6]);
    write_hex(" lr 0x", frame[5]);
    write_hex(" cfsr 0x", TT_SCB_CFSR);
    write_hex(" hfsr 0x", TT_SCB_HFSR);
    write_hex(" bfar 0x", TT_SCB_BFAR);
    tt_stm32_write("\n", 1);
    tt_stm32_reset();
}

__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("tst lr, #4\n"
                     "ite eq\n"
                     "mrseq r0, msp\n"
                     "mrsne r0, psp\n"
                     "b tt_stm32_faulted\n");
}

static void unexpected(void)
{
    static const char text[] = "fault: an interrupt nobody handles\n";
    tt_stm32_write(text, sizeof text - 1);
    tt_stm32_reset();
}

// Where no driver of it is linked.
__attribute__((weak)) void tt_stm32_ethernet_interrupt(void)
{
    unexpected();
}

extern void (*const tt_vectors[16 + TT_IRQ_COUNT])(void); // the linker script's entry
__attribute__((section(".vectors"))) void (*const tt_vectors[16 + TT_IRQ_COUNT])(void) = {
    (void (*)(void))tt_stack_top,
    begin,
    unexpected,
    fault,
    fault,
    fault,
    fault,
    [11] = SVC_Handler,
    [12] = unexpected,
    [14] = PendSV_Handler,
    [15] = SysTick_Handler,
    [16 ... 16 + TT_IRQ_EXTI0 - 1] = unexpected,
    [16 + TT_IRQ_EXTI0... 16 + TT_IRQ_EXTI0 + 4] = tt_stm32_exti_interrupt,
    [16 + TT_IRQ_EXTI0 + 5 ... 16 + TT_IRQ_EXTI9_5 - 1] = unexpected,
    [16 + TT_IRQ_EXTI9_5] = tt_stm32_exti_interrupt,
    [16 + TT_IRQ_EXTI9_5 + 1 ... 16 + TT_IRQ_USART1 - 1] = unexpected,
    [16 + TT_IRQ_USART1... 16 + TT_IRQ_USART1 + 2] = tt_stm32_usart_interrupt,
    [16 + TT_IRQ_EXTI15_10] = tt_stm32_exti_interrupt,
    [16 + TT_IRQ_EXTI15_10 + 1 ... 16 + TT_IRQ_UART4 - 1] = unexpected,
    [16 + TT_IRQ_UART4... 16 + TT_IRQ_UART5] = tt_stm32_usart_interrupt,
    [16 + TT_IRQ_UART5 + 1 ... 16 + TT_IRQ_ETH - 1] = unexpected,
    [16 + TT_IRQ_ETH] = tt_stm32_ethernet_interrupt,
    [16 + TT_IRQ_ETH + 1 ... 16 + TT_IRQ_USART6 - 1] = unexpected,
    [16 + TT_IRQ_USART6] = tt_stm32_usart_interrupt,
    [16 + TT_IRQ_USART6 + 1 ... 16 + TT_IRQ_UART7 - 1] = unexpected,
    [16 + TT_IRQ_UART7... 16 + TT_IRQ_UART8] = tt_stm32_usart_interrupt,
    [16 + TT_IRQ_UART8 + 1 ... 16 + TT_IRQ_COUNT - 1] = unexpected,
};
