#include "upload.h"

#include <string.h>

#include "../port/error.gen.h"
#include "abi.gen.h"
#include "crypto.h"
#include "json.h"

enum tt_upload_part { NONE, WANTED, FILLING, GIVEN };

enum {
    POLL_MS = 20,            // while a stream or the inbox has no room, or MQTT the memory
    BACKOFF_FIRST_MS = 1000, // doubles with each failure
    BACKOFF_CAP_MS = 60000,
    RELEASE_MS = 5000, // MQTT gets its memory back for a wait as long as that
    REFUSALS_MAX = 8,  // answers in a row that say "not now", or say nothing
    ID_LEN = 6,        // digits of a block's number
    ID_TEXT_LEN = ID_LEN / 3 * 4,
    TOKEN_MAX = 1024,
};

static const char api_version[] = "?api-version=2021-04-12";
static const char storage_version[] = "2020-10-02";

static struct tt_range text_of(const char *text)
{
    return (struct tt_range){text, strlen(text)};
}

struct tt_upload *tt_upload_init(void *memory, uint32_t bytes, const struct tt_port *port,
                                 struct tt_inbox *inbox, const struct tt_https_way *way, void *ctx)
{
    struct tt_upload *const upload = memory;
    if (bytes < sizeof *upload + TT_UPLOAD_BLOCK_MIN) { return NULL; }
    memset(upload, 0, sizeof *upload);
    upload->port = port;
    upload->inbox = inbox;
    upload->block = (uint8_t *)memory + sizeof *upload;
    upload->block_cap = bytes - (uint32_t)sizeof *upload;
    tt_https_init(&upload->https, way, ctx);
    return upload;
}

int tt_upload_begin(struct tt_upload *upload, const struct tt_upload_file *file)
{
    if (atomic_load_explicit(&upload->begun, memory_order_acquire) != 0) { return TT_EBUSY; }
    if (file->name_len == 0 || file->name_len > TT_UPLOAD_NAME_MAX || file->size < -1 ||
        file->correlation_len > TT_UPLOAD_CORRELATION_MAX ||
        !tt_range_is_text((struct tt_range){file->name, file->name_len})) {
        return TT_EINVALID;
    }
    upload->file = *file;
    atomic_store_explicit(&upload->cancelled, 0, memory_order_relaxed);
    atomic_store_explicit(&upload->begun, 1, memory_order_release);
    return TT_OK;
}

bool tt_upload_wants(struct tt_upload *upload, uint32_t *at, uint32_t *cap)
{
    if (atomic_load_explicit(&upload->part, memory_order_acquire) != WANTED) { return false; }
    *at = upload->part_at;
    *cap = upload->part_cap;
    return true;
}

uint8_t *tt_upload_claim(struct tt_upload *upload)
{
    int wanted = WANTED;
    return atomic_compare_exchange_strong(&upload->part, &wanted, FILLING) ? upload->part_into
                                                                           : NULL;
}

void tt_upload_give(struct tt_upload *upload, uint32_t len)
{
    upload->part_len = len;
    atomic_store_explicit(&upload->part, GIVEN, memory_order_release);
}

void tt_upload_cancel(struct tt_upload *upload, int err)
{
    atomic_store_explicit(&upload->cancelled, err, memory_order_release);
}

const struct tt_upload_file *tt_upload_file(const struct tt_upload *upload)
{
    return &upload->file;
}

bool tt_upload_idle(const struct tt_upload *upload)
{
    return atomic_load_explicit(&upload->begun, memory_order_relaxed) == 0;
}

static bool tell_app(struct tt_upload *upload, const struct tt_delivery *event)
{
    if (tt_inbox_put(upload->inbox, event) != TT_OK) { return false; }
    if (upload->port->wake_app != NULL) { upload->port->wake_app(upload->port->ctx); }
    return true;
}

// News only: without room the app hears of it the next time.
static void tell_progress(struct tt_upload *upload)
{
    struct tt_upload_progress progress = {.blocks = upload->file.blocks,
                                          .correlation_len = upload->file.correlation_len};
    memcpy(progress.correlation, upload->file.correlation, sizeof progress.correlation);
    const struct tt_delivery event = {.kind = TT_EVENT_UPLOAD,
                                      .id = (int32_t)upload->file.done,
                                      .name = "",
                                      .payload = (const uint8_t *)&progress,
                                      .payload_len = sizeof progress};
    tell_app(upload, &event);
    upload->told = upload->file.blocks;
}

static void enter(struct tt_upload *upload, enum tt_upload_phase phase)
{
    upload->phase = phase;
    upload->asked = false;
}

// The end, good or bad, is told to the hub when it gave a permission, then to the app.
static void finish(struct tt_upload *upload, int result, const char *why)
{
    upload->result = result;
    const size_t len = strlen(why) < TT_HTTPS_WHY_MAX ? strlen(why) : TT_HTTPS_WHY_MAX;
    memcpy(upload->why, why, len);
    upload->why[len] = 0;
    tt_https_close(&upload->https);
    enter(upload, upload->file.correlation_len > 0 ? TT_UPLOAD_TELL : TT_UPLOAD_END);
}

static void say(const struct tt_upload *upload, enum tt_log_level level, const char *why,
                int64_t wait_ms)
{
    char text[224];
    struct tt_writer line = tt_writer_of(text, sizeof text);
    tt_writer_text(&line, "upload: ");
    tt_writer_text(&line, why);
    if (wait_ms >= 0) {
        tt_writer_text(&line, "; next attempt in ");
        tt_writer_decimal(&line, wait_ms);
        tt_writer_text(&line, " ms");
    }
    upload->port->log(upload->port->ctx, level, text, line.len);
}

static void wait_until(struct tt_upload *upload, int64_t next_ms)
{
    upload->waiting = true;
    upload->next_ms = next_ms;
}

// Tries the phase's request again after a random part of a growing time, at least least_ms.
static void try_later(struct tt_upload *upload, const char *why, int64_t least_ms, int64_t now_ms)
{
    const unsigned doublings = upload->failures < 6 ? upload->failures : 6;
    const uint32_t window = (uint32_t)BACKOFF_FIRST_MS << doublings;
    uint8_t random[2];
    upload->port->random(upload->port->ctx, random, sizeof random);
    const uint32_t part = (uint32_t)random[0] << 8 | random[1];
    int64_t wait_ms = (window < BACKOFF_CAP_MS ? window : BACKOFF_CAP_MS) / 2;
    wait_ms += wait_ms * part >> 16;
    wait_ms = wait_ms < least_ms ? least_ms : wait_ms;
    upload->failures++;
    upload->asked = false;
    tt_https_close(&upload->https);
    if (wait_ms >= RELEASE_MS) { upload->https.way->release(upload->https.ctx); }
    say(upload, TT_LOG_WARNING, why, wait_ms);
    wait_until(upload, now_ms + wait_ms);
}

// A server that says "not now" or nothing sensible is asked again, but not for ever.
static void refused_for_now(struct tt_upload *upload, int err, const char *why, int64_t least_ms,
                            int64_t now_ms)
{
    if (++upload->refusals < REFUSALS_MAX) {
        try_later(upload, why, least_ms, now_ms);
    } else if (upload->phase == TT_UPLOAD_TELL || upload->phase == TT_UPLOAD_RETURN) {
        enter(upload, upload->phase == TT_UPLOAD_TELL ? TT_UPLOAD_END : TT_UPLOAD_ASK);
    } else {
        finish(upload, err, why);
    }
}

// What became of a request that got no answer.
static void failed(struct tt_upload *upload, int err, const char *why, int64_t now_ms)
{
    if (why == NULL) { why = "the connection failed"; }
    switch (err) {
    case TT_EBUSY: // MQTT still has the memory
        upload->asked = false;
        wait_until(upload, now_ms + POLL_MS);
        break;
    case TT_EPROTOCOL:
        refused_for_now(upload, err, why, 0, now_ms);
        break;
    case TT_EUNTRUSTED:
    case TT_EINVALID:
        if (upload->phase == TT_UPLOAD_TELL) {
            enter(upload, TT_UPLOAD_END);
        } else {
            finish(upload, err, why);
        }
        break;
    default: // the network's doing: as long as it takes, but not for bad news
        if (upload->phase == TT_UPLOAD_TELL && upload->result < 0 && upload->failures >= 2) {
            enter(upload, TT_UPLOAD_END);
        } else {
            try_later(upload, why, 0, now_ms);
        }
        break;
    }
}

// Everything but the unreserved characters and the slash is encoded.
static void write_path(struct tt_writer *out, struct tt_range path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.data[i] == '/') {
            tt_writer_u8(out, '/');
        } else {
            tt_writer_percent(out, path.data + i, 1);
        }
    }
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// A JSON text with its escapes resolved in place; false for none, and for escapes beyond ASCII,
// which no name, host or signature needs.
static bool resolve(struct tt_range value, struct tt_range *out)
{
    if (value.data[0] != '"') { return false; }
    char *const text = (char *)(uintptr_t)value.data; // of our own buffer
    size_t len = 0;
    for (size_t i = 1; i + 1 < value.len; i++) {
        char c = text[i];
        if (c == '\\') {
            c = text[++i];
            if (c == 'u') {
                const int high = hex_of(text[i + 3]);
                if (text[i + 1] != '0' || text[i + 2] != '0' || high > 7) { return false; }
                c = (char)(high << 4 | hex_of(text[i + 4]));
                i += 4;
            } else if (c != '"' && c != '\\' && c != '/') {
                return false;
            }
        }
        text[1 + len++] = c;
    }
    *out = (struct tt_range){text + 1, len};
    return len > 0;
}

static bool is_host(struct tt_range host)
{
    for (size_t i = 0; i < host.len; i++) {
        const char c = host.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '-' || c == ':')) {
            return false;
        }
    }
    return host.len <= TT_HTTPS_HOST_MAX;
}

// NULL, or what is wrong with the hub's answer.
static const char *take_permission(struct tt_upload *upload, struct tt_range json)
{
    enum { CORRELATION, HOST, CONTAINER, BLOB, SAS, PARTS };
    static const char *const names[PARTS] = {"correlationId", "hostName", "containerName",
                                             "blobName", "sasToken"};
    struct tt_range part[PARTS];
    // All are found before any is resolved: what was resolved in place is no JSON any more.
    for (size_t i = 0; i < PARTS; i++) {
        if (tt_json_member(json, names[i], &part[i]) != TT_OK) {
            return "the hub's permission is no JSON or lacks a part";
        }
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (!resolve(part[i], &part[i])) { return "the hub's permission has a bad part"; }
    }
    const struct tt_range correlation = part[CORRELATION];
    const struct tt_range host = part[HOST];
    if (correlation.len > TT_UPLOAD_CORRELATION_MAX || !is_host(host) || part[SAS].data[0] != '?') {
        return "the hub's permission has a bad part";
    }
    memcpy(upload->file.correlation, correlation.data, correlation.len);
    upload->file.correlation_len = (uint8_t)correlation.len;
    struct tt_writer target = tt_writer_of(upload->target, sizeof upload->target);
    tt_writer_bytes(&target, host.data, host.len);
    tt_writer_u8(&target, '/');
    write_path(&target, part[CONTAINER]);
    tt_writer_u8(&target, '/');
    write_path(&target, part[BLOB]);
    tt_writer_bytes(&target, part[SAS].data, part[SAS].len);
    if (target.full) { return "the hub's permission is too long"; }
    upload->target_len = (uint8_t)host.len;
    upload->path_len = (uint16_t)(target.len - host.len);
    return NULL;
}

// The hub's own requests: "/devices/{id}/files" and what follows, signed, with a JSON body that
// stands behind the head in the work buffer. TT_OK, TT_EINVALID when it does not fit, which no id
// can cause, or why nothing can be signed.
static int begin_hub_request(struct tt_upload *upload, struct tt_writer *head, const char *path,
                             size_t body_len)
{
    struct tt_range host;
    struct tt_range id;
    upload->https.way->hub(upload->https.ctx, &host, &id);
    char target_text[3 * 128 + 80];
    struct tt_writer target = tt_writer_of(target_text, sizeof target_text);
    tt_writer_text(&target, "/devices/");
    tt_writer_percent(&target, id.data, id.len);
    tt_writer_text(&target, path);
    tt_writer_text(&target, api_version);
    tt_http_write_request(head, "POST", (struct tt_range){target_text, target.len}, host, body_len);
    char token[TOKEN_MAX];
    const int token_len = upload->https.way->authorize(upload->https.ctx, token, sizeof token);
    if (token_len > 0) {
        tt_http_write_header(head, "Authorization", (struct tt_range){token, (size_t)token_len});
    }
    tt_crypto_forget(token, sizeof token);
    tt_http_write_header(head, "Content-Type", text_of("application/json"));
    tt_http_write_end(head);
    if (token_len < 0) { return token_len; }
    return target.full || head->full ? TT_EINVALID : TT_OK;
}

// The answer may take what the request leaves of the work buffer.
static void ask(struct tt_upload *upload, struct tt_range host, bool hub,
                const struct tt_http_request *request, int64_t now_ms)
{
    const char *why = NULL;
    const size_t taken = request->head.len;
    const int err = tt_https_ask(&upload->https, host, hub, request, upload->work + taken,
                                 sizeof upload->work - taken, now_ms, &why);
    upload->asked = err == TT_OK;
    if (err < 0) { failed(upload, err, why, now_ms); }
}

// Body first: its length stands in the head.
static void ask_hub(struct tt_upload *upload, const char *path, const struct tt_writer *body,
                    int64_t now_ms)
{
    struct tt_writer head = tt_writer_of(upload->work, sizeof upload->work - body->len);
    const int err = body->full ? TT_EINVALID : begin_hub_request(upload, &head, path, body->len);
    if (err < 0) {
        failed(upload, err,
               err == TT_EUNSET ? "the clock is not set: no token can be signed"
                                : "a request to the hub is too long for this device",
               now_ms);
        return;
    }
    memcpy(upload->work + head.len, body->data, body->len);
    const struct tt_http_request request = {.head = {(char *)head.data, head.len + body->len}};
    struct tt_range host;
    struct tt_range id;
    upload->https.way->hub(upload->https.ctx, &host, &id);
    ask(upload, host, true, &request, now_ms);
}

static void ask_permission(struct tt_upload *upload, int64_t now_ms)
{
    char text[6 * TT_UPLOAD_NAME_MAX + 20];
    struct tt_writer body = tt_writer_of(text, sizeof text);
    tt_writer_text(&body, "{\"blobName\":");
    tt_writer_json(&body, upload->file.name, upload->file.name_len);
    tt_writer_u8(&body, '}');
    ask_hub(upload, "/files", &body, now_ms);
}

static void ask_notification(struct tt_upload *upload, bool success, const char *words,
                             int64_t now_ms)
{
    char text[TT_UPLOAD_CORRELATION_MAX * 6 + 256];
    struct tt_writer body = tt_writer_of(text, sizeof text);
    tt_writer_text(&body, "{\"correlationId\":");
    tt_writer_json(&body, upload->file.correlation, upload->file.correlation_len);
    tt_writer_text(&body, success ? ",\"isSuccess\":true" : ",\"isSuccess\":false");
    tt_writer_text(&body, ",\"statusCode\":");
    tt_writer_decimal(&body, upload->status);
    tt_writer_text(&body, ",\"statusDescription\":");
    tt_writer_json(&body, words, strlen(words));
    tt_writer_u8(&body, '}');
    ask_hub(upload, "/files/notifications", &body, now_ms);
}

// Equally long for all blocks of a blob [Put Block], and without padding to encode.
static void write_block_id(struct tt_writer *out, uint32_t block)
{
    char digits[ID_LEN];
    for (size_t i = ID_LEN; i > 0; i--) {
        digits[i - 1] = (char)('0' + block % 10);
        block /= 10;
    }
    char text[ID_TEXT_LEN];
    tt_crypto_base64_encode((const uint8_t *)digits, ID_LEN, text, sizeof text);
    tt_writer_bytes(out, text, ID_TEXT_LEN);
}

// query: what stands behind the signature; a block's id follows where block is not -1.
static bool write_blob_request(struct tt_upload *upload, struct tt_writer *head, const char *query,
                               int64_t block, size_t body_len)
{
    char text[TT_UPLOAD_TARGET_MAX + TT_HTTPS_HOST_MAX + 48];
    struct tt_writer target = tt_writer_of(text, sizeof text);
    tt_writer_bytes(&target, upload->target + upload->target_len, upload->path_len);
    tt_writer_text(&target, query);
    if (block >= 0) { write_block_id(&target, (uint32_t)block); }
    tt_http_write_request(head, "PUT", (struct tt_range){text, target.len},
                          (struct tt_range){upload->target, upload->target_len}, body_len);
    tt_http_write_header(head, "x-ms-version", text_of(storage_version));
    return !target.full;
}

static void ask_blob(struct tt_upload *upload, struct tt_writer *head,
                     struct tt_http_request *request, bool fits, int64_t now_ms)
{
    tt_http_write_end(head);
    if (!fits || head->full) {
        finish(upload, TT_EINVALID, "a request to storage is too long for this device");
        return;
    }
    request->head = (struct tt_range){(char *)head->data, head->len};
    ask(upload, (struct tt_range){upload->target, upload->target_len}, false, request, now_ms);
}

static void ask_put(struct tt_upload *upload, int64_t now_ms)
{
    struct tt_writer head = tt_writer_of(upload->work, sizeof upload->work);
    const bool fits = write_blob_request(upload, &head, "&comp=block&blockid=", upload->file.blocks,
                                         upload->block_len);
    struct tt_http_request request = {.body = {(char *)upload->block, upload->block_len}};
    ask_blob(upload, &head, &request, fits, now_ms);
}

static const char list_begin[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
static const char list_end[] = "</BlockList>";
static const char entry_begin[] = "<Latest>";
static const char entry_end[] = "</Latest>";
enum { ENTRY_LEN = sizeof entry_begin - 1 + ID_TEXT_LEN + sizeof entry_end - 1 };

// As much of the list as the block's memory holds; in the end its end, then nothing.
static struct tt_range more_list(void *ctx)
{
    struct tt_upload *const upload = ctx;
    struct tt_writer out = tt_writer_of(upload->block, upload->block_cap);
    while (upload->listed < upload->file.blocks && out.cap - out.len >= ENTRY_LEN) {
        tt_writer_text(&out, entry_begin);
        write_block_id(&out, upload->listed++);
        tt_writer_text(&out, entry_end);
    }
    if (out.len == 0 && upload->listed == upload->file.blocks) {
        tt_writer_text(&out, list_end);
        upload->listed++;
    }
    return (struct tt_range){(char *)out.data, out.len};
}

static void ask_commit(struct tt_upload *upload, int64_t now_ms)
{
    struct tt_writer head = tt_writer_of(upload->work, sizeof upload->work);
    const size_t len =
        sizeof list_begin - 1 + (size_t)upload->file.blocks * ENTRY_LEN + sizeof list_end - 1;
    const bool fits = write_blob_request(upload, &head, "&comp=blocklist", -1, len);
    tt_http_write_header(&head, "x-ms-blob-content-type", text_of("application/octet-stream"));
    if (upload->file.gzip) {
        tt_http_write_header(&head, "x-ms-blob-content-encoding", text_of("gzip"));
    }
    upload->listed = 0;
    struct tt_http_request request = {
        .body = text_of(list_begin), .more = more_list, .ctx = upload};
    ask_blob(upload, &head, &request, fits, now_ms);
}

static void next_block(struct tt_upload *upload)
{
    upload->block_len = 0;
    upload->given = 0;
    enter(upload, TT_UPLOAD_FILL);
}

static bool not_now(int32_t status)
{
    return status == 408 || status == 429 || status >= 500;
}

// A blob's answers but 201. One new permission is asked for without a block coming through: time
// may have passed since the last one was given.
static void storage_refused(struct tt_upload *upload)
{
    const int32_t status = upload->status;
    if (status == 403 && !upload->denied) {
        say(upload, TT_LOG_INFO, "the permission is over; asking for another", -1);
        upload->denied = true;
        enter(upload, TT_UPLOAD_RETURN);
    } else if (status == 400 && upload->phase == TT_UPLOAD_COMMIT && !upload->restarted) {
        say(upload, TT_LOG_WARNING, "storage lost blocks; from the beginning", -1);
        upload->restarted = true;
        upload->file.blocks = 0;
        upload->file.done = 0;
        upload->file_ended = false;
        next_block(upload);
    } else {
        finish(upload, status == 400 || status == 413 ? TT_EINVALID : TT_EREFUSED,
               status == 403   ? "storage does not accept the hub's permission"
               : status == 413 ? "storage does not take so much"
                               : "storage refused the file");
    }
}

static void hub_refused(struct tt_upload *upload)
{
    switch (upload->phase) {
    case TT_UPLOAD_RETURN: // it was over by itself
        upload->file.correlation_len = 0;
        enter(upload, TT_UPLOAD_ASK);
        break;
    case TT_UPLOAD_TELL:
        // The permission is over. With the blob there, another one is for telling so, once.
        upload->file.correlation_len = 0;
        enter(upload, upload->committed && !upload->denied ? TT_UPLOAD_ASK : TT_UPLOAD_END);
        upload->denied = true;
        break;
    default:
        finish(upload, upload->status == 400 ? TT_EINVALID : TT_EREFUSED,
               upload->status == 403 ? "the hub has no place for another upload"
                                     : "the hub refused the upload");
    }
}

// An answer that makes sense: earlier failures are forgotten.
static void heard(struct tt_upload *upload)
{
    upload->failures = 0;
    upload->refusals = 0;
}

static void permitted(struct tt_upload *upload, int64_t now_ms)
{
    const struct tt_http_response *const response = &upload->https.exchange.response;
    const char *const wrong =
        response->cut ? "the hub's permission is too long"
                      : take_permission(
                            upload, (struct tt_range){(char *)response->body, response->body_len});
    if (wrong != NULL) {
        upload->file.correlation_len = 0;
        refused_for_now(upload, TT_EPROTOCOL, wrong, 0, now_ms);
        return;
    }
    heard(upload);
    tell_progress(upload);
    enter(upload, upload->committed ? TT_UPLOAD_TELL : TT_UPLOAD_FILL);
}

static void block_confirmed(struct tt_upload *upload)
{
    upload->file.blocks++;
    upload->file.done += upload->given;
    upload->denied = false;
    if (upload->file.blocks - upload->told >= TT_UPLOAD_TOLD_BLOCKS) { tell_progress(upload); }
    next_block(upload);
}

static void answered(struct tt_upload *upload, int64_t now_ms)
{
    const struct tt_http_response *const response = &upload->https.exchange.response;
    const bool hub = upload->phase == TT_UPLOAD_RETURN || upload->phase == TT_UPLOAD_ASK ||
                     upload->phase == TT_UPLOAD_TELL;
    upload->asked = false;
    if (upload->phase != TT_UPLOAD_TELL) { upload->status = response->status; }
    if (not_now(response->status)) {
        const int64_t least_ms =
            response->retry_after_s > 0 ? (int64_t)response->retry_after_s * 1000 : 0;
        refused_for_now(upload, TT_EBUSY,
                        hub ? "the hub is unavailable or throttling"
                            : "storage is unavailable or throttling",
                        least_ms, now_ms);
        return;
    }
    if (upload->phase != TT_UPLOAD_ASK) { heard(upload); }
    if (response->status < 200 || response->status >= 300) {
        if (hub) {
            hub_refused(upload);
        } else {
            storage_refused(upload);
        }
        return;
    }
    switch (upload->phase) {
    case TT_UPLOAD_RETURN:
        upload->file.correlation_len = 0;
        enter(upload, TT_UPLOAD_ASK);
        break;
    case TT_UPLOAD_ASK:
        permitted(upload, now_ms);
        break;
    case TT_UPLOAD_PUT:
        block_confirmed(upload);
        break;
    case TT_UPLOAD_COMMIT:
        upload->committed = true;
        finish(upload, TT_OK, "");
        break;
    default:
        enter(upload, TT_UPLOAD_END);
    }
}

// Bytes of the file from the block's end to the file's, or -1.
static int64_t rest_of(const struct tt_upload *upload)
{
    if (upload->file_ended) { return 0; }
    if (upload->file.size < 0) { return -1; }
    return (int64_t)upload->file.size - upload->file.done - upload->given;
}

static uint32_t room_of(const struct tt_upload *upload)
{
    const uint32_t room = upload->block_cap - (uint32_t)upload->block_len;
    if (!upload->file.gzip) { return room; }
    return room < TT_UPLOAD_WORK_BYTES + TT_GZIP_OVERHEAD ? 0 : TT_UPLOAD_WORK_BYTES;
}

static void want_part(struct tt_upload *upload, uint32_t cap, int64_t now_ms)
{
    upload->part_into = upload->file.gzip ? upload->work : upload->block + upload->block_len;
    upload->part_cap = cap;
    upload->part_at = upload->file.done + upload->given;
    upload->part_by_ms = now_ms + TT_UPLOAD_PART_MS;
    upload->announced = false;
    upload->asked = true;
    atomic_store_explicit(&upload->part, WANTED, memory_order_release);
}

static void take_part(struct tt_upload *upload)
{
    const uint32_t len = upload->part_len;
    upload->asked = false;
    atomic_store_explicit(&upload->part, NONE, memory_order_relaxed);
    if (len == 0 && upload->file.size >= 0) {
        finish(upload, TT_EINVALID, "the file is shorter than it was said to be");
    } else if (len == 0) {
        upload->file_ended = true;
    } else if (upload->file.gzip) {
        upload->block_len += (size_t)tt_gzip_write(&upload->gzip, upload->work, len,
                                                   upload->block + upload->block_len,
                                                   upload->block_cap - upload->block_len);
        upload->given += len;
    } else {
        upload->block_len += len;
        upload->given += len;
    }
}

// True when something came of it.
static bool fill(struct tt_upload *upload, int64_t now_ms)
{
    if (upload->asked) {
        if (atomic_load_explicit(&upload->part, memory_order_acquire) == GIVEN) {
            take_part(upload);
            return true;
        }
        if (!upload->announced) {
            const struct tt_delivery event = {
                .kind = TT_EVENT_PART, .id = (int32_t)upload->part_cap, .name = ""};
            upload->announced = tell_app(upload, &event);
        }
        if (now_ms < upload->part_by_ms) { return false; }
        finish(upload, TT_ETIMEOUT, "the app gave no bytes");
        return true;
    }
    const int64_t rest = rest_of(upload);
    const uint32_t room = room_of(upload);
    if (rest == 0 || room == 0) {
        enter(upload, upload->block_len > 0 ? TT_UPLOAD_PUT : TT_UPLOAD_COMMIT);
    } else if (upload->file.blocks == TT_UPLOAD_BLOCKS_MAX) {
        finish(upload, TT_EINVALID, "the file has more blocks than a blob");
    } else {
        want_part(upload, rest > 0 && rest < room ? (uint32_t)rest : room, now_ms);
    }
    return true;
}

static void ask_for_phase(struct tt_upload *upload, int64_t now_ms)
{
    switch (upload->phase) {
    case TT_UPLOAD_RETURN:
        ask_notification(upload, false, "taken up again", now_ms);
        break;
    case TT_UPLOAD_ASK:
        ask_permission(upload, now_ms);
        break;
    case TT_UPLOAD_PUT:
        ask_put(upload, now_ms);
        break;
    case TT_UPLOAD_COMMIT:
        ask_commit(upload, now_ms);
        break;
    default:
        ask_notification(upload, upload->result == TT_OK, upload->why, now_ms);
    }
}

// True when something came of it.
static bool request(struct tt_upload *upload, int64_t now_ms)
{
    if (!upload->asked) {
        ask_for_phase(upload, now_ms);
        return upload->asked || !upload->waiting;
    }
    bool again = false;
    const char *why = NULL;
    const int done = tt_https_step(&upload->https, now_ms, &again, &why);
    if (done == 0) { return false; }
    if (done == 1) {
        answered(upload, now_ms);
    } else if (again) {
        upload->asked = false;
    } else {
        failed(upload, done, why, now_ms);
    }
    return true;
}

static void start(struct tt_upload *upload)
{
    upload->committed = false;
    upload->restarted = false;
    upload->denied = false;
    upload->file_ended = false;
    upload->waiting = false;
    upload->failures = 0;
    upload->refusals = 0;
    upload->status = 0;
    upload->result = TT_OK;
    upload->why[0] = 0;
    upload->told = upload->file.blocks;
    atomic_store_explicit(&upload->part, NONE, memory_order_relaxed);
    next_block(upload);
    enter(upload, upload->file.correlation_len > 0 ? TT_UPLOAD_RETURN : TT_UPLOAD_ASK);
}

// True when the app was told.
static bool end(struct tt_upload *upload)
{
    tt_https_close(&upload->https);
    upload->https.way->release(upload->https.ctx);
    // Before the news: whoever hears it may begin another.
    atomic_store_explicit(&upload->begun, 0, memory_order_release);
    const struct tt_delivery event = {.kind = TT_EVENT_UPLOADED,
                                      .id = upload->result,
                                      .name = upload->why,
                                      .name_len = strlen(upload->why)};
    if (!tell_app(upload, &event)) { return false; }
    if (upload->result < 0) { say(upload, TT_LOG_WARNING, upload->why, -1); }
    enter(upload, TT_UPLOAD_IDLE);
    return true;
}

static void obey_cancel(struct tt_upload *upload)
{
    const int err = atomic_load_explicit(&upload->cancelled, memory_order_acquire);
    if (err == 0 || upload->committed || upload->phase == TT_UPLOAD_TELL ||
        upload->phase == TT_UPLOAD_END) {
        return;
    }
    upload->waiting = false;
    finish(upload, err, err == TT_ECLOSED ? "cancelled" : "the file cannot be read");
}

static int64_t deadline(const struct tt_upload *upload, int64_t now_ms)
{
    if (upload->waiting) { return upload->next_ms; }
    if (upload->phase == TT_UPLOAD_END) { return now_ms + POLL_MS; }
    if (upload->phase == TT_UPLOAD_FILL) {
        return upload->announced ? upload->part_by_ms : now_ms + POLL_MS;
    }
    // Room in a stream wakes nobody.
    return upload->https.exchange.sent ? upload->https.exchange.quiet_ms + TT_HTTP_QUIET_MS
                                       : now_ms + POLL_MS;
}

int64_t tt_upload_step(struct tt_upload *upload, int64_t now_ms)
{
    if (upload->phase == TT_UPLOAD_IDLE) {
        if (atomic_load_explicit(&upload->begun, memory_order_acquire) == 0) { return INT64_MAX; }
        start(upload);
    }
    obey_cancel(upload);
    if (upload->waiting && now_ms < upload->next_ms) { return upload->next_ms; }
    upload->waiting = false;
    bool moved = true;
    while (moved && !upload->waiting && upload->phase != TT_UPLOAD_IDLE) {
        moved = upload->phase == TT_UPLOAD_END    ? end(upload)
                : upload->phase == TT_UPLOAD_FILL ? fill(upload, now_ms)
                                                  : request(upload, now_ms);
    }
    return upload->phase == TT_UPLOAD_IDLE ? INT64_MAX : deadline(upload, now_ms);
}

void tt_upload_stop(struct tt_upload *upload)
{
    tt_https_close(&upload->https);
}
