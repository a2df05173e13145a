// What a pin asks of JavaScript while a step runs, and what becomes of an exception there.
#include "sim_device.h"

#include <string.h>

static int32_t hook_read(void *ctx, uint16_t pin);
static void hook_changed(void *ctx, uint16_t pin);
static int hook_i2c(void *ctx, uint16_t pin, uint8_t address, const uint8_t *tx, size_t tx_len,
                    uint8_t *rx, size_t rx_len);

void sim_hooks_fill(struct sim_device *sim)
{
    sim->sim_pins.ctx = sim;
    sim->sim_pins.read = hook_read;
    sim->sim_pins.changed = hook_changed;
    sim->sim_pins.i2c = hook_i2c;
}

static void keep_thrown(struct sim_device *sim)
{
    napi_value thrown = NULL;
    napi_get_and_clear_last_exception(sim->env, &thrown);
    if (!sim->thrown && thrown) {
        // Only objects can be held; whoever throws a number gets an Error that says so.
        napi_valuetype type;
        napi_typeof(sim->env, thrown, &type);
        if (type != napi_object) {
            napi_value message =
                js_string(sim->env, "a part threw what is no Error", NAPI_AUTO_LENGTH);
            napi_create_error(sim->env, NULL, message, &thrown);
        }
        napi_create_reference(sim->env, thrown, 1, &sim->thrown);
    }
}

// Calls a hook; NULL after it threw.
static napi_value call_hook(struct sim_device *sim, napi_ref hook, size_t argc,
                            const napi_value *argv)
{
    napi_value undefined;
    napi_value result;
    napi_get_undefined(sim->env, &undefined);
    if (napi_call_function(sim->env, undefined, js_value(sim->env, hook), argc, argv, &result) !=
        napi_ok) {
        keep_thrown(sim);
        return NULL;
    }
    return result;
}

static int32_t hook_read(void *ctx, uint16_t pin)
{
    struct sim_device *sim = ctx;
    napi_handle_scope scope;
    napi_open_handle_scope(sim->env, &scope);
    const napi_value argument = js_number(sim->env, pin);
    const napi_value result = call_hook(sim, sim->read, 1, &argument);
    const int32_t value = result ? js_int32(sim->env, result) : TT_EIO;
    napi_close_handle_scope(sim->env, scope);
    return value;
}

static void hook_changed(void *ctx, uint16_t pin)
{
    struct sim_device *sim = ctx;
    napi_handle_scope scope;
    napi_open_handle_scope(sim->env, &scope);
    const napi_value argument = js_number(sim->env, pin);
    call_hook(sim, sim->changed, 1, &argument);
    napi_close_handle_scope(sim->env, scope);
}

// The hook answers with the bytes read, or with undefined when no device acknowledged.
static int hook_i2c(void *ctx, uint16_t pin, uint8_t address, const uint8_t *tx, size_t tx_len,
                    uint8_t *rx, size_t rx_len)
{
    struct sim_device *sim = ctx;
    napi_handle_scope scope;
    napi_open_handle_scope(sim->env, &scope);
    napi_value argv[4] = {js_number(sim->env, pin), js_number(sim->env, address), NULL,
                          js_number(sim->env, (double)rx_len)};
    void *copy;
    napi_create_buffer_copy(sim->env, tx_len, tx, &copy, &argv[2]);
    size_t len = 0;
    const void *answer = js_bytes(sim->env, call_hook(sim, sim->i2c, 4, argv), &len);
    int result = TT_EIO;
    if (answer && len == rx_len) {
        memcpy(rx, answer, rx_len);
        result = (int)rx_len;
    }
    napi_close_handle_scope(sim->env, scope);
    return result;
}

void sim_hooks_traced(struct sim_device *sim)
{
    napi_handle_scope scope;
    napi_open_handle_scope(sim->env, &scope);
    call_hook(sim, sim->traced, 0, NULL);
    napi_close_handle_scope(sim->env, scope);
}

int sim_hooks_sign(void *ctx, const uint8_t *digest, size_t digest_len, uint8_t *out)
{
    struct sim_device *sim = ctx;
    napi_handle_scope scope;
    napi_open_handle_scope(sim->env, &scope);
    napi_value argument = NULL;
    void *copy;
    napi_create_buffer_copy(sim->env, digest_len, digest, &copy, &argument);
    size_t len = 0;
    const void *answer = js_bytes(sim->env, call_hook(sim, sim->sign, 1, &argument), &len);
    int result = TT_EIO;
    if (answer && len <= TT_KEY_SIGNATURE_MAX) {
        memcpy(out, answer, len);
        result = (int)len;
    }
    napi_close_handle_scope(sim->env, scope);
    return result;
}
