// What TLS 1.3 of mbedTLS 3.6 needs beside the TLS calls: PSA crypto, started once in the process.
#pragma once

#include <stdbool.h>

struct tt_port;

// False where TLS 1.3 is not built.
bool tt_tls_psa_start(const struct tt_port *port);
// port's random serves PSA until the next call of this; before each call that may need it, for the
// port of the connection before may be gone.
void tt_tls_psa_use(const struct tt_port *port);
