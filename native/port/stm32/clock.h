// The chip's clocks: from the board's oscillator through the PLL to the speed the board's chip is
// made for. Whatever does not start is done without, in bounded time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tt_stm32_clock {
    uint32_t core_hz;       // wanted
    uint32_t oscillator_hz; // at OSC_IN; 0: the chip's own 16 MHz
    bool bypass;            // a finished clock signal, not a crystal
};

enum tt_stm32_source {
    TT_STM32_FROM_OSCILLATOR, // as wanted
    TT_STM32_FROM_INTERNAL,   // the board's oscillator does not run: about 1 % off
    TT_STM32_SLOW,            // the PLL does not lock either: 16 MHz
    TT_STM32_NO_CLOCKS,       // nothing answers: an emulator that models none
};

// Once, first of all. Reads and clears the reason of the last reset.
enum tt_stm32_source tt_stm32_clock_start(const struct tt_stm32_clock *wanted);

uint32_t tt_stm32_core_hz(void);
uint32_t tt_stm32_apb1_hz(void);
uint32_t tt_stm32_apb2_hz(void);
bool tt_stm32_emulated(void);      // TT_STM32_NO_CLOCKS
uint32_t tt_stm32_reset_csr(void); // RCC_CSR as it was at the start

// At least so long; needs the cycle counter of the core, and ends without it.
void tt_stm32_delay_us(uint32_t us);
