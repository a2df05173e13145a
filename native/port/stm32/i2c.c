// Pins, recovery and clocks of the buses; the transfers are the family's.

#include "i2c.h"

#include "../error.gen.h"
#include "clock.h"
#include "gpio.h"
#include "i2c_family.h"
#include "registers/rcc.h"

enum { BUSES = 3, HALF_US = 5, CLOCKS = 9, ENABLE_AT = 21 };

static const uint32_t addresses[BUSES] = {0x40005400, 0x40005800, 0x40005C00};

static bool is_high(const struct tt_wire *wire)
{
    return tt_stm32_pin_read(wire->pin);
}

// Open drain by hand: low is driven, high is let go.
static void level(const struct tt_wire *wire, bool high)
{
    if (high) {
        tt_stm32_pin_input(wire->pin, TT_PULL_UP);
    } else {
        tt_stm32_pin_write(wire->pin, false);
        tt_stm32_pin_output(wire->pin);
    }
    tt_stm32_delay_us(HALF_US);
}

// A device that was left in the middle of a byte holds SDA until it has clocked the rest out: up to
// nine clocks, then a stop. UM10204 §3.1.16.
static void recover(const struct tt_channel_wires *wires)
{
    level(&wires->wire, true);
    level(&wires->clock, true);
    for (int i = 0; i < CLOCKS && !is_high(&wires->wire); i++) {
        level(&wires->clock, false);
        level(&wires->clock, true);
    }
    level(&wires->clock, false);
    level(&wires->wire, false);
    level(&wires->clock, true);
    level(&wires->wire, true);
}

static void start(const struct tt_channel_wires *wires)
{
    recover(wires);
    tt_stm32_pin_alternate(&wires->wire, true);
    tt_stm32_pin_alternate(&wires->clock, true);
    tt_i2c_start(addresses[wires->wire.unit - 1], tt_stm32_apb1_hz(), wires->hz);
}

int tt_stm32_i2c_open(const struct tt_channel_wires *wires)
{
    const uint8_t unit = wires->wire.unit;
    if (unit == 0 || unit > BUSES || wires->clock.unit != unit) { return TT_EUNSUPPORTED; }
    TT_RCC->apb1enr |= 1U << (ENABLE_AT + unit - 1);
    (void)TT_RCC->apb1enr;
    start(wires);
    return TT_OK;
}

int tt_stm32_i2c_transfer(const struct tt_channel_wires *wires, uint8_t address, const uint8_t *tx,
                          size_t tx_len, uint8_t *rx, size_t rx_len)
{
    const int result =
        tt_i2c_transfer(addresses[wires->wire.unit - 1], address, tx, tx_len, rx, rx_len);
    if (result < 0) { start(wires); }
    return result;
}
