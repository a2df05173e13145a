// Who the device is and whom it trusts, read from its settings partition. Nothing of it is ever
// logged.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TT_SETTINGS_NAME_MAX = 129, TT_SETTINGS_KEY_MAX = 64 };

struct tt_settings {
    char host[TT_SETTINGS_NAME_MAX];
    char device_id[TT_SETTINGS_NAME_MAX];
    uint8_t key[TT_SETTINGS_KEY_MAX];
    size_t key_len;
    const char *address; // TCP host and port instead of the hub's; "" and 0: the hub's
    uint16_t port;
    const uint8_t *ca; // PEM
    size_t ca_len;     // with its NUL
};

// The content is four texts, each ended by NUL: connection string, address, port, certificates.
// TT_OK; TT_ENOTFOUND when the partition holds no settings; TT_EINVALID with *why in words.
int tt_settings_read(struct tt_settings *settings, const uint8_t *partition, size_t size,
                     const char **why);
