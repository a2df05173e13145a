// The caches of the core and of the flash, in f4/ and f7/.
#pragma once

#include <stdint.h>

// Switches on what the core has. What DMA reaches must then lie in the section `.dma`.
void tt_stm32_cache_start(void);
// Flash at this address has other bytes than before.
void tt_stm32_flash_changed(uint32_t address, uint32_t len);
