// The app's side of an upload: what the guest asks for, and the bytes of files in flash, which it
// need not carry. How far a file in flash has come is kept in the store, so that a power cut costs
// no more than the blocks since then.
#include <string.h>

#include "abi.gen.h"
#include "app_state.h"
#include "link_state.h"
#include "upload.h"
#include "uploader.h"

enum { FROM_APP = -1, OPTION_GZIP = 1, RECORD_VERSION = 1, RECORD_HEAD = 19 };

static const char record_key[] = "upload";

// What telemetry by HTTPS leaves of the memory, which is its own at the end.
static uint32_t room(const struct tt_board *board)
{
    const uint32_t bytes = board->upload_bytes & ~(uint32_t)7;
    const uint32_t end = (sizeof(struct tt_post) + 7) & ~(uint32_t)7;
    return bytes < end ? 0 : bytes - end;
}

static struct tt_upload *open(void *memory, struct tt_link *link, struct tt_inbox *inbox,
                              const struct tt_port *port, const struct tt_board *board)
{
    return tt_upload_init(memory, room(board), port, inbox, &tt_link_https, link);
}

static struct tt_post *post(void *memory, const struct tt_board *board)
{
    struct tt_post *const at = (void *)((uint8_t *)memory + room(board));
    tt_post_init(at);
    return at;
}

static int64_t step(void *upload, int64_t now_ms)
{
    return tt_upload_step(upload, now_ms);
}

static void stop(void *upload)
{
    tt_upload_stop(upload);
}

static void wake(struct tt_app *app)
{
    const struct tt_port *const port = app->config.port;
    if (port->wake_link != NULL) { port->wake_link(port->ctx); }
}

static void put_u32(struct tt_writer *out, uint32_t value)
{
    tt_writer_u16(out, (uint16_t)(value >> 16));
    tt_writer_u16(out, (uint16_t)value);
}

static uint32_t get_u32(struct tt_reader *in)
{
    const uint32_t high = tt_reader_u16(in);
    return high << 16 | tt_reader_u16(in);
}

// Without it the upload is only begun anew after a power cut.
static void keep(struct tt_app *app, const struct tt_upload_file *file)
{
    uint8_t bytes[RECORD_HEAD + TT_UPLOAD_NAME_MAX + TT_UPLOAD_CORRELATION_MAX];
    struct tt_writer out = tt_writer_of(bytes, sizeof bytes);
    tt_writer_u8(&out, RECORD_VERSION);
    tt_writer_u8(&out, file->gzip ? OPTION_GZIP : 0);
    tt_writer_u8(&out, file->name_len);
    put_u32(&out, (uint32_t)app->upload_from);
    put_u32(&out, (uint32_t)file->size);
    put_u32(&out, file->blocks);
    put_u32(&out, file->done);
    tt_writer_bytes(&out, file->name, file->name_len);
    tt_writer_bytes(&out, file->correlation, file->correlation_len);
    if (tt_store_set(app->config.store, record_key, sizeof record_key - 1, bytes, out.len) < 0) {
        tt_app_log(app, TT_LOG_WARNING, "the store does not keep how far the upload is");
    }
}

static bool in_files(const struct tt_app *app, uint32_t from, uint32_t size)
{
    const struct tt_block *const files = app->config.files;
    const uint64_t bytes = files == NULL ? 0 : (uint64_t)files->block_bytes * files->block_count;
    return size <= bytes && from <= bytes - size;
}

static int begin_file(struct tt_app *app, const struct tt_upload_file *file, int32_t from)
{
    const int err = tt_upload_begin(app->config.upload, file);
    if (err < 0) { return err; }
    app->uploading = true;
    app->upload_from = from;
    wake(app);
    return TT_OK;
}

static int begin(struct tt_app *app, const char *name, size_t name_len, int32_t from, int32_t size,
                 int32_t options)
{
    const bool in_flash = from >= 0;
    if (app->uploading) { return TT_EBUSY; }
    if (from < FROM_APP || size < -1 || (in_flash && size < 0) || name_len == 0 ||
        name_len > TT_UPLOAD_NAME_MAX || (options & ~OPTION_GZIP) != 0 ||
        (in_flash && !in_files(app, (uint32_t)from, (uint32_t)size))) {
        return TT_EINVALID;
    }
    struct tt_upload_file file = {
        .size = size, .gzip = (options & OPTION_GZIP) != 0, .name_len = (uint8_t)name_len};
    memcpy(file.name, name, name_len);
    const int err = begin_file(app, &file, from);
    if (err == TT_OK && in_flash) { keep(app, &file); }
    return err;
}

static void resume(struct tt_app *app)
{
    uint8_t bytes[RECORD_HEAD + TT_UPLOAD_NAME_MAX + TT_UPLOAD_CORRELATION_MAX];
    struct tt_upload_file file = {0};
    const int len =
        tt_store_get(app->config.store, record_key, sizeof record_key - 1, bytes, sizeof bytes);
    if (len < RECORD_HEAD || (size_t)len > sizeof bytes) { return; }
    struct tt_reader in = tt_reader_of(bytes, (size_t)len);
    const uint8_t version = tt_reader_u8(&in);
    file.gzip = tt_reader_u8(&in) == OPTION_GZIP;
    file.name_len = tt_reader_u8(&in);
    const uint32_t from = get_u32(&in);
    file.size = (int32_t)get_u32(&in);
    file.blocks = get_u32(&in);
    file.done = get_u32(&in);
    const uint8_t *const name = tt_reader_take(&in, file.name_len);
    const size_t correlation_len = tt_reader_left(&in);
    // Of another firmware, or of a board whose partition was another.
    if (in.cut || version != RECORD_VERSION || file.name_len > TT_UPLOAD_NAME_MAX ||
        correlation_len > TT_UPLOAD_CORRELATION_MAX || file.size < 0 ||
        !in_files(app, from, (uint32_t)file.size) || file.done > (uint32_t)file.size) {
        tt_store_remove(app->config.store, record_key, sizeof record_key - 1);
        return;
    }
    memcpy(file.name, name, file.name_len);
    file.correlation_len = (uint8_t)correlation_len;
    if (correlation_len > 0) {
        memcpy(file.correlation, tt_reader_take(&in, correlation_len), correlation_len);
    }
    if (begin_file(app, &file, (int32_t)from) == TT_OK) {
        tt_app_log(app, TT_LOG_INFO, "an upload is taken up again");
    }
}

static void give_from_flash(struct tt_app *app)
{
    const struct tt_block *const files = app->config.files;
    struct tt_upload *const upload = app->config.upload;
    uint32_t at = 0;
    uint32_t cap = 0;
    if (!tt_upload_wants(upload, &at, &cap)) { return; }
    uint8_t *const into = tt_upload_claim(upload);
    if (into == NULL) { return; }
    if (files->read(files->ctx, (uint32_t)app->upload_from + at, into, cap) < 0) {
        tt_upload_cancel(upload, TT_EIO);
    }
    tt_upload_give(upload, cap);
    wake(app);
}

static void keep_progress(struct tt_app *app, const struct tt_delivery *event)
{
    struct tt_upload_progress progress;
    if (event->payload_len != sizeof progress) { return; }
    memcpy(&progress, event->payload, sizeof progress);
    const struct tt_upload_file *const whole = tt_upload_file(app->config.upload);
    struct tt_upload_file file = {.size = whole->size,
                                  .gzip = whole->gzip,
                                  .name_len = whole->name_len,
                                  .blocks = progress.blocks,
                                  .done = (uint32_t)event->id,
                                  .correlation_len = progress.correlation_len};
    memcpy(file.name, whole->name, sizeof file.name);
    memcpy(file.correlation, progress.correlation, sizeof file.correlation);
    keep(app, &file);
}

static bool delivered(struct tt_app *app, const struct tt_delivery *event)
{
    const bool in_flash = app->upload_from >= 0;
    if (event->kind == TT_EVENT_PART && in_flash) {
        give_from_flash(app);
        return false;
    }
    if (event->kind == TT_EVENT_UPLOAD && in_flash) { keep_progress(app, event); }
    if (event->kind == TT_EVENT_UPLOADED) {
        app->uploading = false;
        if (in_flash) { tt_store_remove(app->config.store, record_key, sizeof record_key - 1); }
    }
    return true;
}

static int offset(struct tt_app *app)
{
    uint32_t at = 0;
    uint32_t cap = 0;
    return app->uploading && tt_upload_wants(app->config.upload, &at, &cap) ? (int)at
                                                                            : TT_ENOTFOUND;
}

static int part(struct tt_app *app, const uint8_t *data, size_t len)
{
    uint32_t at = 0;
    uint32_t cap = 0;
    if (!app->uploading || app->upload_from >= 0 ||
        !tt_upload_wants(app->config.upload, &at, &cap)) {
        return TT_ENOTFOUND;
    }
    if (len > cap) { return TT_EINVALID; }
    uint8_t *const into = tt_upload_claim(app->config.upload);
    if (into == NULL) { return TT_ENOTFOUND; }
    if (len > 0) { memcpy(into, data, len); }
    tt_upload_give(app->config.upload, (uint32_t)len);
    wake(app);
    return TT_OK;
}

static int cancel(struct tt_app *app)
{
    if (!app->uploading) { return TT_ENOTFOUND; }
    tt_upload_cancel(app->config.upload, TT_ECLOSED);
    wake(app);
    return TT_OK;
}

static int compress(const uint8_t *data, size_t len, uint8_t *out, size_t cap)
{
    struct tt_gzip gzip;
    return tt_gzip_write(&gzip, data, len, out, cap);
}

static void abandon(struct tt_app *app)
{
    if (app->upload_from < 0) { cancel(app); }
}

const struct tt_uploader tt_uploader = {
    .open = open,
    .post = post,
    .step = step,
    .stop = stop,
    .begin = begin,
    .offset = offset,
    .part = part,
    .cancel = cancel,
    .gzip = compress,
    .resume = resume,
    .delivered = delivered,
    .abandon = abandon,
};
