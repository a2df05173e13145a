// How a board's channels reach the chip's pins, for ports that drive real ones: board.gen.h has the
// rows, made of boards/<name>/board.json and its chip. Core knows channels only.
#pragma once

#include <stdint.h>

enum tt_pull { TT_PULL_NONE, TT_PULL_UP, TT_PULL_DOWN };

enum { TT_NO_PIN = 0xFF };

struct tt_wire {
    uint8_t pin;       // as the chip counts: GPIO7 is 7, P7 is 7, PB3 is 16 + 3; or TT_NO_PIN
    uint8_t unit;      // 2 of ADC2, TIM2, I2C2 or USART2; 0: no unit, or the port chooses one
    uint8_t channel;   // of the ADC (IN or CH) or timer
    uint8_t alternate; // function of the pin that connects the unit; 0 where there is no choice
};

// One channel of board_io.h; TT_BOARD_WIRES has as many as the board has pins, in their order.
struct tt_channel_wires {
    struct tt_wire wire;  // the pin; of an I2C bus SDA
    struct tt_wire clock; // SCL of an I2C bus, else TT_NO_PIN
    uint8_t pull;         // inputs: enum tt_pull
    uint32_t hz;          // I2C buses
};

// TT_BOARD_CONSOLE and TT_BOARD_MODEM; baud 0: the board has none.
struct tt_uart_wires {
    struct tt_wire tx;
    struct tt_wire rx;
    uint32_t baud;
    uint8_t reset_pin; // of a modem: low resets it; or TT_NO_PIN
};

enum tt_phy { TT_PHY_NONE, TT_PHY_LAN8720, TT_PHY_LAN8742, TT_PHY_IP101, TT_PHY_RTL8201 };

// TT_BOARD_ETHERNET: RMII.
struct tt_ethernet_wires {
    uint8_t phy;         // enum tt_phy; TT_PHY_NONE: the machine's own controller, no pins
    uint8_t phy_address; // on the MDIO bus
    uint8_t power_pin;   // high switches the PHY on; or TT_NO_PIN
    // reference clock, MDIO, MDC, carrier sense, receive 0 and 1, transmit enable, 0 and 1
    struct tt_wire pins[9];
};
