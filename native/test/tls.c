// TLS where no server is needed: clocks, roots, hostile answers, SNI, memory. Whole handshakes are
// tested from Node, which has a server.
#include "../core/tls.h"
#include "../core/crypto.h"
#include "../port/error.gen.h"
#include "check.h"

static const char root[] = "-----BEGIN CERTIFICATE-----\n"
                           "MIIBbzCCARWgAwIBAgIUD8f/0FSHvuQlJY8SLdkBIn3G4PwwCgYIKoZIzj0EAwIw\n"
                           "DTELMAkGA1UEAwwCY2EwHhcNMjYxMTIzMTgwMzU0WhcNMzYxMTIwMTgwMzU0WjAN\n"
                           "MQswCQYDVQQDDAJjYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHXwe/GZBp5P\n"
                           "O3Qp1egQJbfXYIQQ05GLdyM1O4j7XhX2moLzjYOsIuV6UArvyem+eGyKG9JPqluA\n"
                           "bC+GFkIjBZSjUzBRMB0GA1UdDgQWBBQEPXoGJQiCFsdKSCYUPs91n5GKvzAfBgNV\n"
                           "HSMEGDAWgBQEPXoGJQiCFsdKSCYUPs91n5GKvzAPBgNVHRMBAf8EBTADAQH/MAoG\n"
                           "CCqGSM49BAMCA0gAMEUCIF/a0C5suDEv5kkZZOCNHp6nzyJ/BkwyHH49y61GMFtn\n"
                           "AiEAx4bEB2TP1CX8lv4rKQqWiM+7BNoLXAQwr39cw9HXUnE=\n"
                           "-----END CERTIFICATE-----\n";

struct wire {
    uint8_t sent[4096]; // by the client
    size_t sent_len;
    uint8_t answer[256];
    size_t answer_len;
    size_t answer_at;
    bool ends; // after the answer
    int closed;
    int64_t epoch_ms;
};

static struct wire wire;

static int read_wire(void *ctx, uint8_t *out, size_t cap)
{
    (void)ctx;
    (void)cap;
    if (wire.answer_at == wire.answer_len) { return wire.ends ? TT_ECLOSED : 0; }
    *out = wire.answer[wire.answer_at++]; // one byte at a time
    return 1;
}

static int write_wire(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    len = len < 3 ? len : 3;
    CHECK(wire.sent_len + len <= sizeof wire.sent);
    memcpy(wire.sent + wire.sent_len, data, len);
    wire.sent_len += len;
    return (int)len;
}

static void close_wire(void *ctx)
{
    (void)ctx;
    wire.closed++;
}

static int64_t epoch(void *ctx)
{
    (void)ctx;
    return wire.epoch_ms;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i * 37 + 11);
    }
}

static const struct tt_port port = {.epoch_ms = epoch, .random = random_bytes};
static const struct tt_stream inner = {NULL, read_wire, write_wire, close_wire};

static int open_tls(const char *host, struct tt_tls **tls, struct tt_stream *out, const char **why)
{
    const struct tt_tls_config config = {
        .port = &port,
        .host = host,
        .ca = (const uint8_t *)root,
        .ca_len = sizeof root,
        .build_epoch_ms = 1700000000000,
    };
    return tt_tls_open(&config, &inner, tls, out, why);
}

static void reset(const char *answer)
{
    wire = (struct wire){.epoch_ms = 1800000000000};
    wire.answer_len = check_hex(answer, wire.answer, sizeof wire.answer);
}

// Runs a handshake against the answer; the error it ends with, and the reason.
static int shake(const char *host, char reason[160])
{
    struct tt_tls *tls;
    struct tt_stream out;
    const char *why;
    CHECK_INT(open_tls(host, &tls, &out, &why), TT_OK);
    int err = 0;
    for (int i = 0; i < 2000 && err == 0; i++) {
        uint8_t byte;
        err =
            i % 2 == 0 ? out.write(out.ctx, (const uint8_t *)"x", 1) : out.read(out.ctx, &byte, 1);
    }
    CHECK(!tt_tls_established(tls));
    CHECK(out.write(out.ctx, (const uint8_t *)"x", 1) == err); // once failed, for ever
    snprintf(reason, 160, "%s", tt_tls_reason(tls) != NULL ? tt_tls_reason(tls) : "");
    out.close(out.ctx);
    CHECK_INT(wire.closed, 1);
    CHECK_INT(tt_crypto_heap_bytes(), 0);
    return err;
}

static void alert(void)
{
    char reason[160];
    reset("15 0303 0002 02 28"); // fatal, handshake_failure
    CHECK_INT(shake("hub.test", reason), TT_EPROTOCOL);
    CHECK(strcmp(reason, "the server ended TLS with alert 40") == 0);
}

static void not_tls(void)
{
    char reason[160];
    reset("48545450 2f312e31 20343030 20426164 0d0a0d0a"); // HTTP/1.1 400 Bad
    CHECK_INT(shake("hub.test", reason), TT_EPROTOCOL);
    CHECK(strncmp(reason, "the server broke the TLS protocol", 33) == 0);
}

static void ends_early(void)
{
    char reason[160];
    reset("16 0303 00");
    wire.ends = true;
    CHECK_INT(shake("hub.test", reason), TT_ECLOSED);
    CHECK(strcmp(reason, "the connection ended during the TLS handshake") == 0);
}

static void goes_on(void)
{
    char reason[160];
    reset("");
    CHECK_INT(shake("hub.test", reason), 0); // waits; time-outs are the link's
}

static bool sent(const char *text)
{
    const size_t len = strlen(text);
    for (size_t i = 0; i + len <= wire.sent_len; i++) {
        if (memcmp(wire.sent + i, text, len) == 0) { return true; }
    }
    return false;
}

static void server_name(void)
{
    char reason[160];
    reset("");
    shake("hub.test", reason);
    CHECK(sent("hub.test"));
    reset("");
    shake("127.0.0.1", reason);
    CHECK(wire.sent_len > 50 && !sent("127.0.0.1")); // RFC 6066 §3
}

static void clock_not_set(void)
{
    struct tt_tls *tls;
    struct tt_stream out;
    const char *why;
    reset("");
    wire.epoch_ms = TT_EUNSET;
    CHECK_INT(open_tls("hub.test", &tls, &out, &why), TT_EUNSET);
    CHECK_INT(wire.closed, 1);
    wire.epoch_ms = 1699999999999; // before the build
    CHECK_INT(open_tls("hub.test", &tls, &out, &why), TT_EUNSET);
    CHECK(strstr(why, "the clock is not set") != NULL);
    CHECK_INT(wire.closed, 2);
}

static void bad_roots(void)
{
    struct tt_tls *tls;
    struct tt_stream out;
    const char *why;
    reset("");
    const struct tt_tls_config config = {
        .port = &port, .host = "hub.test", .ca = (const uint8_t *)"nonsense", .ca_len = 9};
    CHECK_INT(tt_tls_open(&config, &inner, &tls, &out, &why), TT_EINVALID);
    CHECK(strstr(why, "certificate authorities") != NULL);
    CHECK_INT(wire.closed, 1);
    CHECK_INT(tt_crypto_heap_bytes(), 0);
}

static int allocations_left;

static void *some_calloc(size_t count, size_t size)
{
    return allocations_left-- > 0 ? calloc(count, size) : NULL;
}

static void no_memory(void)
{
    tt_crypto_use_heap(some_calloc, free);
    int failures = 0;
    for (int i = 0;; i++) {
        reset("15 0303 0002 02 28");
        allocations_left = i;
        struct tt_tls *tls;
        struct tt_stream out;
        const char *why = NULL;
        const int err = open_tls("hub.test", &tls, &out, &why);
        if (err == TT_OK) {
            uint8_t byte;
            while (out.read(out.ctx, &byte, 1) == 0) {}
            out.close(out.ctx);
        } else {
            CHECK(why != NULL);
            failures++;
        }
        CHECK_INT(tt_crypto_heap_bytes(), 0);
        CHECK_INT(wire.closed, 1);
        if (allocations_left > 0) { break; }
    }
    CHECK(failures > 5);
    tt_crypto_use_heap(calloc, free);
}

int main(void)
{
    RUN(alert, "names the alert a server ends the handshake with");
    RUN(not_tls, "refuses a server that does not speak TLS");
    RUN(ends_early, "says that the connection ended during the handshake");
    RUN(goes_on, "waits for a silent server");
    RUN(server_name, "sends a host name, and no address, as SNI");
    RUN(clock_not_set, "does not start before the clock is set");
    RUN(bad_roots, "says that its roots cannot be read");
    RUN(no_memory, "survives any allocation that fails, and frees the rest");
    return 0;
}
