// The token of the IoT Hub security page: HMAC over the encoded resource and the expiry.
#include "sas.h"

#include "../port/error.gen.h"
#include "crypto.h"

enum { SIGNATURE_TEXT = 44 }; // base64 of 32 bytes

int tt_sas_sign(const struct tt_sas *sas, int64_t expiry_s, char *out, size_t cap)
{
    struct tt_writer token = tt_writer_of(out, cap);
    tt_writer_text(&token, "SharedAccessSignature sr=");
    const size_t resource = token.len;
    tt_writer_percent(&token, sas->scope.data, sas->scope.len);
    tt_writer_text(&token, "%2F");
    tt_writer_text(&token, sas->kind);
    tt_writer_text(&token, "%2F");
    tt_writer_percent(&token, sas->id.data, sas->id.len);
    // What is signed, "<resource>\n<expiry>", stands here until its signature takes its place.
    const size_t resource_end = token.len;
    tt_writer_u8(&token, '\n');
    tt_writer_decimal(&token, expiry_s);
    if (token.full) { return TT_EFULL; }
    uint8_t mac[TT_SHA256_LEN];
    tt_crypto_hmac_sha256(sas->key, sas->key_len, out + resource, token.len - resource, mac);
    char signature[SIGNATURE_TEXT];
    tt_crypto_base64_encode(mac, sizeof mac, signature, sizeof signature);

    token.len = resource_end;
    tt_writer_text(&token, "&sig=");
    tt_writer_percent(&token, signature, sizeof signature);
    tt_writer_text(&token, "&se=");
    tt_writer_decimal(&token, expiry_s);
    if (sas->policy != NULL) {
        tt_writer_text(&token, "&skn=");
        tt_writer_text(&token, sas->policy);
    }
    return token.full ? TT_EFULL : (int)token.len;
}

void tt_sas_derive(const uint8_t *group_key, size_t group_key_len, struct tt_range registration_id,
                   uint8_t out[TT_SAS_DERIVED_LEN])
{
    tt_crypto_hmac_sha256(group_key, group_key_len, registration_id.data, registration_id.len, out);
}
