// tls.h by mbedTLS 3.6, whose calls never block: bytes and room come from the inner stream.
#include "tls.h"

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "../port/error.gen.h"
#include "bytes.h"
#include "crypto.h"
#include "tls_key.h"
#include "tls_psa.h"

enum { INNER_FAILED = -0x10000 }; // beyond mbedTLS' own codes; inner_error says what

struct tt_tls {
    struct tt_stream inner;
    const struct tt_port *port;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt roots;
    mbedtls_x509_crt own; // the client's chain
    mbedtls_pk_context key;
    int64_t now_s;       // of the verification
    uint8_t address[16]; // the host as an IP address
    size_t address_len;  // 0: it is a name
    size_t retry_len;    // of the write that did not go through: it must be repeated as it was
    int inner_error;
    int error; // once failed, for ever
    bool established;
    char reason[160]; // "" when TLS is not to blame
};

// What mbedtls_config.h has the ciphers for; a server is not to choose another one.
static const int suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    0,
};

static int random_bytes(void *ctx, unsigned char *out, size_t len)
{
    const struct tt_tls *tls = ctx;
    tls->port->random(tls->port->ctx, out, len);
    return 0;
}

static int send_inner(void *ctx, const unsigned char *data, size_t len)
{
    struct tt_tls *tls = ctx;
    const int sent = tls->inner.write(tls->inner.ctx, data, len);
    if (sent < 0) {
        tls->inner_error = sent;
        return INNER_FAILED;
    }
    return sent == 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : sent;
}

static int receive_inner(void *ctx, unsigned char *out, size_t cap)
{
    struct tt_tls *tls = ctx;
    const int got = tls->inner.read(tls->inner.ctx, out, cap);
    if (got < 0) {
        tls->inner_error = got;
        return INNER_FAILED;
    }
    return got == 0 ? MBEDTLS_ERR_SSL_WANT_READ : got;
}

// Seconds since 1970 of a date in UTC; days counted from March, so that February comes last.
static int64_t seconds_of(const mbedtls_x509_time *time)
{
    const int64_t year = time->mon <= 2 ? time->year - 1 : time->year;
    const int64_t month = (time->mon + 9) % 12;
    const int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 +
                         time->day - 1 - 719468;
    return ((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

static bool names_address(const mbedtls_x509_crt *certificate, const struct tt_tls *tls)
{
    enum { IP_ADDRESS = 7 }; // GeneralName, RFC 5280 §4.2.1.6
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    for (; name != NULL; name = name->next) {
        if ((name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == IP_ADDRESS &&
            name->buf.len == tls->address_len &&
            memcmp(name->buf.p, tls->address, tls->address_len) == 0) {
            return true;
        }
    }
    return false;
}

// The library was built without a clock and compares names only: dates and addresses are ours.
static int verify(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    const struct tt_tls *tls = ctx;
    if (tls->now_s > seconds_of(&certificate->valid_to)) { *flags |= MBEDTLS_X509_BADCERT_EXPIRED; }
    if (tls->now_s < seconds_of(&certificate->valid_from)) {
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    }
    if (depth == 0 && tls->address_len > 0 && !names_address(certificate, tls)) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    return 0;
}

static void say(struct tt_tls *tls, const char *what)
{
    struct tt_writer text = tt_writer_of(tls->reason, sizeof tls->reason - 1);
    tt_writer_text(&text, what);
    tls->reason[text.len] = 0;
}

static void say_number(struct tt_tls *tls, const char *what, int number)
{
    struct tt_writer text = tt_writer_of(tls->reason, sizeof tls->reason - 1);
    tt_writer_text(&text, what);
    tt_writer_decimal(&text, number);
    tls->reason[text.len] = 0;
}

static void say_untrusted(struct tt_tls *tls)
{
    const uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        say(tls, "the server's certificate is not signed by a trusted authority");
    } else if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) {
        say(tls, "the server's certificate has expired");
    } else if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
        say(tls, "the server's certificate is not valid yet");
    } else if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
        say(tls, "the server's certificate is for another host name");
    } else if ((flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
                         MBEDTLS_X509_BADCERT_BAD_KEY)) != 0) {
        say(tls, "the server's certificate uses a key or hash that is too weak");
    } else {
        say(tls, "the server's certificate is not meant for a server");
    }
}

// RFC 8446 §6.2: what a server says of a certificate, or of the signature that goes with it.
static void say_alert(struct tt_tls *tls, int alert)
{
    enum { BAD_CERTIFICATE = 42, UNKNOWN_CA = 48, ACCESS_DENIED = 49, DECRYPT_ERROR = 51 };
    const bool ours = tls->own.version > 0 && ((alert >= BAD_CERTIFICATE && alert <= UNKNOWN_CA) ||
                                               alert == ACCESS_DENIED || alert == DECRYPT_ERROR);
    say_number(tls,
               ours ? "the server does not accept this device's certificate or key: alert "
                    : "the server ended TLS with alert ",
               alert);
}

// Remembers why the stream is over; the same answer from now on.
static int fail(struct tt_tls *tls, int err)
{
    switch (err) {
    case INNER_FAILED:
        tls->error = tls->inner_error;
        if (!tls->established && (tls->error == TT_ECLOSED || tls->error == TT_EIO)) {
            say(tls, "the connection ended during the TLS handshake");
        }
        break;
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        tls->error = TT_ECLOSED;
        if (!tls->established) { say(tls, "the connection ended during the TLS handshake"); }
        break;
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
        tls->error = TT_EUNTRUSTED;
        say_untrusted(tls);
        break;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        tls->error = TT_EPROTOCOL;
        say_alert(tls, tls->ssl.MBEDTLS_PRIVATE(in_msg)[1]);
        break;
    case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
        tls->error = TT_EIO;
        say(tls, "the device's private key does not sign");
        break;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
        tls->error = TT_EFULL;
        say(tls, "there is not enough memory for TLS");
        break;
    default:
        tls->error = TT_EPROTOCOL;
        say_number(tls, "the server broke the TLS protocol, mbedTLS code ", err);
        break;
    }
    return tls->error;
}

// TT_OK when established, 1 while it goes on, or an error.
static int shake_hands(struct tt_tls *tls)
{
    if (tls->error < 0) { return tls->error; }
    tt_tls_psa_use(tls->port);
    if (tls->established) { return TT_OK; }
    const int err = mbedtls_ssl_handshake(&tls->ssl);
    if (err == MBEDTLS_ERR_SSL_WANT_READ || err == MBEDTLS_ERR_SSL_WANT_WRITE) { return 1; }
    if (err != 0) { return fail(tls, err); }
    tls->established = true;
    return TT_OK;
}

static int read_plain(void *ctx, uint8_t *out, size_t cap)
{
    struct tt_tls *tls = ctx;
    int err = shake_hands(tls);
    if (err != TT_OK) { return err < 0 ? err : 0; }
    do {
        err = mbedtls_ssl_read(&tls->ssl, out, cap);
    } while (err == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET); // TLS 1.3 sends them unasked
    if (err == MBEDTLS_ERR_SSL_WANT_READ || err == MBEDTLS_ERR_SSL_WANT_WRITE) { return 0; }
    return err > 0 ? err : fail(tls, err == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : err);
}

static int write_plain(void *ctx, const uint8_t *data, size_t len)
{
    struct tt_tls *tls = ctx;
    int err = shake_hands(tls);
    if (err != TT_OK) { return err < 0 ? err : 0; }
    // A record that is half sent is finished by the same call, though more may follow it by now.
    const size_t take = tls->retry_len > 0 ? tls->retry_len : len;
    err = mbedtls_ssl_write(&tls->ssl, data, take);
    if (err == MBEDTLS_ERR_SSL_WANT_READ || err == MBEDTLS_ERR_SSL_WANT_WRITE) {
        tls->retry_len = take;
        return 0;
    }
    tls->retry_len = 0;
    return err >= 0 ? err : fail(tls, err);
}

static void free_all(struct tt_tls *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->roots);
    mbedtls_x509_crt_free(&tls->own);
    mbedtls_pk_free(&tls->key);
    tls->inner.close(tls->inner.ctx);
    mbedtls_free(tls);
}

static void close_plain(void *ctx)
{
    struct tt_tls *tls = ctx;
    tt_tls_psa_use(tls->port);
    if (tls->established && tls->error == 0 && tls->retry_len == 0) {
        mbedtls_ssl_close_notify(&tls->ssl); // as far as there is room: nobody waits for it
    }
    free_all(tls);
}

// TT_OK, TT_EFULL, or TT_EINVALID.
static int parse_chain(mbedtls_x509_crt *chain, const uint8_t *data, size_t len, bool copy)
{
    int err = 0;
    if (len > 0 && data[0] != (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)) {
        err = mbedtls_x509_crt_parse(chain, data, len); // PEM
    } else {
        const uint8_t *at = data;
        const uint8_t *const end = data + len;
        do { // DER says where it ends; a NUL may follow the last one
            unsigned char *inside = (unsigned char *)at;
            size_t size = 0;
            err = mbedtls_asn1_get_tag(&inside, end, &size,
                                       MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
            size += (size_t)(inside - at);
            if (err == 0) {
                err = copy ? mbedtls_x509_crt_parse_der(chain, at, size)
                           : mbedtls_x509_crt_parse_der_nocopy(chain, at, size);
            }
            at += size;
        } while (err == 0 && end - at > 1);
    }
    return err == 0 ? TT_OK : err == MBEDTLS_ERR_X509_ALLOC_FAILED ? TT_EFULL : TT_EINVALID;
}

static int use_own(struct tt_tls *tls, const struct tt_tls_config *config, const char **why)
{
    if (config->key == NULL) { return TT_OK; }
    const int err = parse_chain(&tls->own, config->certificate, config->certificate_len, false);
    if (err == TT_EINVALID) { *why = "the device's own certificate cannot be read"; }
    if (err != TT_OK) { return err; }
    if (tls->now_s > seconds_of(&tls->own.valid_to)) {
        *why = "the device's own certificate has expired";
        return TT_EUNTRUSTED;
    }
    if (tls->now_s < seconds_of(&tls->own.valid_from)) {
        *why = "the device's own certificate is not valid yet";
        return TT_EUNTRUSTED;
    }
    tt_tls_key_use(&tls->key, config->key);
    return mbedtls_ssl_conf_own_cert(&tls->config, &tls->own, &tls->key) == 0 ? TT_OK : TT_EFULL;
}

static int set_up(struct tt_tls *tls, const struct tt_tls_config *config, const char **why)
{
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_x509_crt_init(&tls->roots);
    *why = "there is not enough memory for TLS";
    mbedtls_x509_crt_init(&tls->own);
    mbedtls_pk_init(&tls->key);
    int err = parse_chain(&tls->roots, config->ca, config->ca_len, config->copy_ca);
    if (err == TT_EINVALID) { *why = "the certificate authorities of this device cannot be read"; }
    if (err != TT_OK) { return err; }
    if (mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return TT_EFULL;
    }
    err = use_own(tls, config, why);
    if (err != TT_OK) { return err; }
    const bool tls13 = config->tls13 && (config->key == NULL || config->key->kind == TT_KEY_P256);
    mbedtls_ssl_conf_max_tls_version(&tls->config, tls13 ? MBEDTLS_SSL_VERSION_TLS1_3
                                                         : MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ciphersuites(&tls->config, suites);
    mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&tls->config, &tls->roots, NULL);
    mbedtls_ssl_conf_verify(&tls->config, verify, tls);
    mbedtls_ssl_conf_rng(&tls->config, random_bytes, tls);
    // SNI carries names only (RFC 6066 §3): for an address none is set, and verify compares it.
    tls->address_len = mbedtls_x509_crt_parse_cn_inet_pton(config->host, tls->address);
    if (mbedtls_ssl_setup(&tls->ssl, &tls->config) != 0 ||
        mbedtls_ssl_set_hostname(&tls->ssl, tls->address_len > 0 ? NULL : config->host) != 0) {
        return TT_EFULL;
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, send_inner, receive_inner, NULL);
    *why = NULL;
    return TT_OK;
}

int tt_tls_open(const struct tt_tls_config *config, const struct tt_stream *inner,
                struct tt_tls **out_tls, struct tt_stream *out, const char **why)
{
    const int64_t epoch_ms = config->port->epoch_ms(config->port->ctx);
    if (epoch_ms < 0 || epoch_ms < config->build_epoch_ms) {
        inner->close(inner->ctx);
        *why = "the clock is not set, so that no certificate can be checked";
        return TT_EUNSET;
    }
    tt_crypto_install_heap();
    if (config->tls13 && !tt_tls_psa_start(config->port)) {
        inner->close(inner->ctx);
        *why = "this firmware was built without TLS 1.3";
        return TT_EUNSUPPORTED;
    }
    struct tt_tls *tls = mbedtls_calloc(1, sizeof *tls);
    if (tls == NULL) {
        inner->close(inner->ctx);
        *why = "there is not enough memory for TLS";
        return TT_EFULL;
    }
    tls->inner = *inner;
    tls->port = config->port;
    tls->now_s = epoch_ms / 1000;
    const int err = set_up(tls, config, why);
    if (err != TT_OK) {
        free_all(tls);
        return err;
    }
    *out_tls = tls;
    *out = (struct tt_stream){tls, read_plain, write_plain, close_plain};
    return TT_OK;
}

const char *tt_tls_reason(const struct tt_tls *tls)
{
    return tls->reason[0] != 0 ? tls->reason : NULL;
}

bool tt_tls_established(const struct tt_tls *tls)
{
    return tls->established;
}

const char *tt_tls_version(const struct tt_tls *tls)
{
    return mbedtls_ssl_get_version(&tls->ssl);
}

const char *tt_tls_cipher(const struct tt_tls *tls)
{
    return mbedtls_ssl_get_ciphersuite(&tls->ssl);
}
