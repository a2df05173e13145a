// RNG by polling. A word takes 40 clocks of 48 MHz. RM0090 §24.3, with the FIPS 140-2 §4.9.2
// continuous test: a word that equals the one before is no random word.

#include "random.h"

#include <string.h>

#include "interrupt.h"
#include "registers/rcc.h"
#include "registers/rng.h"
#include "shared.h"

enum { POLLS_MAX = 100000, ATTEMPTS = 4 };

static bool seen;
static uint32_t last;

static void start(void)
{
    tt_stm32_change(&TT_RCC->ahb2enr, 0, RCC_AHB2ENR_RNGEN);
    (void)TT_RCC->ahb2enr;
    TT_RNG->cr = 0;
    TT_RNG->sr = 0; // the flags of errors past
    TT_RNG->cr = RNG_CR_RNGEN;
    seen = false;
}

// The word that is ready is this caller's: the other loop may not come and take it first.
static uint32_t look(uint32_t *word)
{
    const uint32_t held = tt_stm32_irq_hold();
    const uint32_t status = TT_RNG->sr;
    if ((status & RNG_SR_DRDY) != 0) { *word = TT_RNG->dr; }
    tt_stm32_irq_let(held);
    return status;
}

static bool take(uint32_t *word)
{
    for (int i = 0; i < POLLS_MAX; i++) {
        const uint32_t status = look(word);
        if ((status & (RNG_SR_SECS | RNG_SR_CECS | RNG_SR_SEIS | RNG_SR_CEIS)) != 0) {
            return false;
        }
        if ((status & RNG_SR_DRDY) != 0) { return true; }
    }
    return false;
}

static bool next(uint32_t *word)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if ((TT_RNG->cr & RNG_CR_RNGEN) == 0) { start(); }
        uint32_t first = last;
        // The first word after a start is only what the second must differ from.
        if ((seen || take(&first)) && take(word) && *word != first) {
            seen = true;
            last = *word;
            return true;
        }
        TT_RNG->cr = 0;
    }
    return false;
}

bool tt_stm32_random(uint8_t *out, size_t len)
{
    while (len > 0) {
        uint32_t word;
        if (!next(&word)) { return false; }
        const size_t part = len < sizeof word ? len : sizeof word;
        memcpy(out, &word, part);
        out += part;
        len -= part;
    }
    return true;
}
