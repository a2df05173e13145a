// The settings partition: a slot of four texts.

#include "settings.h"

#include <string.h>

#include "../../core/bytes.h"
#include "../../core/crypto.h"
#include "../../core/sas.h"
#include "../../core/slot.h"
#include "../../port/error.gen.h"

enum { CONNECTION, ADDRESS, PORT, CA, TEXTS };

static bool copy(char out[TT_SETTINGS_NAME_MAX], struct tt_range text)
{
    if (text.len >= TT_SETTINGS_NAME_MAX) { return false; }
    memcpy(out, text.data, text.len);
    out[text.len] = 0;
    return true;
}

static bool split(const struct tt_slot *slot, struct tt_range texts[TEXTS])
{
    const char *at = (const char *)slot->data;
    size_t left = slot->len;
    for (int i = 0; i < TEXTS; i++) {
        const char *const end = memchr(at, 0, left);
        if (end == NULL) { return false; }
        texts[i] = (struct tt_range){at, (size_t)(end - at)};
        left -= texts[i].len + 1;
        at = end + 1;
    }
    return left == 0;
}

static int read_connection(struct tt_settings *settings, struct tt_range text, const char **why)
{
    struct tt_sas_connection parts;
    if (tt_sas_parse(text.data, text.len, &parts, why) < 0) { return TT_EINVALID; }
    if (!copy(settings->host, parts.host) || !copy(settings->device_id, parts.device_id)) {
        *why = "a name in the connection string is too long";
        return TT_EINVALID;
    }
    const int len =
        tt_crypto_base64_decode(parts.key.data, parts.key.len, settings->key, sizeof settings->key);
    settings->key_len = len > 0 ? (size_t)len : 0;
    *why = "the key in the connection string is not base64 of 1 to 64 bytes";
    return len > 0 ? TT_OK : TT_EINVALID;
}

int tt_settings_read(struct tt_settings *settings, const uint8_t *partition, size_t size,
                     const char **why)
{
    struct tt_slot slot;
    *why = "the settings are damaged; write them again";
    const int err = tt_slot_open(partition, size, TT_SLOT_SETTINGS, &slot);
    if (err < 0) { return err; }
    struct tt_range texts[TEXTS];
    int64_t port = 0;
    if (!split(&slot, texts) || !tt_range_integer(texts[PORT], &port) || port < 0 ||
        port > UINT16_MAX) {
        return TT_EINVALID;
    }
    settings->address = texts[ADDRESS].data;
    settings->port = (uint16_t)port;
    settings->ca = (const uint8_t *)texts[CA].data;
    settings->ca_len = texts[CA].len + 1;
    return read_connection(settings, texts[CONNECTION], why);
}
