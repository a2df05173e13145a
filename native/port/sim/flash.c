#include "flash.h"

#include <string.h>

#include "../error.gen.h"

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len);
static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len);
static int flash_erase(void *ctx, uint32_t block);

struct tt_block tt_sim_flash_block(struct tt_sim_flash *flash)
{
    return (struct tt_block){
        .ctx = flash,
        .block_bytes = flash->block_bytes,
        .block_count = flash->block_count,
        .program_bytes = flash->program_bytes > 0 ? flash->program_bytes : 1,
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
    if (!in_range(flash, offset, len) || (flash->life && flash->life->dead)) { return TT_EIO; }
    memcpy(out, flash->bytes + offset, len);
    return TT_OK;
}

// How many of the len bytes of a program or an erase are done; all of them unless it fails.
static size_t lived(struct tt_sim_flash_life *life, size_t len, bool *failed)
{
    *failed = false;
    if (!life) { return len; }
    *failed = life->dead;
    if (life->dead || life->wait == 0) { return life->dead ? 0 : len; }
    if (life->wait > 1) {
        life->wait--;
        return len;
    }
    *failed = true;
    const size_t done = life->torn_bytes < len ? life->torn_bytes : len;
    life->torn_bytes = 0;
    life->fails -= life->fails > 0 ? 1 : 0;
    if (life->fails == 0) { life->wait = 0; }
    if (life->cuts) {
        life->cuts = false;
        life->wait = 0;
        life->dead = true;
        if (life->died) { life->died(life->ctx); }
    }
    return done;
}

// Bits only clear, as in the real part: programming what was not erased leaves the AND of both.
static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    struct tt_sim_flash *flash = ctx;
    const uint32_t granule = flash->program_bytes > 0 ? flash->program_bytes : 1;
    if (!in_range(flash, offset, len) || offset % granule != 0 || len % granule != 0) {
        return TT_EIO;
    }
    bool failed;
    const size_t done = lived(flash->life, len, &failed);
    if (flash->life) { flash->life->programs++; }
    for (size_t i = 0; i < done; i++) {
        flash->bytes[offset + i] &= data[i];
    }
    return failed ? TT_EIO : TT_OK;
}

static int flash_erase(void *ctx, uint32_t block)
{
    struct tt_sim_flash *flash = ctx;
    if (block >= flash->block_count) { return TT_EIO; }
    bool failed;
    const size_t done = lived(flash->life, flash->block_bytes, &failed);
    if (flash->life) { flash->life->erases++; }
    if (flash->erases) { flash->erases[block]++; }
    memset(flash->bytes + (size_t)block * flash->block_bytes, 0xff, done);
    return failed ? TT_EIO : TT_OK;
}
