// What lwIP wants to know of compiler and chip.
#pragma once

#include <stdint.h>

uint32_t tt_lwip_random(void);
void tt_lwip_time_told(uint32_t epoch_s, uint32_t us); // of sntp.c

#define LWIP_RAND()      tt_lwip_random()
#define LWIP_NO_UNISTD_H 1
#define LWIP_PLATFORM_DIAG(text)
#define LWIP_PLATFORM_ASSERT(text)

#define LWIP_NO_CTYPE_H 1 // its own are smaller than libc's table
