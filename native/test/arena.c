// The heap of a firmware: what it gives never overlaps, what is given back is joined, what does not
// fit is refused.
#include "../port/mcu/arena.c"

#include <stdbool.h>

#include "check.h"

enum { BYTES = 8192, SLOTS = 64, STEPS = 200000 };

static uint64_t memory[BYTES / 8];

static uint32_t lcg(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

struct held {
    uint8_t *bytes;
    size_t len;
    uint8_t fill;
};

static void check_held(const struct held *held, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        CHECK_INT(held->bytes[i], held->fill);
    }
}

static void refill(struct held *held, size_t len, uint32_t seed)
{
    held->len = len;
    held->fill = (uint8_t)seed;
    memset(held->bytes, held->fill, len);
    CHECK_INT((uintptr_t)held->bytes % 8, 0);
}

static void survives_any_order(void)
{
    struct tt_arena arena;
    struct held held[SLOTS] = {{0}};
    uint32_t random = 7;
    tt_arena_init(&arena, memory, sizeof memory);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct held *const one = &held[lcg(&random) % SLOTS];
        const size_t len = lcg(&random) % 300;
        check_held(one, one->len);
        const uint32_t action = lcg(&random) % 4;
        if (action == 0) {
            tt_arena_free(&arena, one->bytes);
            *one = (struct held){0};
        } else if (one->bytes == NULL) {
            one->bytes = tt_arena_allocate(&arena, len);
            if (one->bytes != NULL) { refill(one, len, step); }
        } else if (action == 1) {
            uint8_t *const moved = tt_arena_resize(&arena, one->bytes, len);
            if (moved == NULL) { continue; } // and nothing has changed
            one->bytes = moved;
            check_held(one, len < one->len ? len : one->len);
            refill(one, len, step);
        }
    }
    CHECK(arena.refused > 0 && arena.peak_bytes <= sizeof memory);
    for (size_t i = 0; i < SLOTS; i++) {
        check_held(&held[i], held[i].len);
        tt_arena_free(&arena, held[i].bytes);
    }
    CHECK_INT(arena.used_bytes, 0);
    CHECK(tt_arena_allocate(&arena, sizeof memory - 8) != NULL);
}

static void refuses(void)
{
    struct tt_arena arena;
    tt_arena_init(&arena, memory, sizeof memory);
    CHECK(tt_arena_allocate(&arena, sizeof memory - 7) == NULL);
    CHECK(tt_arena_allocate(&arena, SIZE_MAX) == NULL);
    void *const all = tt_arena_allocate(&arena, sizeof memory - 8);
    CHECK(all != NULL && tt_arena_allocate(&arena, 0) == NULL);
    CHECK(tt_arena_resize(&arena, all, SIZE_MAX) == NULL);
    CHECK_INT(arena.refused, 3);
    tt_arena_free(&arena, NULL);
    CHECK_INT(arena.used_bytes, sizeof memory);
}

int main(void)
{
    RUN(survives_any_order, "blocks of any size keep their bytes through any order of calls");
    RUN(refuses, "what does not fit is refused and counted, nothing else changes");
    return 0;
}
