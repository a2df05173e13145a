// A replaceable part of flash with a checked header: an app, a device's settings. It knows no
// flash, only mapped bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The header, little endian: SHA-256 of all that follows (32), magic (4), sequence (4), length of
// the content (4), zero (4). The content follows at once.
enum { TT_SLOT_HEADER_LEN = 48, TT_SLOT_HASH_LEN = 32 };

enum tt_slot_magic {
    TT_SLOT_APP = 0x50415454,      // "TTAP"
    TT_SLOT_SETTINGS = 0x45535454, // "TTSE"
};

struct tt_slot {
    const uint8_t *data;
    size_t len;
    uint32_t sequence; // the newer of two has the higher one
};

// Looks at one partition. TT_OK; TT_ENOTFOUND when nothing of this kind is there; TT_EINVALID when
// something is, but its length or hash is wrong. No partition, NULL, has nothing.
int tt_slot_open(const uint8_t *partition, size_t size, enum tt_slot_magic magic,
                 struct tt_slot *out);
