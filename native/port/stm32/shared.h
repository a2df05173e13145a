// Registers of which both loops change bits: clocks of the peripherals, modes of the pins. The
// app's loop may come between any two instructions of the link's, and what it changed then must not
// be written back as it was.
#pragma once

#include <stdint.h>

void tt_stm32_change(volatile uint32_t *where, uint32_t clear, uint32_t set);
