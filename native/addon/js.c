#include "js.h"

#include <stdlib.h>

napi_value js_get(napi_env env, napi_value object, const char *name)
{
    napi_value value;
    napi_valuetype type;
    if (napi_get_named_property(env, object, name, &value) != napi_ok ||
        napi_typeof(env, value, &type) != napi_ok || type == napi_undefined || type == napi_null) {
        return NULL;
    }
    return value;
}

int64_t js_int(napi_env env, napi_value object, const char *name, int64_t fallback)
{
    const napi_value value = js_get(env, object, name);
    int64_t number;
    return value && napi_get_value_int64(env, value, &number) == napi_ok ? number : fallback;
}

bool js_flag(napi_env env, napi_value object, const char *name)
{
    const napi_value value = js_get(env, object, name);
    bool flag;
    return value && napi_get_value_bool(env, value, &flag) == napi_ok && flag;
}

char *js_text(napi_env env, napi_value object, const char *name)
{
    const napi_value value = js_get(env, object, name);
    size_t len;
    if (!value || napi_get_value_string_utf8(env, value, NULL, 0, &len) != napi_ok) { return NULL; }
    char *text = malloc(len + 1);
    if (text && napi_get_value_string_utf8(env, value, text, len + 1, &len) != napi_ok) {
        free(text);
        return NULL;
    }
    return text;
}

void *js_bytes(napi_env env, napi_value value, size_t *len)
{
    bool typed;
    if (!value || napi_is_typedarray(env, value, &typed) != napi_ok || !typed) { return NULL; }
    napi_typedarray_type type;
    size_t count;
    void *data;
    if (napi_get_typedarray_info(env, value, &type, &count, &data, NULL, NULL) != napi_ok) {
        return NULL;
    }
    *len = count * (type == napi_int32_array ? sizeof(int32_t) : 1);
    return data;
}

int32_t js_int32(napi_env env, napi_value value)
{
    int32_t number = 0;
    napi_get_value_int32(env, value, &number);
    return number;
}

napi_ref js_hold(napi_env env, napi_value object, const char *name)
{
    const napi_value value = js_get(env, object, name);
    napi_ref ref;
    return value && napi_create_reference(env, value, 1, &ref) == napi_ok ? ref : NULL;
}

napi_value js_value(napi_env env, napi_ref ref)
{
    napi_value value = NULL;
    if (ref) { napi_get_reference_value(env, ref, &value); }
    return value;
}

void js_release(napi_env env, napi_ref *ref)
{
    if (*ref) {
        napi_delete_reference(env, *ref);
        *ref = NULL;
    }
}

napi_value js_number(napi_env env, double value)
{
    napi_value number = NULL;
    napi_create_double(env, value, &number);
    return number;
}

napi_value js_string(napi_env env, const char *text, size_t len)
{
    napi_value string = NULL;
    napi_create_string_utf8(env, text, len, &string);
    return string;
}

napi_value js_fail(napi_env env, const char *message)
{
    napi_throw_error(env, NULL, message);
    return NULL;
}
