// A heap in fixed memory of the caller's: best fit, neighbours joined, its peak remembered. One
// task's own.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tt_arena_block;

struct tt_arena {
    struct tt_arena_block *free; // list of free blocks, in no order
    uint8_t *start;
    uint8_t *end;
    size_t used_bytes; // with the 8 bytes each block costs
    size_t peak_bytes;
    uint32_t refused; // allocations that found no room
};

// memory is 8-byte aligned, size a multiple of 8 and at least 64.
void tt_arena_init(struct tt_arena *arena, void *memory, size_t size);
// 8-byte aligned, or NULL when no free block is large enough.
void *tt_arena_allocate(struct tt_arena *arena, size_t size);
void *tt_arena_resize(struct tt_arena *arena, void *memory, size_t size);
void tt_arena_free(struct tt_arena *arena, void *memory); // NULL is allowed
