// The crypto the hub's protocol needs, as a contract; crypto_<library>.c is its body.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TT_SHA256_LEN = 32 };

// None of these allocates.
void tt_crypto_sha256(const void *data, size_t len, uint8_t out[TT_SHA256_LEN]);
void tt_crypto_hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len,
                           uint8_t out[TT_SHA256_LEN]);
// Both return the bytes written: TT_EFULL when they do not fit in cap, TT_EINVALID for text that
// is not base64 with its padding. No NUL is added, no line ends are made or accepted.
int tt_crypto_base64_encode(const uint8_t *data, size_t len, char *out, size_t cap);
int tt_crypto_base64_decode(const char *text, size_t len, uint8_t *out, size_t cap);
// Takes the same time wherever the difference is.
bool tt_crypto_equal(const void *a, const void *b, size_t len);
// Whether r and s, 32 bytes each, are the ECDSA signature over a SHA-256 digest by the P-256 key
// whose public point is 0x04 X Y. Allocates while it works; false also without memory.
bool tt_crypto_verify_p256(const uint8_t key[65], const uint8_t digest[TT_SHA256_LEN],
                           const uint8_t signature[64]);
// Whether the bytes are X.509 certificates in DER, one after another. Allocates likewise.
bool tt_crypto_certificates(const void *der, size_t len);
void tt_crypto_forget(void *secret, size_t len); // overwritten, not optimised away

// TLS allocates from here: libc's heap, unless a port with an arena says so before the first link
// starts. calloc returns zeroed memory or NULL.
void tt_crypto_use_heap(void *(*calloc)(size_t count, size_t size), void (*free)(void *memory));
// Zeroed memory of that heap, or NULL; released by the caller, who may release NULL.
void *tt_crypto_allocate(size_t len);
void tt_crypto_release(void *memory);
// What TLS has allocated at this moment, in all links of the process.
size_t tt_crypto_heap_bytes(void);
// For tls.c: from now on the library allocates as above. May be called any number of times.
void tt_crypto_install_heap(void);
