// The three calls by which wasm3 takes, fills and gives back memory for compiled code.

#include "code.h"

#include <m3_core.h>
#include <string.h>

static struct tt_block block;
static uint8_t *memory; // of the partition, mapped
static uint32_t taken;
static uint32_t pieces; // taken and not given back
static bool stale;

void tt_code_use(const struct tt_block *of_flash, const uint8_t *mapped)
{
    block = *of_flash;
    memory = (uint8_t *)mapped;
}

bool tt_code_stale(void)
{
    return stale;
}

void tt_code_erase(void)
{
    for (uint32_t i = 0; i < block.block_count; i++) {
        block.erase(block.ctx, i);
    }
    stale = false;
}

// Always in the same order from the start, so that the same app is compiled to the same places.
void *m3_CodeMalloc_Impl(size_t size)
{
    const size_t whole = (size + 7) & ~(size_t)7;
    if (memory == NULL || whole > block.block_count * block.block_bytes - taken) { return NULL; }
    uint8_t *const piece = memory + taken;
    taken += whole;
    pieces++;
    return piece;
}

void m3_CodeFree_Impl(void *piece)
{
    if (piece == NULL) { return; }
    pieces--;
    if (pieces == 0) { taken = 0; } // a guest goes as a whole
}

void m3_CodeWrite_Impl(void *at, const void *words, size_t size)
{
    const uint8_t *const cells = at;
    if (cells < memory || cells >= memory + block.block_count * block.block_bytes) {
        memcpy(at, words, size); // of an expression, in RAM
        return;
    }
    if (stale || memcmp(at, words, size) == 0) { return; }
    const uint8_t *const wanted = words;
    for (size_t i = 0; i < size; i++) {
        if ((cells[i] & wanted[i]) != wanted[i]) {
            stale = true; // bits would have to be set
            return;
        }
    }
    block.program(block.ctx, (uint32_t)(cells - memory), wanted, size);
}
