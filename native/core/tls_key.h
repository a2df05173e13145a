// A key slot as mbedTLS wants a private key: its TLS signs through the slot and sees no key.
#pragma once

#include <mbedtls/pk.h>

#include "../port/key.h"

// pk borrows the slot, which outlives it.
void tt_tls_key_use(mbedtls_pk_context *pk, const struct tt_key_slot *slot);
