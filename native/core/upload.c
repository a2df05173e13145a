// The course of an upload: from phase to phase, what an answer or a failure leads to, and the parts
// the app gives.
#include <string.h>

#include "../port/error.gen.h"
#include "abi.gen.h"
#include "crypto.h"
#include "json.h"
#include "upload_state.h"

enum tt_upload_part { NONE, WANTED, FILLING, GIVEN };

enum {
    POLL_MS = 20,            // while a stream or the inbox has no room, or MQTT the memory
    BACKOFF_FIRST_MS = 1000, // doubles with each failure
    BACKOFF_CAP_MS = 60000,
    RELEASE_MS = 5000, // MQTT gets its memory back for a wait as long as that
    REFUSALS_MAX = 8,  // answers in a row that say "not now", or say nothing
};

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

void tt_upload_enter(struct tt_upload *upload, enum tt_upload_phase phase)
{
    upload->phase = phase;
    upload->asked = false;
}

// The end, good or bad, is told to the hub when it gave a permission, then to the app.
void tt_upload_finish(struct tt_upload *upload, int result, const char *why)
{
    upload->result = result;
    const size_t len = strlen(why) < TT_HTTPS_WHY_MAX ? strlen(why) : TT_HTTPS_WHY_MAX;
    memcpy(upload->why, why, len);
    upload->why[len] = 0;
    tt_https_close(&upload->https);
    tt_upload_enter(upload, upload->file.correlation_len > 0 ? TT_UPLOAD_TELL : TT_UPLOAD_END);
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
        tt_upload_enter(upload, upload->phase == TT_UPLOAD_TELL ? TT_UPLOAD_END : TT_UPLOAD_ASK);
    } else {
        tt_upload_finish(upload, err, why);
    }
}

// What became of a request that got no answer.
void tt_upload_failed(struct tt_upload *upload, int err, const char *why, int64_t now_ms)
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
            tt_upload_enter(upload, TT_UPLOAD_END);
        } else {
            tt_upload_finish(upload, err, why);
        }
        break;
    default: // the network's doing: as long as it takes, but not for bad news
        if (upload->phase == TT_UPLOAD_TELL && upload->result < 0 && upload->failures >= 2) {
            tt_upload_enter(upload, TT_UPLOAD_END);
        } else {
            try_later(upload, why, 0, now_ms);
        }
        break;
    }
}

void tt_upload_next_block(struct tt_upload *upload)
{
    upload->block_len = 0;
    upload->given = 0;
    tt_upload_enter(upload, TT_UPLOAD_FILL);
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
        tt_upload_enter(upload, TT_UPLOAD_RETURN);
    } else if (status == 400 && upload->phase == TT_UPLOAD_COMMIT && !upload->restarted) {
        say(upload, TT_LOG_WARNING, "storage lost blocks; from the beginning", -1);
        upload->restarted = true;
        upload->file.blocks = 0;
        upload->file.done = 0;
        upload->file_ended = false;
        tt_upload_next_block(upload);
    } else {
        tt_upload_finish(upload, status == 400 || status == 413 ? TT_EINVALID : TT_EREFUSED,
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
        tt_upload_enter(upload, TT_UPLOAD_ASK);
        break;
    case TT_UPLOAD_TELL:
        // The permission is over. With the blob there, another one is for telling so, once.
        upload->file.correlation_len = 0;
        tt_upload_enter(upload,
                        upload->committed && !upload->denied ? TT_UPLOAD_ASK : TT_UPLOAD_END);
        upload->denied = true;
        break;
    default:
        tt_upload_finish(upload, upload->status == 400 ? TT_EINVALID : TT_EREFUSED,
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
                      : tt_upload_take_permission(
                            upload, (struct tt_range){(char *)response->body, response->body_len});
    if (wrong != NULL) {
        upload->file.correlation_len = 0;
        refused_for_now(upload, TT_EPROTOCOL, wrong, 0, now_ms);
        return;
    }
    heard(upload);
    tell_progress(upload);
    tt_upload_enter(upload, upload->committed ? TT_UPLOAD_TELL : TT_UPLOAD_FILL);
}

static void block_confirmed(struct tt_upload *upload)
{
    upload->file.blocks++;
    upload->file.done += upload->given;
    upload->denied = false;
    if (upload->file.blocks - upload->told >= TT_UPLOAD_TOLD_BLOCKS) { tell_progress(upload); }
    tt_upload_next_block(upload);
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
        tt_upload_enter(upload, TT_UPLOAD_ASK);
        break;
    case TT_UPLOAD_ASK:
        permitted(upload, now_ms);
        break;
    case TT_UPLOAD_PUT:
        block_confirmed(upload);
        break;
    case TT_UPLOAD_COMMIT:
        upload->committed = true;
        tt_upload_finish(upload, TT_OK, "");
        break;
    default:
        tt_upload_enter(upload, TT_UPLOAD_END);
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
        tt_upload_finish(upload, TT_EINVALID, "the file is shorter than it was said to be");
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
        tt_upload_finish(upload, TT_ETIMEOUT, "the app gave no bytes");
        return true;
    }
    const int64_t rest = rest_of(upload);
    const uint32_t room = room_of(upload);
    if (rest == 0 || room == 0) {
        tt_upload_enter(upload, upload->block_len > 0 ? TT_UPLOAD_PUT : TT_UPLOAD_COMMIT);
    } else if (upload->file.blocks == TT_UPLOAD_BLOCKS_MAX) {
        tt_upload_finish(upload, TT_EINVALID, "the file has more blocks than a blob");
    } else {
        want_part(upload, rest > 0 && rest < room ? (uint32_t)rest : room, now_ms);
    }
    return true;
}

static void ask_for_phase(struct tt_upload *upload, int64_t now_ms)
{
    switch (upload->phase) {
    case TT_UPLOAD_RETURN:
        tt_upload_ask_notification(upload, false, "taken up again", now_ms);
        break;
    case TT_UPLOAD_ASK:
        tt_upload_ask_permission(upload, now_ms);
        break;
    case TT_UPLOAD_PUT:
        tt_upload_ask_put(upload, now_ms);
        break;
    case TT_UPLOAD_COMMIT:
        tt_upload_ask_commit(upload, now_ms);
        break;
    default:
        tt_upload_ask_notification(upload, upload->result == TT_OK, upload->why, now_ms);
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
        tt_upload_failed(upload, done, why, now_ms);
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
    tt_upload_next_block(upload);
    tt_upload_enter(upload, upload->file.correlation_len > 0 ? TT_UPLOAD_RETURN : TT_UPLOAD_ASK);
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
    tt_upload_enter(upload, TT_UPLOAD_IDLE);
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
    tt_upload_finish(upload, err, err == TT_ECLOSED ? "cancelled" : "the file cannot be read");
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
