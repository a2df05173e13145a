// The hash covers the header's other fields too: a torn or forged one never counts.
#include "slot.h"

#include "../port/error.gen.h"
#include "bytes.h"
#include "crypto.h"

int tt_slot_open(const uint8_t *partition, size_t size, enum tt_slot_magic magic,
                 struct tt_slot *out)
{
    if (partition == NULL || size < TT_SLOT_HEADER_LEN) { return TT_ENOTFOUND; }
    const uint8_t *const fields = partition + TT_SLOT_HASH_LEN;
    if (tt_get32(fields) != (uint32_t)magic) { return TT_ENOTFOUND; }
    const uint32_t len = tt_get32(fields + 8);
    if (len > size - TT_SLOT_HEADER_LEN || tt_get32(fields + 12) != 0) { return TT_EINVALID; }
    uint8_t hash[TT_SHA256_LEN];
    tt_crypto_sha256(fields, TT_SLOT_HEADER_LEN - TT_SLOT_HASH_LEN + len, hash);
    if (!tt_crypto_equal(hash, partition, sizeof hash)) { return TT_EINVALID; }
    *out = (struct tt_slot){
        .data = partition + TT_SLOT_HEADER_LEN, .len = len, .sequence = tt_get32(fields + 4)};
    return TT_OK;
}
