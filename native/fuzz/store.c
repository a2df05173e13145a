// Opens a store on hostile flash, then uses it: nothing may be read or written outside its blocks.
#include <stdlib.h>
#include <string.h>

#include "../core/store.h"
#include "../port/error.gen.h"

enum { BLOCK_BYTES = 256, BLOCKS = 4, SIZE = BLOCK_BYTES * BLOCKS };

static uint8_t flash[SIZE];

static void require(int fact)
{
    if (!fact) { abort(); }
}

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    (void)ctx;
    require(offset <= SIZE && len <= SIZE - offset);
    memcpy(out, flash + offset, len);
    return TT_OK;
}

static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    (void)ctx;
    require(offset <= SIZE && len <= SIZE - offset && offset % 4 == 0 && len % 4 == 0);
    for (size_t i = 0; i < len; i++) {
        flash[offset + i] &= data[i];
    }
    return TT_OK;
}

static int flash_erase(void *ctx, uint32_t block)
{
    (void)ctx;
    require(block < BLOCKS);
    memset(flash + block * BLOCK_BYTES, 0xFF, BLOCK_BYTES);
    return TT_OK;
}

static const struct tt_block block = {.block_bytes = BLOCK_BYTES,
                                      .block_count = BLOCKS,
                                      .program_bytes = 4,
                                      .read = flash_read,
                                      .program = flash_program,
                                      .erase = flash_erase};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tt_store store;
    uint8_t value[TT_STORE_VALUE_MAX];
    memset(flash, 0xFF, SIZE);
    memcpy(flash, data, size < SIZE ? size : SIZE);
    require(tt_store_open(&store, &block, 0, BLOCKS) == TT_OK);
    const int len = tt_store_get(&store, "a", 1, value, sizeof value);
    require(len == TT_ENOTFOUND || (len >= 0 && len <= TT_STORE_VALUE_MAX));
    tt_store_remove(&store, "a", 1);
    for (uint8_t i = 0; i < 40; i++) {
        // Garbage behind the free space may spoil a record, but never the sense of the answers.
        const int err = tt_store_set(&store, "boot", 4, &i, 1);
        require(err == TT_OK || err == TT_EFULL);
    }
    require(tt_store_open(&store, &block, 0, BLOCKS) == TT_OK);
    return 0;
}
