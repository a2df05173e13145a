// The engine seam on V8: the guest is a WebAssembly.Instance that JavaScript made, its imports land
// in core.
#pragma once

#include "../core/engine.h"
#include "js.h"

enum { V8_REASON_MAX = 256, V8_FUNCTION_MAX = 128 };

struct v8_engine;

struct v8_import {
    struct v8_engine *engine;
    const struct tt_import *import;
};

struct v8_engine {
    napi_env env;
    napi_ref load;   // (wasm) => WebAssembly.Memory | string
    napi_ref run;    // (which, a, b, fuel) => heap bytes, or -1 after a trap
    napi_ref trap;   // () => { reason, function, offset }
    napi_ref unload; // () => void
    napi_ref memory; // the WebAssembly.Memory while loaded
    uint32_t memory_bytes;
    uint32_t heap;
    tt_import_call *call;
    void *host;
    char reason[V8_REASON_MAX];
    char function[V8_FUNCTION_MAX];
    struct v8_import imports[TT_IMPORT_COUNT];
};

// hooks has load, run, trap and unload. engine outlives the result.
struct tt_engine v8_engine_open(struct v8_engine *engine, napi_env env, napi_value hooks);
void v8_engine_close(struct v8_engine *engine);
// A JavaScript function for the import, or NULL when core has none of that name and signature.
napi_value v8_engine_import(struct v8_engine *engine, const char *module, const char *name,
                            const char *signature);
