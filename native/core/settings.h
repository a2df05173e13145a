// Who one device is and whom it trusts, as its settings partition says it: a slot of named fields.
// It knows no flash, only mapped bytes, and logs nothing of them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "software_key.h"

// The slot's content is fields in any order, each once but wifi: length of the name (1 byte), name
// (ASCII), length of the value (2 bytes, big endian), value, and one NUL that the length does not
// count. Names that are not known are passed over. src/firmware/image.ts writes it.
//   connection   connection string, see connection.h; a second line may have the other key
//   ca           roots: PEM, or DER certificates one after another
//   certificate  with x509=true: the device's certificate and those that lead to its root, alike
//   key          its private key, where it is kept in software, see software_key.h
//   updateKey    point of the key that may sign bundles of roots, 65 bytes, see trust.h
//   address      where TCP connects to instead of the host's own name
//   port         decimal; instead of the host's own
//   wifi         a network's name, a NUL and its password, "" for an open one; as many as there are
//   health       "off": condition and last crash are not reported
struct tt_settings {
    struct tt_connection connection;
    struct tt_range address;
    uint16_t port; // 0: the host's own
    struct tt_range ca;
    struct tt_range certificate;
    struct tt_range key;
    struct tt_range update_key;
    struct tt_range health;
};

// Ranges point into the partition; a NUL stands behind each. TT_OK; TT_ENOTFOUND when the partition
// holds no settings; TT_EINVALID with *why in words.
int tt_settings_read(struct tt_settings *settings, const uint8_t *partition, size_t size,
                     const char **why);
// The wifi field of this index, from 0: both point into the partition, NUL-terminated. TT_OK, or
// TT_ENOTFOUND after the last.
int tt_settings_wifi(const uint8_t *partition, size_t size, size_t index, const char **ssid,
                     const char **password);
// A slot for the key in the settings; without one, a board's own slot is the link's key_slot. The
// linker leaves software keys out where nobody calls this. Errors as tt_software_key_open.
int tt_settings_key(const struct tt_settings *settings, const struct tt_port *port,
                    struct tt_software_key *key, struct tt_key_slot *slot, const char **why);
// Fills in what of a link comes from settings; the rest stays as it is.
void tt_settings_apply(const struct tt_settings *settings, struct tt_link_config *link);
