// The two things QEMU's machine lacks and its computer has, by Arm's semihosting calls: the time
// and randomness.

#include <string.h>

#include "chip.h"

enum { SYS_OPEN = 0x01, SYS_READ = 0x06, SYS_TIME = 0x11, READ_BINARY = 1 };

static int semihost(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

// Asked once: the uptime goes on by itself from there, in virtual time too.
int64_t tt_mps2_epoch_ms(int64_t uptime_ms)
{
    static int64_t at_start_ms;
    if (at_start_ms == 0) {
        at_start_ms = (int64_t)(uint32_t)semihost(SYS_TIME, NULL) * 1000 - uptime_ms;
    }
    return at_start_ms + uptime_ms;
}

void tt_mps2_random(uint8_t *out, size_t len)
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
        tt_mps2_write(text, sizeof text - 1);
        tt_mps2_reset();
    }
}
