// Hostile connection strings and base64: parts lie within the text, codes read back as they were.
#include <stdlib.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/sas.h"
#include "../port/error.gen.h"

static void require(int fact)
{
    if (!fact) { abort(); }
}

static void within(struct tt_range part, const char *text, size_t len)
{
    require(part.data >= text && part.data + part.len <= text + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *const text = malloc(len + 1);
    memcpy(text, data, len);
    struct tt_sas_connection connection;
    const char *why = NULL;
    const int err = tt_sas_parse(text, len, &connection, &why);
    require(err == TT_OK || (err == TT_EINVALID && why != NULL));
    uint8_t key[64];
    if (err == TT_OK) {
        within(connection.host, text, len);
        within(connection.device_id, text, len);
        within(connection.key, text, len);
        const int key_len =
            tt_crypto_base64_decode(connection.key.data, connection.key.len, key, sizeof key);
        const struct tt_sas sas = {
            .host = connection.host,
            .device_id = connection.device_id,
            .key = key,
            .key_len = key_len > 0 ? (size_t)key_len : 0,
        };
        char token[300];
        const int token_len = tt_sas_sign(&sas, 1767225600, token, sizeof token);
        require(token_len == TT_EFULL || (token_len > 60 && token_len <= 300));
    }
    uint8_t plain[64];
    const int plain_len = tt_crypto_base64_decode(text, len, plain, sizeof plain);
    if (plain_len >= 0) {
        char back[96];
        require(tt_crypto_base64_encode(plain, (size_t)plain_len, back, sizeof back) == (int)len);
    }
    free(text);
    return 0;
}
