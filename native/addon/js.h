// Reading JavaScript values and failing in one way; the addon's own border to node_api.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <node_api.h>

// The named property, or NULL when it is undefined, null or cannot be read.
napi_value js_get(napi_env env, napi_value object, const char *name);
// Missing or not a number: fallback.
int64_t js_int(napi_env env, napi_value object, const char *name, int64_t fallback);
bool js_flag(napi_env env, napi_value object, const char *name);
// A malloc'd, NUL-terminated copy of a string property, or NULL.
char *js_text(napi_env env, napi_value object, const char *name);
// A typed array's memory, valid while the array lives; NULL when it is not one. len in bytes.
void *js_bytes(napi_env env, napi_value value, size_t *len);
int32_t js_int32(napi_env env, napi_value value); // 0 when it is no number
// A strong reference to a property, or NULL.
napi_ref js_hold(napi_env env, napi_value object, const char *name);
napi_value js_value(napi_env env, napi_ref ref);
void js_release(napi_env env, napi_ref *ref);

napi_value js_number(napi_env env, double value);
napi_value js_string(napi_env env, const char *text, size_t len);
// Throws an Error with the message; NULL, to be returned.
napi_value js_fail(napi_env env, const char *message);
