// Outputs, inputs and their interrupt lines; analog, PWM and I2C are passed on to their drivers.

#include "pins.h"

#include "../error.gen.h"
#include "analog.h"
#include "gpio.h"
#include "i2c.h"
#include "interrupt.h"
#include "pwm.h"
#include "registers/gpio.h"
#include "registers/rcc.h"

enum { LINES = 16, NOBODY = 0xFFFF, ROLE_MAX = 128 };

enum role { NEW, OUTPUT, INPUT, ANALOG, PWM, I2C };

static const struct tt_channel_wires *wires;
static size_t wire_count;
static uint8_t roles[ROLE_MAX];
static void (*on_change)(uint16_t channel, int level);
static volatile uint16_t watchers[LINES]; // the channel of each interrupt line

// The channel's wires, prepared for the role at its first use; NULL with *err.
static const struct tt_channel_wires *use(uint16_t channel, enum role role, int *err)
{
    if (channel >= wire_count || channel >= ROLE_MAX) {
        *err = TT_ENOTFOUND;
        return NULL;
    }
    const struct tt_channel_wires *const found = &wires[channel];
    *err = roles[channel] == NEW || roles[channel] == role ? TT_OK : TT_EBUSY;
    if (*err == TT_OK && roles[channel] == NEW) {
        switch (role) {
        case OUTPUT:
            tt_stm32_pin_output(found->wire.pin);
            break;
        case INPUT:
            tt_stm32_pin_input(found->wire.pin, (enum tt_pull)found->pull);
            break;
        case ANALOG:
            *err = tt_stm32_analog_open(&found->wire);
            break;
        case PWM:
            *err = tt_stm32_pwm_open(&found->wire);
            break;
        default:
            *err = tt_stm32_i2c_open(found);
        }
    }
    if (*err != TT_OK) { return NULL; }
    roles[channel] = (uint8_t)role;
    return found;
}

static int output_write(void *ctx, uint16_t channel, int level)
{
    (void)ctx;
    int err;
    const struct tt_channel_wires *const found = use(channel, OUTPUT, &err);
    if (found == NULL) { return err; }
    tt_stm32_pin_write(found->wire.pin, level != 0);
    return TT_OK;
}

static int input_read(void *ctx, uint16_t channel)
{
    (void)ctx;
    int err;
    const struct tt_channel_wires *const found = use(channel, INPUT, &err);
    return found != NULL ? tt_stm32_pin_read(found->wire.pin) : err;
}

static uint8_t irq_of(uint8_t line)
{
    if (line < 5) { return (uint8_t)(TT_IRQ_EXTI0 + line); }
    return line < 10 ? TT_IRQ_EXTI9_5 : TT_IRQ_EXTI15_10;
}

static void set_bit(volatile uint32_t *where, uint32_t bit, bool on)
{
    *where = on ? *where | bit : *where & ~bit;
}

// The sixteen lines are shared by the ports: PA3 and PB3 cannot both be watched.
static int input_watch(void *ctx, uint16_t channel, int edges)
{
    (void)ctx;
    int err;
    const struct tt_channel_wires *const found = use(channel, INPUT, &err);
    if (found == NULL) { return err; }
    if (edges < 0 || edges > 3) { return TT_EINVALID; }
    const uint8_t line = found->wire.pin % 16;
    const uint32_t bit = 1U << line;
    if (watchers[line] != NOBODY && watchers[line] != channel) { return TT_EBUSY; }
    TT_RCC->apb2enr |= RCC_APB2ENR_SYSCFGEN;
    (void)TT_RCC->apb2enr;
    set_bit(&TT_EXTI->imr, bit, false);
    volatile uint32_t *const source = &TT_SYSCFG->exticr[line / 4];
    *source = (*source & ~(15U << line % 4 * 4)) | (uint32_t)(found->wire.pin / 16) << line % 4 * 4;
    set_bit(&TT_EXTI->rtsr, bit, (edges & 1) != 0);
    set_bit(&TT_EXTI->ftsr, bit, (edges & 2) != 0);
    TT_EXTI->pr = bit;
    watchers[line] = edges != 0 ? channel : NOBODY;
    if (edges != 0) {
        tt_stm32_irq_on(irq_of(line));
        set_bit(&TT_EXTI->imr, bit, true);
    }
    return TT_OK;
}

void tt_stm32_exti_interrupt(void)
{
    const uint32_t pending = TT_EXTI->pr & TT_EXTI->imr;
    TT_EXTI->pr = pending; // before the level is read: an edge from here on shows again
    for (uint8_t line = 0; line < LINES; line++) {
        const uint16_t channel = watchers[line];
        if ((pending >> line & 1) == 0 || channel == NOBODY) { continue; }
        on_change(channel, tt_stm32_pin_read(wires[channel].wire.pin));
    }
}

static int analog_millivolts(void *ctx, uint16_t channel)
{
    (void)ctx;
    int err;
    const struct tt_channel_wires *const found = use(channel, ANALOG, &err);
    return found != NULL ? tt_stm32_analog_millivolts(&found->wire) : err;
}

static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz)
{
    (void)ctx;
    int err;
    const struct tt_channel_wires *const found = use(channel, PWM, &err);
    return found != NULL ? tt_stm32_pwm_frequency(&found->wire, hz) : err;
}

static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    (void)ctx;
    int err;
    const struct tt_channel_wires *const found = use(channel, PWM, &err);
    return found != NULL ? tt_stm32_pwm_duty(&found->wire, duty) : err;
}

static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    (void)ctx;
    int err;
    const struct tt_channel_wires *const found = use(channel, I2C, &err);
    if (found == NULL) { return err; }
    if (address > 0x7F || (tx_len == 0 && rx_len == 0)) { return TT_EINVALID; }
    return tt_stm32_i2c_transfer(found, address, tx, tx_len, rx, rx_len);
}

void tt_stm32_pins_use(const struct tt_channel_wires *board_wires, size_t count)
{
    wires = board_wires;
    wire_count = count;
    for (size_t line = 0; line < LINES; line++) {
        watchers[line] = NOBODY;
    }
}

struct tt_board_io tt_stm32_pins(void (*changed)(uint16_t channel, int level))
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
