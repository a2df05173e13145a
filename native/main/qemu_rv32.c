// A device on QEMU's machine virt (riscv32), offline.

#include "../port/qemu/flash.h"
#include "../port/qemu/panel.h"
#include "../port/qemu/pins.h"
#include "../port/qemu_rv32/chip.h"
#include "firmware/firmware.h"

int main(void)
{
    static const struct tt_chip chip = {
        .epoch_ms = tt_rv32_epoch_ms,
        .random = tt_rv32_random,
        .reset = tt_rv32_reset,
        .write = tt_rv32_write,
        .counter = tt_rv32_counter,
        .counter_hz = TT_RV32_COUNTER_HZ,
        .in_handler = tt_rv32_in_handler,
        .idle = tt_rv32_idle,
        .tick = tt_qemu_pins_tick,
        .reset_reason = tt_panel_reset_reason,
        .pins = tt_qemu_pins,
        .flash_at = tt_qemu_flash_at,
        .flash = tt_qemu_flash,
        .show = tt_panel_show,
    };
    tt_firmware_run(&chip, NULL);
}
