// QEMU's machine virt (riscv32) as a chip: counter, UART, reset, clock; entropy of the computer it
// runs on, through semihosting, which makes this port one for tests, never for a product.
#pragma once

#include "../chip.h"

enum { TT_RV32_COUNTER_HZ = 10000000 };

uint32_t tt_rv32_counter(void);
bool tt_rv32_in_handler(void);
void tt_rv32_write(const char *text, size_t len);
void tt_rv32_idle(void);
void tt_rv32_reset(void); // does not return
int64_t tt_rv32_epoch_ms(int64_t uptime_ms);
void tt_rv32_random(uint8_t *out, size_t len);
