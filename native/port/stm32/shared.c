// Read, change, write, with nothing in between.

#include "shared.h"

#include "interrupt.h"

void tt_stm32_change(volatile uint32_t *where, uint32_t clear, uint32_t set)
{
    const uint32_t held = tt_stm32_irq_hold();
    *where = (*where & ~clear) | set;
    tt_stm32_irq_let(held);
}
