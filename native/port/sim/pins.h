// A simulated board's pins: one shared table of values, and hooks only for the pins that asked for
// them.
#pragma once

#include "../board_io.h"

// A pin's entries in values[]; a channel is the pin's index in the board table.
enum tt_sim_pin_value {
    TT_SIM_VALUE,     // level, millivolts or duty
    TT_SIM_FREQUENCY, // PWM, Hz
    TT_SIM_EDGES,     // inputs: the edges the app watches
    TT_SIM_MOMENT,    // computed inputs: the moment for which the value was computed
    TT_SIM_PIN_VALUES,
};

enum tt_sim_pin_hook {
    TT_SIM_COMPUTED = 1, // ask `read` for the value, once a moment
    TT_SIM_OBSERVED = 2, // tell `changed` when an output's level or duty changes
};

struct tt_sim_pins {
    int32_t *values;      // count * TT_SIM_PIN_VALUES, the simulator's, shared with it
    const uint8_t *hooks; // per pin a set of enum tt_sim_pin_hook, the simulator's
    uint16_t count;
    // Changes when time passes, an output changes or the simulator had its turn: until then a
    // computed value stays what it is and is not computed again.
    int32_t moment;
    void *ctx;
    int32_t (*read)(void *ctx, uint16_t pin); // a value or a TT_E code
    void (*changed)(void *ctx, uint16_t pin);
    // As in board_io.h.
    int (*i2c)(void *ctx, uint16_t pin, uint8_t address, const uint8_t *tx, size_t tx_len,
               uint8_t *rx, size_t rx_len);
};

// Begins a moment; to be called before each step.
void tt_sim_pins_moment(struct tt_sim_pins *pins);

// pins outlives the result.
struct tt_board_io tt_sim_pins_io(struct tt_sim_pins *pins);
