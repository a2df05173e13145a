// A chip of memory: every register is 0 and stays as it is written, until a test's model says
// otherwise. A program has one.
#pragma once

#include "../check.h"
#include "registers.h"

#include <stdbool.h>

// Looks at each access before it is made; NULL: nothing ever happens.
static void (*chip_model)(uint32_t address);
// What else may run before each access, while it is not held off; NULL: nothing.
static void (*chip_between)(void);
static uint32_t chip_held;

static uint8_t chip_peripherals[0x80000] __attribute__((aligned(8)));
static uint8_t chip_random[0x400] __attribute__((aligned(8)));
static uint8_t chip_core[0x10000] __attribute__((aligned(8)));
static uint8_t chip_system[0x10000] __attribute__((aligned(8)));
static uint8_t chip_flash[0x200000] __attribute__((aligned(8)));

static const struct {
    uint32_t start;
    uint32_t size;
    uint8_t *memory;
} chip_regions[] = {
    {0x40000000, sizeof chip_peripherals, chip_peripherals},
    {0x50060800, sizeof chip_random, chip_random},
    {0xE0000000, sizeof chip_core, chip_core},
    {0x1FFF0000, sizeof chip_system, chip_system},
    {0x08000000, sizeof chip_flash, chip_flash},
};

uintptr_t tt_registers_at(uint32_t address)
{
    static bool busy;
    static bool between;
    if (chip_between != NULL && !busy && !between && chip_held == 0) {
        between = true;
        chip_between();
        between = false;
    }
    if (chip_model != NULL && !busy) {
        busy = true; // the model's own accesses are not looked at
        chip_model(address);
        busy = false;
    }
    for (size_t i = 0; i < sizeof chip_regions / sizeof chip_regions[0]; i++) {
        const uint32_t at = address - chip_regions[i].start;
        if (at < chip_regions[i].size) { return (uintptr_t)(chip_regions[i].memory + at); }
    }
    printf("nothing of the chip is at 0x%08x\n", address);
    exit(1);
}

static void chip_reset(void (*model)(uint32_t address))
{
    memset(chip_peripherals, 0, sizeof chip_peripherals);
    memset(chip_random, 0, sizeof chip_random);
    memset(chip_core, 0, sizeof chip_core);
    memset(chip_system, 0, sizeof chip_system);
    memset(chip_flash, 0xFF, sizeof chip_flash);
    chip_model = model;
    chip_between = NULL;
    chip_held = 0;
}

// What is an instruction of the core on the chip.
static uint8_t chip_irq;
uint8_t tt_stm32_irq_now(void);
uint8_t tt_stm32_irq_now(void)
{
    return chip_irq;
}

static uint8_t chip_irq_on;
void tt_stm32_irq_on(uint8_t irq);
void tt_stm32_irq_on(uint8_t irq)
{
    chip_irq_on = irq;
}

uint32_t tt_stm32_irq_hold(void);
uint32_t tt_stm32_irq_hold(void)
{
    const uint32_t held = chip_held;
    chip_held = 1;
    return held;
}

void tt_stm32_irq_let(uint32_t held);
void tt_stm32_irq_let(uint32_t held)
{
    chip_held = held;
}
