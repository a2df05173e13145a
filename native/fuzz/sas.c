// Hostile names in tokens, and base64: codes read back as they were.
#include <stdlib.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/sas.h"
#include "../port/error.gen.h"

static void require(int fact)
{
    if (!fact) { abort(); }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *const text = malloc(len + 1);
    memcpy(text, data, len);
    const struct tt_sas sas = {
        .scope = {text, len / 2},
        .kind = "devices",
        .id = {text + len / 2, len - len / 2},
        .policy = len % 2 == 0 ? "registration" : NULL,
        .key = (const uint8_t *)text,
        .key_len = len,
    };
    char token[300];
    const int token_len = tt_sas_sign(&sas, 1767225600, token, sizeof token);
    require(token_len == TT_EFULL || (token_len > 60 && token_len <= 300));
    uint8_t plain[64];
    const int plain_len = tt_crypto_base64_decode(text, len, plain, sizeof plain);
    if (plain_len >= 0) {
        char back[96];
        require(tt_crypto_base64_encode(plain, (size_t)plain_len, back, sizeof back) == (int)len);
    }
    free(text);
    return 0;
}
