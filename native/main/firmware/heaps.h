// The two heaps of a firmware, in memory that is laid out here: the interpreter's and that of TLS.
// Nothing else allocates.
#pragma once

#include <stddef.h>

#include "../../port/figures.h"

// Before anything allocates.
void tt_heaps_init(void);
// Peaks, and allocations that found no room.
void tt_heaps_read(struct tt_figures *out);
// Of the two the one that came nearer to its end: bytes that were always free.
size_t tt_heaps_least_free(void);
