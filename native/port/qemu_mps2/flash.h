// NOR flash emulated in the machine's PSRAM, which QEMU can keep in a file: bits only clear, blocks
// are erased whole. A QEMU that is killed leaves a torn write as it is.
#pragma once

#include "../block.h"

enum { TT_MPS2_FLASH_BLOCK_BYTES = 4096 };

// Memory-mapped, as the flash of most microcontrollers is.
const uint8_t *tt_mps2_flash_at(uint32_t offset);
// A range of it, whole blocks.
struct tt_block tt_mps2_flash_block(uint32_t offset, uint32_t size);
