// Generated from src/abi/abi.ts by src/abi/generate.ts. Do not edit.
#include "abi.gen.h"

#include "board.h"
#include "guest_memory.h"

// clang-format off
static const char *log_write(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct tt_guest_text text = {0};
    size_t message_len = 0;
    const char *message = tt_guest_read_text(memory, args[1], args[2], &text, &message_len);
    if (!message) { return tt_trap_bounds; }
    tt_abi_log_write(app, (int32_t)(uint32_t)args[0], message, message_len);
    return NULL;
}

static const char *device_id(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    uint8_t *into = tt_guest_range(memory, args[0], args[1]);
    if (!into) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_device_id(app, into, (size_t)(uint32_t)args[1]);
    return NULL;
}

static const char *device_uptime(struct tt_app *app, const struct tt_guest_memory *memory,
                                 const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint64_t)tt_abi_device_uptime(app);
    return NULL;
}

static const char *device_clock(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint64_t)tt_abi_device_clock(app);
    return NULL;
}

static const char *device_random(struct tt_app *app, const struct tt_guest_memory *memory,
                                 const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint32_t)tt_abi_device_random(app);
    return NULL;
}

static const char *device_restart(struct tt_app *app, const struct tt_guest_memory *memory,
                                  const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_device_restart(app, (int32_t)(uint32_t)args[0]);
    return NULL;
}

static const char *device_sleep(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_device_sleep(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *device_abort(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct tt_guest_text text = {0};
    size_t message_len = 0;
    const char *message = tt_guest_read_text(memory, args[0], args[1], &text, &message_len);
    if (!message) { return tt_trap_bounds; }
    size_t file_len = 0;
    const char *file = tt_guest_read_text(memory, args[2], args[3], &text, &file_len);
    if (!file) { return tt_trap_bounds; }
    tt_abi_device_abort(app, message, message_len, file, file_len, (int32_t)(uint32_t)args[4],
                        (int32_t)(uint32_t)args[5]);
    return NULL;
}

static const char *event_size(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint32_t)tt_abi_event_size(app);
    return NULL;
}

static const char *event_read(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    uint8_t *into = tt_guest_range(memory, args[1], args[2]);
    if (!into) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_event_read(app, (int32_t)(uint32_t)args[0], into,
                                          (size_t)(uint32_t)args[2]);
    return NULL;
}

static const char *event_name(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    uint8_t *into = tt_guest_range(memory, args[0], args[1]);
    if (!into) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_event_name(app, into, (size_t)(uint32_t)args[1]);
    return NULL;
}

static const char *timer_start(struct tt_app *app, const struct tt_guest_memory *memory,
                               const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_timer_start(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *timer_cancel(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_timer_cancel(app, (int32_t)(uint32_t)args[0]);
    return NULL;
}

static const char *gpio_output(struct tt_app *app, const struct tt_guest_memory *memory,
                               const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t name_len = 0;
    const char *name = tt_guest_read_text(memory, args[0], args[1], &text, &name_len);
    if (!name) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_gpio_output(app, name, name_len));
    return NULL;
}

static const char *gpio_write(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_gpio_write(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *gpio_input(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t name_len = 0;
    const char *name = tt_guest_read_text(memory, args[0], args[1], &text, &name_len);
    if (!name) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_gpio_input(app, name, name_len));
    return NULL;
}

static const char *gpio_read(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_gpio_read(app, (int32_t)(uint32_t)args[0]);
    return NULL;
}

static const char *gpio_watch(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_gpio_watch(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *adc_open(struct tt_app *app, const struct tt_guest_memory *memory,
                            const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t name_len = 0;
    const char *name = tt_guest_read_text(memory, args[0], args[1], &text, &name_len);
    if (!name) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_adc_open(app, name, name_len));
    return NULL;
}

static const char *adc_millivolts(struct tt_app *app, const struct tt_guest_memory *memory,
                                  const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_adc_millivolts(app, (int32_t)(uint32_t)args[0]);
    return NULL;
}

static const char *pwm_open(struct tt_app *app, const struct tt_guest_memory *memory,
                            const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t name_len = 0;
    const char *name = tt_guest_read_text(memory, args[0], args[1], &text, &name_len);
    if (!name) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_pwm_open(app, name, name_len));
    return NULL;
}

static const char *pwm_frequency(struct tt_app *app, const struct tt_guest_memory *memory,
                                 const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_pwm_frequency(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *pwm_duty(struct tt_app *app, const struct tt_guest_memory *memory,
                            const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_pwm_duty(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *i2c_open(struct tt_app *app, const struct tt_guest_memory *memory,
                            const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t name_len = 0;
    const char *name = tt_guest_read_text(memory, args[0], args[1], &text, &name_len);
    if (!name) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_i2c_open(app, name, name_len));
    return NULL;
}

static const char *i2c_transfer(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    uint8_t *send = tt_guest_range(memory, args[2], args[3]);
    if (!send) { return tt_trap_bounds; }
    uint8_t *receive = tt_guest_range(memory, args[4], args[5]);
    if (!receive) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_i2c_transfer(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1],
                                            send, (size_t)(uint32_t)args[3], receive,
                                            (size_t)(uint32_t)args[5]);
    return NULL;
}

static const char *json_begin(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    (void)memory;
    (void)result;
    tt_abi_json_begin(app, (int32_t)(uint32_t)args[0]);
    return NULL;
}

static const char *json_open(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    (void)result;
    uint8_t *name = tt_guest_units(memory, args[0], args[1]);
    if (!name) { return tt_trap_bounds; }
    tt_abi_json_open(app, name, (size_t)(uint32_t)args[1], (int32_t)(uint32_t)args[2]);
    return NULL;
}

static const char *json_close(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    (void)result;
    tt_abi_json_close(app);
    return NULL;
}

static const char *json_number(struct tt_app *app, const struct tt_guest_memory *memory,
                               const uint64_t *args, uint64_t *result)
{
    (void)result;
    uint8_t *name = tt_guest_units(memory, args[0], args[1]);
    if (!name) { return tt_trap_bounds; }
    tt_abi_json_number(app, name, (size_t)(uint32_t)args[1], (int64_t)args[2],
                       (int32_t)(uint32_t)args[3]);
    return NULL;
}

static const char *json_word(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    (void)result;
    uint8_t *name = tt_guest_units(memory, args[0], args[1]);
    if (!name) { return tt_trap_bounds; }
    tt_abi_json_word(app, name, (size_t)(uint32_t)args[1], (int32_t)(uint32_t)args[2]);
    return NULL;
}

static const char *json_text(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    (void)result;
    uint8_t *name = tt_guest_units(memory, args[0], args[1]);
    if (!name) { return tt_trap_bounds; }
    uint8_t *value = tt_guest_units(memory, args[2], args[3]);
    if (!value) { return tt_trap_bounds; }
    tt_abi_json_text(app, name, (size_t)(uint32_t)args[1], value, (size_t)(uint32_t)args[3]);
    return NULL;
}

static const char *json_raw(struct tt_app *app, const struct tt_guest_memory *memory,
                            const uint64_t *args, uint64_t *result)
{
    (void)result;
    uint8_t *name = tt_guest_units(memory, args[0], args[1]);
    if (!name) { return tt_trap_bounds; }
    uint8_t *value = tt_guest_units(memory, args[2], args[3]);
    if (!value) { return tt_trap_bounds; }
    tt_abi_json_raw(app, name, (size_t)(uint32_t)args[1], value, (size_t)(uint32_t)args[3]);
    return NULL;
}

static const char *json_read(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    uint8_t *into = tt_guest_range(memory, args[0], args[1]);
    if (!into) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_json_read(app, into, (size_t)(uint32_t)args[1]);
    return NULL;
}

static const char *json_payload(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    (void)result;
    uint8_t *name = tt_guest_units(memory, args[0], args[1]);
    if (!name) { return tt_trap_bounds; }
    tt_abi_json_payload(app, name, (size_t)(uint32_t)args[1], (int32_t)(uint32_t)args[2],
                        (int32_t)(uint32_t)args[3]);
    return NULL;
}

static const char *hub_send(struct tt_app *app, const struct tt_guest_memory *memory,
                            const uint64_t *args, uint64_t *result)
{
    uint8_t *body = tt_guest_range(memory, args[0], args[1]);
    if (!body) { return tt_trap_bounds; }
    uint8_t *properties = tt_guest_range(memory, args[2], args[3]);
    if (!properties) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_hub_send(app, body, (size_t)(uint32_t)args[1], properties,
                                        (size_t)(uint32_t)args[3], (int32_t)(uint32_t)args[4],
                                        (int32_t)(uint32_t)args[5]);
    return NULL;
}

static const char *hub_reply(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    uint8_t *body = tt_guest_range(memory, args[2], args[3]);
    if (!body) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_hub_reply(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1],
                                         body, (size_t)(uint32_t)args[3]);
    return NULL;
}

static const char *hub_send_written(struct tt_app *app, const struct tt_guest_memory *memory,
                                    const uint64_t *args, uint64_t *result)
{
    uint8_t *properties = tt_guest_range(memory, args[0], args[1]);
    if (!properties) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_hub_send_written(app, properties, (size_t)(uint32_t)args[1],
                                                (int32_t)(uint32_t)args[2], (int32_t)(uint32_t)args[3]);
    return NULL;
}

static const char *hub_reply_written(struct tt_app *app, const struct tt_guest_memory *memory,
                                     const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_hub_reply_written(app, (int32_t)(uint32_t)args[0],
                                                 (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *hub_connected(struct tt_app *app, const struct tt_guest_memory *memory,
                                 const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint32_t)tt_abi_hub_connected(app);
    return NULL;
}

static const char *hub_will_written(struct tt_app *app, const struct tt_guest_memory *memory,
                                    const uint64_t *args, uint64_t *result)
{
    uint8_t *properties = tt_guest_range(memory, args[0], args[1]);
    if (!properties) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_hub_will_written(app, properties, (size_t)(uint32_t)args[1]);
    return NULL;
}

static const char *hub_ephemeral(struct tt_app *app, const struct tt_guest_memory *memory,
                                 const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_hub_ephemeral(app, (int32_t)(uint32_t)args[0], (int32_t)(uint32_t)args[1]);
    return NULL;
}

static const char *upload_begin(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t name_len = 0;
    const char *name = tt_guest_read_text(memory, args[0], args[1], &text, &name_len);
    if (!name) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_upload_begin(app, name, name_len,
                                                                      (int32_t)(uint32_t)args[2],
                                                                      (int32_t)(uint32_t)args[3],
                                                                      (int32_t)(uint32_t)args[4]));
    return NULL;
}

static const char *upload_offset(struct tt_app *app, const struct tt_guest_memory *memory,
                                 const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint32_t)tt_abi_upload_offset(app);
    return NULL;
}

static const char *upload_part(struct tt_app *app, const struct tt_guest_memory *memory,
                               const uint64_t *args, uint64_t *result)
{
    uint8_t *data = tt_guest_range(memory, args[0], args[1]);
    if (!data) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_upload_part(app, data, (size_t)(uint32_t)args[1]);
    return NULL;
}

static const char *upload_cancel(struct tt_app *app, const struct tt_guest_memory *memory,
                                 const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint32_t)tt_abi_upload_cancel(app);
    return NULL;
}

static const char *files_size(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint32_t)tt_abi_files_size(app);
    return NULL;
}

static const char *files_unit(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    (void)args;
    (void)memory;
    *result = (uint32_t)tt_abi_files_unit(app);
    return NULL;
}

static const char *files_erase(struct tt_app *app, const struct tt_guest_memory *memory,
                               const uint64_t *args, uint64_t *result)
{
    (void)memory;
    *result = (uint32_t)tt_abi_files_erase(app, (int32_t)(uint32_t)args[0]);
    return NULL;
}

static const char *files_write(struct tt_app *app, const struct tt_guest_memory *memory,
                               const uint64_t *args, uint64_t *result)
{
    uint8_t *data = tt_guest_range(memory, args[1], args[2]);
    if (!data) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_files_write(app, (int32_t)(uint32_t)args[0], data,
                                           (size_t)(uint32_t)args[2]);
    return NULL;
}

static const char *files_read(struct tt_app *app, const struct tt_guest_memory *memory,
                              const uint64_t *args, uint64_t *result)
{
    uint8_t *into = tt_guest_range(memory, args[1], args[2]);
    if (!into) { return tt_trap_bounds; }
    *result = (uint32_t)tt_abi_files_read(app, (int32_t)(uint32_t)args[0], into,
                                          (size_t)(uint32_t)args[2]);
    return NULL;
}

static const char *twin_report(struct tt_app *app, const struct tt_guest_memory *memory,
                               const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t name_len = 0;
    const char *name = tt_guest_read_text(memory, args[0], args[1], &text, &name_len);
    if (!name) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_twin_report(app, name, name_len));
    return NULL;
}

static const char *store_get(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t key_len = 0;
    const char *key = tt_guest_read_text(memory, args[0], args[1], &text, &key_len);
    if (!key) { return tt_trap_bounds; }
    uint8_t *into = tt_guest_range(memory, args[2], args[3]);
    if (!into) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_store_get(app, key, key_len, into,
                                                                   (size_t)(uint32_t)args[3]));
    return NULL;
}

static const char *store_set(struct tt_app *app, const struct tt_guest_memory *memory,
                             const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t key_len = 0;
    const char *key = tt_guest_read_text(memory, args[0], args[1], &text, &key_len);
    if (!key) { return tt_trap_bounds; }
    uint8_t *value = tt_guest_range(memory, args[2], args[3]);
    if (!value) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_store_set(app, key, key_len, value,
                                                                   (size_t)(uint32_t)args[3]));
    return NULL;
}

static const char *store_remove(struct tt_app *app, const struct tt_guest_memory *memory,
                                const uint64_t *args, uint64_t *result)
{
    struct tt_guest_text text = {0};
    size_t key_len = 0;
    const char *key = tt_guest_read_text(memory, args[0], args[1], &text, &key_len);
    if (!key) { return tt_trap_bounds; }
    *result = (uint32_t)(text.cut ? TT_EINVALID : tt_abi_store_remove(app, key, key_len));
    return NULL;
}

const struct tt_import tt_imports[] = {
    {"log", "write", "v(iii)", "it", true, 0, log_write},
    {"device", "id", "i(ii)", "o", false, 0, device_id},
    {"device", "uptime", "I()", "", true, 0, device_uptime},
    {"device", "clock", "I()", "", false, 0, device_clock},
    {"device", "random", "i()", "", false, 0, device_random},
    {"device", "restart", "i(i)", "i", true, 0, device_restart},
    {"device", "sleep", "i(ii)", "ii", true, 0, device_sleep},
    {"device", "abort", "v(iiiiii)", "ttii", true, 0, device_abort},
    {"event", "size", "i()", "", true, 0, event_size},
    {"event", "read", "i(iii)", "io", true, 0, event_read},
    {"event", "name", "i(ii)", "o", true, 0, event_name},
    {"timer", "start", "i(ii)", "ii", true, 0, timer_start},
    {"timer", "cancel", "i(i)", "i", true, 0, timer_cancel},
    {"gpio", "output", "i(ii)", "t", true, TT_PIN_OUTPUT | TT_PIN_INPUT, gpio_output},
    {"gpio", "write", "i(ii)", "ii", true, TT_PIN_OUTPUT | TT_PIN_INPUT, gpio_write},
    {"gpio", "input", "i(ii)", "t", true, TT_PIN_OUTPUT | TT_PIN_INPUT, gpio_input},
    {"gpio", "read", "i(i)", "i", true, TT_PIN_OUTPUT | TT_PIN_INPUT, gpio_read},
    {"gpio", "watch", "i(ii)", "ii", true, TT_PIN_OUTPUT | TT_PIN_INPUT, gpio_watch},
    {"adc", "open", "i(ii)", "t", true, TT_PIN_ANALOG, adc_open},
    {"adc", "millivolts", "i(i)", "i", true, TT_PIN_ANALOG, adc_millivolts},
    {"pwm", "open", "i(ii)", "t", true, TT_PIN_PWM, pwm_open},
    {"pwm", "frequency", "i(ii)", "ii", true, TT_PIN_PWM, pwm_frequency},
    {"pwm", "duty", "i(ii)", "ii", true, TT_PIN_PWM, pwm_duty},
    {"i2c", "open", "i(ii)", "t", true, TT_PIN_I2C, i2c_open},
    {"i2c", "transfer", "i(iiiiii)", "iibo", true, TT_PIN_I2C, i2c_transfer},
    {"json", "begin", "v(i)", "i", true, 0, json_begin},
    {"json", "open", "v(iii)", "ui", true, 0, json_open},
    {"json", "close", "v()", "", true, 0, json_close},
    {"json", "number", "v(iiIi)", "uIi", true, 0, json_number},
    {"json", "word", "v(iii)", "ui", true, 0, json_word},
    {"json", "text", "v(iiii)", "uu", true, 0, json_text},
    {"json", "raw", "v(iiii)", "uu", true, 0, json_raw},
    {"json", "read", "i(ii)", "o", true, 0, json_read},
    {"json", "payload", "v(iiii)", "uii", true, 0, json_payload},
    {"hub", "send", "i(iiiiii)", "bbii", true, 0, hub_send},
    {"hub", "reply", "i(iiii)", "iib", true, 0, hub_reply},
    {"hub", "send_written", "i(iiii)", "bii", true, 0, hub_send_written},
    {"hub", "reply_written", "i(ii)", "ii", true, 0, hub_reply_written},
    {"hub", "connected", "i()", "", false, 0, hub_connected},
    {"hub", "will_written", "i(ii)", "b", true, 0, hub_will_written},
    {"hub", "ephemeral", "i(ii)", "ii", true, 0, hub_ephemeral},
    {"upload", "begin", "i(iiiii)", "tiii", true, TT_BOARD_UPLOAD, upload_begin},
    {"upload", "offset", "i()", "", true, TT_BOARD_UPLOAD, upload_offset},
    {"upload", "part", "i(ii)", "b", true, TT_BOARD_UPLOAD, upload_part},
    {"upload", "cancel", "i()", "", true, TT_BOARD_UPLOAD, upload_cancel},
    {"files", "size", "i()", "", true, TT_BOARD_FILES, files_size},
    {"files", "unit", "i()", "", true, TT_BOARD_FILES, files_unit},
    {"files", "erase", "i(i)", "i", true, TT_BOARD_FILES, files_erase},
    {"files", "write", "i(iii)", "ib", true, TT_BOARD_FILES, files_write},
    {"files", "read", "i(iii)", "io", true, TT_BOARD_FILES, files_read},
    {"twin", "report", "i(ii)", "t", true, 0, twin_report},
    {"store", "get", "i(iiii)", "to", true, 0, store_get},
    {"store", "set", "i(iiii)", "tb", true, 0, store_set},
    {"store", "remove", "i(ii)", "t", true, 0, store_remove},
};
// clang-format on
