// The I2C of F2 and F4. RM0090 §27.3.3; the order of ACK, STOP and the last bytes is the manual's.

#include "../i2c_family.h"

#include <stdbool.h>

#include "../../error.gen.h"
#include "../registers/i2c.h"

enum {
    POLLS_MAX = 100000, // more than 10 ms at any clock: longer than a device may stretch
    FAST_HZ = 400000,
    STANDARD_HZ = 100000,
    FAILED = I2C1_SR1_AF | I2C1_SR1_BERR | I2C1_SR1_ARLO,
};

static volatile struct tt_i2c1 *of(uint32_t address)
{
    return TT_PERIPHERAL(tt_i2c1, address);
}

void tt_i2c_start(uint32_t address, uint32_t bus_hz, uint32_t hz)
{
    volatile struct tt_i2c1 *const bus = of(address);
    bus->cr1 = I2C1_CR1_SWRST;
    bus->cr1 = 0;
    bus->cr2 = bus_hz / 1000000 << I2C1_CR2_FREQ_AT;
    if (hz > STANDARD_HZ) {
        // Low twice as long as high.
        const uint32_t speed_hz = hz > FAST_HZ ? FAST_HZ : hz;
        bus->ccr = I2C1_CCR_F_S | (bus_hz + 3 * speed_hz - 1) / (3 * speed_hz);
        bus->trise = bus_hz / 1000000 * 3 / 10 + 1; // 300 ns
    } else {
        bus->ccr = (bus_hz + 2 * hz - 1) / (2 * hz);
        bus->trise = bus_hz / 1000000 + 1; // 1,000 ns
    }
    bus->cr1 = I2C1_CR1_PE;
}

static int wait_for(volatile struct tt_i2c1 *bus, uint32_t flag)
{
    for (int i = 0; i < POLLS_MAX; i++) {
        const uint32_t status = bus->sr1;
        if ((status & FAILED) != 0) {
            bus->cr1 |= I2C1_CR1_STOP;
            return TT_EIO;
        }
        if ((status & flag) != 0) { return TT_OK; }
    }
    return TT_ETIMEOUT;
}

static int begin(volatile struct tt_i2c1 *bus, uint8_t byte)
{
    bus->cr1 |= I2C1_CR1_START;
    int err = wait_for(bus, I2C1_SR1_SB);
    if (err < 0) { return err; }
    bus->dr = byte;
    err = wait_for(bus, I2C1_SR1_ADDR);
    return err;
}

static int write(volatile struct tt_i2c1 *bus, uint8_t device, const uint8_t *tx, size_t len)
{
    int err = begin(bus, (uint8_t)(device << 1));
    if (err < 0) { return err; }
    (void)bus->sr2; // ADDR is cleared by both being read
    for (size_t i = 0; i < len; i++) {
        err = wait_for(bus, I2C1_SR1_TxE);
        if (err < 0) { return err; }
        bus->dr = tx[i];
    }
    return wait_for(bus, I2C1_SR1_BTF);
}

static int read(volatile struct tt_i2c1 *bus, uint8_t device, uint8_t *rx, size_t len)
{
    // With two bytes the answer to the second is asked for before the first has come.
    bus->cr1 |= I2C1_CR1_ACK | (len == 2 ? I2C1_CR1_POS : 0U);
    int err = begin(bus, (uint8_t)(device << 1 | 1));
    if (err < 0) { return err; }
    if (len <= 2) { bus->cr1 &= ~(uint32_t)I2C1_CR1_ACK; }
    (void)bus->sr2;
    if (len == 1) { bus->cr1 |= I2C1_CR1_STOP; }
    size_t at = 0;
    for (; len - at > 3; at++) {
        err = wait_for(bus, I2C1_SR1_RxNE);
        if (err < 0) { return err; }
        rx[at] = (uint8_t)bus->dr;
    }
    if (len - at == 3) { // the last three: two in the peripheral before the last is refused
        err = wait_for(bus, I2C1_SR1_BTF);
        if (err < 0) { return err; }
        bus->cr1 &= ~(uint32_t)I2C1_CR1_ACK;
        rx[at++] = (uint8_t)bus->dr;
    }
    if (len - at == 2) {
        err = wait_for(bus, I2C1_SR1_BTF);
        if (err < 0) { return err; }
        bus->cr1 |= I2C1_CR1_STOP;
        rx[at++] = (uint8_t)bus->dr;
        rx[at] = (uint8_t)bus->dr;
    } else {
        err = wait_for(bus, I2C1_SR1_RxNE);
        if (err < 0) { return err; }
        rx[at] = (uint8_t)bus->dr;
    }
    bus->cr1 &= ~(uint32_t)I2C1_CR1_POS;
    return TT_OK;
}

int tt_i2c_transfer(uint32_t address, uint8_t device, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                    size_t rx_len)
{
    volatile struct tt_i2c1 *const bus = of(address);
    bool free = false;
    for (int i = 0; i < POLLS_MAX && !free; i++) {
        free = (bus->sr2 & I2C1_SR2_BUSY) == 0;
    }
    if (!free) { return TT_ETIMEOUT; }
    if (tx_len > 0) {
        const int err = write(bus, device, tx, tx_len);
        if (err < 0) { return err; }
    }
    if (rx_len == 0) {
        bus->cr1 |= I2C1_CR1_STOP;
        return 0;
    }
    const int err = read(bus, device, rx, rx_len);
    return err < 0 ? err : (int)rx_len;
}
