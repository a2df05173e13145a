// The I2C of F7 and later. RM0410 §33.4.

#include "../i2c_family.h"

#include <stdbool.h>

#include "../../error.gen.h"
#include "../registers/i2c.h"

enum {
    POLLS_MAX = 400000, // more than 10 ms at any clock: longer than a device may stretch
    PIECE_MAX = 255,
    TICK_HZ = 8000000, // of the bus's timing
    FAILED = I2C2_ISR_NACKF | I2C2_ISR_BERR | I2C2_ISR_ARLO,
};

static volatile struct tt_i2c2 *of(uint32_t address)
{
    return TT_PERIPHERAL(tt_i2c2, address);
}

void tt_i2c_start(uint32_t address, uint32_t bus_hz, uint32_t hz)
{
    volatile struct tt_i2c2 *const bus = of(address);
    bus->cr1 = 0;
    uint32_t prescaler = bus_hz / TICK_HZ;
    if (prescaler > 16) { prescaler = 16; }
    if (prescaler == 0) { prescaler = 1; }
    // Half a period each way, less what the peripheral takes to see its own edges (about 4 ticks).
    const uint32_t half = bus_hz / prescaler / (2 * hz);
    const uint32_t part = half > 4 ? half - 3 : 2;
    bus->timingr = (prescaler - 1) << I2C2_TIMINGR_PRESC_AT | (part - 1) << I2C2_TIMINGR_SCLL_AT |
                   (part - 1) << I2C2_TIMINGR_SCLH_AT | 1U << I2C2_TIMINGR_SDADEL_AT |
                   2U << I2C2_TIMINGR_SCLDEL_AT;
    bus->cr1 = I2C2_CR1_PE;
}

static int wait_for(volatile struct tt_i2c2 *bus, uint32_t flag)
{
    for (int i = 0; i < POLLS_MAX; i++) {
        const uint32_t status = bus->isr;
        if ((status & FAILED) != 0) {
            bus->icr = I2C2_ICR_NACKCF | I2C2_ICR_BERRCF | I2C2_ICR_ARLOCF;
            bus->cr2 |= I2C2_CR2_STOP;
            return TT_EIO;
        }
        if ((status & flag) != 0) { return TT_OK; }
    }
    return TT_ETIMEOUT;
}

// One direction of a transfer, in pieces of what the peripheral can count. The last ends with TC.
static int move(volatile struct tt_i2c2 *bus, uint32_t head, const uint8_t *tx, uint8_t *rx,
                size_t len)
{
    size_t at = 0;
    bool first = true;
    do {
        const size_t piece = len - at < PIECE_MAX ? len - at : PIECE_MAX;
        const uint32_t more = at + piece < len ? I2C2_CR2_RELOAD : 0U;
        bus->cr2 =
            head | (uint32_t)piece << I2C2_CR2_NBYTES_AT | more | (first ? I2C2_CR2_START : 0U);
        first = false;
        for (size_t i = 0; i < piece; i++, at++) {
            const int err = wait_for(bus, rx != NULL ? I2C2_ISR_RXNE : I2C2_ISR_TXIS);
            if (err < 0) { return err; }
            if (rx != NULL) {
                rx[at] = (uint8_t)bus->rxdr;
            } else {
                bus->txdr = tx[at];
            }
        }
        const int err = wait_for(bus, more != 0 ? I2C2_ISR_TCR : I2C2_ISR_TC);
        if (err < 0) { return err; }
    } while (at < len);
    return TT_OK;
}

int tt_i2c_transfer(uint32_t address, uint8_t device, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                    size_t rx_len)
{
    volatile struct tt_i2c2 *const bus = of(address);
    if ((bus->isr & I2C2_ISR_BUSY) != 0) { return TT_ETIMEOUT; }
    const uint32_t head = (uint32_t)device << 1;
    int err = tx_len > 0 ? move(bus, head, tx, NULL, tx_len) : TT_OK;
    if (err == TT_OK && rx_len > 0) { err = move(bus, head | I2C2_CR2_RD_WRN, NULL, rx, rx_len); }
    if (err < 0) { return err; }
    bus->cr2 |= I2C2_CR2_STOP;
    err = wait_for(bus, I2C2_ISR_STOPF);
    bus->icr = I2C2_ICR_STOPCF;
    return err < 0 ? err : (int)rx_len;
}
