// What newlib asks of its system: an allocator of ours, and nothing else that works.

#include "libc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

static struct tt_arena *heap;

void tt_libc_use_arena(struct tt_arena *arena)
{
    heap = arena;
}

void *malloc(size_t size)
{
    return tt_arena_allocate(heap, size);
}

void free(void *memory)
{
    tt_arena_free(heap, memory);
}

void *calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) { return NULL; }
    void *const memory = tt_arena_allocate(heap, count * size);
    return memory != NULL ? memset(memory, 0, count * size) : NULL;
}

void *realloc(void *memory, size_t size)
{
    return tt_arena_resize(heap, memory, size);
}
