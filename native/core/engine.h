// The seam that runs a guest: wasm3 on devices, V8 in the simulator. Its only view of core is
// tt_imports.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "guest_memory.h"

enum tt_guest_export { TT_GUEST_START, TT_GUEST_ON_EVENT, TT_GUEST_COLLECT };

struct tt_trap {
    const char *reason;   // in words; static or the engine's, valid until the next call or unload
    const char *function; // name or "#index"; "" when unknown
    uint32_t offset;      // of the instruction in the module file, 0 when unknown
};

struct tt_engine_limits {
    uint32_t memory_bytes;
    uint32_t stack_bytes;
};

// The host's side of an import: tt_app_import in app.h. Returns NULL or why to trap.
typedef const char *tt_import_call(void *host, const struct tt_import *import,
                                   const struct tt_guest_memory *memory, const uint64_t *args,
                                   uint64_t *result);

struct tt_engine {
    void *ctx; // one guest instance at a time
    // Parses, links every import against tt_imports and instantiates; wasm stays the caller's and
    // unchanged until unload. TT_OK; TT_EUNSUPPORTED for an import nobody has, TT_EINVALID for a
    // bad module or one over the limits; *why then says which, in words.
    int (*load)(void *ctx, const uint8_t *wasm, size_t wasm_len,
                const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                const char **why);
    // Runs an export (a and b for on_event only). TT_OK, or TT_EREFUSED after a trap. fuel is
    // counted in calls and loop turns; an engine without a counter ignores it.
    int (*call)(void *ctx, enum tt_guest_export which, int32_t a, int32_t b, int64_t fuel,
                struct tt_trap *trap);
    // Guest memory in use, static data included; 0 when it has no managed heap.
    uint32_t (*heap_bytes)(void *ctx);
    void (*unload)(void *ctx); // frees all; allowed when nothing is loaded
};
