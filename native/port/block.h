// The contract of a block device with NOR flash manners: erase sets a block's bits, program clears.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tt_block {
    void *ctx;
    uint32_t block_bytes;   // size of one erase block, a power of two
    uint32_t block_count;   // erase blocks
    uint32_t program_bytes; // granule: program offsets and lengths are multiples of it, 1 to 256
    // All return TT_OK or TT_EIO. Offsets are from the start of the device. Both loops write, each
    // to devices of its own: where these lie on one chip, its port keeps the calls apart.
    int (*read)(void *ctx, uint32_t offset, uint8_t *out, size_t len);
    // The range was erased before. Power may go at any byte: a torn program leaves a prefix.
    int (*program)(void *ctx, uint32_t offset, const uint8_t *data, size_t len);
    int (*erase)(void *ctx, uint32_t block);
};
