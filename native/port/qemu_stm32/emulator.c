// Semihosting, the file that is the flash, and a timer as counter: QEMU has no cycle counter.

#include "emulator.h"

#include <string.h>

#include "../error.gen.h"
#include "../stm32/chip.h"
#include "../stm32/flash.h"
#include "../stm32/registers/tim.h"
#include "semihosting.h"

enum {
    CHUNK = 256,
    PATH_MAX_LEN = 200,
    PANEL_FIGURES = 0x800000 + 2 * 4 * 64, // src/firmware/panel.ts
};

#define COUNTER TT_PERIPHERAL(tt_tim, 0x40000C00) // TIM5, 32 bits

static int file = -1;
static uint8_t chunk[CHUNK]; // not on the stacks, which are a product's

static void fail(const char *text)
{
    tt_stm32_write(text, strlen(text));
    tt_stm32_reset();
}

static bool exchange(uint32_t at, const void *from, void *to, size_t len)
{
    if (!tt_semihosting_seek(file, at)) { return false; }
    return from != NULL ? tt_semihosting_write(file, from, len)
                        : tt_semihosting_read(file, to, len);
}

// From the file into the ROM.
static bool load(uint32_t at, size_t len)
{
    return exchange(at, NULL, (void *)(uintptr_t)tt_stm32_flash_at(at), len);
}

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    memcpy(out, tt_stm32_flash_at((uint32_t)(uintptr_t)ctx + offset), len);
    return TT_OK;
}

static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        const uint32_t at = (uint32_t)(uintptr_t)ctx + offset + (uint32_t)done;
        const size_t part = len - done < CHUNK ? len - done : CHUNK;
        const uint8_t *const before = tt_stm32_flash_at(at);
        for (size_t i = 0; i < part; i++) {
            chunk[i] = before[i] & data[done + i];
        }
        if (!exchange(at, chunk, NULL, part) || !load(at, part)) { return TT_EIO; }
        done += part;
    }
    return TT_OK;
}

static int flash_erase(void *ctx, uint32_t block)
{
    const uint32_t base = (uint32_t)(uintptr_t)ctx;
    const uint32_t bytes = tt_stm32_flash(base, 1).block_bytes;
    const uint32_t start = base + block * bytes;
    memset(chunk, 0xFF, sizeof chunk);
    for (uint32_t at = start; at < start + bytes; at += CHUNK) {
        if (!exchange(at, chunk, NULL, CHUNK)) { return TT_EIO; }
    }
    return load(start, bytes) ? TT_OK : TT_EIO;
}

struct tt_block tt_qemu_stm32_flash(uint32_t offset, uint32_t size)
{
    struct tt_block block = tt_stm32_flash(offset, size); // the chip's own sectors
    block.read = flash_read;
    block.program = flash_program;
    block.erase = flash_erase;
    return block;
}

void tt_qemu_stm32_start(const struct tt_qemu_range *kept, size_t count)
{
    static char path[PATH_MAX_LEN];
    COUNTER->arr = UINT32_MAX;
    COUNTER->cr1 = TIM1_CR1_CEN;
    if (!tt_semihosting_argument(path, sizeof path)) {
        fail("fault: no flash: run QEMU with semihosting and the flash's path as its argument\n");
    }
    file = tt_semihosting_open(path);
    for (size_t i = 0; i < count; i++) {
        if (file < 0 || !load(kept[i].offset, kept[i].size)) {
            fail("fault: the flash's file cannot be read\n");
        }
    }
}

uint32_t tt_qemu_stm32_counter(void)
{
    return COUNTER->cnt;
}

void tt_qemu_stm32_random(uint8_t *out, size_t len)
{
    // Weak keys are worse than no device.
    if (!tt_semihosting_random(out, len)) { fail("fault: no entropy from QEMU's computer\n"); }
}

void tt_qemu_stm32_show(const struct tt_figures *figures)
{
    exchange(PANEL_FIGURES, figures, NULL, sizeof *figures);
}
