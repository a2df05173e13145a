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
    tt_writer_percent(&token, sas->host.data, sas->host.len);
    tt_writer_text(&token, "%2Fdevices%2F");
    tt_writer_percent(&token, sas->device_id.data, sas->device_id.len);
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
    return token.full ? TT_EFULL : (int)token.len;
}

static bool same_name(struct tt_range name, const char *lower)
{
    size_t i = 0;
    for (; i < name.len && lower[i] != 0; i++) {
        const char c = name.data[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != lower[i]) { return false; }
    }
    return i == name.len && lower[i] == 0;
}

static size_t find(struct tt_range text, char wanted)
{
    size_t at = 0;
    while (at < text.len && text.data[at] != wanted) {
        at++;
    }
    return at;
}

int tt_sas_parse(const char *text, size_t len, struct tt_sas_connection *out, const char **why)
{
    struct tt_range rest = {text, len > 0 && text[len - 1] == 0 ? len - 1 : len};
    *out = (struct tt_sas_connection){{NULL, 0}, {NULL, 0}, {NULL, 0}};
    while (rest.len > 0) {
        const size_t field_len = find(rest, ';');
        const struct tt_range field = {rest.data, field_len};
        const size_t skip = field_len < rest.len ? field_len + 1 : field_len;
        rest = (struct tt_range){rest.data + skip, rest.len - skip};

        const size_t name_len =
            find(field, '='); // keys end in '=' themselves: the first one counts
        if (name_len == field.len) {
            *why = "a field of the connection string has no '='";
            return TT_EINVALID;
        }
        const struct tt_range name = {field.data, name_len};
        const struct tt_range value = {field.data + name_len + 1, field.len - name_len - 1};
        struct tt_range *part = same_name(name, "hostname")          ? &out->host
                                : same_name(name, "deviceid")        ? &out->device_id
                                : same_name(name, "sharedaccesskey") ? &out->key
                                                                     : NULL;
        if (part != NULL && part->data != NULL) {
            *why = "the connection string names a field twice";
            return TT_EINVALID;
        }
        if (part != NULL) { *part = value; }
    }
    *why = out->host.len == 0        ? "the connection string has no HostName"
           : out->device_id.len == 0 ? "the connection string has no DeviceId"
           : out->key.len == 0       ? "the connection string has no SharedAccessKey"
                                     : NULL;
    return *why == NULL ? TT_OK : TT_EINVALID;
}
