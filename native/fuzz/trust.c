// Hostile bundles, pieces of bundles and flash: nothing that is not signed comes into use.
#include "../core/trust.h"

#include <stdlib.h>
#include <string.h>

#include "../port/error.gen.h"

enum { BLOCK = 1024, BLOCKS = 4 };
#define REQUIRE(fact)                                                                              \
    if (!(fact)) { abort(); }

static uint8_t flash[BLOCK * BLOCKS];
static long writes_left = -1;

static int read_flash(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    (void)ctx;
    REQUIRE(offset + len <= sizeof flash);
    memcpy(out, flash + offset, len);
    return TT_OK;
}

static bool powered(void)
{
    if (writes_left == 0) { return false; }
    writes_left -= writes_left > 0 ? 1 : 0;
    return true;
}

static int program_flash(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    (void)ctx;
    REQUIRE(offset + len <= sizeof flash && offset % 256 == 0 && len % 256 == 0);
    const bool whole = powered();
    for (size_t i = 0; i < (whole ? len : len / 3); i++) {
        flash[offset + i] &= data[i];
    }
    return whole ? TT_OK : TT_EIO;
}

static int erase_flash(void *ctx, uint32_t number)
{
    (void)ctx;
    REQUIRE(number < BLOCKS);
    if (!powered()) { return TT_EIO; }
    memset(flash + number * BLOCK, 0xff, BLOCK);
    return TT_OK;
}

static const struct tt_block block = {.block_bytes = BLOCK,
                                      .block_count = BLOCKS,
                                      .program_bytes = 256,
                                      .read = read_flash,
                                      .program = program_flash,
                                      .erase = erase_flash};

static const uint8_t key[TT_TRUST_KEY_LEN] = {4}; // nobody's: no signature is good

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char answer_text[200];
    uint8_t *const copy = malloc(len + 1);
    memcpy(copy, data, len);
    uint32_t version;
    struct tt_range roots;
    REQUIRE(tt_trust_read(copy, len, key, &version, &roots) != TT_OK);

    memset(flash, 0xff, sizeof flash);
    struct tt_trust trust = {.calls = &tt_trust_calls, .block = &block, .key = key};
    trust.calls->open(&trust);
    struct tt_writer answer = tt_writer_of(answer_text, sizeof answer_text);
    trust.calls->install(&trust, (struct tt_range){(char *)copy, len}, &answer);
    REQUIRE(!answer.full && trust.in_use == -1);

    // And as what stands on flash, which is believed when its hash is right.
    memcpy(flash, copy, len < sizeof flash ? len : sizeof flash);
    trust.calls->open(&trust);
    trust.calls->load(&trust);
    trust.calls->tell(&trust, len % 2 == 0);
    trust.calls->release(&trust);
    free(copy);
    return 0;
}
