// The two versions of the I2C peripheral, in f4/ and f7/: registers only, no pins.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Resets the peripheral and sets the bus's clock; bus_hz is the clock of its registers.
void tt_i2c_start(uint32_t address, uint32_t bus_hz, uint32_t hz);
// Results as tt_stm32_i2c_transfer's; after an error the peripheral is to be started again.
int tt_i2c_transfer(uint32_t address, uint8_t device, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                    size_t rx_len);
