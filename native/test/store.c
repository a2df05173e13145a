// The store on a NOR flash in memory: limits, moves between banks, and a power cut at every byte.
#include "../core/store.h"

#include <stdbool.h>

#include "../port/error.gen.h"
#include "check.h"

enum { BLOCK_BYTES = 256, BLOCKS = 8, SIZE = BLOCK_BYTES * BLOCKS };

// Power goes after `budget` more bytes programmed or blocks erased; what a torn erase leaves is
// chosen by the test. NOR: programming clears bits only, and only erased bytes may be programmed.
struct flash {
    uint8_t bytes[SIZE];
    struct tt_block block;
    long budget;
    int torn_erase_bytes; // of the block that was being erased when power went
    int erases;
};

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    const struct flash *const flash = ctx;
    CHECK(offset <= SIZE && len <= SIZE - offset);
    memcpy(out, flash->bytes + offset, len);
    return TT_OK;
}

static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    struct flash *const flash = ctx;
    CHECK(offset <= SIZE && len <= SIZE - offset);
    CHECK_INT(offset % flash->block.program_bytes, 0);
    CHECK_INT(len % flash->block.program_bytes, 0);
    for (size_t i = 0; i < len; i++) {
        if (flash->budget-- <= 0) { return TT_EIO; }
        CHECK_INT(flash->bytes[offset + i], 0xFF);
        flash->bytes[offset + i] &= data[i];
    }
    return TT_OK;
}

static int flash_erase(void *ctx, uint32_t block)
{
    struct flash *const flash = ctx;
    CHECK(block < BLOCKS);
    const bool whole = flash->budget-- > 0;
    if (!whole && flash->budget < -1) { return TT_EIO; }
    flash->erases++;
    memset(flash->bytes + block * BLOCK_BYTES, 0xFF,
           whole ? BLOCK_BYTES : (size_t)flash->torn_erase_bytes);
    return whole ? TT_OK : TT_EIO;
}

static void flash_init(struct flash *flash, uint32_t program_bytes)
{
    memset(flash->bytes, 0xA5, SIZE); // never erased
    flash->budget = 1000000;
    flash->torn_erase_bytes = 0;
    flash->erases = 0;
    flash->block = (struct tt_block){.ctx = flash,
                                     .block_bytes = BLOCK_BYTES,
                                     .block_count = BLOCKS,
                                     .program_bytes = program_bytes,
                                     .read = flash_read,
                                     .program = flash_program,
                                     .erase = flash_erase};
}

// A script of changes to three keys and what the store holds after each of its steps.
enum { KEYS = 3, STEPS = 48 };
static const char keys[KEYS][4] = {"a", "bc", "def"};

static int value_of_step(int step, uint8_t *out)
{
    const int len = step * 7 % 50;
    for (int i = 0; i < len; i++) {
        out[i] = (uint8_t)(step + i);
    }
    return len;
}

static bool removes(int step)
{
    return step % 7 == 6;
}

// The step whose value key holds after `done` steps; -1: none.
static int holder(int key, int done)
{
    for (int step = done - 1; step >= 0; step--) {
        if (step % KEYS == key) { return removes(step) ? -1 : step; }
    }
    return -1;
}

static int run_step(struct tt_store *store, int step)
{
    uint8_t value[64];
    const char *const key = keys[step % KEYS];
    if (removes(step)) {
        const int err = tt_store_remove(store, key, strlen(key));
        return err == TT_ENOTFOUND ? TT_OK : err;
    }
    const int len = value_of_step(step, value);
    return tt_store_set(store, key, strlen(key), value, (size_t)len);
}

static bool holds(const struct tt_store *store, int key, int step)
{
    uint8_t expected[64];
    uint8_t got[64];
    const int len = tt_store_get(store, keys[key], strlen(keys[key]), got, sizeof got);
    if (step < 0) { return len == TT_ENOTFOUND; }
    return len == value_of_step(step, expected) && memcmp(got, expected, (size_t)len) == 0;
}

static bool is_state(const struct tt_store *store, int done)
{
    for (int key = 0; key < KEYS; key++) {
        if (!holds(store, key, holder(key, done))) { return false; }
    }
    return true;
}

static void cut_at(struct flash *flash, uint32_t program_bytes, long budget, int torn_erase_bytes,
                   bool *survived)
{
    struct tt_store store;
    flash_init(flash, program_bytes);
    flash->budget = budget;
    flash->torn_erase_bytes = torn_erase_bytes;
    int done = 0;
    int err = tt_store_open(&store, &flash->block, 2, 4);
    while (err == TT_OK && done < STEPS) {
        err = run_step(&store, done);
        if (err == TT_OK) { done++; }
    }
    *survived = err == TT_OK;
    flash->budget = 1000000;
    CHECK_INT(tt_store_open(&store, &flash->block, 2, 4), TT_OK);
    const bool after = done < STEPS && is_state(&store, done + 1);
    CHECK(after || is_state(&store, done));
    // And life goes on from there, with a restart in between.
    for (int step = after ? done + 1 : done; step < STEPS; step++) {
        CHECK_INT(run_step(&store, step), TT_OK);
        if (step == (done + STEPS) / 2) {
            CHECK_INT(tt_store_open(&store, &flash->block, 2, 4), TT_OK);
        }
    }
    CHECK(is_state(&store, STEPS));
}

static void power_cuts(void)
{
    static const uint32_t granules[] = {1, 16};
    static const int torn[] = {0, BLOCK_BYTES / 2, BLOCK_BYTES};
    static struct flash flash;
    for (size_t g = 0; g < sizeof granules / sizeof granules[0]; g++) {
        for (size_t t = 0; t < sizeof torn / sizeof torn[0]; t++) {
            long cuts = 0;
            for (bool survived = false; !survived; cuts++) {
                cut_at(&flash, granules[g], cuts, torn[t], &survived);
            }
            CHECK(cuts > 1000);
        }
    }
}

static void limits(void)
{
    static struct flash flash;
    static uint8_t value[TT_STORE_VALUE_MAX + 1];
    struct tt_store store;
    flash_init(&flash, 4);
    CHECK_INT(tt_store_open(&store, &flash.block, 0, BLOCKS), TT_OK);
    const char key[TT_STORE_KEY_MAX + 1] = "key";
    CHECK_INT(tt_store_set(&store, key, TT_STORE_KEY_MAX, value, TT_STORE_VALUE_MAX), TT_OK);
    CHECK_INT(tt_store_set(&store, key, TT_STORE_KEY_MAX + 1, value, 1), TT_EINVALID);
    CHECK_INT(tt_store_set(&store, key, 0, value, 1), TT_EINVALID);
    CHECK_INT(tt_store_set(&store, key, 1, value, sizeof value), TT_EINVALID);
    CHECK_INT(tt_store_get(&store, key, TT_STORE_KEY_MAX, value, 4), TT_STORE_VALUE_MAX);
    CHECK_INT(tt_store_get(&store, "kex", 3, value, 4), TT_ENOTFOUND);
    CHECK_INT(tt_store_remove(&store, "kex", 3), TT_ENOTFOUND);
}

static void full(void)
{
    static struct flash flash;
    static uint8_t value[BLOCK_BYTES];
    struct tt_store store;
    flash_init(&flash, 1);
    CHECK_INT(tt_store_open(&store, &flash.block, 0, 2), TT_OK);
    CHECK_INT(tt_store_set(&store, "a", 1, value, 100), TT_OK);
    CHECK_INT(tt_store_set(&store, "b", 1, value, 100), TT_OK);
    const int erases = flash.erases;
    CHECK_INT(tt_store_set(&store, "c", 1, value, 100), TT_EFULL);
    CHECK_INT(flash.erases, erases);
    CHECK_INT(tt_store_get(&store, "a", 1, value, sizeof value), 100);
    CHECK_INT(tt_store_remove(&store, "a", 1), TT_OK);
    CHECK_INT(tt_store_set(&store, "c", 1, value, 100), TT_OK);
    CHECK_INT(tt_store_get(&store, "a", 1, value, sizeof value), TT_ENOTFOUND);
    CHECK_INT(tt_store_get(&store, "b", 1, value, sizeof value), 100);
}

static void wear(void)
{
    static struct flash flash;
    struct tt_store store;
    flash_init(&flash, 4);
    CHECK_INT(tt_store_open(&store, &flash.block, 0, BLOCKS), TT_OK);
    for (uint8_t i = 0; i < 200; i++) {
        CHECK_INT(tt_store_set(&store, "boot", 4, &i, 1), TT_OK);
    }
    // 16 bytes a record, 63 to a bank of 1,024: three moves of four blocks, and the first
    // formatting.
    CHECK_INT(flash.erases, 4 * 4);
}

static void absent(void)
{
    struct tt_store store;
    uint8_t value[1] = {0};
    CHECK_INT(tt_store_open(&store, NULL, 0, 0), TT_OK);
    CHECK_INT(tt_store_set(&store, "a", 1, value, 1), TT_EUNSUPPORTED);
    CHECK_INT(tt_store_get(&store, "a", 1, value, 1), TT_ENOTFOUND);
    CHECK_INT(tt_store_remove(&store, "a", 1), TT_ENOTFOUND);
}

static void bad_bits(void)
{
    static struct flash flash;
    struct tt_store store;
    uint8_t value[8];
    flash_init(&flash, 1);
    CHECK_INT(tt_store_open(&store, &flash.block, 0, BLOCKS), TT_OK);
    CHECK_INT(tt_store_set(&store, "a", 1, (const uint8_t *)"old", 3), TT_OK);
    CHECK_INT(tt_store_set(&store, "a", 1, (const uint8_t *)"new", 3), TT_OK);
    flash.bytes[12 + 12 + 9] ^= 1; // the second record's value
    CHECK_INT(tt_store_open(&store, &flash.block, 0, BLOCKS), TT_OK);
    CHECK_INT(tt_store_get(&store, "a", 1, value, sizeof value), 3);
    CHECK_BYTES(value, 3, "old", 3);
    CHECK_INT(tt_store_set(&store, "b", 1, (const uint8_t *)"x", 1), TT_OK);
    CHECK_INT(tt_store_open(&store, &flash.block, 0, BLOCKS), TT_OK);
    CHECK_INT(tt_store_get(&store, "a", 1, value, sizeof value), 3);
    CHECK_INT(tt_store_get(&store, "b", 1, value, sizeof value), 1);
}

int main(void)
{
    RUN(limits, "keys and values over the limits are refused, at the limits kept");
    RUN(full, "a store whose live values do not fit says so before it erases anything");
    RUN(wear, "a bank is erased only when it is full");
    RUN(absent, "without a block device nothing is kept and nothing fails at start");
    RUN(bad_bits, "a record with a flipped bit is passed over, and the store goes on");
    RUN(power_cuts, "a power cut at any byte or erase leaves the old or the new value");
    return 0;
}
