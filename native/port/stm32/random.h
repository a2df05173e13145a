// The chip's random generator, with the checks its manual asks for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fills out. False when the generator is silent, has failed, or repeats itself: out is then not to
// be used.
bool tt_stm32_random(uint8_t *out, size_t len);
