// The guest's compiled code in flash instead of RAM: wasm3's code pages, in a partition that is
// mapped. What is there already is compared, word by word, so that the same app after a restart
// writes nothing.
#pragma once

#include <stdbool.h>

#include "../block.h"

// Whole blocks, and where they can be read like memory. Before anything is compiled.
void tt_code_use(const struct tt_block *block, const uint8_t *mapped);
// Something else than what was compiled now is in the flash, and nothing more was written: erase,
// then load again.
bool tt_code_stale(void);
void tt_code_erase(void);
