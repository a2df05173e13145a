// Shared access signatures of a client: of a device or module at its hub, of a registration at DPS.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

// What the token is for: "{scope}/{kind}/{id}".
struct tt_sas {
    struct tt_range
        scope;          // the hub's host as in the connection string, port included; DPS: id scope
    const char *kind;   // "devices" or "registrations"
    struct tt_range id; // of a device; of a module "d1/modules/m1"; of a registration
    const char *policy; // skn; NULL: none, as for devices
    const uint8_t *key; // decoded
    size_t key_len;
};

// Writes "SharedAccessSignature sr=…&sig=…&se=…[&skn=…]", valid until expiry_s (seconds since
// 1970). Returns its length, or TT_EFULL. Without NUL; no allocation.
int tt_sas_sign(const struct tt_sas *sas, int64_t expiry_s, char *out, size_t cap);

enum { TT_SAS_DERIVED_LEN = 32 };
// The key of one registration of an enrollment group: HMAC-SHA256 by the group's key over the
// registration id [DPS symmetric key page]. It is the device's key at DPS and at its hub.
void tt_sas_derive(const uint8_t *group_key, size_t group_key_len, struct tt_range registration_id,
                   uint8_t out[TT_SAS_DERIVED_LEN]);
