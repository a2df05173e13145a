// The core has no cache; the flash's accelerator keeps lines of it. RM0090 §3.5.2.

#include "../cache.h"

#include "../registers/flash.h"

void tt_stm32_cache_start(void)
{
}

void tt_stm32_flash_changed(uint32_t address, uint32_t len)
{
    (void)address;
    (void)len;
    const uint32_t on = TT_FLASH->acr;
    TT_FLASH->acr = on & ~(uint32_t)(FLASH_ACR_ICEN | FLASH_ACR_DCEN);
    TT_FLASH->acr |= FLASH_ACR_ICRST | FLASH_ACR_DCRST;
    TT_FLASH->acr = on & ~(uint32_t)(FLASH_ACR_ICRST | FLASH_ACR_DCRST);
}
