// Opens a journal on hostile flash, reads it and goes on with it: nothing may be read or written
// outside its blocks, and what is appended then must come out again.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../core/bytes.h"
#include "../core/journal.h"
#include "../port/error.gen.h"

enum { BLOCK_BYTES = 256, BLOCKS = 4, SIZE = BLOCK_BYTES * BLOCKS, HEADER = 16, MESSAGE_MAX = 100 };

static uint8_t flash[SIZE];
static uint32_t granule;

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
    require(offset <= SIZE && len <= SIZE - offset && offset % granule == 0 && len % granule == 0);
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

static uint32_t padded(uint32_t len)
{
    return (len + granule - 1) / granule * granule;
}

// Makes the checksums right, so that the fuzzer gets behind them: they are no secret to whoever can
// write the flash.
static void repair(uint8_t *block)
{
    memcpy(block, "TTJ1", 4);
    tt_put32(block + 12, tt_crc32(0, block, 12));
    uint32_t at = padded(HEADER) + granule;
    while (at + 24 < BLOCK_BYTES) {
        const uint8_t *const record = block + at;
        const uint8_t flags = record[2];
        uint32_t len = 4 + ((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0);
        if ((flags & 4) != 0) { len += 2 + record[len] + (uint32_t)record[len + 1] * 256; }
        len += record[0] + (uint32_t)record[1] * 256;
        if (len > BLOCK_BYTES - 4 - at) { return; }
        tt_put32(block + at + len, tt_crc32(tt_get32(block + 4), record, len));
        at += padded(len + 4) + granule;
    }
}

static int read_some(struct tt_journal *journal, int most)
{
    static uint8_t bytes[SIZE];
    int read = 0;
    const struct tt_telemetry *message;
    while (read < most && (message = tt_journal_peek(journal)) != NULL) {
        require(message->properties_len <= BLOCK_BYTES && message->body_len <= BLOCK_BYTES);
        tt_journal_read(journal, message->properties_at, bytes, message->properties_len);
        tt_journal_read(journal, message->body_at, bytes, message->body_len);
        tt_journal_pop(journal, read++ % 2 == 0);
    }
    return read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) { return 0; }
    granule = 1u << (data[0] & 3);
    const struct tt_block block = {.block_bytes = BLOCK_BYTES,
                                   .block_count = BLOCKS,
                                   .program_bytes = granule,
                                   .read = flash_read,
                                   .program = flash_program,
                                   .erase = flash_erase};
    memset(flash, 0xFF, SIZE);
    memcpy(flash, data + 1, size - 1 < SIZE ? size - 1 : SIZE);
    for (uint32_t i = 0; i < BLOCKS && (data[0] & 4) != 0; i++) {
        if (i * BLOCK_BYTES + 1 < size) { repair(flash + i * BLOCK_BYTES); }
    }
    struct tt_journal journal;
    require(tt_journal_open(&journal, &block, 0, BLOCKS, MESSAGE_MAX) == TT_OK);
    tt_journal_pop_through(&journal, 1, 2);
    read_some(&journal, 5);
    static const uint8_t text[MESSAGE_MAX] = {'x'};
    for (int i = 0; i < 12; i++) {
        const struct tt_telemetry message = {.boot = 3,
                                             .sequence = i + 1,
                                             .body = text,
                                             .body_len = (size_t)(i * 9),
                                             .properties = text,
                                             .properties_len = (size_t)(i % 3)};
        int err;
        // Garbage behind free space may spoil a record, but never the sense of the answers.
        while ((err = tt_journal_append(&journal, &message)) != TT_OK) {
            require(err == TT_EFULL || err == TT_EIO);
            if (err == TT_EFULL) { require(tt_journal_pop(&journal, false) == TT_OK); }
        }
    }
    struct tt_journal again;
    require(tt_journal_open(&again, &block, 0, BLOCKS, MESSAGE_MAX) == TT_OK);
    int32_t last = 0;
    for (const struct tt_telemetry *message; (message = tt_journal_peek(&again)) != NULL;) {
        last = message->sequence;
        tt_journal_pop(&again, true);
    }
    require(last == 12);
    return 0;
}
