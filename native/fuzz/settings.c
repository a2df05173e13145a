// Hostile settings behind a hash that is right: whatever the fields say, nothing is read beyond the
// partition.
#include "../core/settings.h"

#include <stdlib.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/slot.h"
#include "../port/error.gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t size = TT_SLOT_HEADER_LEN + len;
    uint8_t *const partition = calloc(1, size); // of just this size, so that the sanitizer sees
    if (partition == NULL) { return 0; }
    put32(partition + TT_SLOT_HASH_LEN, TT_SLOT_SETTINGS);
    put32(partition + TT_SLOT_HASH_LEN + 4, 1);
    put32(partition + TT_SLOT_HASH_LEN + 8, (uint32_t)len);
    if (len > 0) { memcpy(partition + TT_SLOT_HEADER_LEN, data, len); }
    tt_crypto_sha256(partition + TT_SLOT_HASH_LEN, size - TT_SLOT_HASH_LEN, partition);
    struct tt_settings settings;
    struct tt_link_config link = {.tls = true};
    const char *why = "";
    if (tt_settings_read(&settings, partition, size, &why) == TT_OK) {
        tt_settings_apply(&settings, &link);
        if (link.address != NULL && strlen(link.address) > len) { abort(); }
    }
    const char *ssid;
    const char *password;
    for (size_t i = 0; i < 16; i++) {
        if (tt_settings_wifi(partition, size, i, &ssid, &password) != TT_OK) { break; }
        if (strlen(ssid) + strlen(password) > len) { abort(); }
    }
    free(partition);
    return 0;
}
