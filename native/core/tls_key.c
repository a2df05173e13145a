// The one file that includes a private header of mbedTLS: 3.6 lets a key of another kind in only
// by a pk_info of one's own.
#include "tls_key.h"

#include <mbedtls/asn1.h>
#include <pk_wrap.h>

#include "bytes.h"

enum { P256_LEN = 32 };

static size_t bits_of(mbedtls_pk_context *pk)
{
    return ((const struct tt_key_slot *)pk->MBEDTLS_PRIVATE(pk_ctx))->bits;
}

static int can_ecdsa(mbedtls_pk_type_t type)
{
    return type == MBEDTLS_PK_ECDSA;
}

static int can_rsa(mbedtls_pk_type_t type)
{
    return type == MBEDTLS_PK_RSA;
}

static void write_integer(struct tt_writer *out, const uint8_t *number)
{ // X.690 §8.3: no zeros in front, but one where it would read as negative
    size_t zeros = 0;
    while (zeros < P256_LEN - 1 && number[zeros] == 0) {
        zeros++;
    }
    const bool high = (number[zeros] & 0x80) != 0;
    tt_writer_u8(out, MBEDTLS_ASN1_INTEGER);
    tt_writer_u8(out, (uint8_t)(P256_LEN - zeros + (high ? 1 : 0)));
    if (high) { tt_writer_u8(out, 0); }
    tt_writer_bytes(out, number + zeros, P256_LEN - zeros);
}

static int sign(mbedtls_pk_context *pk, mbedtls_md_type_t md, const unsigned char *hash,
                size_t hash_len, unsigned char *sig, size_t sig_size, size_t *sig_len,
                int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    (void)md;
    (void)f_rng;
    (void)p_rng;
    const struct tt_key_slot *slot = pk->MBEDTLS_PRIVATE(pk_ctx);
    uint8_t made[TT_KEY_SIGNATURE_MAX];
    struct tt_writer out = tt_writer_of(sig, sig_size);
    if (slot->kind == TT_KEY_P256) { // signs the left 256 bits of a longer digest, FIPS 186-5 §6.4
        const int len =
            slot->sign(slot->ctx, hash, hash_len < P256_LEN ? hash_len : P256_LEN, made);
        if (len != 2 * P256_LEN) { return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE; }
        tt_writer_u16(&out, (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) << 8);
        write_integer(&out, made);
        write_integer(&out, made + P256_LEN);
        if (!out.full) { sig[1] = (uint8_t)(out.len - 2); } // below 128: one byte of length
    } else {
        const int len = slot->sign(slot->ctx, hash, hash_len, made);
        if (len != slot->bits / 8) { return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE; }
        tt_writer_bytes(&out, made, (size_t)len);
    }
    *sig_len = out.len;
    return out.full ? MBEDTLS_ERR_PK_BUFFER_TOO_SMALL : 0;
}

static void borrowed(void *slot)
{
    (void)slot;
}

void tt_tls_key_use(mbedtls_pk_context *pk, const struct tt_key_slot *slot)
{
    static const mbedtls_pk_info_t ecdsa = {
        .type = MBEDTLS_PK_ECDSA,
        .name = "slot",
        .get_bitlen = bits_of,
        .can_do = can_ecdsa,
        .sign_func = sign,
        .ctx_free_func = borrowed,
    };
    static const mbedtls_pk_info_t rsa = {
        .type = MBEDTLS_PK_RSA_ALT,
        .name = "slot",
        .get_bitlen = bits_of,
        .can_do = can_rsa,
        .sign_func = sign,
        .ctx_free_func = borrowed,
    };
    pk->MBEDTLS_PRIVATE(pk_info) = slot->kind == TT_KEY_P256 ? &ecdsa : &rsa;
    pk->MBEDTLS_PRIVATE(pk_ctx) = (void *)slot;
}
