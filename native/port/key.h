// The contract of a private key that can sign, wherever it lives: in software, in a secure element,
// behind PSA. Core never asks for the key itself.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum tt_key_kind { TT_KEY_P256, TT_KEY_RSA };

enum { TT_KEY_SIGNATURE_MAX = 512 }; // bytes: RSA 4096

struct tt_key_slot {
    void *ctx;
    enum tt_key_kind kind;
    uint16_t bits; // 256; RSA: 2048 to 4096
    // Signs a digest into out, which has room for TT_KEY_SIGNATURE_MAX bytes. P-256: the digest is
    // 32 bytes, the signature r and s, 32 bytes each, big endian. RSA: the digest is of SHA-256 or
    // SHA-384, which its length tells, the signature is PKCS #1 v1.5, bits / 8 bytes. Returns the
    // signature's length or a TT_E code. Called on the link loop, once a handshake; it may block
    // for as long as its element needs.
    int (*sign)(void *ctx, const uint8_t *digest, size_t digest_len, uint8_t *out);
};
