// A key slot in software: what it signs verifies, what is no key is refused, nothing stays behind.
#include "../core/software_key.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>

#include "../core/crypto.h"
#include "../port/error.gen.h"
#include "check.h"

// Keys of this test only.
static const char p256_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRCQH5yyVY7cd/zcE\n"
                               "4egeu8NaabhDmiUXdn1H+hZ+UjuhRANCAAQF9+CnVkqG6JI30VxViZzF4YHggvII\n"
                               "J3xB+v9piZPID4k2o7LLFPIquH3ALtNK6P7uZQIYoFtVGjvlma6dnkwR\n"
                               "-----END PRIVATE KEY-----\n";
static const char p256_sec1[] =
    "30770201010420442407e72c9563b71dff3704e1e81ebbc35a69b8439a2517767d47fa167e523ba0"
    "0a06082a8648ce3d030107a1440342000405f7e0a7564a86e89237d15c55899cc5e181e082f20827"
    "7c41faff698993c80f8936a3b2cb14f22ab87dc02ed34ae8feee650218a05b551a3be599ae9d9e4c"
    "11";
static const char p256_public[] =
    "3059301306072a8648ce3d020106082a8648ce3d0301070342000405f7e0a7564a86e89237d15c55"
    "899cc5e181e082f208277c41faff698993c80f8936a3b2cb14f22ab87dc02ed34ae8feee650218a0"
    "5b551a3be599ae9d9e4c11";
static const char p256_secret[] =
    "442407e72c9563b71dff3704e1e81ebbc35a69b8439a2517767d47fa167e523b";
static const char rsa_pkcs1[] =
    "308204a30201000282010100a953598c8bada79d488ed05b14e3d853bf46133837b4b3e71bb01779"
    "64d22254aba374fc821aa36a2d2ed05d7e76b596b901628138eaefbc6ebcceef02fefce3984c4900"
    "ba9872e584bdc722027682333c168d8df3a62b13a465de4d1fee9c188b78e41e432e015e621146a7"
    "5d9c5e47a68148a7c5efd933294a34ef2327f44ec9af9f44de19ccdb23b72b55f1c95432f457060b"
    "00caced6329df64b7538cdd3758de0c177071158b8c2bea3e9db1f9655ee29869e0d3dec41144a6a"
    "dadc5c0a32857fed2dad5dbcbf80a42e34b13b89c4f125531bac91a889e46848c477f3d4f79f5185"
    "ff2c1fad2029e46c99508ad09956be5193a72b1c91cf09aca605c60f0203010001028201002b00a4"
    "09719fd4a5b93babe6b5d377a92d369ac2f842c83db5666f4fc12f2cd0dc16532b9dcf2e19550842"
    "9abbf761feb95584b2d4c5b5c4e14aca33214ba8e61453ab66a7fcf7911ab927cd975a898e818028"
    "cb1849e73ec1cdad3b6114b447f783e84b573c63d4988b52aa46b7e3a9c6bba6bc1524e8c0798803"
    "118898290f3f181aa5a78e56e9e72497552c0a6e29a19ed143cb8ca93f2424815cc2eae5fe13260e"
    "4d545ca82de29e806dc21fde9c78731a8853f54ac0a93be6fbc664482d8ac254b48029ce5b80bcc9"
    "642fdef931b2e7f62dc9a4f7cf990aa54228bde3065599bba47cacf41576f18d605343c6761fdb0b"
    "0434d7a8974f29f769d26606a102818100e636a0a29960512a9388cabf6facf258640a3b5fd3b9a1"
    "c2b2103f2046a3045f9008a602c695dc7cc71915e66241fb4a1f3070678045ebe18a61271015866d"
    "6d8e498273968075c04fe6e5a02aed234c8893e5a8e5d9a4404c9ece08a4fa8cf5044a0c45b12e60"
    "a64e45caf5f88293dea2972ec5b00149631089c4a7fbb4f0f302818100bc4ac37b894312d9819f8a"
    "f35b6b290143f13337fdbf955ca1e7a3d4ace5fff29e26a530b69064023aee750e749fb6a8448769"
    "d386e5cb65e45776e89f8f2bccc4f785c4931451c9629d576d1a836abb6b57c1a3330352f95c4e8c"
    "b3f0fa2cea85e1a5fe686c99a5032004c3371af7393bf1c80966538a7ffbedddc8e5df7d75028181"
    "00b1052c7c1b683ec17874e54253432f8edc4e29ddc3d6a8162809ea208d7068ba7aeccb8ab2dd25"
    "9025209b006e69c22afad4aa7a4bde784513bd24e66f46d0fa3f4133386270211b61d57098baa962"
    "4d457044569d77bf9f59cb7b2e967dbac9e524734f5bb107cc99bf7d13aaa5edc2724fc23d6cdb70"
    "6ce698a9496a79761502818023e9cea73d6301b162bbdf70d33af933389644c2a52f6979a597dcf3"
    "af969eded3b363468b4bb70785ddfd8da848de39f1f832031a73b1fbd935a584710a89bc20c5654a"
    "3d135f161e2d0c83cececa08bd4c9bae59088546f28838e6094c6e4cbd0470f8b94a1d740fc887a0"
    "045eac50ca522f693b8f2b9785a1b4efa088a4110281801dddd83ac284c4cf43477ac8643c42e286"
    "e51c29ce019bab087180c9ff556efbd0b330d6a62a60eef385de73e52ab874f75304b66d1a7cda87"
    "d398673283fc4773f90c11852d14becb7b239c047a170d4bb41e73be6653c2db93e0446fd30d6431"
    "ef5a254a52afba6feb2dc2306c7fc3372e63bb41934500fa05bbabc9dd10b6";
static const char rsa_public[] =
    "30820122300d06092a864886f70d01010105000382010f003082010a0282010100a953598c8bada7"
    "9d488ed05b14e3d853bf46133837b4b3e71bb0177964d22254aba374fc821aa36a2d2ed05d7e76b5"
    "96b901628138eaefbc6ebcceef02fefce3984c4900ba9872e584bdc722027682333c168d8df3a62b"
    "13a465de4d1fee9c188b78e41e432e015e621146a75d9c5e47a68148a7c5efd933294a34ef2327f4"
    "4ec9af9f44de19ccdb23b72b55f1c95432f457060b00caced6329df64b7538cdd3758de0c1770711"
    "58b8c2bea3e9db1f9655ee29869e0d3dec41144a6adadc5c0a32857fed2dad5dbcbf80a42e34b13b"
    "89c4f125531bac91a889e46848c477f3d4f79f5185ff2c1fad2029e46c99508ad09956be5193a72b"
    "1c91cf09aca605c60f0203010001";
static const char rsa_1024[] =
    "3082025c02010002818100f26b223c9db6b7a0463e801cb4a6390ce9f13c1ff7cef4dad12d04d03c"
    "be65b244f6bf92b917315d49a8fd47d3b240650433db0cc7ef06625d4baf686371ed243c2ac72786"
    "a036fd0e7a48f74f419cd874b4db89cbe6a5431ef2c2f634df19e67126f400da2aade6aac7d1a572"
    "7bce34edd68481ffdd4a3803d1be7f500a81bf020301000102818035723b5523ec71e5ab370265d1"
    "ca480fb9d04ed2397f6e6a83eda9ff033573146fb1fb20ad2018e91961619e21654e5f3722fbab80"
    "b509324ca17025d2aefe7a2dcb309f312eb9e54e219420be5bb0be6af1defcc49a7ddeedd540f1e4"
    "443107e781175abd9282ff55bb3febd5c4203f6b082957b47c1b21c17a6fc83f9fa4c1024100ffb1"
    "f24ca6fe2bf5810e953919f6d1d89f0f089c103dd65ec2b9b08f9c0bba50ca0f15fa5842d41f7557"
    "0b59676336ff35d6dee4010da8b8f25997cbd72e55a1024100f2b5226a55e60f23aff443915fd2fc"
    "49991591c09d2531bafec28bba4155d26d7a4928eb94022b35e0829f4ca23105d88e23bfa0f99676"
    "9ad21bb25b1b98db5f0241009073570f36c820cd713b6bd1f67919d3e707f7353377bbc38cfe9a60"
    "872798fa4b2c7a9e137ead979812b4b6ad51bfa02e2a558139971dda5e0f7f52091e840102401f28"
    "0b83f504f47a9352dafda57c73308b7b4e5b9890b6c29783a7e6400ee15576763fcf860f8536845c"
    "a050791dabef71c7bb08d22173964a548ddfce3a2027024034c72b78bf20910706d824639a8bf38a"
    "c93c4140ef8b15a18638c857284912d4700dadc546aa2464fa54e18072432644078f962735cda406"
    "0f2531a0bab0cc5d";
static const char p256_encrypted[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjsfHz4MUUabAICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEHMeQvR2+Lx0IX7wYlVaQxcEgZCE\n"
    "EjasNvcLLesNKBZmk+sdpMftcQG+Cmi3KH/SM3Z2ynOCRYgExGOqCSa1+XH1Ot/P\n"
    "eiOcCAoBptBafFnrNFJck+zJJtQJWYVY7pftU8dEs3SGKv5sSAYOT1zPzD3qW0ZV\n"
    "l2/mCMkmisCx/pXDEOmihb872HUtoLgxZY3x/EaB6rtEh+x5QJc6C0ddbbCAAjg=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

// All that is ever allocated stays to be looked at.
static uint8_t heap[512 * 1024];
static size_t heap_used;

static void *keep_calloc(size_t count, size_t size)
{
    const size_t bytes = (count * size + 15) & ~(size_t)15;
    if (bytes > sizeof heap - heap_used) { return NULL; }
    void *const memory = heap + heap_used;
    heap_used += bytes;
    return memset(memory, 0, bytes);
}

static void keep_free(void *memory)
{
    (void)memory;
}

static void reset_heap(void)
{
    memset(heap, 0, sizeof heap);
    heap_used = 0;
    tt_crypto_use_heap(keep_calloc, keep_free);
}

static bool heap_holds(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + len <= heap_used; i++) {
        if (memcmp(heap + i, bytes, len) == 0) { return true; }
    }
    return false;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    static uint32_t state = 1;
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        out[i] = (uint8_t)(state >> 24);
    }
}

static const struct tt_port port = {.random = random_bytes};

static void open_public(mbedtls_pk_context *pk, const char *hex)
{
    uint8_t der[512];
    const size_t len = check_hex(hex, der, sizeof der);
    mbedtls_pk_init(pk);
    CHECK_INT(mbedtls_pk_parse_public_key(pk, der, len), 0);
}

static void verify_p256(const uint8_t *digest, const uint8_t *signature)
{
    mbedtls_pk_context pk;
    open_public(&pk, p256_public);
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    mbedtls_mpi_read_binary(&r, signature, 32);
    mbedtls_mpi_read_binary(&s, signature + 32, 32);
    mbedtls_ecp_keypair *const pair = mbedtls_pk_ec(pk);
    CHECK_INT(mbedtls_ecdsa_verify(&pair->MBEDTLS_PRIVATE(grp), digest, 32,
                                   &pair->MBEDTLS_PRIVATE(Q), &r, &s),
              0);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    mbedtls_pk_free(&pk);
}

static void check_p256(const uint8_t *data, size_t len)
{
    reset_heap();
    struct tt_software_key key;
    struct tt_key_slot slot;
    const char *why;
    CHECK_INT(tt_software_key_open(&key, &port, data, len, &slot, &why), TT_OK);
    CHECK_INT(slot.kind, TT_KEY_P256);
    CHECK_INT(slot.bits, 256);
    uint8_t digest[TT_SHA256_LEN];
    uint8_t signature[TT_KEY_SIGNATURE_MAX];
    tt_crypto_sha256("hello", 5, digest);
    CHECK_INT(slot.sign(slot.ctx, digest, sizeof digest, signature), 64);
    CHECK_INT(tt_crypto_heap_bytes(), 0);
    uint8_t secret[32];
    check_hex(p256_secret, secret, sizeof secret);
    CHECK(!heap_holds(secret, sizeof secret));
    // The library's numbers have their least significant limb first.
    uint8_t turned[32];
    for (size_t i = 0; i < sizeof turned; i++) {
        turned[i] = secret[31 - i];
    }
    CHECK(!heap_holds(turned, sizeof turned));
    verify_p256(digest, signature);
}

// What the look into the heap is worth: it finds a key that is there.
static void found_while_used(void)
{
    reset_heap();
    tt_crypto_install_heap();
    uint8_t secret[32];
    uint8_t turned[32];
    check_hex(p256_secret, secret, sizeof secret);
    for (size_t i = 0; i < sizeof turned; i++) {
        turned[i] = secret[31 - i];
    }
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    CHECK_INT(
        mbedtls_pk_parse_key(&pk, (const uint8_t *)p256_pem, sizeof p256_pem, NULL, 0, NULL, NULL),
        0);
    CHECK(heap_holds(turned, sizeof turned));
    mbedtls_pk_free(&pk);
    CHECK(!heap_holds(turned, sizeof turned));
}

static void p256(void)
{
    uint8_t der[256];
    const size_t len = check_hex(p256_sec1, der, sizeof der);
    check_p256((const uint8_t *)p256_pem, sizeof p256_pem);
    check_p256(der, len);
    der[len] = 0;
    check_p256(der, len + 1);
}

static void check_rsa(const struct tt_key_slot *slot, mbedtls_md_type_t md, size_t digest_len)
{
    uint8_t digest[48];
    uint8_t signature[TT_KEY_SIGNATURE_MAX];
    memset(digest, 7, sizeof digest);
    CHECK_INT(slot->sign(slot->ctx, digest, digest_len, signature), 256);
    CHECK_INT(tt_crypto_heap_bytes(), 0);
    mbedtls_pk_context pk;
    open_public(&pk, rsa_public);
    CHECK_INT(mbedtls_pk_verify(&pk, md, digest, digest_len, signature, 256), 0);
    mbedtls_pk_free(&pk);
}

static void rsa(void)
{
    reset_heap();
    static uint8_t der[2048];
    const size_t len = check_hex(rsa_pkcs1, der, sizeof der);
    struct tt_software_key key;
    struct tt_key_slot slot;
    const char *why;
    CHECK_INT(tt_software_key_open(&key, &port, der, len, &slot, &why), TT_OK);
    CHECK_INT(slot.kind, TT_KEY_RSA);
    CHECK_INT(slot.bits, 2048);
    check_rsa(&slot, MBEDTLS_MD_SHA256, 32);
    check_rsa(&slot, MBEDTLS_MD_SHA384, 48);
}

static const char *refusal(const uint8_t *data, size_t len)
{
    reset_heap();
    struct tt_software_key key;
    struct tt_key_slot slot;
    const char *why = NULL;
    CHECK_INT(tt_software_key_open(&key, &port, data, len, &slot, &why), TT_EINVALID);
    CHECK_INT(tt_crypto_heap_bytes(), 0);
    return why;
}

static void refused(void)
{
    static uint8_t der[1024];
    const size_t len = check_hex(rsa_1024, der, sizeof der);
    CHECK(strcmp(refusal(der, len),
                 "the device's private key is neither P-256 nor RSA of 2048 to 4096 bits") == 0);
    static const char unreadable[] = "the device's private key cannot be read";
    CHECK(strcmp(refusal(der, len - 1), unreadable) == 0);
    CHECK(strcmp(refusal(der, 0), unreadable) == 0);
    CHECK(strcmp(refusal((const uint8_t *)"", 1), unreadable) == 0);
    CHECK(strcmp(refusal((const uint8_t *)p256_encrypted, sizeof p256_encrypted), unreadable) == 0);
}

static void no_memory(void)
{
    reset_heap();
    heap_used = sizeof heap - 64;
    struct tt_software_key key;
    struct tt_key_slot slot;
    const char *why;
    CHECK(tt_software_key_open(&key, &port, (const uint8_t *)p256_pem, sizeof p256_pem, &slot,
                               &why) < 0);
    CHECK_INT(tt_crypto_heap_bytes(), 0);
}

int main(void)
{
    RUN(found_while_used, "a key that is in use is found in the heap, one that was freed is not");
    RUN(p256, "a P-256 key in PEM or DER signs what verifies, and leaves no trace in the heap");
    RUN(rsa, "an RSA key signs digests of SHA-256 and SHA-384");
    RUN(refused, "what is no key, encrypted, cut or too short is refused in words");
    RUN(no_memory, "without memory there is an error and no leak");
    return 0;
}
