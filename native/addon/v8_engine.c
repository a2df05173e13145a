#include "v8_engine.h"

#include <string.h>

static int v8_load(void *ctx, const uint8_t *wasm, size_t wasm_len,
                   const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                   const char **why);
static int v8_call(void *ctx, enum tt_guest_export which, int32_t a, int32_t b, int64_t fuel,
                   struct tt_trap *trap);
static uint32_t v8_heap_bytes(void *ctx);
static void v8_unload(void *ctx);
static napi_value call_import(napi_env env, napi_callback_info info);

struct tt_engine v8_engine_open(struct v8_engine *engine, napi_env env, napi_value hooks)
{
    *engine = (struct v8_engine){.env = env};
    engine->load = js_hold(env, hooks, "load");
    engine->run = js_hold(env, hooks, "run");
    engine->trap = js_hold(env, hooks, "trap");
    engine->unload = js_hold(env, hooks, "unload");
    return (struct tt_engine){engine, v8_load, v8_call, v8_heap_bytes, v8_unload};
}

void v8_engine_close(struct v8_engine *engine)
{
    if (!engine->env) { return; }
    js_release(engine->env, &engine->memory);
    js_release(engine->env, &engine->load);
    js_release(engine->env, &engine->run);
    js_release(engine->env, &engine->trap);
    js_release(engine->env, &engine->unload);
}

napi_value v8_engine_import(struct v8_engine *engine, const char *module, const char *name,
                            const char *signature)
{
    for (size_t i = 0; i < TT_IMPORT_COUNT; i++) {
        const struct tt_import *import = &tt_imports[i];
        if (strcmp(import->module, module) == 0 && strcmp(import->name, name) == 0 &&
            strcmp(import->signature, signature) == 0) {
            engine->imports[i] = (struct v8_import){engine, import};
            napi_value function = NULL;
            napi_create_function(engine->env, name, NAPI_AUTO_LENGTH, call_import,
                                 &engine->imports[i], &function);
            return function;
        }
    }
    return NULL;
}

// Copies a string property, cut to what fits.
static const char *copy_text(napi_env env, napi_value object, const char *name, char *out,
                             size_t cap)
{
    const napi_value value = object ? js_get(env, object, name) : NULL;
    out[0] = '\0';
    if (value) { napi_get_value_string_utf8(env, value, out, cap, NULL); }
    return out;
}

// Calls a hook that does not throw by its contract; NULL if it did, the exception dropped.
static napi_value call_hook(struct v8_engine *engine, napi_ref hook, size_t argc,
                            const napi_value *argv)
{
    napi_value undefined;
    napi_value result;
    napi_get_undefined(engine->env, &undefined);
    if (napi_call_function(engine->env, undefined, js_value(engine->env, hook), argc, argv,
                           &result) != napi_ok) {
        napi_get_and_clear_last_exception(engine->env, &result);
        return NULL;
    }
    return result;
}

static int v8_load(void *ctx, const uint8_t *wasm, size_t wasm_len,
                   const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                   const char **why)
{
    struct v8_engine *engine = ctx;
    napi_handle_scope scope;
    napi_open_handle_scope(engine->env, &scope);
    engine->memory_bytes = limits->memory_bytes;
    engine->call = call;
    engine->host = host;
    napi_value bytes = NULL;
    void *copy;
    napi_create_buffer_copy(engine->env, wasm_len, wasm, &copy, &bytes);
    const napi_value memory = call_hook(engine, engine->load, 1, &bytes);
    napi_valuetype type = napi_undefined;
    if (memory) { napi_typeof(engine->env, memory, &type); }
    int result = TT_OK;
    if (type == napi_object) {
        napi_create_reference(engine->env, memory, 1, &engine->memory);
    } else {
        strcpy(engine->reason, "the module cannot be loaded");
        if (type == napi_string) {
            napi_get_value_string_utf8(engine->env, memory, engine->reason, V8_REASON_MAX, NULL);
        }
        *why = engine->reason;
        result = TT_EINVALID;
    }
    napi_close_handle_scope(engine->env, scope);
    return result;
}

static int v8_call(void *ctx, enum tt_guest_export which, int32_t a, int32_t b, int64_t fuel,
                   struct tt_trap *trap)
{
    struct v8_engine *engine = ctx;
    napi_handle_scope scope;
    napi_open_handle_scope(engine->env, &scope);
    napi_value argv[4] = {NULL};
    napi_create_int32(engine->env, (int32_t)which, &argv[0]);
    napi_create_int32(engine->env, a, &argv[1]);
    napi_create_int32(engine->env, b, &argv[2]);
    napi_create_double(engine->env, (double)fuel, &argv[3]);
    const napi_value ran = call_hook(engine, engine->run, 4, argv);
    int64_t heap = -1;
    if (ran) { napi_get_value_int64(engine->env, ran, &heap); }
    if (heap >= 0) {
        engine->heap = (uint32_t)heap;
    } else {
        const napi_value told = call_hook(engine, engine->trap, 0, NULL);
        trap->reason = copy_text(engine->env, told, "reason", engine->reason, V8_REASON_MAX);
        trap->function =
            copy_text(engine->env, told, "function", engine->function, V8_FUNCTION_MAX);
        trap->offset = told ? (uint32_t)js_int(engine->env, told, "offset", 0) : 0;
    }
    napi_close_handle_scope(engine->env, scope);
    return heap >= 0 ? TT_OK : TT_EREFUSED;
}

static uint32_t v8_heap_bytes(void *ctx)
{
    const struct v8_engine *engine = ctx;
    return engine->heap;
}

static void v8_unload(void *ctx)
{
    struct v8_engine *engine = ctx;
    if (!engine->memory) { return; }
    napi_handle_scope scope;
    napi_open_handle_scope(engine->env, &scope);
    js_release(engine->env, &engine->memory);
    engine->heap = 0;
    call_hook(engine, engine->unload, 0, NULL);
    napi_close_handle_scope(engine->env, scope);
}

// The memory may have moved since the last call, so it is asked for each time a pointer is passed.
static struct tt_guest_memory guest_memory(const struct v8_engine *engine)
{
    const napi_value memory = js_value(engine->env, engine->memory);
    const napi_value buffer = memory ? js_get(engine->env, memory, "buffer") : NULL;
    void *base = NULL;
    size_t size = 0;
    if (buffer) { napi_get_arraybuffer_info(engine->env, buffer, &base, &size); }
    return (struct tt_guest_memory){base, size < engine->memory_bytes ? (uint32_t)size
                                                                      : engine->memory_bytes};
}

static uint64_t slot_of(napi_env env, char type, napi_value value)
{
    int32_t narrow = 0;
    int64_t wide = 0;
    double real = 0;
    bool lossless;
    switch (type) {
    case 'I':
        napi_get_value_bigint_int64(env, value, &wide, &lossless);
        return (uint64_t)wide;
    case 'F':
        napi_get_value_double(env, value, &real);
        return tt_guest_slot(real);
    default:
        napi_get_value_int32(env, value, &narrow);
        return (uint32_t)narrow;
    }
}

static napi_value value_of(napi_env env, char type, uint64_t slot)
{
    napi_value value = NULL;
    switch (type) {
    case 'i':
        napi_create_int32(env, (int32_t)(uint32_t)slot, &value);
        break;
    case 'I':
        napi_create_bigint_int64(env, (int64_t)slot, &value);
        break;
    case 'F':
        napi_create_double(env, tt_guest_f64(slot), &value);
        break;
    default:
        break;
    }
    return value;
}

enum { ARGUMENTS_MAX = 8 };

static napi_value call_import(napi_env env, napi_callback_info info)
{
    napi_value argv[ARGUMENTS_MAX];
    size_t argc = ARGUMENTS_MAX;
    void *data;
    napi_get_cb_info(env, info, &argc, argv, NULL, &data);
    const struct v8_import *entry = data;
    struct v8_engine *engine = entry->engine;
    const char *signature = entry->import->signature; // result(parameters)
    uint64_t slots[ARGUMENTS_MAX] = {0};
    for (size_t i = 0; i < argc && signature[2 + i] != ')'; i++) {
        slots[i] = slot_of(env, signature[2 + i], argv[i]);
    }
    const bool pointers = strpbrk(entry->import->kinds, "tubo") != NULL;
    const struct tt_guest_memory memory =
        pointers ? guest_memory(engine) : (struct tt_guest_memory){0};
    uint64_t result = 0;
    const char *trap = engine->call(engine->host, entry->import, &memory, slots, &result);
    if (trap) {
        napi_throw_error(env, "TT_TRAP", trap);
        return NULL;
    }
    return value_of(env, signature[0], result);
}
