// A NOR flash in memory whose power goes at any byte; programming clears bits only.
#pragma once

#include <stdbool.h>

#include "../port/block.h"
#include "../port/error.gen.h"
#include "check.h"

enum { FAKE_FLASH_BYTES = 64 * 1024, FAKE_FLASH_EVER = 1 << 30 };

// Power goes after `budget` more bytes programmed or blocks erased. What a torn erase leaves: the
// first `torn` bytes erased, or with torn < 0 every byte either way.
struct fake_flash {
    uint8_t bytes[FAKE_FLASH_BYTES];
    struct tt_block block;
    long budget;
    int torn;
    bool fail_once; // the next program fails after all its bytes are there
    uint32_t random;
    int programs;
    int erases[64];
};

static inline uint32_t fake_flash_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static inline uint32_t fake_flash_size(const struct fake_flash *flash)
{
    return flash->block.block_bytes * flash->block.block_count;
}

static inline int fake_flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    const struct fake_flash *const flash = ctx;
    CHECK(offset <= fake_flash_size(flash) && len <= fake_flash_size(flash) - offset);
    memcpy(out, flash->bytes + offset, len);
    return TT_OK;
}

static inline int fake_flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    struct fake_flash *const flash = ctx;
    CHECK(offset <= fake_flash_size(flash) && len <= fake_flash_size(flash) - offset);
    CHECK_INT(offset % flash->block.program_bytes, 0);
    CHECK_INT(len % flash->block.program_bytes, 0);
    flash->programs++;
    for (size_t i = 0; i < len; i++) {
        if (flash->budget-- <= 0) { return TT_EIO; }
        flash->bytes[offset + i] &= data[i];
    }
    const bool failed = flash->fail_once;
    flash->fail_once = false;
    return failed ? TT_EIO : TT_OK;
}

static inline int fake_flash_erase(void *ctx, uint32_t block)
{
    struct fake_flash *const flash = ctx;
    CHECK(block < flash->block.block_count);
    const bool whole = flash->budget-- > 0;
    if (!whole && flash->budget < -1) { return TT_EIO; }
    const uint32_t len = flash->block.block_bytes;
    uint8_t *const bytes = flash->bytes + block * len;
    flash->erases[block]++;
    for (uint32_t i = 0; i < len; i++) {
        const bool erased = whole || (flash->torn < 0 ? fake_flash_random(&flash->random) % 2 == 0
                                                      : i < (uint32_t)flash->torn);
        if (erased) { bytes[i] = 0xFF; }
    }
    return whole ? TT_OK : TT_EIO;
}

static inline void fake_flash_init(struct fake_flash *flash, uint32_t block_bytes, uint32_t blocks,
                                   uint32_t program_bytes)
{
    memset(flash, 0, sizeof *flash);
    memset(flash->bytes, 0xA5, sizeof flash->bytes); // never erased
    flash->budget = FAKE_FLASH_EVER;
    flash->random = 1;
    CHECK(block_bytes * blocks <= FAKE_FLASH_BYTES && blocks <= 64);
    flash->block = (struct tt_block){.ctx = flash,
                                     .block_bytes = block_bytes,
                                     .block_count = blocks,
                                     .program_bytes = program_bytes,
                                     .read = fake_flash_read,
                                     .program = fake_flash_program,
                                     .erase = fake_flash_erase};
}
