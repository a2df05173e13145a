// crypto.h's public-key part by mbedTLS 3.6, apart, so that a program that verifies nothing itself
// does without.
#include "crypto.h"

#include <mbedtls/asn1.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/x509_crt.h>

bool tt_crypto_verify_p256(const uint8_t key[65], const uint8_t digest[TT_SHA256_LEN],
                           const uint8_t signature[64])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r;
    mbedtls_mpi s;
    tt_crypto_install_heap();
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const bool good = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
                      mbedtls_ecp_point_read_binary(&group, &point, key, 65) == 0 &&
                      mbedtls_ecp_check_pubkey(&group, &point) == 0 &&
                      mbedtls_mpi_read_binary(&r, signature, 32) == 0 &&
                      mbedtls_mpi_read_binary(&s, signature + 32, 32) == 0 &&
                      mbedtls_ecdsa_verify(&group, digest, TT_SHA256_LEN, &point, &r, &s) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return good;
}

bool tt_crypto_certificates(const void *der, size_t len)
{
    enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE };
    const unsigned char *at = der;
    const unsigned char *const end = at + len;
    bool good = len > 0;
    tt_crypto_install_heap();
    while (good && at < end) {
        unsigned char *inside = (unsigned char *)at;
        size_t size = 0;
        good = mbedtls_asn1_get_tag(&inside, end, &size, SEQUENCE) == 0;
        size += (size_t)(inside - at);
        mbedtls_x509_crt certificate;
        mbedtls_x509_crt_init(&certificate);
        good = good && mbedtls_x509_crt_parse_der_nocopy(&certificate, at, size) == 0;
        mbedtls_x509_crt_free(&certificate);
        at += good ? size : 0;
    }
    return good;
}
