// The guest's JSON writer: each call one member, in the app's one buffer. Knows no message.
#include <string.h>

#include "app_state.h"

static struct tt_json_writer *member(struct tt_app *app, const uint8_t *name, size_t units)
{
    tt_json_writer_name(&app->json, name, units);
    return &app->json;
}

void tt_abi_json_begin(struct tt_app *app, int32_t as_object)
{
    tt_json_writer_begin(&app->json, as_object != 0);
}

void tt_abi_json_open(struct tt_app *app, const uint8_t *name, size_t name_units, int32_t array)
{
    tt_json_writer_open(member(app, name, name_units), array != 0);
}

void tt_abi_json_close(struct tt_app *app)
{
    tt_json_writer_close(&app->json);
}

void tt_abi_json_number(struct tt_app *app, const uint8_t *name, size_t name_units, int64_t value,
                        int32_t decimals)
{
    tt_json_writer_number(member(app, name, name_units), value, decimals);
}

void tt_abi_json_word(struct tt_app *app, const uint8_t *name, size_t name_units, int32_t which)
{
    const char *const word = which == 0 ? "false" : which == 1 ? "true" : "null";
    tt_writer_text(&member(app, name, name_units)->out, word);
}

void tt_abi_json_text(struct tt_app *app, const uint8_t *name, size_t name_units,
                      const uint8_t *value, size_t value_units)
{
    tt_json_writer_text(member(app, name, name_units), value, value_units);
}

void tt_abi_json_raw(struct tt_app *app, const uint8_t *name, size_t name_units,
                     const uint8_t *value, size_t value_units)
{
    tt_json_writer_raw(member(app, name, name_units), value, value_units);
}

void tt_abi_json_payload(struct tt_app *app, const uint8_t *name, size_t name_units, int32_t offset,
                         int32_t length)
{
    struct tt_json_writer *const json = member(app, name, name_units);
    const struct tt_delivery *const event = app->event;
    if (event == NULL || offset < 0 || length < 0 || (size_t)offset > event->payload_len ||
        (size_t)length > event->payload_len - (size_t)offset) {
        json->out.full = true; // a value with a piece missing is not to be sent
        return;
    }
    tt_writer_bytes(&json->out, event->payload + offset, (size_t)length);
}

int32_t tt_abi_json_read(struct tt_app *app, uint8_t *into, size_t into_cap)
{
    struct tt_range value;
    if (!tt_json_writer_end(&app->json, &value)) { return TT_EFULL; }
    const size_t len = value.len < into_cap ? value.len : into_cap;
    if (len > 0) { memcpy(into, value.data, len); } // nothing may have been written yet
    return (int32_t)value.len;
}
