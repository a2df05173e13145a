// struct tt_engine over wasm3: load, link, call, and traps in words. What a call means is the
// host's.
#include "wasm3.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <m3_env.h>

static const char *const export_names[] = {"start", "on_event", "__collect"};
static const uint32_t export_parameters[] = {0, 2, 0};

static const struct {
    M3Result const *result;
    const char *words;
} reasons[] = {
    {&m3Err_trapFuelExhausted, "ran too long"},
    {&m3Err_trapOutOfBoundsMemoryAccess, "memory access out of bounds"},
    {&m3Err_trapDivisionByZero, "division by zero"},
    {&m3Err_trapIntegerOverflow, "integer overflow"},
    {&m3Err_trapIntegerConversion, "number out of the integer's range"},
    {&m3Err_trapIndirectCallTypeMismatch, "indirect call of another type"},
    {&m3Err_trapTableIndexOutOfRange, "indirect call beyond the table"},
    {&m3Err_trapTableElementIsNull, "indirect call of nothing"},
    {&m3Err_trapUnreachable, "unreachable executed"},
    {&m3Err_trapStackOverflow, "stack overflow"},
    {&m3Err_mallocFailed, "out of memory for the interpreter"},
    {&m3Err_mallocFailedCodePage, "out of memory for the interpreter"},
    {&m3Err_wasmMemoryOverflow, "out of memory for the interpreter"},
};

static const char *in_words(M3Result result)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (*reasons[i].result == result) { return reasons[i].words; }
    }
    return result;
}

static const void *call_import(IM3Runtime runtime, IM3ImportContext context, uint64_t *slots,
                               void *base)
{
    const struct tt_wasm3_import *const link = context->userdata;
    const struct tt_guest_memory memory = {.base = base, .size = m3_GetMemorySize(runtime)};
    // The result's slot, when there is one, comes before the arguments.
    const bool returns = link->import->signature[0] != 'v';
    uint64_t result = 0;
    const char *const trap =
        link->wasm3->call(link->wasm3->host, link->import, &memory, slots + returns, &result);
    if (returns) { slots[0] = result; }
    return trap;
}

// "imports <module>.<name><after>" in wasm3->why, cut when it does not fit.
static int refuse_import(struct tt_wasm3 *wasm3, const M3ImportInfo *import, const char *after,
                         int err, const char **why)
{
    const char *const parts[] = {"imports ", import->moduleUtf8, ".", import->fieldUtf8, after};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const size_t room = sizeof wasm3->why - 1 - used;
        const size_t len = strlen(parts[i]);
        memcpy(wasm3->why + used, parts[i], len < room ? len : room);
        used += len < room ? len : room;
    }
    wasm3->why[used] = 0;
    *why = wasm3->why;
    return err;
}

static const struct tt_import *find_import(const M3ImportInfo *import)
{
    for (size_t i = 0; i < TT_IMPORT_COUNT; i++) {
        if (strcmp(tt_imports[i].module, import->moduleUtf8) == 0 &&
            strcmp(tt_imports[i].name, import->fieldUtf8) == 0) {
            return &tt_imports[i];
        }
    }
    return NULL;
}

static int link_imports(struct tt_wasm3 *wasm3, IM3Module module, const char **why)
{
    for (uint32_t i = 0; i < module->numFuncImports; i++) {
        const M3ImportInfo *const wanted = &module->functions[i].import;
        const struct tt_import *const import = find_import(wanted);
        if (!import) {
            return refuse_import(wasm3, wanted, ", which nobody has", TT_EUNSUPPORTED, why);
        }
        struct tt_wasm3_import *const link = &wasm3->imports[import - tt_imports];
        *link = (struct tt_wasm3_import){.wasm3 = wasm3, .import = import};
        if (m3_LinkRawFunctionEx(module, import->module, import->name, import->signature,
                                 call_import, link)) {
            return refuse_import(wasm3, wanted, " with another signature", TT_EINVALID, why);
        }
    }
    for (uint32_t i = 0; i < module->numGlobals; i++) {
        if (module->globals[i].imported) {
            return refuse_import(wasm3, &module->globals[i].import, ", a global", TT_EUNSUPPORTED,
                                 why);
        }
    }
    return TT_OK;
}

// Names of functions that are not exported come from the name section and are passed over.
static IM3Function find_export(IM3Module module, const char *name)
{
    for (uint32_t i = module->numFuncImports; i < module->numFunctions; i++) {
        const M3Function *const function = &module->functions[i];
        if (!function->export_name) { continue; }
        for (uint16_t j = 0; j < function->numNames; j++) {
            if (strcmp(function->names[j], name) == 0) { return &module->functions[i]; }
        }
    }
    return NULL;
}

static int find_exports(struct tt_wasm3 *wasm3, IM3Module module, const char **why)
{
    for (size_t i = 0; i < sizeof export_names / sizeof export_names[0]; i++) {
        const IM3Function function = find_export(module, export_names[i]);
        wasm3->exports[i] = function;
        if (!function && i != TT_GUEST_COLLECT) {
            *why = "does not export start and on_event";
            return TT_EINVALID;
        }
        if (!function) { continue; }
        bool fits =
            m3_GetRetCount(function) == 0 && m3_GetArgCount(function) == export_parameters[i];
        for (uint32_t j = 0; j < export_parameters[i]; j++) {
            fits = fits && m3_GetArgType(function, j) == c_m3Type_i32;
        }
        if (!fits) {
            *why = "exports start, on_event or __collect with another type";
            return TT_EINVALID;
        }
    }
    const IM3Global heap = m3_FindGlobal(module, "heap_bytes");
    wasm3->heap_bytes = heap && m3_GetGlobalType(heap) == c_m3Type_i32 ? heap : NULL;
    return TT_OK;
}

static void unload(void *ctx)
{
    struct tt_wasm3 *const wasm3 = ctx;
    m3_FreeRuntime(wasm3->runtime);
    m3_FreeEnvironment(wasm3->environment);
    wasm3->runtime = NULL;
    wasm3->environment = NULL;
}

static int instantiate(struct tt_wasm3 *wasm3, const uint8_t *wasm, size_t wasm_len,
                       const struct tt_engine_limits *limits, const char **why)
{
    if (wasm_len > UINT32_MAX || limits->memory_bytes > 65536) {
        *why = "is too large";
        return TT_EINVALID;
    }
    wasm3->environment = m3_NewEnvironment();
    if (wasm3->environment) {
        wasm3->runtime = m3_NewRuntime(wasm3->environment, limits->stack_bytes, NULL);
    }
    if (!wasm3->runtime) {
        *why = in_words(m3Err_mallocFailed);
        return TT_EINVALID;
    }
    m3_SetMemoryLimit(wasm3->runtime, limits->memory_bytes);
    IM3Module module = NULL;
    M3Result result = m3_ParseModule(wasm3->environment, &module, wasm, (uint32_t)wasm_len);
    if (!result && module->startFunction >= 0) { result = "has a start section"; }
    if (!result && module->memoryInfo.initPages > 1) {
        result = "wants more than a page of memory";
    }
    if (!result) { result = m3_LoadModule(wasm3->runtime, module); }
    if (result) {
        m3_FreeModule(module); // only a loaded module is the runtime's
        *why = in_words(result);
        return TT_EINVALID;
    }
    int err = link_imports(wasm3, module, why);
    if (err == TT_OK) { err = find_exports(wasm3, module, why); }
    if (err < 0) { return err; }
    // All at once, so that memory is taken now or never and a later call cannot fail to compile.
    result = m3_CompileModule(module);
    if (result) {
        *why = in_words(result);
        return TT_EINVALID;
    }
    return TT_OK;
}

static int load(void *ctx, const uint8_t *wasm, size_t wasm_len,
                const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                const char **why)
{
    struct tt_wasm3 *const wasm3 = ctx;
    unload(wasm3);
    wasm3->call = call;
    wasm3->host = host;
    const int err = instantiate(wasm3, wasm, wasm_len, limits, why);
    if (err < 0) { unload(wasm3); }
    return err;
}

// "#<index>" of a function without a name, in wasm3->function.
static const char *function_number(struct tt_wasm3 *wasm3, IM3Function function)
{
    uint32_t index = (uint32_t)(function - function->module->functions);
    char *at = wasm3->function + sizeof wasm3->function - 1;
    *at = 0;
    do {
        *--at = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    *--at = '#';
    return at;
}

static void describe(struct tt_wasm3 *wasm3, M3Result result, struct tt_trap *trap)
{
    *trap = (struct tt_trap){.reason = in_words(result), .function = "", .offset = 0};
    const IM3BacktraceInfo backtrace = m3_GetBacktrace(wasm3->runtime);
    IM3BacktraceFrame frame = backtrace ? backtrace->frames : NULL;
    // The innermost frame of a trapping import is the import's own and has no function.
    while (frame && !frame->function) {
        frame = frame->next;
    }
    if (!frame) { return; }
    trap->offset = frame->moduleOffset;
    trap->function = frame->function->numNames > 0 ? frame->function->names[0]
                                                   : function_number(wasm3, frame->function);
}

static int call(void *ctx, enum tt_guest_export which, int32_t a, int32_t b, int64_t fuel,
                struct tt_trap *trap)
{
    struct tt_wasm3 *const wasm3 = ctx;
    const IM3Function function = wasm3->runtime ? wasm3->exports[which] : NULL;
    if (!function) { return TT_OK; }
    m3_SetFuel(wasm3->runtime, fuel > INT32_MAX ? INT32_MAX : (int32_t)fuel);
    const void *arguments[] = {&a, &b};
    const M3Result result = m3_Call(function, export_parameters[which], arguments);
    if (!result) { return TT_OK; }
    describe(wasm3, result, trap);
    return TT_EREFUSED;
}

static uint32_t heap_bytes(void *ctx)
{
    const struct tt_wasm3 *const wasm3 = ctx;
    return wasm3->runtime && wasm3->heap_bytes ? (uint32_t)wasm3->heap_bytes->i32Value : 0;
}

struct tt_engine tt_wasm3_engine(struct tt_wasm3 *wasm3)
{
    return (struct tt_engine){
        .ctx = wasm3, .load = load, .call = call, .heap_bytes = heap_bytes, .unload = unload};
}

// wasm3's own allocator, which its library leaves weak. Each block is preceded by its size.
enum { BLOCK_HEAD = _Alignof(max_align_t) }; // keeps the alignment of what follows

// Of the process: what no guest owns.
static struct tt_wasm3_heap heap = {calloc, realloc, free};
static _Atomic size_t allocated_bytes;

void tt_wasm3_use_heap(const struct tt_wasm3_heap *of)
{
    heap = *of;
}

static void *account(void *block, size_t size)
{
    if (!block) { return NULL; }
    memcpy(block, &size, sizeof size);
    atomic_fetch_add_explicit(&allocated_bytes, size, memory_order_relaxed);
    return (uint8_t *)block + BLOCK_HEAD;
}

static size_t size_of(const void *memory)
{
    size_t size;
    memcpy(&size, (const uint8_t *)memory - BLOCK_HEAD, sizeof size);
    return size;
}

void *m3_Malloc_Impl(size_t size)
{
    return size > SIZE_MAX - BLOCK_HEAD ? NULL : account(heap.calloc(1, size + BLOCK_HEAD), size);
}

void m3_Free_Impl(void *memory)
{
    if (!memory) { return; }
    atomic_fetch_sub_explicit(&allocated_bytes, size_of(memory), memory_order_relaxed);
    heap.free((uint8_t *)memory - BLOCK_HEAD);
}

// What is added is zeroed, as wasm3 expects.
void *m3_Realloc_Impl(void *memory, size_t size, size_t old_size)
{
    if (!memory) { return m3_Malloc_Impl(size); }
    if (size == old_size) { return memory; }
    if (size > SIZE_MAX - BLOCK_HEAD) { return NULL; }
    const size_t before = size_of(memory);
    uint8_t *const block = heap.realloc((uint8_t *)memory - BLOCK_HEAD, size + BLOCK_HEAD);
    if (!block) { return NULL; }
    atomic_fetch_sub_explicit(&allocated_bytes, before, memory_order_relaxed);
    if (size > old_size) { memset(block + BLOCK_HEAD + old_size, 0, size - old_size); }
    return account(block, size);
}

size_t tt_wasm3_heap_bytes(void)
{
    return atomic_load_explicit(&allocated_bytes, memory_order_relaxed);
}
