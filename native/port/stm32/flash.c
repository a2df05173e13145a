// Sectors, erase and program by words. RM0090 §3.6.

#include "flash.h"

#include <stdatomic.h>
#include <string.h>

#include "../error.gen.h"
#include "cache.h"
#include "interrupt.h"
#include "registers/flash.h"
#include "sectors.h"

enum {
    POLLS_MAX = 100000000, // some seconds: the longest erase takes 4
    WORD = 2,              // PSIZE
    BANK_2_SNB = 16,       // where the second bank's numbers begin
};

#define FLASH_START 0x08000000U
#define KEY_1       0x45670123U
#define KEY_2       0xCDEF89ABU

static const uint32_t errors =
    FLASH_SR_OPERR | FLASH_SR_WRPERR | FLASH_SR_PGAERR | FLASH_SR_PGPERR | FLASH_SR_PGSERR;

const uint8_t *tt_stm32_flash_at(uint32_t offset)
{
    return (const uint8_t *)TT_ADDRESS(FLASH_START + offset);
}

static int wait(void)
{
    for (int i = 0; i < POLLS_MAX; i++) {
        const uint32_t status = TT_FLASH->sr;
        if ((status & FLASH_SR_BSY) != 0) { continue; }
        TT_FLASH->sr = errors | FLASH_SR_EOP; // written ones clear
        return (status & errors) == 0 ? TT_OK : TT_EIO;
    }
    return TT_EIO;
}

// The controller is one, and the app's loop may come between any two instructions of the link's, to
// write as well: from here to tt_stm32_irq_let it may not.
static int begin(uint32_t control, uint32_t *held)
{
    (void)wait(); // also forgets what went wrong before
    *held = tt_stm32_irq_hold();
    if ((TT_FLASH->cr & FLASH_CR_LOCK) != 0) {
        TT_FLASH->keyr = KEY_1;
        TT_FLASH->keyr = KEY_2;
    }
    if ((TT_FLASH->cr & FLASH_CR_LOCK) != 0) { return TT_EIO; }
    TT_FLASH->cr = control | (uint32_t)WORD << FLASH_CR_PSIZE_AT;
    return TT_OK;
}

static int program_word(uint32_t at, const uint8_t *data)
{
    uint32_t held;
    uint32_t word;
    memcpy(&word, data, sizeof word);
    int err = begin(FLASH_CR_PG, &held);
    if (err == TT_OK) {
        *(volatile uint32_t *)TT_ADDRESS(FLASH_START + at) = word;
        atomic_thread_fence(memory_order_seq_cst); // the word before the status is asked for
        err = wait();
    }
    TT_FLASH->cr = FLASH_CR_LOCK;
    tt_stm32_irq_let(held);
    return err;
}

static uint32_t base_of(const void *ctx)
{
    return (uint32_t)(uintptr_t)ctx;
}

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    memcpy(out, tt_stm32_flash_at(base_of(ctx) + offset), len);
    return TT_OK;
}

static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    const uint32_t at = base_of(ctx) + offset;
    if (at % 4 != 0 || len % 4 != 0) { return TT_EIO; }
    int err = TT_OK;
    for (size_t i = 0; i < len && err == TT_OK; i += 4) {
        err = program_word(at + (uint32_t)i, data + i);
    }
    tt_stm32_flash_changed(FLASH_START + at, (uint32_t)len);
    return err == TT_OK && memcmp(tt_stm32_flash_at(at), data, len) == 0 ? TT_OK : TT_EIO;
}

static bool is_erased(uint32_t at, uint32_t len)
{
    const uint8_t *const bytes = tt_stm32_flash_at(at);
    for (uint32_t i = 0; i < len; i += 4) {
        uint32_t word;
        memcpy(&word, bytes + i, sizeof word);
        if (word != UINT32_MAX) { return false; }
    }
    return true;
}

static int flash_erase(void *ctx, uint32_t block)
{
    struct tt_stm32_sector sector;
    if (!tt_stm32_sector_at(base_of(ctx), &sector)) { return TT_EIO; }
    const uint32_t at = base_of(ctx) + block * sector.bytes;
    if (!tt_stm32_sector_at(at, &sector) || sector.offset != at) { return TT_EIO; }
    const uint32_t number = sector.number < sector.in_bank
                                ? sector.number
                                : sector.number - sector.in_bank + BANK_2_SNB;
    uint32_t held;
    int err = begin(FLASH_CR_SER | number << FLASH_CR_SNB_AT, &held);
    if (err == TT_OK) { TT_FLASH->cr |= FLASH_CR_STRT; }
    tt_stm32_irq_let(held);
    if (err < 0) { return err; }
    // It takes seconds; who writes meanwhile waits for its end, and takes its errors away.
    err = wait();
    TT_FLASH->cr = FLASH_CR_LOCK;
    tt_stm32_flash_changed(FLASH_START + at, sector.bytes);
    return err == TT_OK && is_erased(at, sector.bytes) ? TT_OK : TT_EIO;
}

struct tt_block tt_stm32_flash(uint32_t offset, uint32_t size)
{
    struct tt_block block = {
        .ctx = (void *)(uintptr_t)offset,
        .program_bytes = 4,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
    };
    struct tt_stm32_sector first;
    if (!tt_stm32_sector_at(offset, &first) || first.offset != offset) { return block; }
    for (uint32_t at = offset; at < offset + size; at += first.bytes) {
        struct tt_stm32_sector sector;
        if (!tt_stm32_sector_at(at, &sector) || sector.bytes != first.bytes) { return block; }
    }
    block.block_bytes = first.bytes;
    block.block_count = size / first.bytes;
    return block;
}
