// Tokens, HMAC and base64 against the shared cases.
#include "../core/sas.h"
#include "../core/crypto.h"
#include "vectors.h"

static struct tt_range text(struct tt_range item, const char *name)
{
    static char buffers[8][512];
    static size_t next;
    char *const buffer = buffers[next++ % 8];
    return vector_text(item, name, buffer, 512);
}

static void check_token(struct tt_range item)
{
    uint8_t key[128];
    const struct tt_range base64 = text(item, "key");
    const int key_len = tt_crypto_base64_decode(base64.data, base64.len, key, sizeof key);
    CHECK(key_len > 0);
    const bool registration = vector_has(item, "registration");
    char id_text[300];
    snprintf(id_text, sizeof id_text, "%s%s%s", text(item, "device").data,
             vector_has(item, "module") ? "/modules/" : "", text(item, "module").data);
    const struct tt_range id = {id_text, strlen(id_text)};
    const struct tt_sas sas = {
        .scope = text(item, registration ? "scope" : "host"),
        .kind = registration ? "registrations" : "devices",
        .id = registration ? text(item, "registration") : id,
        .policy = registration ? "registration" : NULL,
        .key = key,
        .key_len = (size_t)key_len,
    };
    const struct tt_range token = text(item, "token");
    char out[512];
    const int len = tt_sas_sign(&sas, vector_integer(item, "expiry"), out, sizeof out);
    CHECK_BYTES(out, len, token.data, token.len);
    for (size_t cap = 0; cap < token.len; cap++) {
        CHECK_INT(tt_sas_sign(&sas, vector_integer(item, "expiry"), out, cap), TT_EFULL);
    }
}

static void check_mac(struct tt_range item)
{
    uint8_t key[128];
    uint8_t expected[TT_SHA256_LEN];
    uint8_t mac[TT_SHA256_LEN];
    const struct tt_range base64 = text(item, "hmacKey");
    const struct tt_range data = text(item, "data");
    const struct tt_range wanted = text(item, "mac");
    const int key_len = tt_crypto_base64_decode(base64.data, base64.len, key, sizeof key);
    CHECK(key_len > 0);
    CHECK_INT(tt_crypto_base64_decode(wanted.data, wanted.len, expected, sizeof expected),
              TT_SHA256_LEN);
    tt_crypto_hmac_sha256(key, (size_t)key_len, data.data, data.len, mac);
    CHECK(tt_crypto_equal(mac, expected, sizeof mac));
    tt_sas_derive(key, (size_t)key_len, data, mac);
    CHECK(tt_crypto_equal(mac, expected, sizeof mac));
    mac[31] ^= 1;
    CHECK(!tt_crypto_equal(mac, expected, sizeof mac));
}

static void check_base64(struct tt_range item)
{
    const struct tt_range base64 = text(item, "base64");
    uint8_t out[64];
    const int len = tt_crypto_base64_decode(base64.data, base64.len, out, sizeof out);
    if (vector_integer(item, "refuse") == 1) {
        CHECK_INT(len, TT_EINVALID);
        return;
    }
    uint8_t bytes[64];
    const size_t expected = check_hex(text(item, "hex").data, bytes, sizeof bytes);
    CHECK_BYTES(out, len, bytes, expected);
    char back[64];
    CHECK_INT(tt_crypto_base64_encode(bytes, expected, back, base64.len), (int)base64.len);
    CHECK(memcmp(back, base64.data, base64.len) == 0);
    if (base64.len > 0) {
        CHECK_INT(tt_crypto_base64_encode(bytes, expected, back, base64.len - 1), TT_EFULL);
        CHECK_INT(tt_crypto_base64_decode(base64.data, base64.len, out, expected - 1), TT_EFULL);
    }
}

static void shared_cases(void)
{
    struct vectors vectors = vectors_open("test/vectors/sas.json");
    struct tt_range item;
    while (vectors_next(&vectors, &item)) {
        char name[256];
        check_case = vector_text(item, "name", name, sizeof name).data;
        if (vector_has(item, "token")) {
            check_token(item);
        } else if (vector_has(item, "mac")) {
            check_mac(item);
        } else {
            check_base64(item);
        }
    }
    CHECK(vectors.count >= 21);
}

int main(void)
{
    RUN(shared_cases, "each shared token and code is written and read");
    return 0;
}
