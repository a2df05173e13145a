// Read, sign, forget, by mbedTLS.
#include "software_key.h"

#include <mbedtls/asn1.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>

#include "../port/error.gen.h"
#include "crypto.h"

enum { P256_LEN = 32 };

static int random_bytes(void *ctx, unsigned char *out, size_t len)
{
    const struct tt_port *port = ctx;
    port->random(port->ctx, out, len);
    return 0;
}

// DER says itself how long it is; the library wants no byte more.
static size_t exact_len(const struct tt_software_key *key)
{
    enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE };
    unsigned char *at = (unsigned char *)key->data;
    size_t len = 0;
    const bool der = mbedtls_asn1_get_tag(&at, key->data + key->len, &len, SEQUENCE) == 0;
    return der ? (size_t)(at - key->data) + len : key->len;
}

// The pk is the caller's to free, also after an error; freeing wipes it.
static int parse(const struct tt_software_key *key, mbedtls_pk_context *pk)
{
    tt_crypto_install_heap();
    mbedtls_pk_init(pk);
    const int err = mbedtls_pk_parse_key(pk, key->data, exact_len(key), NULL, 0, random_bytes,
                                         (void *)key->port);
    return err == 0 ? TT_OK : err == MBEDTLS_ERR_PK_ALLOC_FAILED ? TT_EFULL : TT_EINVALID;
}

static int sign_ecdsa(const struct tt_software_key *key, mbedtls_ecp_keypair *pair,
                      const uint8_t *digest, size_t digest_len, uint8_t *out)
{
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int err = mbedtls_ecdsa_sign(&pair->MBEDTLS_PRIVATE(grp), &r, &s, &pair->MBEDTLS_PRIVATE(d),
                                 digest, digest_len, random_bytes, (void *)key->port);
    err = err != 0 ? err : mbedtls_mpi_write_binary(&r, out, P256_LEN);
    err = err != 0 ? err : mbedtls_mpi_write_binary(&s, out + P256_LEN, P256_LEN);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return err != 0 ? TT_EIO : 2 * P256_LEN;
}

static int sign(void *ctx, const uint8_t *digest, size_t digest_len, uint8_t *out)
{
    const struct tt_software_key *key = ctx;
    mbedtls_pk_context pk;
    int result = parse(key, &pk);
    if (result == TT_OK && mbedtls_pk_can_do(&pk, MBEDTLS_PK_RSA)) {
        const mbedtls_md_type_t md = digest_len == 48 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA256;
        size_t len = 0;
        const int err = mbedtls_pk_sign(&pk, md, digest, digest_len, out, TT_KEY_SIGNATURE_MAX,
                                        &len, random_bytes, (void *)key->port);
        result = err != 0 ? TT_EIO : (int)len;
    } else if (result == TT_OK) {
        result = sign_ecdsa(key, mbedtls_pk_ec(pk), digest, digest_len, out);
    }
    mbedtls_pk_free(&pk);
    return result;
}

int tt_software_key_open(struct tt_software_key *key, const struct tt_port *port,
                         const uint8_t *data, size_t len, struct tt_key_slot *out, const char **why)
{
    *key = (struct tt_software_key){.port = port, .data = data, .len = len};
    mbedtls_pk_context pk;
    int err = parse(key, &pk);
    const size_t bits = err == TT_OK ? mbedtls_pk_get_bitlen(&pk) : 0;
    const bool rsa = mbedtls_pk_can_do(&pk, MBEDTLS_PK_RSA);
    const bool p256 = mbedtls_pk_can_do(&pk, MBEDTLS_PK_ECDSA) && bits == 8 * P256_LEN;
    mbedtls_pk_free(&pk);
    *why = err == TT_EFULL ? "there is not enough memory for the device's private key"
           : err < 0       ? "the device's private key cannot be read"
                     : "the device's private key is neither P-256 nor RSA of 2048 to 4096 bits";
    if (err < 0) { return err; }
    if (!p256 && !(rsa && bits >= 2048 && bits <= 8 * TT_KEY_SIGNATURE_MAX)) { return TT_EINVALID; }
    *out = (struct tt_key_slot){
        .ctx = key, .kind = p256 ? TT_KEY_P256 : TT_KEY_RSA, .bits = (uint16_t)bits, .sign = sign};
    return TT_OK;
}
