// struct tt_board_io over the panel; the tick looks for edges.

#include "pins.h"

#include "../error.gen.h"
#include "panel.h"

static void (*on_change)(uint16_t channel, int level);
static volatile uint8_t watched[TT_PANEL_CHANNELS]; // edges
static uint8_t seen[TT_PANEL_CHANNELS];
static volatile uint16_t watched_end; // no channel from here on is watched

static int output_write(void *ctx, uint16_t channel, int level)
{
    (void)ctx;
    if (channel >= TT_PANEL_CHANNELS) { return TT_ENOTFOUND; }
    tt_panel->value[channel] = level != 0;
    return TT_OK;
}

static int input_read(void *ctx, uint16_t channel)
{
    (void)ctx;
    return channel < TT_PANEL_CHANNELS ? tt_panel->value[channel] != 0 : TT_ENOTFOUND;
}

static int input_watch(void *ctx, uint16_t channel, int edges)
{
    (void)ctx;
    if (channel >= TT_PANEL_CHANNELS) { return TT_ENOTFOUND; }
    if (edges < 0 || edges > 3) { return TT_EINVALID; }
    watched[channel] = 0;
    seen[channel] = tt_panel->value[channel] != 0;
    if (channel >= watched_end) { watched_end = (uint16_t)(channel + 1); }
    watched[channel] = (uint8_t)edges;
    return TT_OK;
}

static int analog_millivolts(void *ctx, uint16_t channel)
{
    (void)ctx;
    return channel < TT_PANEL_CHANNELS ? (int)(tt_panel->value[channel] & 0xFFFF) : TT_ENOTFOUND;
}

static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz)
{
    (void)ctx;
    if (channel >= TT_PANEL_CHANNELS) { return TT_ENOTFOUND; }
    if (hz == 0 || hz > 40000000) { return TT_EINVALID; }
    tt_panel->hz[channel] = hz;
    return TT_OK;
}

static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    (void)ctx;
    if (channel >= TT_PANEL_CHANNELS) { return TT_ENOTFOUND; }
    tt_panel->value[channel] = duty;
    return TT_OK;
}

static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    (void)ctx;
    (void)channel;
    (void)address;
    (void)tx;
    (void)tx_len;
    (void)rx;
    (void)rx_len;
    return TT_EIO; // nothing is on the bus: nobody acknowledges
}

void tt_qemu_pins_tick(void)
{
    for (uint16_t channel = 0; channel < watched_end; channel++) {
        if (watched[channel] == 0) { continue; }
        const uint8_t level = tt_panel->value[channel] != 0;
        if (level == seen[channel]) { continue; }
        seen[channel] = level;
        if ((watched[channel] & (level != 0 ? 1 : 2)) != 0) { on_change(channel, level); }
    }
}

struct tt_board_io tt_qemu_pins(void (*changed)(uint16_t channel, int level))
{
    on_change = changed;
    return (struct tt_board_io){
        .output_write = output_write,
        .input_read = input_read,
        .input_watch = input_watch,
        .analog_millivolts = analog_millivolts,
        .pwm_frequency = pwm_frequency,
        .pwm_duty = pwm_duty,
        .i2c_transfer = i2c_transfer,
    };
}
