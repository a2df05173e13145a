// A key slot in software: the key is bytes in PEM or DER. It knows no certificate and no TLS.
#pragma once

#include "../port/key.h"
#include "../port/port.h"

struct tt_software_key {
    const struct tt_port *port; // random
    const uint8_t *data;
    size_t len;
};

// A slot for the private key in data: PKCS #8, SEC 1 or PKCS #1, not encrypted, in PEM (with its
// final NUL counted) or DER, which a NUL may follow; P-256 or RSA of 2048 to 4096 bits. The bytes
// are the caller's and stay where they are; each signature reads them anew, and nothing of them is
// kept or copied longer. TT_OK, or with *why in words: TT_EINVALID (no such key), TT_EFULL (no
// memory in crypto.h's heap).
int tt_software_key_open(struct tt_software_key *key, const struct tt_port *port,
                         const uint8_t *data, size_t len, struct tt_key_slot *out,
                         const char **why);
