# What of mbedTLS a device is made of: a library `mbedtls`, for the computer's builds and the firmware's.
# Before: native and third_party are set. TT_TLS13 adds TLS 1.3, which brings PSA crypto.
set(mbedtls_modules
  aes asn1parse asn1write base64 bignum bignum_core cipher cipher_wrap constant_time
  ecdh ecdsa ecp ecp_curves gcm md oid pem pk pk_ecc pk_wrap pkparse platform platform_util
  rsa rsa_alt_helpers sha256 sha512 ssl_ciphersuites ssl_client ssl_msg ssl_tls ssl_tls12_client x509 x509_crt)
if(TT_TLS13)
  list(APPEND mbedtls_modules
    ecjpake entropy hkdf pkwrite psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client
    psa_crypto_driver_wrappers_no_static psa_crypto_ecp psa_crypto_ffdh psa_crypto_hash psa_crypto_mac
    psa_crypto_pake psa_crypto_rsa psa_crypto_se psa_crypto_slot_management psa_crypto_storage psa_its_file psa_util
    ssl_debug_helpers_generated ssl_tls13_client ssl_tls13_generic ssl_tls13_keys)
endif()
list(TRANSFORM mbedtls_modules PREPEND ${third_party}/mbedtls/library/)
list(TRANSFORM mbedtls_modules APPEND .c)
add_library(mbedtls STATIC ${mbedtls_modules})
target_include_directories(mbedtls SYSTEM PUBLIC ${third_party}/mbedtls/include)
target_include_directories(mbedtls PRIVATE ${third_party}/mbedtls/library)
target_compile_definitions(mbedtls PUBLIC "MBEDTLS_CONFIG_FILE=\"${native}/core/mbedtls_config.h\"")
if(TT_TLS13)
  target_compile_definitions(mbedtls PUBLIC TT_TLS13)
endif()
tt_third_party(mbedtls)
