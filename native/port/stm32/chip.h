// An STM32 F4 or F7 as struct tt_chip, all but its random generator's and flash's replacements in
// an emulator.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../chip.h"
#include "../wires.h"
#include "clock.h"

// First of all: clocks, caches, watchdog, console. Says in the log what did not start.
void tt_stm32_start(const struct tt_stm32_clock *clock, const struct tt_uart_wires *console);

void tt_stm32_random_or_reset(uint8_t *out, size_t len);
void tt_stm32_reset(void); // does not return
void tt_stm32_write(const char *text, size_t len);
uint32_t tt_stm32_counter(void); // cycles of the core
void tt_stm32_idle(void);
void tt_stm32_feed(void);
enum tt_reset_reason tt_stm32_reset_reason(void);
