// The files partition as the guest has it, and its door to uploads: borders are checked here, flash
// and network are others' business.
#include "abi.gen.h"
#include "app_state.h"
#include "uploader.h"

static uint32_t size_of(const struct tt_app *app)
{
    const struct tt_block *const files = app->config.files;
    return files == NULL ? 0 : files->block_bytes * files->block_count;
}

int32_t tt_abi_files_size(struct tt_app *app)
{
    return (int32_t)size_of(app);
}

int32_t tt_abi_files_unit(struct tt_app *app)
{
    return app->config.files == NULL ? 0 : (int32_t)app->config.files->block_bytes;
}

int32_t tt_abi_files_erase(struct tt_app *app, int32_t offset)
{
    const struct tt_block *const files = app->config.files;
    if (offset < 0 || (uint32_t)offset >= size_of(app) ||
        (uint32_t)offset % files->block_bytes != 0) {
        return TT_EINVALID;
    }
    return files->erase(files->ctx, (uint32_t)offset / files->block_bytes);
}

int32_t tt_abi_files_write(struct tt_app *app, int32_t offset, const uint8_t *data, size_t data_len)
{
    const struct tt_block *const files = app->config.files;
    const uint32_t size = size_of(app);
    if (offset < 0 || (uint32_t)offset > size || data_len > size - (uint32_t)offset) {
        return TT_EINVALID;
    }
    if (data_len == 0) { return TT_OK; }
    if ((uint32_t)offset % files->program_bytes != 0 || data_len % files->program_bytes != 0) {
        return TT_EINVALID;
    }
    return files->program(files->ctx, (uint32_t)offset, data, data_len);
}

int32_t tt_abi_files_read(struct tt_app *app, int32_t offset, uint8_t *into, size_t into_cap)
{
    const struct tt_block *const files = app->config.files;
    const uint32_t size = size_of(app);
    if (offset < 0 || (uint32_t)offset > size) { return TT_EINVALID; }
    const size_t rest = size - (uint32_t)offset;
    const size_t len = into_cap < rest ? into_cap : rest;
    if (len == 0) { return 0; }
    const int err = files->read(files->ctx, (uint32_t)offset, into, len);
    return err < 0 ? err : (int32_t)len;
}

// A main without an uploader is older than its board's file.
static bool can_upload(const struct tt_app *app)
{
    return app->config.upload != NULL;
}

int32_t tt_abi_upload_begin(struct tt_app *app, const char *name, size_t name_len, int32_t from,
                            int32_t size, int32_t options)
{
    if (!can_upload(app)) { return TT_EUNSUPPORTED; }
    return app->config.uploader->begin(app, name, name_len, from, size, options);
}

int32_t tt_abi_upload_offset(struct tt_app *app)
{
    return can_upload(app) ? app->config.uploader->offset(app) : TT_EUNSUPPORTED;
}

int32_t tt_abi_upload_part(struct tt_app *app, const uint8_t *data, size_t data_len)
{
    return can_upload(app) ? app->config.uploader->part(app, data, data_len) : TT_EUNSUPPORTED;
}

int32_t tt_abi_upload_cancel(struct tt_app *app)
{
    return can_upload(app) ? app->config.uploader->cancel(app) : TT_EUNSUPPORTED;
}
