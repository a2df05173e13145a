// Shared access signatures of a device, and the connection string its key comes in.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

struct tt_sas {
    struct tt_range host; // as in the connection string, port included
    struct tt_range device_id;
    const uint8_t *key; // decoded
    size_t key_len;
};

// Writes "SharedAccessSignature sr=…&sig=…&se=…", valid until expiry_s (seconds since 1970).
// Returns its length, or TT_EFULL. Without NUL; no allocation.
int tt_sas_sign(const struct tt_sas *sas, int64_t expiry_s, char *out, size_t cap);

// The parts of "HostName=…;DeviceId=…;SharedAccessKey=…", pointing into the text.
struct tt_sas_connection {
    struct tt_range host;
    struct tt_range device_id;
    struct tt_range key; // base64
};

// Fields in any order, their names in any case; unknown ones are passed over. TT_EINVALID when a
// part is missing, empty or given twice; *why then says which. The text may end in one NUL or ";".
int tt_sas_parse(const char *text, size_t len, struct tt_sas_connection *out, const char **why);
