// The block device: to be filled from the flash controller, for a range that holds no code.

#include "../error.gen.h"
#include "template.h"

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    (void)ctx, (void)offset, (void)out, (void)len;
    return TT_EIO;
}

// Check the bounds (without letting offset + len overflow) and the granule first.
static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    (void)ctx, (void)offset, (void)data, (void)len;
    return TT_EIO;
}

static int flash_erase(void *ctx, uint32_t block)
{
    (void)ctx, (void)block;
    return TT_EIO;
}

struct tt_block tt_template_block(struct tt_template *device)
{
    return (struct tt_block){
        .ctx = device,
        .block_bytes = TT_TEMPLATE_BLOCK_BYTES,
        .block_count = TT_TEMPLATE_BLOCK_COUNT,
        .program_bytes = TT_TEMPLATE_PROGRAM_BYTES,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
    };
}
