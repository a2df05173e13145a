// A device on the STM32F405 that QEMU emulates, with a modem: the port of the real chip, but for
// what QEMU has no model of.

#include "../port/qemu_stm32/emulator.h"

#include "../port/stm32/chip.h"
#include "../port/stm32/flash.h"
#include "../port/stm32/interrupt.h"
#include "../port/stm32/pins.h"
#include "board.gen.h"
#include "firmware/firmware.h"
#include "stm32/network.h"

int main(void)
{
    static const struct tt_chip chip = {
        .random = tt_qemu_stm32_random,
        .reset = tt_stm32_reset,
        .write = tt_stm32_write,
        .counter = tt_qemu_stm32_counter,
        .counter_hz = TT_QEMU_STM32_COUNTER_HZ,
        .in_handler = tt_stm32_in_handler,
        .idle = tt_stm32_idle,
        .feed = tt_stm32_feed,
        .pins = tt_stm32_pins,
        .flash_at = tt_stm32_flash_at,
        .flash = tt_qemu_stm32_flash,
        .show = tt_qemu_stm32_show,
    };
    static const struct tt_stm32_clock clock = {.core_hz = TT_BOARD_CLOCK_HZ,
                                                .oscillator_hz = TT_BOARD_OSCILLATOR_HZ,
                                                .bypass = TT_BOARD_OSCILLATOR_BYPASS};
    static const struct tt_uart_wires console = TT_BOARD_CONSOLE;
    static const struct tt_channel_wires wires[] = TT_BOARD_WIRES;
    static const struct tt_qemu_range kept[] = TT_BOARD_DATA_RANGES;
    tt_stm32_start(&clock, &console);
    tt_qemu_stm32_start(kept, sizeof kept / sizeof kept[0]);
    tt_stm32_pins_use(wires, sizeof wires / sizeof wires[0]);
    tt_firmware_run(&chip, tt_stm32_network());
}
