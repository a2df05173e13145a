// Pins and buses: to be filled from the chip's GPIO, ADC, timers and I2C; channels are the board
// table's.

#include "../error.gen.h"
#include "template.h"

static int output_write(void *ctx, uint16_t channel, int level)
{
    (void)ctx, (void)channel, (void)level;
    return TT_EUNSUPPORTED;
}

static int input_read(void *ctx, uint16_t channel)
{
    (void)ctx, (void)channel;
    return TT_EUNSUPPORTED;
}

// The interrupt handler calls tt_app_pin_changed for each watched edge, and does nothing else.
static int input_watch(void *ctx, uint16_t channel, int edges)
{
    (void)ctx, (void)channel, (void)edges;
    return TT_EUNSUPPORTED;
}

static int analog_millivolts(void *ctx, uint16_t channel)
{
    (void)ctx, (void)channel;
    return TT_EUNSUPPORTED;
}

static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz)
{
    (void)ctx, (void)channel, (void)hz;
    return TT_EUNSUPPORTED;
}

static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    (void)ctx, (void)channel, (void)duty;
    return TT_EUNSUPPORTED;
}

// Bounded in time: a bus that hangs is TT_ETIMEOUT, not a device that hangs.
static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    (void)ctx, (void)channel, (void)address, (void)tx, (void)tx_len, (void)rx, (void)rx_len;
    return TT_EUNSUPPORTED;
}

struct tt_board_io tt_template_io(struct tt_template *device)
{
    return (struct tt_board_io){
        .ctx = device,
        .output_write = output_write,
        .input_read = input_read,
        .input_watch = input_watch,
        .analog_millivolts = analog_millivolts,
        .pwm_frequency = pwm_frequency,
        .pwm_duty = pwm_duty,
        .i2c_transfer = i2c_transfer,
    };
}
