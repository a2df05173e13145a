// Bundles of roots on flash that is torn at every write: what is in use is always whole and signed.
#include "../core/trust.h"
#include "../core/crypto.h"
#include "../core/software_key.h"
#include "../port/error.gen.h"
#include "check.h"
#include "fake_flash.h"

enum { BLOCK = 1024, BLOCKS = 8, HALF = BLOCK * BLOCKS / 2 };

// Of this test only.
static const char signer[] = "-----BEGIN PRIVATE KEY-----\n"
                             "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRCQH5yyVY7cd/zcE\n"
                             "4egeu8NaabhDmiUXdn1H+hZ+UjuhRANCAAQF9+CnVkqG6JI30VxViZzF4YHggvII\n"
                             "J3xB+v9piZPID4k2o7LLFPIquH3ALtNK6P7uZQIYoFtVGjvlma6dnkwR\n"
                             "-----END PRIVATE KEY-----\n";
static const char signer_public[] =
    "0405f7e0a7564a86e89237d15c55899cc5e181e082f208277c41faff698993c80f8936a3b2cb14f2"
    "2ab87dc02ed34ae8feee650218a05b551a3be599ae9d9e4c11";
static const char certificate[] =
    "3082016f30820115a00302010202140fc7ffd05487bee425258f122dd901227dc6e0fc300a06082a"
    "8648ce3d040302300d310b300906035504030c026361301e170d3236313132333138303335345a17"
    "0d3336313132303138303335345a300d310b300906035504030c0263613059301306072a8648ce3d"
    "020106082a8648ce3d0301070342000475f07bf199069e4f3b7429d5e81025b7d7608410d3918b77"
    "23353b88fb5e15f69a82f38d83ac22e57a500aefc9e9be786c8a1bd24faa5b806c2f861642230594"
    "a3533051301d0603551d0e04160414043d7a0625088216c74a4826143ecf759f918abf301f060355"
    "1d23041830168014043d7a0625088216c74a4826143ecf759f918abf300f0603551d130101ff0405"
    "30030101ff300a06082a8648ce3d040302034800304502205fdad02e6cb8312fe6491964e08d1e9e"
    "a7cf227f064c321c7e3dcbad46305b67022100c786c40764cfd425fc96fe2b290a9688cfbb04da0b"
    "5c0430af7f5cc3d1d75271";

static struct fake_flash flash;
static uint8_t key[TT_TRUST_KEY_LEN];
static struct tt_trust trust;
static char answer_text[200];
static const size_t root_len = (sizeof certificate - 1) / 2;

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    static uint32_t state = 1;
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        out[i] = (uint8_t)(state >> 24);
    }
}

// A signed bundle with `roots` copies of the certificate. Its length.
static size_t make(uint8_t *out, size_t cap, uint32_t version, size_t roots)
{
    static const struct tt_port port = {.random = random_bytes};
    uint8_t der[512];
    check_hex(certificate, der, sizeof der);
    struct tt_writer bundle = tt_writer_of(out, cap);
    tt_writer_text(&bundle, "TTTB");
    tt_writer_u16(&bundle, 0);
    tt_writer_u16(&bundle, (uint16_t)version);
    tt_writer_u16(&bundle, 0);
    tt_writer_u16(&bundle, (uint16_t)(root_len * roots));
    for (size_t i = 0; i < roots; i++) {
        tt_writer_bytes(&bundle, der, root_len);
    }
    struct tt_software_key software;
    struct tt_key_slot slot;
    const char *why;
    uint8_t digest[TT_SHA256_LEN];
    uint8_t signature[TT_KEY_SIGNATURE_MAX];
    CHECK_INT(
        tt_software_key_open(&software, &port, (const uint8_t *)signer, sizeof signer, &slot, &why),
        TT_OK);
    tt_crypto_sha256(bundle.data, bundle.len, digest);
    CHECK_INT(slot.sign(slot.ctx, digest, sizeof digest, signature), 64);
    tt_writer_bytes(&bundle, signature, 64);
    CHECK(!bundle.full);
    return bundle.len;
}

static void restart(void)
{
    flash.budget = FAKE_FLASH_EVER;
    check_hex(signer_public, key, sizeof key);
    trust = (struct tt_trust){.calls = &tt_trust_calls, .block = &flash.block, .key = key};
    trust.calls->open(&trust);
}

static void start(void)
{
    fake_flash_init(&flash, BLOCK, BLOCKS, 256);
    restart();
}

static int32_t call(const char *json)
{
    struct tt_writer answer = tt_writer_of(answer_text, sizeof answer_text - 1);
    const int32_t status =
        trust.calls->install(&trust, (struct tt_range){json, strlen(json)}, &answer);
    answer_text[answer.len] = 0;
    CHECK(!answer.full);
    return status;
}

static int32_t piece(const uint8_t *data, size_t at, size_t len, size_t of)
{
    char base64[TT_TRUST_PIECE_MAX * 2];
    char json[TT_TRUST_PIECE_MAX * 2 + 64];
    const int base64_len = tt_crypto_base64_encode(data + at, len, base64, sizeof base64);
    CHECK(base64_len >= 0);
    snprintf(json, sizeof json, "{\"at\":%zu,\"of\":%zu,\"data\":\"%.*s\"}", at, of, base64_len,
             base64);
    return call(json);
}

// The status of the last piece.
static int32_t install(const uint8_t *bundle, size_t len)
{
    int32_t status = 200;
    for (size_t at = 0; at < len && status == 200; at += TT_TRUST_PIECE_MAX) {
        const size_t part = len - at < TT_TRUST_PIECE_MAX ? len - at : TT_TRUST_PIECE_MAX;
        status = piece(bundle, at, part, len);
    }
    return status;
}

static int32_t install_version(uint32_t version, size_t roots)
{
    uint8_t bundle[2048];
    return install(bundle, make(bundle, sizeof bundle, version, roots));
}

static size_t roots_in_use(void)
{
    const size_t len = trust.calls->load(&trust).len;
    trust.calls->release(&trust);
    CHECK_INT(tt_crypto_heap_bytes(), 0);
    return len;
}

static void installs(void)
{
    start();
    CHECK_INT(roots_in_use(), 0);
    CHECK_INT(install_version(1, 2), 200);
    CHECK(strcmp(answer_text, "{\"version\":1}") == 0 && trust.fresh);
    CHECK_INT(roots_in_use(), 2 * root_len);
    CHECK(!trust.fresh);
    restart();
    CHECK_INT(roots_in_use(), 2 * root_len);
    CHECK_INT(install_version(2, 1), 200);
    CHECK_INT(install_version(3, 3), 200);
    restart();
    CHECK_INT(roots_in_use(), 3 * root_len);
}

static void refuses_older(void)
{
    start();
    CHECK_INT(install_version(5, 1), 200);
    CHECK_INT(install_version(5, 2), 400);
    CHECK_INT(install_version(4, 2), 400);
    CHECK(strstr(answer_text, "not above that of an earlier bundle") != NULL);
    restart();
    CHECK_INT(install_version(4, 2), 400);
    CHECK_INT(roots_in_use(), root_len);
}

static void refuses_other_signers(void)
{
    uint8_t bundle[2048];
    start();
    CHECK_INT(install_version(1, 1), 200);
    const size_t len = make(bundle, sizeof bundle, 2, 2);
    for (size_t i = 0; i < len; i += 37) { // in head, roots and signature
        bundle[i] ^= 1;
        CHECK_INT(install(bundle, len), 400);
        bundle[i] ^= 1;
    }
    CHECK_INT(install(bundle, len - 1), 400);
    CHECK_INT(roots_in_use(), root_len);
    CHECK_INT(install(bundle, len), 200);
}

static void gives_up(void)
{
    start();
    CHECK_INT(install_version(1, 1), 200);
    CHECK(!trust.calls->tell(&trust, true)); // it works
    CHECK_INT(install_version(2, 2), 200);
    for (int i = 1; i < TT_TRUST_TRIES; i++) {
        CHECK(!trust.calls->tell(&trust, false));
    }
    CHECK(trust.calls->tell(&trust, false));
    CHECK_INT(roots_in_use(), root_len);
    restart();
    CHECK_INT(roots_in_use(), root_len);
    CHECK_INT(install_version(2, 1), 400); // no second chance under the same number
    CHECK_INT(install_version(3, 3), 200);
    CHECK_INT(roots_in_use(), 3 * root_len);
}

static void never_gives_up_what_worked(void)
{
    start();
    CHECK_INT(install_version(1, 1), 200);
    CHECK_INT(install_version(2, 2), 200);
    trust.calls->tell(&trust, true);
    restart();
    for (int i = 0; i < 100; i++) { // somebody stands between device and hub
        CHECK(!trust.calls->tell(&trust, false));
    }
    CHECK_INT(roots_in_use(), 2 * root_len);
}

static void first_one_gives_way(void)
{
    start();
    CHECK_INT(install_version(1, 1), 200);
    for (int i = 0; i < TT_TRUST_TRIES; i++) {
        trust.calls->tell(&trust, false);
    }
    CHECK_INT(roots_in_use(), 0);
}

static void torn_anywhere(void)
{
    int32_t status = 400;
    for (long cut = 0; status != 200; cut += 29) { // bytes: within writes, between them, at erases
        CHECK(cut < BLOCK * BLOCKS);
        start();
        CHECK_INT(install_version(1, 1), 200);
        trust.calls->tell(&trust, true);
        flash.budget = cut;
        status = install_version(2, 3);
        restart();
        const size_t roots = roots_in_use();
        CHECK(roots == 3 * root_len || (roots == root_len && status == 400));
        CHECK_INT(install_version(3, 2), 200);
        CHECK_INT(roots_in_use(), 2 * root_len);
    }
}

static void pieces_out_of_order(void)
{
    uint8_t bundle[2048];
    start();
    const size_t len = make(bundle, sizeof bundle, 1, 3);
    CHECK(len > 1024);
    CHECK_INT(piece(bundle, 512, 512, len), 400); // not the first
    CHECK_INT(piece(bundle, 0, 512, len), 200);
    CHECK_INT(piece(bundle, 0, 512, len), 200); // again from the start
    CHECK_INT(piece(bundle, 512, 100, len), 400);
    CHECK_INT(piece(bundle, 512, 512, len), 400); // it is all over
    CHECK_INT(piece(bundle, 0, 512, 65536), 400);
    CHECK_INT(piece(bundle, 0, 512, HALF), 400); // more than a half has room for
    CHECK_INT(piece(bundle, 0, 512, 100), 400);
    CHECK_INT(roots_in_use(), 0);
    CHECK_INT(install(bundle, len), 200);
}

static void hostile_calls(void)
{
    static const char *const calls[] = {
        "",
        "{}",
        "[]",
        "{\"at\":0,\"of\":1}",
        "{\"at\":-1,\"of\":1,\"data\":\"AA==\"}",
        "{\"at\":0,\"of\":0,\"data\":\"AA==\"}",
        "{\"at\":0,\"of\":1,\"data\":7}",
        "{\"at\":0,\"of\":1,\"data\":\"!\"}",
        "{\"at\":0,\"of\":1,\"data\":\"\"}",
        "{\"at\":0,\"of\":9,\"data\":\"AA==\"}",
    };
    start();
    CHECK_INT(install_version(1, 1), 200);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        CHECK_INT(call(calls[i]), 400);
    }
    CHECK_INT(roots_in_use(), root_len);
}

static void no_halves(void)
{
    start();
    struct tt_block one = flash.block;
    one.block_count = 1;
    trust.block = &one;
    trust.calls->open(&trust);
    uint8_t bundle[2048];
    CHECK_INT(install(bundle, make(bundle, sizeof bundle, 1, 1)), 400);
    CHECK(strstr(answer_text, "larger than this device's flash") != NULL);
    for (size_t i = 0; i < fake_flash_size(&flash); i++) {
        CHECK_INT(flash.bytes[i], 0xA5); // neither erased nor programmed
    }
}

static void no_certificates(void)
{
    uint8_t bundle[256];
    uint32_t version;
    struct tt_range roots;
    start();
    const size_t len = check_hex("54545442 00000001 00000004 30020500", bundle, sizeof bundle);
    memset(bundle + len, 1, 64);
    // Nobody signed it: what it holds is not even looked at.
    CHECK_INT(tt_trust_read(bundle, len + 64, key, &version, &roots), TT_EUNTRUSTED);
    CHECK_INT(tt_trust_read(bundle, make(bundle, sizeof bundle, 1, 0), key, &version, &roots),
              TT_EINVALID);
}

int main(void)
{
    RUN(installs, "a signed bundle is installed in pieces and there after a restart");
    RUN(refuses_older, "a bundle whose version is not above all before is refused");
    RUN(refuses_other_signers, "a bundle changed anywhere is refused, and the one before stays");
    RUN(gives_up, "a bundle that verifies no server is given up for the one before");
    RUN(never_gives_up_what_worked, "a bundle that once verified a server is never given up");
    RUN(first_one_gives_way, "the first bundle gives way to the roots the device came with");
    RUN(torn_anywhere, "an install that is cut at any write leaves a whole bundle in use");
    RUN(pieces_out_of_order, "pieces out of order, too large or odd are refused");
    RUN(hostile_calls, "what is no piece is refused");
    RUN(no_halves, "a partition that cannot be halved takes no bundle");
    RUN(no_certificates, "a bundle without certificates is none");
    return 0;
}
