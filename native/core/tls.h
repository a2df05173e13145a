// TLS as a byte stream over a byte stream: a client that verifies chain, name and dates. It knows
// no hub. Its state lives in the heap of crypto.h from open to close.
#pragma once

#include "../port/key.h"
#include "../port/port.h"

struct tt_tls;

// Certificates are PEM (with its final NUL counted), or DER one after another; all outlive the
// stream. A key of RSA keeps to TLS 1.2: its slot makes no PSS signatures.
struct tt_tls_config {
    const struct tt_port *port; // random and clock
    const char *host;           // verified, and sent as SNI; an IP address is only verified
    const uint8_t *ca;          // roots
    size_t ca_len;
    bool copy_ca;                  // DER roots that need not outlive tt_tls_open
    const struct tt_key_slot *key; // proves who the client is; NULL: no client certificate
    const uint8_t *certificate;    // its certificate first, then those that lead to its root
    size_t certificate_len;
    int64_t build_epoch_ms; // an earlier clock is not believed
    bool tls13;             // offer TLS 1.3 beside 1.2; needs a build with TT_TLS13
};

// Starts TLS over `inner`, which it owns from now on, also after an error. *tls and *out are for
// the caller; the handshake goes on in out->read and out->write, which take nothing until it is
// over. TT_OK, or with *why in words: TT_EUNSET (no believable clock), TT_EINVALID (certificates
// cannot be read), TT_EUNTRUSTED (the client's own is not valid now), TT_EUNSUPPORTED (no TLS 1.3
// in this build), TT_EFULL (no memory).
int tt_tls_open(const struct tt_tls_config *config, const struct tt_stream *inner,
                struct tt_tls **tls, struct tt_stream *out, const char **why);

// After an error of the stream: what went wrong in words, NULL when TLS is not to blame. The stream
// says TT_EUNTRUSTED for a certificate, TT_EPROTOCOL for a peer that breaks the protocol or refuses
// the handshake, TT_ECLOSED for one that closes, else what inner said.
const char *tt_tls_reason(const struct tt_tls *tls);

bool tt_tls_established(const struct tt_tls *tls);
// Once established, such as "TLSv1.2" and "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256".
const char *tt_tls_version(const struct tt_tls *tls);
const char *tt_tls_cipher(const struct tt_tls *tls);
