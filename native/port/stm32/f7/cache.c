// The Cortex-M7's caches. What DMA reaches is made uncached by the MPU, so nothing there is ever to
// be cleaned. ARMv7-M Architecture Reference Manual B2.2, PM0253 §4.6.

#include "../cache.h"

#include "../registers/core.h"

enum {
    LINE = 32,
    CCR_DATA = 1 << 16,
    CCR_INSTRUCTIONS = 1 << 17,
    MPU_ON_WITH_BACKGROUND = 5,
    RASR_ON = 1,
    RASR_SIZE_AT = 1,
    RASR_UNCACHED = 1 << 19,    // TEX 001, C 0, B 0
    RASR_FULL_ACCESS = 3 << 24, // AP
    RASR_NEVER_EXECUTE = 1 << 28,
    DMA_SIZE_LOG2 = 14, // the linker script keeps .dma at a multiple of it, and within
};

extern uint32_t tt_dma_start[];

static void barrier(void)
{
    __asm__ volatile("dsb\nisb" ::: "memory");
}

static void forget_data_cache(void)
{
    TT_SCB_CSSELR = 0;
    barrier();
    const uint32_t size = TT_SCB_CCSIDR;
    const uint32_t sets = (size >> 13 & 0x7FFF) + 1;
    const uint32_t ways = (size >> 3 & 0x3FF) + 1;
    for (uint32_t set = 0; set < sets; set++) {
        for (uint32_t way = 0; way < ways; way++) {
            TT_SCB_DCISW = way << 30 | set << 5; // four ways of 32-byte lines
        }
    }
    barrier();
}

void tt_stm32_cache_start(void)
{
    TT_MPU_RNR = 0;
    TT_MPU_RBAR = (uint32_t)(uintptr_t)tt_dma_start;
    TT_MPU_RASR = RASR_ON | (DMA_SIZE_LOG2 - 1U) << RASR_SIZE_AT | RASR_UNCACHED |
                  RASR_FULL_ACCESS | RASR_NEVER_EXECUTE;
    TT_MPU_CTRL = MPU_ON_WITH_BACKGROUND;
    barrier();
    TT_SCB_ICIALLU = 0;
    barrier();
    forget_data_cache();
    TT_SCB_CCR |= CCR_INSTRUCTIONS | CCR_DATA;
    barrier();
}

void tt_stm32_flash_changed(uint32_t address, uint32_t len)
{
    barrier();
    for (uint32_t line = address & ~(LINE - 1U); line < address + len; line += LINE) {
        TT_SCB_DCIMVAC = line;
    }
    TT_SCB_ICIALLU = 0;
    barrier();
}
