#include "pins.h"

#include "../error.gen.h"

static int output_write(void *ctx, uint16_t channel, int level);
static int input_read(void *ctx, uint16_t channel);
static int input_watch(void *ctx, uint16_t channel, int edges);
static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz);
static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty);
static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len);

struct tt_board_io tt_sim_pins_io(struct tt_sim_pins *pins)
{
    return (struct tt_board_io){
        .ctx = pins,
        .output_write = output_write,
        .input_read = input_read,
        .input_watch = input_watch,
        .analog_millivolts = input_read,
        .pwm_frequency = pwm_frequency,
        .pwm_duty = pwm_duty,
        .i2c_transfer = i2c_transfer,
    };
}

void tt_sim_pins_moment(struct tt_sim_pins *pins)
{
    pins->moment = (int32_t)((uint32_t)pins->moment + 1);
}

static int32_t *value_of(const struct tt_sim_pins *pins, uint16_t channel, int which)
{
    return &pins->values[channel * TT_SIM_PIN_VALUES + which];
}

static int set(struct tt_sim_pins *pins, uint16_t channel, int which, int32_t value)
{
    if (channel >= pins->count) { return TT_ENOTFOUND; }
    int32_t *slot = value_of(pins, channel, which);
    if (*slot == value) { return TT_OK; }
    *slot = value;
    tt_sim_pins_moment(pins);
    if (pins->hooks[channel] & TT_SIM_OBSERVED) { pins->changed(pins->ctx, channel); }
    return TT_OK;
}

static int output_write(void *ctx, uint16_t channel, int level)
{
    return set(ctx, channel, TT_SIM_VALUE, level);
}

static int input_read(void *ctx, uint16_t channel)
{
    struct tt_sim_pins *pins = ctx;
    if (channel >= pins->count) { return TT_ENOTFOUND; }
    int32_t *moment = value_of(pins, channel, TT_SIM_MOMENT);
    if ((pins->hooks[channel] & TT_SIM_COMPUTED) != 0 && *moment != pins->moment) {
        const int32_t value = pins->read(pins->ctx, channel);
        if (value < 0) { return value; }
        *value_of(pins, channel, TT_SIM_VALUE) = value;
        *moment = pins->moment;
    }
    return *value_of(pins, channel, TT_SIM_VALUE);
}

static int input_watch(void *ctx, uint16_t channel, int edges)
{
    return set(ctx, channel, TT_SIM_EDGES, edges);
}

static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz)
{
    return set(ctx, channel, TT_SIM_FREQUENCY, (int32_t)hz);
}

static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    return set(ctx, channel, TT_SIM_VALUE, duty);
}

static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    struct tt_sim_pins *pins = ctx;
    return pins->i2c(pins->ctx, channel, address, tx, tx_len, rx, rx_len);
}
