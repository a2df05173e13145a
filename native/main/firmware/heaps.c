// Each heap is one loop's own, so neither needs a lock.

#include "heaps.h"

#include <string.h>

#include "../../core/crypto.h"
#include "../../engine/wasm3.h"
#include "../../port/mcu/arena.h"
#include "board.gen.h"

static uint64_t vm_memory[TT_BOARD_VM_BYTES / 8];
static uint64_t tls_memory[TT_BOARD_TLS_BYTES / 8];
static struct tt_arena vm;
static struct tt_arena tls;

static void *zeroed(struct tt_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) { return NULL; }
    void *const memory = tt_arena_allocate(arena, count * size);
    return memory != NULL ? memset(memory, 0, count * size) : NULL;
}

static void *vm_calloc(size_t count, size_t size)
{
    return zeroed(&vm, count, size);
}

static void *vm_realloc(void *memory, size_t size)
{
    return tt_arena_resize(&vm, memory, size);
}

static void vm_free(void *memory)
{
    tt_arena_free(&vm, memory);
}

static void *tls_calloc(size_t count, size_t size)
{
    return zeroed(&tls, count, size);
}

static void tls_free(void *memory)
{
    tt_arena_free(&tls, memory);
}

void tt_heaps_init(void)
{
    tt_arena_init(&vm, vm_memory, sizeof vm_memory);
    tt_arena_init(&tls, tls_memory, sizeof tls_memory);
    tt_wasm3_use_heap(&(struct tt_wasm3_heap){vm_calloc, vm_realloc, vm_free});
    tt_crypto_use_heap(tls_calloc, tls_free);
}

void tt_heaps_read(struct tt_figures *out)
{
    out->tls_peak_bytes = tls.peak_bytes;
    out->vm_peak_bytes = vm.peak_bytes;
    out->refused = tls.refused + vm.refused;
}

size_t tt_heaps_least_free(void)
{
    const size_t vm_free = sizeof vm_memory - vm.peak_bytes;
    const size_t tls_free = sizeof tls_memory - tls.peak_bytes;
    return vm_free < tls_free ? vm_free : tls_free;
}
