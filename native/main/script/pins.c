// Values by channel, and the edges that are watched.

#include "pins.h"

#include "../../core/app.h"
#include "../../port/error.gen.h"

static int32_t values[TT_APP_PINS_MAX];
static uint8_t watched[TT_APP_PINS_MAX];
static void (*on_change)(uint16_t channel, int level);

static int output_write(void *ctx, uint16_t channel, int level)
{
    (void)ctx;
    values[channel] = level;
    return TT_OK;
}

static int input_read(void *ctx, uint16_t channel)
{
    (void)ctx;
    return values[channel];
}

static int input_watch(void *ctx, uint16_t channel, int edges)
{
    (void)ctx;
    watched[channel] = (uint8_t)edges;
    return TT_OK;
}

static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz)
{
    (void)ctx, (void)channel, (void)hz;
    return TT_OK;
}

static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    (void)ctx, (void)channel, (void)duty;
    return TT_OK;
}

// Nobody acknowledges.
static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    (void)ctx, (void)channel, (void)address, (void)tx, (void)tx_len, (void)rx, (void)rx_len;
    return TT_EIO;
}

struct tt_board_io tt_script_pins(void (*changed)(uint16_t channel, int level))
{
    on_change = changed;
    return (struct tt_board_io){
        .output_write = output_write,
        .input_read = input_read,
        .input_watch = input_watch,
        .analog_millivolts = input_read,
        .pwm_frequency = pwm_frequency,
        .pwm_duty = pwm_duty,
        .i2c_transfer = i2c_transfer,
    };
}

void tt_script_pin_set(uint16_t channel, int32_t value)
{
    if (channel >= TT_APP_PINS_MAX || values[channel] == value) { return; }
    values[channel] = value;
    const int level = value != 0;
    if ((watched[channel] & (level ? 1 : 2)) != 0) { on_change(channel, level); }
}
