// What an upload asks of hub and storage: a permission, blocks, their list, a notification. When is
// the course's business.
#include <string.h>

#include "../port/error.gen.h"
#include "abi.gen.h"
#include "crypto.h"
#include "json.h"
#include "upload_state.h"

enum {
    ID_LEN = 6, // digits of a block's number
    ID_TEXT_LEN = ID_LEN / 3 * 4,
    TOKEN_MAX = 1024,
};

static const char api_version[] = "?api-version=2021-04-12";
static const char storage_version[] = "2020-10-02";

static struct tt_range text_of(const char *text)
{
    return (struct tt_range){text, strlen(text)};
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
const char *tt_upload_take_permission(struct tt_upload *upload, struct tt_range json)
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
    if (err < 0) { tt_upload_failed(upload, err, why, now_ms); }
}

// Body first: its length stands in the head.
static void ask_hub(struct tt_upload *upload, const char *path, const struct tt_writer *body,
                    int64_t now_ms)
{
    struct tt_writer head = tt_writer_of(upload->work, sizeof upload->work - body->len);
    const int err = body->full ? TT_EINVALID : begin_hub_request(upload, &head, path, body->len);
    if (err < 0) {
        tt_upload_failed(upload, err,
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

void tt_upload_ask_permission(struct tt_upload *upload, int64_t now_ms)
{
    char text[6 * TT_UPLOAD_NAME_MAX + 20];
    struct tt_writer body = tt_writer_of(text, sizeof text);
    tt_writer_text(&body, "{\"blobName\":");
    tt_writer_json(&body, upload->file.name, upload->file.name_len);
    tt_writer_u8(&body, '}');
    ask_hub(upload, "/files", &body, now_ms);
}

void tt_upload_ask_notification(struct tt_upload *upload, bool success, const char *words,
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
        tt_upload_finish(upload, TT_EINVALID, "a request to storage is too long for this device");
        return;
    }
    request->head = (struct tt_range){(char *)head->data, head->len};
    ask(upload, (struct tt_range){upload->target, upload->target_len}, false, request, now_ms);
}

void tt_upload_ask_put(struct tt_upload *upload, int64_t now_ms)
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

void tt_upload_ask_commit(struct tt_upload *upload, int64_t now_ms)
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
