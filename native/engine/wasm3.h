// The wasm3 engine: interprets one guest behind tt_engine; knows no import but by tt_imports.
#pragma once

#include "../core/engine.h"

struct M3Environment;
struct M3Function;
struct M3Global;
struct M3Runtime;
struct tt_wasm3;

// One link between an import of the module and its place in tt_imports.
struct tt_wasm3_import {
    struct tt_wasm3 *wasm3;
    const struct tt_import *import;
};

// The caller's memory, all zero at first; its fields are the engine's.
struct tt_wasm3 {
    struct M3Environment *environment;
    struct M3Runtime *runtime;     // NULL: nothing is loaded
    struct M3Function *exports[3]; // by enum tt_guest_export; NULL: not exported
    struct M3Global *heap_bytes;   // NULL: the guest has no managed heap
    tt_import_call *call;
    void *host;
    struct tt_wasm3_import imports[TT_IMPORT_COUNT];
    char why[96];
    char function[16];
};

// The engine that runs its guest in *wasm3, which must outlive it. unload frees all it holds.
struct tt_engine tt_wasm3_engine(struct tt_wasm3 *wasm3);

// As libc's, which are used unless somebody says otherwise before the first load.
struct tt_wasm3_heap {
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *memory, size_t size);
    void (*free)(void *memory);
};

void tt_wasm3_use_heap(const struct tt_wasm3_heap *of); // copied

// Bytes that wasm3 holds now for all guests of the process.
size_t tt_wasm3_heap_bytes(void);
