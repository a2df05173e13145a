// The guest's view of the device itself: log, identity, time, restart and its part of the store.
#include <string.h>

#include "app_state.h"
#include "bytes.h"

enum { DELAY_MAX_MS = 86400000 };

void tt_abi_log_write(struct tt_app *app, int32_t level, const char *message, size_t message_len)
{
    const int32_t known = level < TT_LOG_DEBUG   ? TT_LOG_DEBUG
                          : level > TT_LOG_ERROR ? TT_LOG_ERROR
                                                 : level;
    app->config.port->log(app->config.port->ctx, (enum tt_log_level)known, message, message_len);
}

int32_t tt_abi_device_id(struct tt_app *app, uint8_t *into, size_t into_cap)
{
    const struct tt_range id = app->config.device_id;
    const size_t len = id.len;
    if (len > 0) { memcpy(into, id.data, len < into_cap ? len : into_cap); }
    return (int32_t)len;
}

int64_t tt_abi_device_uptime(struct tt_app *app)
{
    return app->now_ms;
}

int64_t tt_abi_device_clock(struct tt_app *app)
{
    return app->config.port->epoch_ms(app->config.port->ctx);
}

int32_t tt_abi_device_random(struct tt_app *app)
{
    uint8_t bytes[4];
    app->config.port->random(app->config.port->ctx, bytes, sizeof bytes);
    return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24);
}

int32_t tt_abi_device_restart(struct tt_app *app, int32_t delay_ms)
{
    if (delay_ms < 0 || delay_ms > DELAY_MAX_MS) { return TT_EINVALID; }
    app->restart_ms = app->now_ms + delay_ms;
    return TT_OK;
}

void tt_abi_device_abort(struct tt_app *app, const char *message, size_t message_len,
                         const char *file, size_t file_len, int32_t line, int32_t column)
{
    struct tt_writer text = tt_writer_of(app->aborted, sizeof app->aborted - 1);
    tt_writer_text(&text, "abort: ");
    // Half the room each at most, so that neither hides the line.
    tt_writer_bytes(&text, message, tt_app_cut(message, message_len, 64));
    if (file_len > 0) {
        tt_writer_text(&text, " (");
        tt_writer_bytes(&text, file, tt_app_cut(file, file_len, 56));
        tt_writer_text(&text, ":");
        tt_writer_decimal(&text, line);
        tt_writer_text(&text, ":");
        tt_writer_decimal(&text, column);
        tt_writer_text(&text, ")");
    }
    app->aborted[text.len] = 0;
    tt_app_log(app, TT_LOG_ERROR, app->aborted);
}

int32_t tt_abi_device_sleep(struct tt_app *app, int32_t seconds, int32_t patience_ms)
{
    enum { SECONDS_MAX = 31 * 86400, PATIENCE_MAX_MS = 600000 };
    if (app->config.port->sleep == NULL) { return TT_EUNSUPPORTED; }
    if (seconds < 1 || seconds > SECONDS_MAX || patience_ms < 0 || patience_ms > PATIENCE_MAX_MS) {
        return TT_EINVALID;
    }
    app->sleep_s = (uint32_t)seconds;
    app->sleep_patience_ms = (uint32_t)patience_ms;
    app->restart_ms = app->now_ms; // once this event is over
    return TT_OK;
}

// An app's keys begin with '/', so that they never meet the runtime's. False when too long or
// empty.
static bool store_key(const char *key, size_t key_len, char out[TT_STORE_KEY_MAX])
{
    if (key_len == 0 || key_len > TT_STORE_KEY_MAX - 1) { return false; }
    out[0] = '/';
    memcpy(out + 1, key, key_len);
    return true;
}

int32_t tt_abi_store_get(struct tt_app *app, const char *key, size_t key_len, uint8_t *into,
                         size_t into_cap)
{
    char own[TT_STORE_KEY_MAX];
    if (!store_key(key, key_len, own)) { return TT_EINVALID; }
    return tt_store_get(app->config.store, own, key_len + 1, into, into_cap);
}

int32_t tt_abi_store_set(struct tt_app *app, const char *key, size_t key_len, const uint8_t *value,
                         size_t value_len)
{
    char own[TT_STORE_KEY_MAX];
    if (!store_key(key, key_len, own)) { return TT_EINVALID; }
    return tt_store_set(app->config.store, own, key_len + 1, value, value_len);
}

int32_t tt_abi_store_remove(struct tt_app *app, const char *key, size_t key_len)
{
    char own[TT_STORE_KEY_MAX];
    if (!store_key(key, key_len, own)) { return TT_EINVALID; }
    return tt_store_remove(app->config.store, own, key_len + 1);
}
