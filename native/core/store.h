// Small values by key on flash that survive restarts and power cuts: two banks of a CRC-framed log.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "../port/block.h"

enum { TT_STORE_KEY_MAX = 32, TT_STORE_VALUE_MAX = 512 }; // bytes

struct tt_store {
    const struct tt_block *block; // NULL: nothing is kept, set answers TT_EUNSUPPORTED
    uint32_t first_block;         // of the store's own range
    uint32_t bank_blocks;         // erase blocks in each of the two banks
    uint32_t bank;                // the live one, 0 or 1
    uint32_t generation;          // of the live bank
    uint32_t end;                 // offset of the free space in the live bank
};

// Uses block_count erase blocks from first_block (an even number, at least 2). Finds the newest
// consistent bank, formats when there is none. TT_OK or TT_EIO.
int tt_store_open(struct tt_store *store, const struct tt_block *block, uint32_t first_block,
                  uint32_t block_count);
// The value's whole length (at most cap bytes are copied), or TT_ENOTFOUND.
int tt_store_get(const struct tt_store *store, const char *key, size_t key_len, uint8_t *out,
                 size_t cap);
// On flash when it returns TT_OK; either the old or the new value after a power cut.
// TT_EFULL when all live values together do not fit a bank, TT_EINVALID over the limits above.
int tt_store_set(struct tt_store *store, const char *key, size_t key_len, const uint8_t *value,
                 size_t value_len);
int tt_store_remove(struct tt_store *store, const char *key, size_t key_len);
