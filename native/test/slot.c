// A slot counts when its hash fits all of it; nothing is read beyond its partition.
#include "../core/slot.h"

#include "../core/crypto.h"
#include "../port/error.gen.h"
#include "check.h"

enum { PARTITION = 64 };

// "TTAP", sequence 7, two bytes.
static void fill(uint8_t partition[PARTITION], const char *fields)
{
    memset(partition, 0xFF, PARTITION);
    check_hex(fields, partition + TT_SLOT_HASH_LEN, PARTITION - TT_SLOT_HASH_LEN);
    tt_crypto_sha256(partition + TT_SLOT_HASH_LEN, 18, partition);
}

static const char whole[] = "54544150 07000000 02000000 00000000 aabb";

static void opens(void)
{
    uint8_t partition[PARTITION];
    struct tt_slot slot;
    fill(partition, whole);
    CHECK_INT(tt_slot_open(partition, sizeof partition, TT_SLOT_APP, &slot), TT_OK);
    CHECK_BYTES(slot.data, slot.len, "\xaa\xbb", 2);
    CHECK_INT(slot.sequence, 7);
}

static void is_not_there(void)
{
    uint8_t partition[PARTITION];
    struct tt_slot slot;
    fill(partition, whole);
    CHECK_INT(tt_slot_open(partition, sizeof partition, TT_SLOT_SETTINGS, &slot), TT_ENOTFOUND);
    CHECK_INT(tt_slot_open(partition, TT_SLOT_HEADER_LEN - 1, TT_SLOT_APP, &slot), TT_ENOTFOUND);
    memset(partition, 0xFF, sizeof partition);
    CHECK_INT(tt_slot_open(partition, sizeof partition, TT_SLOT_APP, &slot), TT_ENOTFOUND);
    CHECK_INT(tt_slot_open(NULL, sizeof partition, TT_SLOT_APP, &slot), TT_ENOTFOUND);
}

static void notices_each_bit(void)
{
    uint8_t partition[PARTITION];
    struct tt_slot slot;
    fill(partition, whole);
    for (size_t bit = 0; bit < 8 * (TT_SLOT_HEADER_LEN + 2); bit++) {
        partition[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(tt_slot_open(partition, sizeof partition, TT_SLOT_APP, &slot) < 0);
        partition[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void stays_inside(void)
{
    uint8_t partition[PARTITION];
    struct tt_slot slot;
    fill(partition, "54544150 07000000 11000000 00000000 aabb"); // 17 of 16 bytes
    CHECK_INT(tt_slot_open(partition, sizeof partition, TT_SLOT_APP, &slot), TT_EINVALID);
    fill(partition, "54544150 07000000 ffffffff 00000000 aabb");
    CHECK_INT(tt_slot_open(partition, sizeof partition, TT_SLOT_APP, &slot), TT_EINVALID);
}

int main(void)
{
    RUN(opens, "a whole slot gives its content and sequence");
    RUN(is_not_there, "erased flash or another kind of slot is not there");
    RUN(notices_each_bit, "no bit of header or content can change unnoticed");
    RUN(stays_inside, "a length beyond the partition is refused");
    return 0;
}
