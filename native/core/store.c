// The store's two banks: a log of CRC-framed records, copied to the other bank when full. Keys and
// values are bytes to it.
#include "store.h"

#include <stdbool.h>
#include <string.h>

#include "../port/error.gen.h"
#include "bytes.h"

// On flash, little endian. A bank begins with its header, written last when the bank was filled:
//   "TTS1" generation:4 crc:4      crc of the eight bytes before
// and goes on with records, each padded with 0xFF to the granule:
//   crc:4 key_len:1 kind:1 value_len:2 key value      crc of all that follows it
// Eight bytes of 0xFF where a record would begin are free space. A torn record ends the bank: what
// is behind it is not used until the next copy.
enum { HEADER = 12, RECORD = 8, KIND_VALUE = 1, KIND_REMOVED = 2, GRANULE_MAX = 256 };
enum { RECORD_MAX = RECORD + TT_STORE_KEY_MAX + TT_STORE_VALUE_MAX };
static const uint8_t magic[4] = {'T', 'T', 'S', '1'};

struct record {
    uint32_t offset; // in the bank
    uint32_t key_len;
    uint32_t value_len;
    bool removed;
};

enum found { FOUND_RECORD, FOUND_END, FOUND_TORN };

static uint32_t padded(const struct tt_store *store, uint32_t len)
{
    const uint32_t granule = store->block->program_bytes;
    return (len + granule - 1) / granule * granule;
}

static uint32_t bank_bytes(const struct tt_store *store)
{
    return store->bank_blocks * store->block->block_bytes;
}

static uint32_t bank_offset(const struct tt_store *store, uint32_t bank)
{
    return (store->first_block + bank * store->bank_blocks) * store->block->block_bytes;
}

static int read_at(const struct tt_store *store, uint32_t bank, uint32_t offset, uint8_t *out,
                   size_t len)
{
    return store->block->read(store->block->ctx, bank_offset(store, bank) + offset, out, len);
}

// data has room for the padding, which is written here.
static int program_at(const struct tt_store *store, uint32_t bank, uint32_t offset, uint8_t *data,
                      uint32_t len)
{
    const uint32_t whole = padded(store, len);
    memset(data + len, 0xFF, whole - len);
    return store->block->program(store->block->ctx, bank_offset(store, bank) + offset, data, whole);
}

static uint32_t record_bytes(const struct tt_store *store, const struct record *record)
{
    return padded(store, RECORD + record->key_len + record->value_len);
}

static int check_crc(const struct tt_store *store, uint32_t bank, const struct record *record,
                     uint32_t expected, bool *good)
{
    uint8_t chunk[64];
    uint32_t at = record->offset + 4;
    const uint32_t end = record->offset + RECORD + record->key_len + record->value_len;
    uint32_t crc = 0;
    while (at < end) {
        const uint32_t len = end - at < sizeof chunk ? end - at : sizeof chunk;
        const int err = read_at(store, bank, at, chunk, len);
        if (err < 0) { return err; }
        crc = tt_crc32(crc, chunk, len);
        at += len;
    }
    *good = crc == expected;
    return TT_OK;
}

// What is at `offset`: an enum found, or TT_EIO.
static int find(const struct tt_store *store, uint32_t bank, uint32_t offset, struct record *record)
{
    static const uint8_t free_space[RECORD] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    uint8_t head[RECORD];
    const uint32_t size = bank_bytes(store);
    if (offset > size - RECORD) { return FOUND_END; }
    int err = read_at(store, bank, offset, head, sizeof head);
    if (err < 0) { return err; }
    if (memcmp(head, free_space, sizeof head) == 0) { return FOUND_END; }
    *record = (struct record){.offset = offset,
                              .key_len = head[4],
                              .value_len = head[6] | (uint32_t)head[7] << 8,
                              .removed = head[5] == KIND_REMOVED};
    if (record->key_len == 0 || record->key_len > TT_STORE_KEY_MAX ||
        record->value_len > TT_STORE_VALUE_MAX || (head[5] != KIND_VALUE && !record->removed) ||
        record_bytes(store, record) > size - offset) {
        return FOUND_TORN;
    }
    bool good = false;
    err = check_crc(store, bank, record, tt_get32(head), &good);
    if (err < 0) { return err; }
    return good ? FOUND_RECORD : FOUND_TORN;
}

static int has_key(const struct tt_store *store, const struct record *record, const char *key,
                   size_t key_len)
{
    uint8_t bytes[TT_STORE_KEY_MAX];
    if (record->key_len != key_len) { return 0; }
    const int err = read_at(store, store->bank, record->offset + RECORD, bytes, key_len);
    return err < 0 ? err : memcmp(bytes, key, key_len) == 0;
}

// The newest record of key in the live bank: 1 and *newest, 0 when there is none, or TT_EIO.
static int newest_of(const struct tt_store *store, const char *key, size_t key_len,
                     struct record *newest)
{
    int any = 0;
    uint32_t offset = padded(store, HEADER);
    struct record record;
    while (offset < store->end) {
        const int found = find(store, store->bank, offset, &record);
        if (found < 0) { return found; }
        if (found != FOUND_RECORD) { break; }
        const int same = has_key(store, &record, key, key_len);
        if (same < 0) { return same; }
        if (same) {
            *newest = record;
            any = 1;
        }
        offset += record_bytes(store, &record);
    }
    return any && !newest->removed;
}

static int read_header(const struct tt_store *store, uint32_t bank, uint32_t *generation,
                       bool *valid)
{
    uint8_t header[HEADER];
    const int err = read_at(store, bank, 0, header, sizeof header);
    if (err < 0) { return err; }
    *valid =
        memcmp(header, magic, sizeof magic) == 0 && tt_get32(header + 8) == tt_crc32(0, header, 8);
    *generation = tt_get32(header + 4);
    return TT_OK;
}

static int write_header(const struct tt_store *store, uint32_t bank, uint32_t generation)
{
    uint8_t header[HEADER + GRANULE_MAX];
    memcpy(header, magic, sizeof magic);
    tt_put32(header + 4, generation);
    tt_put32(header + 8, tt_crc32(0, header, 8));
    return program_at(store, bank, 0, header, HEADER);
}

static int erase_bank(const struct tt_store *store, uint32_t bank)
{
    const uint32_t first = store->first_block + bank * store->bank_blocks;
    for (uint32_t i = 0; i < store->bank_blocks; i++) {
        const int err = store->block->erase(store->block->ctx, first + i);
        if (err < 0) { return err; }
    }
    return TT_OK;
}

// Where the live bank's free space begins; the bank's size when a torn record is in the way.
static int find_end(struct tt_store *store)
{
    uint32_t offset = padded(store, HEADER);
    struct record record;
    int found;
    while ((found = find(store, store->bank, offset, &record)) == FOUND_RECORD) {
        offset += record_bytes(store, &record);
    }
    if (found < 0) { return found; }
    store->end = found == FOUND_END ? offset : bank_bytes(store);
    return TT_OK;
}

int tt_store_open(struct tt_store *store, const struct tt_block *block, uint32_t first_block,
                  uint32_t block_count)
{
    *store = (struct tt_store){.block = block, .first_block = first_block};
    store->bank_blocks = block_count / 2;
    if (!block || block_count < 2) {
        store->block = NULL;
        return TT_OK;
    }
    uint32_t generation[2];
    bool valid[2];
    for (uint32_t bank = 0; bank < 2; bank++) {
        const int err = read_header(store, bank, &generation[bank], &valid[bank]);
        if (err < 0) { return err; }
    }
    if (!valid[0] && !valid[1]) {
        int err = erase_bank(store, 0);
        if (err == TT_OK) { err = write_header(store, 0, 1); }
        store->generation = 1;
        store->end = padded(store, HEADER);
        return err;
    }
    // Generations are compared by their distance, so that they may wrap.
    const bool second = !valid[0] || (valid[1] && (int32_t)(generation[1] - generation[0]) > 0);
    store->bank = second;
    store->generation = generation[second];
    return find_end(store);
}

int tt_store_get(const struct tt_store *store, const char *key, size_t key_len, uint8_t *out,
                 size_t cap)
{
    struct record record = {0};
    if (!store->block || key_len == 0 || key_len > TT_STORE_KEY_MAX) { return TT_ENOTFOUND; }
    const int found = newest_of(store, key, key_len, &record);
    if (found <= 0) { return found < 0 ? found : TT_ENOTFOUND; }
    const size_t len = record.value_len < cap ? record.value_len : cap;
    if (len > 0) {
        const int err =
            read_at(store, store->bank, record.offset + RECORD + record.key_len, out, len);
        if (err < 0) { return err; }
    }
    return (int)record.value_len;
}

// Whether a record is worth copying: the newest of its key, not removed, not about to be replaced.
static int is_live(const struct tt_store *store, const struct record *record, const char *replaced,
                   size_t replaced_len)
{
    char key[TT_STORE_KEY_MAX];
    if (record->removed) { return 0; }
    const int err =
        read_at(store, store->bank, record->offset + RECORD, (uint8_t *)key, record->key_len);
    if (err < 0) { return err; }
    if (record->key_len == replaced_len && memcmp(key, replaced, replaced_len) == 0) { return 0; }
    struct record newest = {0};
    const int found = newest_of(store, key, record->key_len, &newest);
    return found < 0 ? found : found && newest.offset == record->offset;
}

// Walks the live records: sums their bytes in *total and, with `copy`, programs them into the other
// bank one after the other. buffer holds a record with its padding.
static int walk_live(const struct tt_store *store, const char *replaced, size_t replaced_len,
                     uint8_t *copy, uint32_t *total)
{
    uint32_t offset = padded(store, HEADER);
    struct record record;
    *total = offset;
    while (offset < store->end) {
        const int found = find(store, store->bank, offset, &record);
        if (found < 0) { return found; }
        if (found != FOUND_RECORD) { break; }
        offset += record_bytes(store, &record);
        const int live = is_live(store, &record, replaced, replaced_len);
        if (live < 0) { return live; }
        if (!live) { continue; }
        if (copy) {
            const uint32_t len = RECORD + record.key_len + record.value_len;
            int err = read_at(store, store->bank, record.offset, copy, len);
            if (err == TT_OK) { err = program_at(store, 1 - store->bank, *total, copy, len); }
            if (err < 0) { return err; }
        }
        *total += record_bytes(store, &record);
    }
    return TT_OK;
}

static uint32_t build_record(uint8_t *out, uint8_t kind, const char *key, size_t key_len,
                             const uint8_t *value, size_t value_len)
{
    out[4] = (uint8_t)key_len;
    out[5] = kind;
    out[6] = (uint8_t)value_len;
    out[7] = (uint8_t)(value_len >> 8);
    memcpy(out + RECORD, key, key_len);
    if (value_len > 0) { memcpy(out + RECORD + key_len, value, value_len); }
    const uint32_t len = (uint32_t)(RECORD + key_len + value_len);
    tt_put32(out, tt_crc32(0, out + 4, len - 4));
    return len;
}

// Fills the other bank with what lives and with the new value, then makes it the live one.
static int fill_other_bank(struct tt_store *store, const char *key, size_t key_len,
                           const uint8_t *value, size_t value_len, bool remove)
{
    uint8_t buffer[RECORD_MAX + GRANULE_MAX];
    uint32_t total = 0;
    int err = walk_live(store, key, key_len, NULL, &total);
    if (err < 0) { return err; }
    const uint32_t added = remove ? 0 : padded(store, (uint32_t)(RECORD + key_len + value_len));
    if (total > bank_bytes(store) || added > bank_bytes(store) - total) { return TT_EFULL; }
    const uint32_t target = 1 - store->bank;
    err = erase_bank(store, target);
    if (err == TT_OK) { err = walk_live(store, key, key_len, buffer, &total); }
    if (err == TT_OK && !remove) {
        const uint32_t len = build_record(buffer, KIND_VALUE, key, key_len, value, value_len);
        err = program_at(store, target, total, buffer, len);
    }
    if (err == TT_OK) { err = write_header(store, target, store->generation + 1); }
    if (err < 0) { return err; }
    store->bank = target;
    store->generation++;
    store->end = total + added;
    return TT_OK;
}

static int move_banks(struct tt_store *store, const char *key, size_t key_len, const uint8_t *value,
                      size_t value_len, bool remove)
{
    const int err = fill_other_bank(store, key, key_len, value, value_len, remove);
    // Nobody knows whether the header that failed is there: nothing may be added to this bank, for
    // the next change must erase the other one first.
    if (err < 0 && err != TT_EFULL) { store->end = bank_bytes(store); }
    return err;
}

static int append(struct tt_store *store, uint8_t kind, const char *key, size_t key_len,
                  const uint8_t *value, size_t value_len)
{
    const uint32_t need = padded(store, (uint32_t)(RECORD + key_len + value_len));
    if (need > bank_bytes(store) - store->end) {
        return move_banks(store, key, key_len, value, value_len, kind == KIND_REMOVED);
    }
    uint8_t buffer[RECORD_MAX + GRANULE_MAX];
    const uint32_t len = build_record(buffer, kind, key, key_len, value, value_len);
    const int err = program_at(store, store->bank, store->end, buffer, len);
    // After a failure nobody knows what is there: the next change moves to the other bank.
    store->end = err < 0 ? bank_bytes(store) : store->end + need;
    return err;
}

int tt_store_set(struct tt_store *store, const char *key, size_t key_len, const uint8_t *value,
                 size_t value_len)
{
    if (!store->block) { return TT_EUNSUPPORTED; }
    if (key_len == 0 || key_len > TT_STORE_KEY_MAX || value_len > TT_STORE_VALUE_MAX) {
        return TT_EINVALID;
    }
    return append(store, KIND_VALUE, key, key_len, value, value_len);
}

int tt_store_remove(struct tt_store *store, const char *key, size_t key_len)
{
    struct record record = {0};
    if (!store->block || key_len == 0 || key_len > TT_STORE_KEY_MAX) { return TT_ENOTFOUND; }
    const int found = newest_of(store, key, key_len, &record);
    if (found <= 0) { return found < 0 ? found : TT_ENOTFOUND; }
    return append(store, KIND_REMOVED, key, key_len, NULL, 0);
}
