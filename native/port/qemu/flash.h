// NOR flash emulated in memory of the machine that QEMU keeps in a file: bits only clear, blocks
// are erased whole. A QEMU that is killed leaves a torn write as it is.
#pragma once

#include "../block.h"

enum { TT_QEMU_FLASH_BLOCK_BYTES = 4096 };

// Memory-mapped, as the flash of most microcontrollers is.
const uint8_t *tt_qemu_flash_at(uint32_t offset);
// A range of it, whole blocks.
struct tt_block tt_qemu_flash(uint32_t offset, uint32_t size);
