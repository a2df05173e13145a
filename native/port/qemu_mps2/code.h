// The guest's compiled code in flash instead of RAM: wasm3's code pages, in a partition that is
// mapped. What is there already is compared, word by word, so that the same app after a restart
// writes nothing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// A range of the flash, whole blocks. Before anything is compiled.
void tt_mps2_code_use(uint32_t offset, uint32_t size);
// Something else than what was compiled now is in the flash, and nothing more was written: erase,
// then load again.
bool tt_mps2_code_stale(void);
void tt_mps2_code_erase(void);
