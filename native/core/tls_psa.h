// What TLS 1.3 of mbedTLS 3.6 needs beside the TLS calls: PSA crypto, started once in the process.
#pragma once

struct tt_port;

// Does nothing where TLS 1.3 is not built. port's random serves PSA until the next call of this.
void tt_tls_psa_start(const struct tt_port *port);
