// Starts PSA crypto with the port's random. The one place in core that is compiled by an option,
// for PSA's random callback is a symbol without context: it exists with PSA or not at all.
#include "tls_psa.h"

#include <mbedtls/build_info.h>

#ifdef MBEDTLS_PSA_CRYPTO_C

#include <psa/crypto.h>

#include "../port/port.h"

// PSA's state is the process's, and so is its source of random: any port's will do, all are strong.
static const struct tt_port *_Atomic random_port;

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *out, size_t size, size_t *len);

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *out, size_t size, size_t *len)
{
    (void)context;
    const struct tt_port *port = random_port;
    port->random(port->ctx, out, size);
    *len = size;
    return PSA_SUCCESS;
}

bool tt_tls_psa_start(const struct tt_port *port)
{
    random_port = port;
    return psa_crypto_init() == PSA_SUCCESS; // again costs nothing
}

void tt_tls_psa_use(const struct tt_port *port)
{
    random_port = port;
}

#else

bool tt_tls_psa_start(const struct tt_port *port)
{
    (void)port;
    return false;
}

void tt_tls_psa_use(const struct tt_port *port)
{
    (void)port;
}

#endif
