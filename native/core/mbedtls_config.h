// What of mbedTLS 3.6 is compiled: a TLS client with chain and host name verified, and the crypto
// the hub's protocol needs. No clock, no files, no sockets, no platform entropy: time, bytes and
// randomness come from the port.
//
// Randomness: the TLS layer hands the port's random to mbedtls_ssl_conf_rng; there is neither an
// entropy module nor a generator on top. Validity dates: without MBEDTLS_HAVE_TIME_DATE the library
// does not look at them. The TLS layer compares valid_from and valid_to with its own `now` in the
// callback of mbedtls_ssl_conf_verify.
#pragma once

// Platform: memory through mbedtls_platform_set_calloc_free, so that a port can give an arena.
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_DEPRECATED_REMOVED

// Hashes and ciphers.
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_SHA512_SMALLER // certificates only: 1.3 KB against a millisecond or two a
                               // connection
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH // all of IoT Hub's peers have it
#define MBEDTLS_CIPHER_C
#define MBEDTLS_GCM_C
#ifndef TT_TLS13                        // PSA knows more modes
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT // GCM only ever encrypts blocks
#endif

// Public keys: P-256 and P-384, RSA for the chains that still use it.
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_MPI_MAX_SIZE 512 // bytes: RSA 4096
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15

// Certificates and keys, DER and PEM.
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_REMOVE_INFO

// TLS 1.2 client: ECDHE with AES-GCM only, extended master secret, SNI. No renegotiation, no
// server.
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH

// Record buffers, bytes. A server may send 16 KiB records unless it is known not to; a board may
// say less.
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096
#endif

// A board's option: TLS 1.3 is built on PSA crypto, whose randomness is the port's as well.
#ifdef TT_TLS13
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_HKDF_C
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_PKCS1_V21 // RSA-PSS, which 1.3 signs with
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#endif
