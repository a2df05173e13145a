// The guest's linear memory as the import bodies may see it: a base, the board's N, and checked
// access.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.gen.h"

struct tt_guest_memory {
    uint8_t *base;
    uint32_t size; // the board's N, not the page
};

// Room for the UTF-8 of one call's text parameters; cut when something did not fit.
struct tt_guest_text {
    size_t used;
    bool cut;
    char bytes[TT_ABI_TEXT_MAX + 1];
};

extern const char tt_trap_bounds[]; // "guest pointer out of bounds"

// The range [pointer, pointer + len) in host memory, or NULL when any of it lies outside. An empty
// range is never NULL, whatever its pointer. Slots hold a u32 in their low half.
uint8_t *tt_guest_range(const struct tt_guest_memory *memory, uint64_t pointer, uint64_t len);

// The bytes of `units` UTF-16 code units, two each; else as tt_guest_range.
uint8_t *tt_guest_units(const struct tt_guest_memory *memory, uint64_t pointer, uint64_t units);
// The code point that begins at unit *at, which moves behind it; U+FFFD for a lone surrogate.
uint32_t tt_guest_code_point(const uint8_t *units, size_t count, size_t *at);
// Bytes written, 1 to 4.
size_t tt_guest_put_utf8(uint32_t code_point, char out[4]);

// Converts `units` UTF-16 code units (little endian) to UTF-8 in text, NUL-terminated for
// convenience; a lone surrogate becomes U+FFFD. Cuts at a character when it does not fit.
// NULL when out of bounds.
const char *tt_guest_read_text(const struct tt_guest_memory *memory, uint64_t pointer,
                               uint64_t units, struct tt_guest_text *text, size_t *len);

double tt_guest_f64(uint64_t slot);
uint64_t tt_guest_slot(double value); // NaN becomes the canonical one
