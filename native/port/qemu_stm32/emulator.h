// What QEMU's STM32F405 has no model of, by Arm's semihosting calls: randomness, a flash that can
// be written, a counter. It makes this port one for tests, never for a product.
//
// The flash is a file whose path is QEMU's first semihosting argument, of the layout of
// port/qemu/memory.h. It is read into the machine's ROM at each start; a write goes to the file
// first, from there into the ROM, which only the emulator's own file calls can change. A QEMU that
// is killed leaves what was written.
#pragma once

#include "../chip.h"

enum { TT_QEMU_STM32_COUNTER_HZ = 1000000000 };

struct tt_qemu_range {
    uint32_t offset; // of the flash
    uint32_t size;
};

// After tt_stm32_start. kept: what is the file's; the rest, which is the firmware, QEMU has loaded.
void tt_qemu_stm32_start(const struct tt_qemu_range *kept, size_t count);

void tt_qemu_stm32_random(uint8_t *out, size_t len);
uint32_t tt_qemu_stm32_counter(void);
struct tt_block tt_qemu_stm32_flash(uint32_t offset, uint32_t size);
void tt_qemu_stm32_show(const struct tt_figures *figures);
