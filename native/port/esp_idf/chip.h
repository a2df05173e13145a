// The ESP32 family behind struct tt_chip, by ESP-IDF's calls (5.3 or newer).
#pragma once

#include "../chip.h"

// Flash, pins and reset reasons; `show` is NULL.
struct tt_chip tt_esp_chip(void);

// Between the files of the port.
struct tt_board_io tt_esp_pins(void (*changed)(uint16_t channel, int level));
const uint8_t *tt_esp_flash_at(uint32_t offset);
struct tt_block tt_esp_flash(uint32_t offset, uint32_t size);
