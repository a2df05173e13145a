// The calls by their numbers.

#include "semihosting.h"

#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0A,
    SYS_GET_CMDLINE = 0x15,
    READ_BINARY = 1,
    UPDATE_BINARY = 3,
};

static int call(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static int open_as(const char *path, uintptr_t mode)
{
    const uintptr_t arguments[] = {(uintptr_t)path, mode, strlen(path)};
    return call(SYS_OPEN, arguments);
}

int tt_semihosting_open(const char *path)
{
    return open_as(path, UPDATE_BINARY);
}

bool tt_semihosting_seek(int file, uint32_t at)
{
    const uintptr_t arguments[] = {(uintptr_t)file, at};
    return call(SYS_SEEK, arguments) == 0;
}

// The result is the number of bytes that are missing.
bool tt_semihosting_read(int file, void *out, size_t len)
{
    const uintptr_t arguments[] = {(uintptr_t)file, (uintptr_t)out, len};
    return call(SYS_READ, arguments) == 0;
}

bool tt_semihosting_write(int file, const void *data, size_t len)
{
    const uintptr_t arguments[] = {(uintptr_t)file, (uintptr_t)data, len};
    return call(SYS_WRITE, arguments) == 0;
}

bool tt_semihosting_argument(char *out, size_t cap)
{
    uintptr_t arguments[] = {(uintptr_t)out, cap};
    return call(SYS_GET_CMDLINE, arguments) == 0 && out[0] != 0;
}

bool tt_semihosting_random(uint8_t *out, size_t len)
{
    static int file = -1;
    if (file < 0) { file = open_as("/dev/urandom", READ_BINARY); }
    return file >= 0 && tt_semihosting_read(file, out, len);
}
