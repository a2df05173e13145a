// The atomic operations that rv32imc has no instructions for. No interrupt handler runs on this
// chip, so plain ones are atomic.

#include <stdint.h>

// The compiler knows the names as its own; C must not define them under these.
uint32_t fetch_add_4(volatile void *at, uint32_t value, int order) __asm__("__atomic_fetch_add_4");
uint32_t fetch_sub_4(volatile void *at, uint32_t value, int order) __asm__("__atomic_fetch_sub_4");
uint8_t exchange_1(volatile void *at, uint8_t value, int order) __asm__("__atomic_exchange_1");

uint32_t fetch_add_4(volatile void *at, uint32_t value, int order)
{
    (void)order;
    volatile uint32_t *const word = at;
    const uint32_t before = *word;
    *word = before + value;
    return before;
}

uint32_t fetch_sub_4(volatile void *at, uint32_t value, int order)
{
    return fetch_add_4(at, 0 - value, order);
}

uint8_t exchange_1(volatile void *at, uint8_t value, int order)
{
    (void)order;
    volatile uint8_t *const byte = at;
    const uint8_t before = *byte;
    *byte = value;
    return before;
}
