// crypto.h by mbedTLS 3.6. Its hash and base64 calls take no memory; HMAC is RFC 2104 over them.
#include "crypto.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/base64.h>
#include <mbedtls/constant_time.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>

#include "../port/error.gen.h"

enum { BLOCK_LEN = 64 };

void tt_crypto_sha256(const void *data, size_t len, uint8_t out[TT_SHA256_LEN])
{
    mbedtls_sha256(data, len, out, 0); // the software body cannot fail
}

static void hash_padded(const uint8_t key[BLOCK_LEN], uint8_t pad, const void *data, size_t len,
                        uint8_t out[TT_SHA256_LEN])
{
    uint8_t block[BLOCK_LEN];
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        block[i] = key[i] ^ pad;
    }
    mbedtls_sha256_context sha;
    mbedtls_sha256_init(&sha);
    mbedtls_sha256_starts(&sha, 0);
    mbedtls_sha256_update(&sha, block, BLOCK_LEN);
    mbedtls_sha256_update(&sha, data, len);
    mbedtls_sha256_finish(&sha, out);
    mbedtls_sha256_free(&sha);
    tt_crypto_forget(block, sizeof block);
}

void tt_crypto_hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len,
                           uint8_t out[TT_SHA256_LEN])
{
    uint8_t padded[BLOCK_LEN] = {0};
    if (key_len > BLOCK_LEN) {
        tt_crypto_sha256(key, key_len, padded);
    } else if (key_len > 0) {
        memcpy(padded, key, key_len);
    }
    uint8_t inner[TT_SHA256_LEN];
    hash_padded(padded, 0x36, data, len, inner);
    hash_padded(padded, 0x5c, inner, sizeof inner, out);
    tt_crypto_forget(padded, sizeof padded);
}

int tt_crypto_base64_encode(const uint8_t *data, size_t len, char *out, size_t cap)
{
    const size_t groups = len / 3 + (len % 3 != 0);
    if (groups > cap / 4) { return TT_EFULL; }
    // The library wants room for a NUL, ours need not: the last group goes through a buffer.
    size_t written = 0;
    const size_t whole = groups == 0 ? 0 : (groups - 1) * 3;
    if (whole > 0 && mbedtls_base64_encode((uint8_t *)out, cap, &written, data, whole) != 0) {
        return TT_EFULL;
    }
    uint8_t last[5];
    size_t last_len = 0;
    if (groups > 0) {
        mbedtls_base64_encode(last, sizeof last, &last_len, data + whole, len - whole);
        memcpy(out + written, last, last_len);
    }
    return (int)(written + last_len);
}

int tt_crypto_base64_decode(const char *text, size_t len, uint8_t *out, size_t cap)
{
    if (len % 4 != 0 || memchr(text, '\n', len) != NULL || memchr(text, '\r', len) != NULL ||
        memchr(text, ' ', len) != NULL) {
        return TT_EINVALID;
    }
    size_t written = 0;
    const int err = mbedtls_base64_decode(out, cap, &written, (const uint8_t *)text, len);
    if (err == MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL) { return TT_EFULL; }
    return err == 0 ? (int)written : TT_EINVALID;
}

bool tt_crypto_equal(const void *a, const void *b, size_t len)
{
    return mbedtls_ct_memcmp(a, b, len) == 0;
}

void tt_crypto_forget(void *secret, size_t len)
{
    mbedtls_platform_zeroize(secret, len);
}

// The only mutable file-scope state of core, because mbedTLS' allocation hooks carry no context:
// the heap is the process's, not a device's. Set before the first link starts, counted atomically.
static void *(*heap_calloc)(size_t, size_t) = calloc;
static void (*heap_free)(void *) = free;
static _Atomic size_t heap_bytes;

enum { SIZE_PREFIX = 16 }; // keeps the alignment of what follows

static void *counted_calloc(size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - SIZE_PREFIX) / size) { return NULL; }
    const size_t bytes = count * size;
    uint8_t *memory = heap_calloc(1, bytes + SIZE_PREFIX);
    if (memory == NULL) { return NULL; }
    memcpy(memory, &bytes, sizeof bytes);
    atomic_fetch_add_explicit(&heap_bytes, bytes, memory_order_relaxed);
    return memory + SIZE_PREFIX;
}

static void counted_free(void *memory)
{
    if (memory == NULL) { return; }
    uint8_t *start = (uint8_t *)memory - SIZE_PREFIX;
    size_t bytes;
    memcpy(&bytes, start, sizeof bytes);
    atomic_fetch_sub_explicit(&heap_bytes, bytes, memory_order_relaxed);
    heap_free(start);
}

void tt_crypto_use_heap(void *(*calloc)(size_t, size_t), void (*free)(void *))
{
    heap_calloc = calloc;
    heap_free = free;
}

void tt_crypto_install_heap(void)
{
    mbedtls_platform_set_calloc_free(counted_calloc, counted_free);
}

size_t tt_crypto_heap_bytes(void)
{
    return atomic_load_explicit(&heap_bytes, memory_order_relaxed);
}

void *tt_crypto_allocate(size_t len)
{
    return counted_calloc(1, len);
}

void tt_crypto_release(void *memory)
{
    counted_free(memory);
}
