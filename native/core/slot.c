// The hash covers the header's other fields too: a torn or forged one never counts.
#include "slot.h"

#include "../port/error.gen.h"
#include "crypto.h"

static uint32_t get32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

int tt_slot_open(const uint8_t *partition, size_t size, enum tt_slot_magic magic,
                 struct tt_slot *out)
{
    if (size < TT_SLOT_HEADER_LEN) { return TT_ENOTFOUND; }
    const uint8_t *const fields = partition + TT_SLOT_HASH_LEN;
    if (get32(fields) != (uint32_t)magic) { return TT_ENOTFOUND; }
    const uint32_t len = get32(fields + 8);
    if (len > size - TT_SLOT_HEADER_LEN || get32(fields + 12) != 0) { return TT_EINVALID; }
    uint8_t hash[TT_SHA256_LEN];
    tt_crypto_sha256(fields, TT_SLOT_HEADER_LEN - TT_SLOT_HASH_LEN + len, hash);
    if (!tt_crypto_equal(hash, partition, sizeof hash)) { return TT_EINVALID; }
    *out = (struct tt_slot){
        .data = partition + TT_SLOT_HEADER_LEN, .len = len, .sequence = get32(fields + 4)};
    return TT_OK;
}
