// Blocks lie side by side, each with its size and its neighbour's below, so that joining needs no
// walk.

#include "arena.h"

#include <stdbool.h>
#include <string.h>

enum { GRANULE = 8, USED = 1 };

struct tt_arena_block {
    uint32_t size;               // whole block, a multiple of GRANULE; bit 0: in use
    uint32_t below;              // size of the block before this one, 0: there is none
    struct tt_arena_block *next; // from here on only while free
    struct tt_arena_block **link;
};

enum { HEAD = offsetof(struct tt_arena_block, next) };
_Static_assert((int)HEAD == (int)GRANULE, "payloads are aligned as blocks are");

static const uint32_t block_min = (sizeof(struct tt_arena_block) + GRANULE - 1) & ~(GRANULE - 1U);

static uint32_t size_of(const struct tt_arena_block *block)
{
    return block->size & ~(uint32_t)USED;
}

static struct tt_arena_block *at(void *address)
{
    return address;
}

static struct tt_arena_block *above(const struct tt_arena *arena, struct tt_arena_block *block)
{
    uint8_t *const next = (uint8_t *)block + size_of(block);
    return next < arena->end ? at(next) : NULL;
}

static bool is_free(const struct tt_arena_block *block)
{
    return block != NULL && (block->size & USED) == 0;
}

static void list(struct tt_arena *arena, struct tt_arena_block *block)
{
    block->next = arena->free;
    block->link = &arena->free;
    if (block->next != NULL) { block->next->link = &block->next; }
    arena->free = block;
}

static void unlist(struct tt_arena_block *block)
{
    *block->link = block->next;
    if (block->next != NULL) { block->next->link = block->link; }
}

// Sets the size of a block and tells the one above of it.
static void resize(struct tt_arena *arena, struct tt_arena_block *block, uint32_t size, int used)
{
    block->size = size | (uint32_t)used;
    struct tt_arena_block *const next = above(arena, block);
    if (next != NULL) { next->below = size; }
}

void tt_arena_init(struct tt_arena *arena, void *memory, size_t size)
{
    *arena = (struct tt_arena){.start = memory, .end = (uint8_t *)memory + size};
    struct tt_arena_block *const all = at(memory);
    all->size = (uint32_t)size;
    all->below = 0;
    list(arena, all);
}

static uint32_t block_for(size_t size)
{
    const uint32_t whole = ((uint32_t)size + HEAD + GRANULE - 1) & ~(GRANULE - 1U);
    return whole < block_min ? block_min : whole;
}

static struct tt_arena_block *best_of(const struct tt_arena *arena, uint32_t size)
{
    struct tt_arena_block *best = NULL;
    for (struct tt_arena_block *block = arena->free; block != NULL; block = block->next) {
        if (block->size < size || (best != NULL && best->size <= block->size)) { continue; }
        best = block;
        if (block->size == size) { break; }
    }
    return best;
}

static void count(struct tt_arena *arena, uint32_t taken, uint32_t given)
{
    arena->used_bytes += taken;
    arena->used_bytes -= given;
    if (arena->used_bytes > arena->peak_bytes) { arena->peak_bytes = arena->used_bytes; }
}

// Makes a free block of what a used one has beyond `size`, when that is enough for one.
static void trim(struct tt_arena *arena, struct tt_arena_block *block, uint32_t size)
{
    const uint32_t left = size_of(block) - size;
    if (left < block_min) { return; }
    resize(arena, block, size, USED);
    struct tt_arena_block *const rest = above(arena, block);
    rest->below = size;
    resize(arena, rest, left, 0);
    struct tt_arena_block *const next = above(arena, rest);
    if (is_free(next)) {
        unlist(next);
        resize(arena, rest, left + size_of(next), 0);
    }
    list(arena, rest);
}

void *tt_arena_allocate(struct tt_arena *arena, size_t size)
{
    struct tt_arena_block *const block =
        size > (size_t)(arena->end - arena->start) ? NULL : best_of(arena, block_for(size));
    if (block == NULL) {
        arena->refused++;
        return NULL;
    }
    unlist(block);
    block->size |= USED;
    trim(arena, block, block_for(size));
    count(arena, size_of(block), 0);
    return (uint8_t *)block + HEAD;
}

void tt_arena_free(struct tt_arena *arena, void *memory)
{
    if (memory == NULL) { return; }
    struct tt_arena_block *block = at((uint8_t *)memory - HEAD);
    uint32_t size = size_of(block);
    count(arena, 0, size);
    struct tt_arena_block *const next = above(arena, block);
    if (is_free(next)) {
        unlist(next);
        size += size_of(next);
    }
    if (block->below != 0) {
        struct tt_arena_block *const before = at((uint8_t *)block - block->below);
        if (is_free(before)) {
            unlist(before);
            size += size_of(before);
            block = before;
        }
    }
    resize(arena, block, size, 0);
    list(arena, block);
}

void *tt_arena_resize(struct tt_arena *arena, void *memory, size_t size)
{
    if (memory == NULL) { return tt_arena_allocate(arena, size); }
    struct tt_arena_block *const block = at((uint8_t *)memory - HEAD);
    const uint32_t had = size_of(block);
    if (size > (size_t)(arena->end - arena->start)) { return NULL; }
    const uint32_t want = block_for(size);
    struct tt_arena_block *const next = above(arena, block);
    if (want > had && is_free(next) && had + size_of(next) >= want) {
        unlist(next);
        resize(arena, block, had + size_of(next), USED);
    }
    if (want <= size_of(block)) {
        trim(arena, block, want);
        count(arena, size_of(block), had);
        return memory;
    }
    void *const moved = tt_arena_allocate(arena, size);
    if (moved == NULL) { return NULL; }
    memcpy(moved, memory, had - HEAD);
    tt_arena_free(arena, memory);
    return moved;
}
