// An I2C bus as its controller, by polling. A device that holds the bus is clocked free; everything
// ends in bounded time.
#pragma once

#include <stddef.h>

#include "../wires.h"

int tt_stm32_i2c_open(const struct tt_channel_wires *wires); // TT_OK or TT_EUNSUPPORTED
// As board_io.h says: writes, then reads after a repeated start. rx_len; TT_EIO when the device
// does not acknowledge or the bus is disturbed, TT_ETIMEOUT when it is held.
int tt_stm32_i2c_transfer(const struct tt_channel_wires *wires, uint8_t address, const uint8_t *tx,
                          size_t tx_len, uint8_t *rx, size_t rx_len);
