// A device on an STM32 of F4 or F7, with what its board has for a network.

#include "../port/stm32/chip.h"

#include "../port/stm32/flash.h"
#include "../port/stm32/interrupt.h"
#include "../port/stm32/pins.h"
#include "board.gen.h"
#include "firmware/firmware.h"
#include "stm32/network.h"

int main(void)
{
    static struct tt_chip chip = {
        .random = tt_stm32_random_or_reset,
        .reset = tt_stm32_reset,
        .write = tt_stm32_write,
        .counter = tt_stm32_counter,
        .in_handler = tt_stm32_in_handler,
        .idle = tt_stm32_idle,
        .feed = tt_stm32_feed,
        .reset_reason = tt_stm32_reset_reason,
        .pins = tt_stm32_pins,
        .flash_at = tt_stm32_flash_at,
        .flash = tt_stm32_flash,
    };
    static const struct tt_stm32_clock clock = {.core_hz = TT_BOARD_CLOCK_HZ,
                                                .oscillator_hz = TT_BOARD_OSCILLATOR_HZ,
                                                .bypass = TT_BOARD_OSCILLATOR_BYPASS};
    static const struct tt_uart_wires console = TT_BOARD_CONSOLE;
    static const struct tt_channel_wires wires[] = TT_BOARD_WIRES;
    tt_stm32_start(&clock, &console);
    tt_stm32_pins_use(wires, sizeof wires / sizeof wires[0]);
    chip.counter_hz = tt_stm32_core_hz(); // as it is, not as it was wanted
    tt_firmware_run(&chip, tt_stm32_network());
}
