// The connection string of a device or a module, taken apart: of one whose hub is known, or of one
// that asks DPS for it. It knows neither.
#pragma once

#include "bytes.h"

// The parts of "HostName=…;DeviceId=…;SharedAccessKey=…", or for DPS of
// "IdScope=…;RegistrationId=…;SharedAccessKey=…", pointing into the text. What is not there is
// empty.
struct tt_connection {
    struct tt_range host;      // with its port as it stands
    struct tt_range device_id; // neither this nor host with DPS
    struct tt_range module_id;
    struct tt_range gateway;  // GatewayHostName: where to connect to instead
    struct tt_range id_scope; // of DPS
    struct tt_range registration_id;
    struct tt_range endpoint;   // GlobalEndpoint: host of DPS, with or without a port
    struct tt_range key;        // base64; empty for x509
    struct tt_range second_key; // base64
    bool x509;                  // x509=true: a certificate proves who it is
    bool group;                 // GroupSharedAccessKey: the keys are an enrollment group's
};

enum {
    TT_CONNECTION_HOST_MAX = 128, // characters of a host's name with its port
    TT_CONNECTION_KEY_MAX = 64,   // bytes of a key, decoded
};

// Fields in any order, their names in any case; unknown ones are passed over. A second line may be
// the same string with the other key, as the portal shows a primary and a secondary one: its key
// is second_key. TT_EINVALID when a part is missing, empty, given twice or cannot be, or when the
// lines are of two devices; *why then says which, of "it": the connection string. Line ends, one
// NUL or ";" at the end do no harm.
int tt_connection_parse(const char *text, size_t len, struct tt_connection *out, const char **why);

// "name" or "name:port". False for an empty name or a port that is none; *port stays as it is where
// there is none.
bool tt_connection_split_host(struct tt_range host, struct tt_range *name, uint16_t *port);
// A key's bytes: their number, at least 1, or TT_EINVALID. They are the caller's to forget.
int tt_connection_key(struct tt_range base64, uint8_t out[TT_CONNECTION_KEY_MAX]);
// NULL, or in words which of its names and keys no client could use.
const char *tt_connection_wrong(const struct tt_connection *connection);
