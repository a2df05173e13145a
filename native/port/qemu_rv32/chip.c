// CLINT, UART, real-time clock and the machine's own reset register; semihosting for entropy.

#include "chip.h"

#include "../qemu/panel.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define BYTE(address)     (*(volatile uint8_t *)(uintptr_t)(address))

// 16550.
#define UART_DATA  BYTE(0x10000000)
#define UART_STATE BYTE(0x10000005) // bit 5: room in the transmitter
// Core-local interruptor of hart 0, 10 MHz.
#define TIME_LOW          REGISTER(0x0200BFF8)
#define TIME_HIGH         REGISTER(0x0200BFFC)
#define TIME_COMPARE_LOW  REGISTER(0x02004000)
#define TIME_COMPARE_HIGH REGISTER(0x02004004)
// Goldfish real-time clock: nanoseconds since 1970, the low word first.
#define CLOCK_LOW  REGISTER(0x00101000)
#define CLOCK_HIGH REGISTER(0x00101004)
#define FINISHER   REGISTER(0x00100000)

enum { UART_READY = 1 << 5, FINISHER_RESET = 0x7777, MIE_TIMER = 1 << 7 };
enum { SYS_OPEN = 0x01, SYS_READ = 0x06, READ_BINARY = 1 };

void tt_rv32_faulted(uint32_t cause, uint32_t pc, uint32_t value);

uint32_t tt_rv32_counter(void)
{
    return TIME_LOW;
}

// All interrupts stay off: what is pending ends a wait, and that is all.
bool tt_rv32_in_handler(void)
{
    return false;
}

void tt_rv32_write(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while ((UART_STATE & UART_READY) == 0) {}
        UART_DATA = (uint8_t)text[i];
    }
}

void tt_rv32_idle(void)
{
    uint32_t high = TIME_HIGH;
    uint32_t low = TIME_LOW;
    if (TIME_HIGH != high) {
        high = TIME_HIGH;
        low = TIME_LOW;
    }
    const uint64_t until = ((uint64_t)high << 32 | low) + TT_RV32_COUNTER_HZ / 1000;
    TIME_COMPARE_HIGH = UINT32_MAX; // no moment in between may look due
    TIME_COMPARE_LOW = (uint32_t)until;
    TIME_COMPARE_HIGH = (uint32_t)(until >> 32);
    __asm__ volatile(".option push\n"
                     ".option arch, +zicsr\n"
                     "csrs mie, %0\n"
                     "wfi\n"
                     ".option pop\n" ::"r"(MIE_TIMER));
}

void tt_rv32_reset(void)
{
    tt_panel_resets(TT_RESET_SOFTWARE);
    FINISHER = FINISHER_RESET;
    for (;;) {}
}

int64_t tt_rv32_epoch_ms(int64_t uptime_ms)
{
    (void)uptime_ms;
    const uint32_t low = CLOCK_LOW; // holds the other word still
    const uint32_t high = CLOCK_HIGH;
    return (int64_t)(((uint64_t)high << 32 | low) / 1000000);
}

static void write_hex(const char *name, uint32_t value)
{
    char text[8];
    size_t len = 0;
    while (name[len] != 0) {
        len++;
    }
    for (int i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    }
    tt_rv32_write(name, len);
    tt_rv32_write(text, sizeof text);
}

void tt_rv32_faulted(uint32_t cause, uint32_t pc, uint32_t value)
{
    write_hex("fault: cause 0x", cause);
    write_hex(" pc 0x", pc);
    write_hex(" value 0x", value);
    tt_rv32_write("\n", 1);
    tt_rv32_reset();
}

// RISC-V Semihosting 0.4: three instructions of four bytes each that lie in one page.
__attribute__((noinline, aligned(16))) static int semihost(int operation, const void *argument)
{
    register int a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     ".balign 16\n"
                     "slli zero, zero, 0x1f\n"
                     "ebreak\n"
                     "srai zero, zero, 7\n"
                     ".option pop\n"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

void tt_rv32_random(uint8_t *out, size_t len)
{
    static const char path[] = "/dev/urandom";
    static int file = -1;
    if (file < 0) {
        const uintptr_t open[] = {(uintptr_t)path, READ_BINARY, sizeof path - 1};
        file = semihost(SYS_OPEN, open);
    }
    const uintptr_t read[] = {(uintptr_t)file, (uintptr_t)out, len};
    // The result is the number of bytes that are missing. Weak keys are worse than no device.
    if (file < 0 || semihost(SYS_READ, read) != 0) {
        static const char text[] = "fault: no entropy: run QEMU with semihosting\n";
        tt_rv32_write(text, sizeof text - 1);
        tt_rv32_reset();
    }
}
