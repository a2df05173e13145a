// The two heaps of a firmware, in memory that is laid out here: the interpreter's, which is libc's
// too, and that of TLS.
#pragma once

#include "../../port/figures.h"

// Before anything allocates.
void tt_heaps_init(void);
// Peaks, and allocations that found no room.
void tt_heaps_read(struct tt_figures *out);
