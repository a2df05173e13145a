// QEMU's mps2-an385 as a chip: counter, UART, watchdog, reset; clock and entropy of the computer it
// runs on, through semihosting. The latter two make this port one for tests, never for a product.
#pragma once

#include "../chip.h"

enum { TT_MPS2_COUNTER_HZ = 25000000 };

void tt_mps2_start(void); // before all else
uint32_t tt_mps2_counter(void);
bool tt_mps2_in_handler(void);
void tt_mps2_write(const char *text, size_t len);
void tt_mps2_feed(void);
void tt_mps2_reset(void);   // does not return
void tt_mps2_starved(void); // by the watchdog: says so and resets

void tt_mps2_idle(void);

int64_t tt_mps2_epoch_ms(int64_t uptime_ms);
void tt_mps2_random(uint8_t *out, size_t len);
