// What is on flash is checked by its hash at each start, by its signature when it comes in.
#include "trust.h"

#include <string.h>

#include "../port/error.gen.h"
#include "crypto.h"
#include "json.h"

enum {
    PART = 256, // of the record and each mark; program granules divide it
    CONFIRMED = PART,
    GIVEN_UP = 2 * PART,
    BUNDLE = 3 * PART,
    RECORD_LEN = 8 + TT_SHA256_LEN, // "TTTR", length of the bundle, its hash
};

static const char record_magic[] = "TTTR";
static const char bundle_magic[] = "TTTB";

static uint32_t half_bytes(const struct tt_trust *trust)
{
    return trust->block->block_count / 2 * trust->block->block_bytes;
}

static uint32_t start_of(const struct tt_trust *trust, int half)
{
    return half == 0 ? 0 : half_bytes(trust);
}

static uint32_t read32(struct tt_reader *reader)
{
    const uint32_t high = tt_reader_u16(reader);
    return high << 16 | tt_reader_u16(reader);
}

// The parts of a bundle whose signature was not looked at. False when it is none.
static bool split(const uint8_t *bundle, size_t len, uint32_t *version, struct tt_range *roots)
{
    struct tt_reader reader = tt_reader_of(bundle, len);
    const uint8_t *const magic = tt_reader_take(&reader, 4);
    *version = read32(&reader);
    const uint32_t roots_len = read32(&reader);
    if (reader.cut || memcmp(magic, bundle_magic, 4) != 0 || *version == 0 ||
        len < TT_TRUST_HEAD_LEN + TT_TRUST_SIGNATURE_LEN || roots_len == 0 ||
        roots_len != len - TT_TRUST_HEAD_LEN - TT_TRUST_SIGNATURE_LEN) {
        return false;
    }
    *roots = (struct tt_range){(const char *)bundle + TT_TRUST_HEAD_LEN, roots_len};
    return true;
}

int tt_trust_read(const uint8_t *bundle, size_t len, const uint8_t key[TT_TRUST_KEY_LEN],
                  uint32_t *version, struct tt_range *roots)
{
    if (!split(bundle, len, version, roots)) { return TT_EINVALID; }
    uint8_t digest[TT_SHA256_LEN];
    const size_t signed_len = len - TT_TRUST_SIGNATURE_LEN;
    tt_crypto_sha256(bundle, signed_len, digest);
    if (!tt_crypto_verify_p256(key, digest, bundle + signed_len)) { return TT_EUNTRUSTED; }
    // X.509 is read only where somebody vouches for it.
    return tt_crypto_certificates(roots->data, roots->len) ? TT_OK : TT_EINVALID;
}

// A half's bundle in memory of its own, if its record says that it is whole; NULL otherwise.
static uint8_t *read_half(const struct tt_trust *trust, int half, uint32_t *len)
{
    const struct tt_block *const block = trust->block;
    uint8_t record[RECORD_LEN];
    const uint32_t at = start_of(trust, half);
    if (block->read(block->ctx, at, record, sizeof record) < 0) { return NULL; }
    struct tt_reader reader = tt_reader_of(record, sizeof record);
    const bool ours = memcmp(tt_reader_take(&reader, 4), record_magic, 4) == 0;
    *len = read32(&reader);
    if (!ours || *len == 0 || *len > half_bytes(trust) - BUNDLE) { return NULL; }
    uint8_t *const bundle = tt_crypto_allocate(*len);
    if (bundle == NULL) { return NULL; }
    uint8_t hash[TT_SHA256_LEN];
    if (block->read(block->ctx, at + BUNDLE, bundle, *len) == TT_OK) {
        tt_crypto_sha256(bundle, *len, hash);
        if (memcmp(hash, record + 8, sizeof hash) == 0) { return bundle; }
    }
    tt_crypto_release(bundle);
    return NULL;
}

static bool marked(const struct tt_trust *trust, int half, uint32_t mark)
{
    uint8_t first = 0xff;
    const struct tt_block *const block = trust->block;
    return block->read(block->ctx, start_of(trust, half) + mark, &first, 1) == TT_OK &&
           first != 0xff;
}

static int write_part(const struct tt_trust *trust, uint32_t at, const void *data, size_t len)
{
    uint8_t part[PART];
    memset(part, 0xff, sizeof part);
    memcpy(part, data, len);
    return trust->block->program(trust->block->ctx, at, part, sizeof part);
}

static void choose(struct tt_trust *trust)
{
    trust->in_use = -1;
    for (int i = 0; i < 2; i++) {
        const struct tt_trust_half *half = &trust->halves[i];
        if (half->version == 0 || half->given_up) { continue; }
        if (trust->in_use < 0 || half->version > trust->halves[trust->in_use].version) {
            trust->in_use = i;
        }
    }
    trust->untrusted = 0;
}

static void open(struct tt_trust *trust)
{
    for (int i = 0; i < 2; i++) {
        struct tt_trust_half half = {0};
        struct tt_range roots;
        uint8_t *const bundle = half_bytes(trust) > BUNDLE ? read_half(trust, i, &half.len) : NULL;
        if (bundle == NULL || !split(bundle, half.len, &half.version, &roots)) { half.version = 0; }
        tt_crypto_release(bundle);
        half.confirmed = half.version > 0 && marked(trust, i, CONFIRMED);
        half.given_up = half.version > 0 && marked(trust, i, GIVEN_UP);
        trust->halves[i] = half;
    }
    trust->installing = 0;
    trust->fresh = false;
    trust->roots = NULL;
    choose(trust);
}

static void release(struct tt_trust *trust)
{
    tt_crypto_release(trust->roots);
    trust->roots = NULL;
}

static struct tt_range load(struct tt_trust *trust)
{
    release(trust);
    trust->fresh = false;
    struct tt_range roots = {NULL, 0};
    uint32_t len = 0;
    uint32_t version;
    if (trust->in_use >= 0) { trust->roots = read_half(trust, trust->in_use, &len); }
    if (trust->roots != NULL && !split(trust->roots, len, &version, &roots)) { release(trust); }
    return roots;
}

static bool tell(struct tt_trust *trust, bool connected)
{
    if (trust->in_use < 0 || trust->halves[trust->in_use].confirmed) { return false; }
    static const uint8_t mark = 0;
    struct tt_trust_half *const half = &trust->halves[trust->in_use];
    const uint32_t at = start_of(trust, trust->in_use);
    if (connected) {
        half->confirmed = write_part(trust, at + CONFIRMED, &mark, 1) == TT_OK;
        trust->untrusted = 0;
        return false;
    }
    if (++trust->untrusted < TT_TRUST_TRIES) { return false; }
    write_part(trust, at + GIVEN_UP, &mark, 1);
    half->given_up = true; // until the next start, should flash have failed
    choose(trust);
    return true;
}

// Where the next bundle goes: never over the one in use.
static int spare(const struct tt_trust *trust)
{
    return trust->in_use == 0 ? 1 : 0;
}

static int begin(struct tt_trust *trust, uint32_t len)
{
    const struct tt_block *const block = trust->block;
    const uint32_t blocks = block->block_count / 2;
    const int half = spare(trust);
    trust->installing = 0;
    if (half_bytes(trust) <= BUNDLE || len > half_bytes(trust) - BUNDLE) { return TT_EFULL; }
    trust->halves[half] = (struct tt_trust_half){0};
    for (uint32_t i = 0; i < blocks; i++) {
        const int err = block->erase(block->ctx, (half == 0 ? 0 : blocks) + i);
        if (err < 0) { return err; }
    }
    trust->installing = len;
    trust->received = 0;
    return TT_OK;
}

static uint32_t newest(const struct tt_trust *trust)
{
    const uint32_t a = trust->halves[0].version;
    const uint32_t b = trust->halves[1].version;
    return a > b ? a : b;
}

// All is on flash but the record: read it back, check it, and only then make it valid.
static int finish(struct tt_trust *trust, uint32_t floor)
{
    const struct tt_block *const block = trust->block;
    const int half = spare(trust);
    const uint32_t len = trust->installing;
    trust->installing = 0;
    uint8_t *const bundle = tt_crypto_allocate(len);
    if (bundle == NULL) { return TT_EFULL; }
    uint32_t version = 0;
    struct tt_range roots;
    uint8_t bytes[RECORD_LEN];
    struct tt_writer record = tt_writer_of(bytes, sizeof bytes);
    int err = block->read(block->ctx, start_of(trust, half) + BUNDLE, bundle, len);
    err = err < 0 ? err : tt_trust_read(bundle, len, trust->key, &version, &roots);
    if (err == TT_OK && version <= floor) { err = TT_EREFUSED; }
    if (err == TT_OK) {
        tt_writer_text(&record, record_magic);
        tt_writer_u16(&record, (uint16_t)(len >> 16));
        tt_writer_u16(&record, (uint16_t)len);
        tt_crypto_sha256(bundle, len, bytes + record.len);
        err = write_part(trust, start_of(trust, half), bytes, sizeof bytes);
    }
    tt_crypto_release(bundle);
    if (err < 0) { return err; }
    trust->halves[half] = (struct tt_trust_half){.version = version, .len = len};
    choose(trust);
    trust->fresh = true;
    return TT_OK;
}

static int add(struct tt_trust *trust, const uint8_t *data, size_t len)
{
    uint32_t at = start_of(trust, spare(trust)) + BUNDLE + trust->received;
    for (size_t done = 0; done < len; done += PART, at += PART) {
        const size_t part = len - done < PART ? len - done : PART;
        const int err = write_part(trust, at, data + done, part);
        if (err < 0) { return err; }
    }
    trust->received += (uint32_t)len;
    return TT_OK;
}

static int64_t number_of(struct tt_range json, const char *name)
{
    struct tt_range value;
    int64_t number;
    const bool there = tt_json_member(json, name, &value) == TT_OK;
    return there && tt_range_integer(value, &number) ? number : -1;
}

static const char *why(int err)
{
    return err == TT_EUNTRUSTED ? "the signature is not of this device's update key"
           : err == TT_EREFUSED ? "the version is not above that of an earlier bundle"
           : err == TT_EFULL    ? "the bundle is larger than this device's flash or memory for it"
           : err == TT_EIO      ? "the flash cannot be written"
                                : "this is no piece of a bundle that follows";
}

static int install_piece(struct tt_trust *trust, struct tt_range json, uint32_t floor)
{
    const int64_t at = number_of(json, "at");
    const int64_t of = number_of(json, "of");
    struct tt_range text;
    uint8_t data[TT_TRUST_PIECE_MAX];
    if (at < 0 || of <= 0 || of > UINT16_MAX || tt_json_member(json, "data", &text) != TT_OK ||
        text.len < 2) {
        return TT_EINVALID;
    }
    const int len = tt_crypto_base64_decode(text.data + 1, text.len - 2, data, sizeof data);
    if (len <= 0 || at + len > of || (len % PART != 0 && at + len != of)) { return TT_EINVALID; }
    int err = at == 0 ? begin(trust, (uint32_t)of) : TT_OK;
    if (err < 0) { return err; }
    if (trust->installing != of || trust->received != at) { return TT_EINVALID; }
    err = add(trust, data, (size_t)len);
    return err < 0 || trust->received < trust->installing ? err : finish(trust, floor);
}

static int32_t install(struct tt_trust *trust, struct tt_range json, struct tt_writer *answer)
{
    enum { OK = 200, BAD = 400 };
    if (number_of(json, "at") <= 0 || trust->installing == 0) { trust->floor = newest(trust); }
    const int err = install_piece(trust, json, trust->floor);
    if (err < 0) {
        trust->installing = 0;
        tt_writer_text(answer, "{\"error\":");
        tt_writer_json(answer, why(err), strlen(why(err)));
        tt_writer_u8(answer, '}');
        return BAD;
    }
    tt_writer_text(answer, trust->fresh ? "{\"version\":" : "{\"at\":");
    tt_writer_decimal(answer, trust->fresh ? newest(trust) : trust->received);
    tt_writer_u8(answer, '}');
    return OK;
}

const struct tt_trust_calls tt_trust_calls = {
    .open = open,
    .load = load,
    .release = release,
    .tell = tell,
    .install = install,
};
