// A whole file in memory.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The content and a NUL after it, to be freed by the caller; NULL with errno set when it cannot be
// read or is larger than max bytes (EFBIG).
uint8_t *tt_file_read(const char *path, size_t max, size_t *len);
