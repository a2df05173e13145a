// Vector table, reset and faults of the Cortex-M3. A fault says where it was and resets.

#include <stdint.h>

#include "chip.h"
#include "registers.h"

extern uint32_t tt_data_load[], tt_data_start[], tt_data_end[];
extern uint32_t tt_bss_start[], tt_bss_end[], tt_stack_top[];

int main(void);
void SVC_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);
void Ethernet_Handler(void);
void tt_mps2_faulted(const uint32_t *frame);

enum { ETHERNET_IRQ = 13, IRQ_COUNT = 32 };

static void begin(void)
{
    const uint32_t *from = tt_data_load;
    for (uint32_t *to = tt_data_start; to < tt_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = tt_bss_start; to < tt_bss_end;) {
        *to++ = 0;
    }
    tt_mps2_start();
    main();
    tt_mps2_reset();
}

static void write_hex(const char *name, uint32_t value)
{
    char text[9];
    for (int i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    }
    size_t len = 0;
    while (name[len] != 0) {
        len++;
    }
    tt_mps2_write(name, len);
    tt_mps2_write(text, 8);
}

// frame: r0-r3, r12, lr, pc and xpsr as the processor pushed them.
void tt_mps2_faulted(const uint32_t *frame)
{
    write_hex("fault: pc 0x", frame[6]);
    write_hex(" lr 0x", frame[5]);
    write_hex(" cfsr 0x", TT_SCB_CFSR);
    write_hex(" bfar 0x", TT_SCB_BFAR);
    tt_mps2_write("\n", 1);
    tt_mps2_reset();
}

__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("tst lr, #4\n"
                     "ite eq\n"
                     "mrseq r0, msp\n"
                     "mrsne r0, psp\n"
                     "b tt_mps2_faulted\n");
}

static void unexpected(void)
{
    static const char text[] = "fault: an interrupt nobody handles\n";
    tt_mps2_write(text, sizeof text - 1);
    tt_mps2_reset();
}

extern void (*const tt_vectors[16 + IRQ_COUNT])(void); // the linker script's entry
__attribute__((section(".vectors"))) void (*const tt_vectors[16 + IRQ_COUNT])(void) = {
    (void (*)(void))tt_stack_top,
    begin,
    tt_mps2_starved, // two turns of the watchdog without food: one of the loops is stuck
    fault,
    fault,
    fault,
    fault,
    [11] = SVC_Handler,
    [12] = unexpected,
    [14] = PendSV_Handler,
    [15] = SysTick_Handler,
    [16 ... 16 + ETHERNET_IRQ - 1] = unexpected,
    [16 + ETHERNET_IRQ] = Ethernet_Handler,
    [16 + ETHERNET_IRQ + 1 ... 16 + IRQ_COUNT - 1] = unexpected,
};
