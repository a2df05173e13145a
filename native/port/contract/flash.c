// The promises about the block device.

#include <string.h>

#include "../error.gen.h"
#include "case.h"

enum { GRANULE_MAX = 256 };

static const char no_flash[] = TT_CONTRACT_LACKS "the port has no flash";

static bool lacks_flash(const struct tt_contract *contract)
{
    return contract->block == NULL || contract->block->block_count == 0;
}

static bool power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static const char *geometry_is_sound(const struct tt_contract *contract)
{
    if (lacks_flash(contract)) { return no_flash; }
    const struct tt_block *block = contract->block;
    if (!power_of_two(block->block_bytes)) { return "block_bytes is no power of two"; }
    if (block->program_bytes == 0 || block->program_bytes > GRANULE_MAX) {
        return "program_bytes is not 1 to 256";
    }
    if (block->block_bytes % (2 * block->program_bytes) != 0) {
        return "a block does not hold two granules";
    }
    if ((uint64_t)block->block_bytes * block->block_count > UINT32_MAX) {
        return "offsets do not fit 32 bits";
    }
    return contract->scratch_block + 2 <= block->block_count ? NULL : "no two scratch blocks";
}

// Whether len bytes from offset all are `value`.
static bool filled(const struct tt_block *block, uint32_t offset, uint32_t len, uint8_t value)
{
    for (uint32_t at = 0; at < len;) {
        uint8_t bytes[GRANULE_MAX];
        const uint32_t part = len - at < sizeof bytes ? len - at : (uint32_t)sizeof bytes;
        memset(bytes, (uint8_t)~value, sizeof bytes);
        if (block->read(block->ctx, offset + at, bytes, part) != TT_OK) { return false; }
        for (uint32_t i = 0; i < part; i++) {
            if (bytes[i] != value) { return false; }
        }
        at += part;
    }
    return true;
}

static const char *erase_scratch(const struct tt_contract *contract)
{
    const struct tt_block *block = contract->block;
    for (uint32_t i = 0; i < 2; i++) {
        if (block->erase(block->ctx, contract->scratch_block + i) != TT_OK) {
            return "erase failed";
        }
    }
    return NULL;
}

static const char *erase_sets(const struct tt_contract *contract)
{
    if (geometry_is_sound(contract) != NULL) { return no_flash; }
    const struct tt_block *block = contract->block;
    const char *why = erase_scratch(contract);
    if (why != NULL) { return why; }
    const uint32_t first = contract->scratch_block * block->block_bytes;
    uint8_t zeros[GRANULE_MAX] = {0};
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t offset = first + i * block->block_bytes;
        if (block->program(block->ctx, offset, zeros, block->program_bytes) != TT_OK) {
            return "program failed";
        }
    }
    if (block->erase(block->ctx, contract->scratch_block) != TT_OK) { return "erase failed"; }
    if (!filled(block, first, block->block_bytes, 0xff)) { return "erase left bits that are 0"; }
    return filled(block, first + block->block_bytes, block->program_bytes, 0)
               ? NULL
               : "erase reached into the next block";
}

static const char *program_keeps(const struct tt_contract *contract)
{
    if (geometry_is_sound(contract) != NULL) { return no_flash; }
    const struct tt_block *block = contract->block;
    const char *why = erase_scratch(contract);
    if (why != NULL) { return why; }
    const uint32_t granule = block->program_bytes;
    const uint32_t next = (contract->scratch_block + 1) * block->block_bytes;
    uint8_t data[2 * GRANULE_MAX];
    for (uint32_t i = 0; i < 2 * granule; i++) {
        data[i] = (uint8_t)(i * 7 + 1);
    }
    // Across the border of the two blocks.
    if (block->program(block->ctx, next - granule, data, 2 * granule) != TT_OK) {
        return "program across two erased blocks failed";
    }
    uint8_t back[2 * GRANULE_MAX] = {0};
    if (block->read(block->ctx, next - granule, back, 2 * granule) != TT_OK) {
        return "read failed";
    }
    if (memcmp(back, data, 2 * granule) != 0) { return "other bytes were read than programmed"; }
    const uint32_t rest = block->block_bytes - granule;
    return filled(block, next - block->block_bytes, rest, 0xff) &&
                   filled(block, next + granule, rest, 0xff)
               ? NULL
               : "program changed bytes beside its own";
}

static const char *bounds_are_kept(const struct tt_contract *contract)
{
    if (geometry_is_sound(contract) != NULL) { return no_flash; }
    const struct tt_block *block = contract->block;
    const uint32_t size = block->block_bytes * block->block_count;
    uint8_t bytes[2 * GRANULE_MAX];
    memset(bytes, 0xff, sizeof bytes); // programming ones harms nothing, should it happen
    const uint32_t granule = block->program_bytes;
    if (block->read(block->ctx, size - granule, bytes, 2 * granule) != TT_EIO ||
        block->read(block->ctx, size, bytes, 1) != TT_EIO ||
        block->read(block->ctx, UINT32_MAX - granule + 1, bytes, 2 * granule) != TT_EIO) {
        return "a read past the end is not TT_EIO";
    }
    memset(bytes, 0xff, sizeof bytes);
    if (block->program(block->ctx, size, bytes, granule) != TT_EIO ||
        block->program(block->ctx, UINT32_MAX - granule + 1, bytes, 2 * granule) != TT_EIO) {
        return "a program past the end is not TT_EIO";
    }
    if (block->erase(block->ctx, block->block_count) != TT_EIO ||
        block->erase(block->ctx, UINT32_MAX) != TT_EIO) {
        return "an erase past the end is not TT_EIO";
    }
    if (granule > 1 && block->program(block->ctx, contract->scratch_block * block->block_bytes + 1,
                                      bytes, granule) != TT_EIO) {
        return "a program beside the granule is not TT_EIO";
    }
    return NULL;
}

const struct tt_contract_promise tt_contract_flash[] = {
    {"the flash's geometry is sound", geometry_is_sound},
    {"erase sets every bit of one block", erase_sets},
    {"program keeps its bytes and no others", program_keeps},
    {"the flash ends where it says", bounds_are_kept},
};
const size_t tt_contract_flash_count = sizeof tt_contract_flash / sizeof tt_contract_flash[0];
