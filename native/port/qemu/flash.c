// struct tt_block over memory, a byte at a time and in order, so that a kill between two leaves a
// prefix.

#include "flash.h"

#include <string.h>

#include "../error.gen.h"
#include "memory.h"

static volatile uint8_t *const cells = (volatile uint8_t *)TT_QEMU_MEMORY;

const uint8_t *tt_qemu_flash_at(uint32_t offset)
{
    return (const uint8_t *)cells + offset;
}

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    memcpy(out, (const uint8_t *)ctx + offset, len);
    return TT_OK;
}

static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    volatile uint8_t *const at = (volatile uint8_t *)ctx + offset;
    for (size_t i = 0; i < len; i++) {
        at[i] &= data[i];
    }
    return TT_OK;
}

static int flash_erase(void *ctx, uint32_t block)
{
    volatile uint8_t *const at = (volatile uint8_t *)ctx + block * TT_QEMU_FLASH_BLOCK_BYTES;
    for (size_t i = 0; i < TT_QEMU_FLASH_BLOCK_BYTES; i++) {
        at[i] = 0xFF;
    }
    return TT_OK;
}

struct tt_block tt_qemu_flash(uint32_t offset, uint32_t size)
{
    return (struct tt_block){
        .ctx = (void *)(cells + offset),
        .block_bytes = TT_QEMU_FLASH_BLOCK_BYTES,
        .block_count = size / TT_QEMU_FLASH_BLOCK_BYTES,
        .program_bytes = 1,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
    };
}
