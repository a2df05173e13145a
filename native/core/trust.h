// Roots that change without new firmware: signed bundles in two halves of a flash partition, the
// newest valid one in use. It knows no TLS and no hub.
#pragma once

#include "../port/block.h"
#include "bytes.h"

// A bundle, big endian: "TTTB" (4), version (4), bytes of roots (4), the roots as certificates in
// DER one after another, then a signature (64): r and s of ECDSA P-256 over the SHA-256 of all
// before it. `tinytwin trust make` writes it. A bundle is taken only with a version above that of
// every bundle seen before, so that nobody brings an old root back.
enum {
    TT_TRUST_HEAD_LEN = 12,
    TT_TRUST_SIGNATURE_LEN = 64,
    TT_TRUST_KEY_LEN = 65, // an uncompressed point, 0x04 X Y
    TT_TRUST_PIECE_MAX = 512,
    TT_TRUST_TRIES = 5, // untrusted servers in a row after which a new bundle is given up
};

// A half begins with a record that makes it valid, a mark of its own for "a server was verified
// with it" and one for "given up", 256 bytes each; the bundle follows. An install erases the half
// that is not in use and writes the record last, so that a torn one leaves the other half as it
// was.
struct tt_trust_half {
    uint32_t version; // 0: nothing valid here
    uint32_t len;     // of the bundle
    bool confirmed;
    bool given_up;
};

struct tt_trust {
    // &tt_trust_calls. A program that never names it has none of this linked.
    const struct tt_trust_calls *calls;
    const struct tt_block *block; // the partition; its blocks are halved. Link loop only
    const uint8_t *key;           // TT_TRUST_KEY_LEN bytes: who may sign

    struct tt_trust_half halves[2];
    int in_use;          // half, or -1: the roots the device came with
    unsigned untrusted;  // servers in a row that a bundle on trial did not verify
    uint32_t installing; // bytes of the bundle that is coming in; 0: none
    uint32_t received;
    uint32_t floor; // the next bundle's version is above this
    bool fresh;     // a bundle was installed: the next connection is to use it
    uint8_t *roots; // of the bundle in use while a connection lasts
};

struct tt_trust_calls {
    // Looks at both halves; the link does at its start.
    void (*open)(struct tt_trust *trust);
    // The roots of the bundle in use, valid until `release`; empty: take those the device came
    // with.
    struct tt_range (*load)(struct tt_trust *trust);
    void (*release)(struct tt_trust *trust);
    // A connection to the hub was made (true), or a server was not trusted. True when a bundle was
    // given up for it: the one before is in use again.
    bool (*tell)(struct tt_trust *trust, bool connected);
    // A piece of a bundle as a direct method brings it: {"at":offset,"of":length,"data":"base64"},
    // in order, at multiples of 256, at most TT_TRUST_PIECE_MAX bytes each. Writes the answer and
    // returns its status.
    int32_t (*install)(struct tt_trust *trust, struct tt_range json, struct tt_writer *answer);
};
extern const struct tt_trust_calls tt_trust_calls;

// For tests and tools: the version and roots of a bundle with a good signature. TT_OK, TT_EINVALID
// (no bundle), TT_EUNTRUSTED (signed by somebody else).
int tt_trust_read(const uint8_t *bundle, size_t len, const uint8_t key[TT_TRUST_KEY_LEN],
                  uint32_t *version, struct tt_range *roots);
