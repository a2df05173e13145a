// Files and the command line of the computer QEMU runs on. Arm's semihosting, version 2.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int tt_semihosting_open(const char *path); // to read and write; < 0: it cannot be
bool tt_semihosting_seek(int file, uint32_t at);
bool tt_semihosting_read(int file, void *out, size_t len);
bool tt_semihosting_write(int file, const void *data, size_t len);
// The whole command line; false when there is none or it does not fit.
bool tt_semihosting_argument(char *out, size_t cap);
bool tt_semihosting_random(uint8_t *out, size_t len);
