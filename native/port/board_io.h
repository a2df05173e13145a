// The contract of a board's pins and peripherals, by the channel numbers of its board table.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Called on the app loop only. Results: TT_OK or a value >= 0, else a TT_E code.
// A function may be NULL where the board has no such pin; core then answers TT_EUNSUPPORTED.
struct tt_board_io {
    void *ctx;
    int (*output_write)(void *ctx, uint16_t channel, int level);
    int (*input_read)(void *ctx, uint16_t channel);
    // edges: 1 rising, 2 falling, 3 both, 0 none. The port calls tt_app_pin_changed for each.
    int (*input_watch)(void *ctx, uint16_t channel, int edges);
    int (*analog_millivolts)(void *ctx, uint16_t channel);
    int (*pwm_frequency)(void *ctx, uint16_t channel, uint32_t hz);
    int (*pwm_duty)(void *ctx, uint16_t channel, uint16_t duty); // 0 low .. 65535 high
    // Writes tx, then with a repeated start reads rx_len bytes; either may be empty. address: 7
    // bits. TT_EIO when the device does not acknowledge. Returns rx_len.
    int (*i2c_transfer)(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len);
};
