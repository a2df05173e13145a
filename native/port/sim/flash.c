#include "flash.h"

#include <string.h>

#include "../error.gen.h"

enum { PROGRAM_BYTES = 1 };

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len);
static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len);
static int flash_erase(void *ctx, uint32_t block);

struct tt_block tt_sim_flash_block(struct tt_sim_flash *flash)
{
    return (struct tt_block){
        .ctx = flash,
        .block_bytes = flash->block_bytes,
        .block_count = flash->block_count,
        .program_bytes = PROGRAM_BYTES,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
    };
}

static int in_range(const struct tt_sim_flash *flash, uint32_t offset, size_t len)
{
    const uint64_t size = (uint64_t)flash->block_bytes * flash->block_count;
    return len <= size && offset <= size - len;
}

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    const struct tt_sim_flash *flash = ctx;
    if (!in_range(flash, offset, len)) { return TT_EIO; }
    memcpy(out, flash->bytes + offset, len);
    return TT_OK;
}

// Bits only clear, as in the real part: programming what was not erased leaves the AND of both.
static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    struct tt_sim_flash *flash = ctx;
    if (!in_range(flash, offset, len)) { return TT_EIO; }
    for (size_t i = 0; i < len; i++) {
        flash->bytes[offset + i] &= data[i];
    }
    return TT_OK;
}

static int flash_erase(void *ctx, uint32_t block)
{
    struct tt_sim_flash *flash = ctx;
    if (block >= flash->block_count) { return TT_EIO; }
    memset(flash->bytes + (size_t)block * flash->block_bytes, 0xff, flash->block_bytes);
    return TT_OK;
}
