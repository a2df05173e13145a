// The board's channels on GPIO, ADC, LEDC and I2C. A pin is set up when it is first used: outputs
// before anything else, for core drives each to its safe level at the start.
#include <driver/gpio.h>
#include <driver/i2c_master.h>
#include <driver/ledc.h>
#include <esp_adc/adc_cali.h>
#include <esp_adc/adc_cali_scheme.h>
#include <esp_adc/adc_oneshot.h>

#include "../error.gen.h"
#include "../wires.h"
#include "board.gen.h"
#include "chip.h"

enum {
    PWM_MAX = 4, // each has a timer of its own, so that its frequency is its own
    PWM_CLOCK_HZ = 80000000,
    I2C_DEVICES = 4, // kept set up for each bus
    I2C_TIMEOUT_MS = 100,
    ADC_UNITS = 2,
};

static const struct tt_channel_wires wires[] = TT_BOARD_WIRES;
enum { CHANNELS = sizeof wires / sizeof wires[0] };

struct pwm {
    ledc_channel_t channel;
    uint32_t hz;
    uint32_t resolution; // bits
    uint16_t duty;
};

struct i2c_bus {
    i2c_master_bus_handle_t bus;
    struct {
        i2c_master_dev_handle_t handle; // NULL: free
        uint8_t address;
    } devices[I2C_DEVICES];
    size_t next; // to be replaced
};

enum use { UNUSED, OUTPUT, INPUT, ANALOG, PWM, I2C };

static struct {
    enum use use;
    union {
        struct pwm pwm;
        struct i2c_bus i2c;
        adc_cali_handle_t calibration;
    };
} channels[CHANNELS];

static adc_oneshot_unit_handle_t adc[ADC_UNITS];
static int pwm_count;
static void (*pin_changed)(uint16_t channel, int level);

static gpio_num_t pin_of(uint16_t channel)
{
    return (gpio_num_t)wires[channel].wire.pin;
}

static int error_of(esp_err_t err)
{
    return err == ESP_OK ? TT_OK : err == ESP_ERR_TIMEOUT ? TT_ETIMEOUT : TT_EIO;
}

static int output_write(void *ctx, uint16_t channel, int level)
{
    (void)ctx;
    if (channel >= CHANNELS) { return TT_ENOTFOUND; }
    const gpio_num_t pin = pin_of(channel);
    gpio_set_level(pin, (uint32_t)level); // before it drives, so that it never shows another one
    if (channels[channel].use == OUTPUT) { return TT_OK; }
    const gpio_config_t config = {.pin_bit_mask = UINT64_C(1) << pin,
                                  .mode = GPIO_MODE_INPUT_OUTPUT};
    const int err = error_of(gpio_config(&config));
    if (err == TT_OK) { channels[channel].use = OUTPUT; }
    return err;
}

static int open_input(uint16_t channel)
{
    if (channels[channel].use == INPUT) { return TT_OK; }
    const gpio_config_t config = {
        .pin_bit_mask = UINT64_C(1) << pin_of(channel),
        .mode = GPIO_MODE_INPUT,
        .pull_up_en = wires[channel].pull == TT_PULL_UP ? GPIO_PULLUP_ENABLE : GPIO_PULLUP_DISABLE,
        .pull_down_en =
            wires[channel].pull == TT_PULL_DOWN ? GPIO_PULLDOWN_ENABLE : GPIO_PULLDOWN_DISABLE,
        .intr_type = GPIO_INTR_DISABLE,
    };
    const int err = error_of(gpio_config(&config));
    if (err == TT_OK) { channels[channel].use = INPUT; }
    return err;
}

static int input_read(void *ctx, uint16_t channel)
{
    (void)ctx;
    if (channel >= CHANNELS) { return TT_ENOTFOUND; }
    const int err = open_input(channel);
    return err < 0 ? err : gpio_get_level(pin_of(channel));
}

static void edge(void *ctx)
{
    const uint16_t channel = (uint16_t)(uintptr_t)ctx;
    pin_changed(channel, gpio_get_level(pin_of(channel)));
}

static int input_watch(void *ctx, uint16_t channel, int edges)
{
    static const gpio_int_type_t types[] = {GPIO_INTR_DISABLE, GPIO_INTR_POSEDGE, GPIO_INTR_NEGEDGE,
                                            GPIO_INTR_ANYEDGE};
    static bool served;
    (void)ctx;
    if (channel >= CHANNELS || edges < 0 || edges > 3) { return TT_ENOTFOUND; }
    int err = open_input(channel);
    if (err == TT_OK && !served) {
        err = error_of(gpio_install_isr_service(0));
        served = err == TT_OK;
    }
    if (err < 0) { return err; }
    const gpio_num_t pin = pin_of(channel);
    gpio_isr_handler_remove(pin);
    gpio_set_intr_type(pin, types[edges]);
    return edges == 0 ? TT_OK
                      : error_of(gpio_isr_handler_add(pin, edge, (void *)(uintptr_t)channel));
}

// The chip's own calibration, in the one of two ways that it has.
static esp_err_t calibrate(uint16_t channel, adc_cali_handle_t *out)
{
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
    const adc_cali_curve_fitting_config_t config = {
        .unit_id = (adc_unit_t)(wires[channel].wire.unit - 1),
        .chan = (adc_channel_t)wires[channel].wire.channel,
        .atten = ADC_ATTEN_DB_12,
        .bitwidth = ADC_BITWIDTH_DEFAULT,
    };
    return adc_cali_create_scheme_curve_fitting(&config, out);
#else
    const adc_cali_line_fitting_config_t config = {
        .unit_id = (adc_unit_t)(wires[channel].wire.unit - 1),
        .atten = ADC_ATTEN_DB_12,
        .bitwidth = ADC_BITWIDTH_DEFAULT,
    };
    return adc_cali_create_scheme_line_fitting(&config, out);
#endif
}

static int open_analog(uint16_t channel)
{
    if (channels[channel].use == ANALOG) { return TT_OK; }
    const struct tt_wire *const wire = &wires[channel].wire;
    if (wire->unit < 1 || wire->unit > ADC_UNITS) { return TT_EUNSUPPORTED; }
    adc_oneshot_unit_handle_t *const unit = &adc[wire->unit - 1];
    esp_err_t err = ESP_OK;
    if (*unit == NULL) {
        const adc_oneshot_unit_init_cfg_t config = {.unit_id = (adc_unit_t)(wire->unit - 1)};
        err = adc_oneshot_new_unit(&config, unit);
    }
    if (err == ESP_OK) {
        // The widest range: to about 2.5 V on the newer chips, 3.1 V on the ESP32.
        const adc_oneshot_chan_cfg_t config = {.atten = ADC_ATTEN_DB_12,
                                               .bitwidth = ADC_BITWIDTH_DEFAULT};
        err = adc_oneshot_config_channel(*unit, (adc_channel_t)wire->channel, &config);
    }
    if (err == ESP_OK) { err = calibrate(channel, &channels[channel].calibration); }
    if (err == ESP_OK) { channels[channel].use = ANALOG; }
    return error_of(err);
}

static int analog_millivolts(void *ctx, uint16_t channel)
{
    (void)ctx;
    if (channel >= CHANNELS) { return TT_ENOTFOUND; }
    const int opened = open_analog(channel);
    if (opened < 0) { return opened; }
    const struct tt_wire *const wire = &wires[channel].wire;
    int raw = 0;
    int millivolts = 0;
    esp_err_t err = adc_oneshot_read(adc[wire->unit - 1], (adc_channel_t)wire->channel, &raw);
    if (err == ESP_OK) {
        err = adc_cali_raw_to_voltage(channels[channel].calibration, raw, &millivolts);
    }
    return err == ESP_OK ? millivolts : error_of(err);
}

static int set_timer(const struct pwm *pwm)
{
    const ledc_timer_config_t config = {
        .speed_mode = LEDC_LOW_SPEED_MODE,
        .duty_resolution = (ledc_timer_bit_t)pwm->resolution,
        .timer_num = (ledc_timer_t)pwm->channel,
        .freq_hz = pwm->hz,
        .clk_cfg = LEDC_AUTO_CLK,
    };
    return ledc_timer_config(&config) == ESP_OK ? TT_OK : TT_EINVALID;
}

static int open_pwm(uint16_t channel)
{
    enum { FIRST_HZ = 1000 };
    if (channels[channel].use == PWM) { return TT_OK; }
    if (pwm_count == PWM_MAX) { return TT_EFULL; }
    struct pwm *const pwm = &channels[channel].pwm;
    *pwm = (struct pwm){
        .channel = (ledc_channel_t)pwm_count,
        .hz = FIRST_HZ,
        .resolution = ledc_find_suitable_duty_resolution(PWM_CLOCK_HZ, FIRST_HZ),
    };
    const int err = set_timer(pwm);
    if (err < 0) { return err; }
    const ledc_channel_config_t config = {
        .gpio_num = pin_of(channel),
        .speed_mode = LEDC_LOW_SPEED_MODE,
        .channel = pwm->channel,
        .timer_sel = (ledc_timer_t)pwm->channel,
    };
    if (ledc_channel_config(&config) != ESP_OK) { return TT_EIO; }
    pwm_count++;
    channels[channel].use = PWM;
    return TT_OK;
}

static int set_duty(const struct pwm *pwm)
{
    // 65,535 is all of it: the counter never gets there, so the pin stays high.
    const uint32_t whole = UINT32_C(1) << pwm->resolution;
    const uint32_t duty = (uint32_t)(((uint64_t)pwm->duty * whole + 32767) / 65535);
    esp_err_t err = ledc_set_duty(LEDC_LOW_SPEED_MODE, pwm->channel, duty);
    if (err == ESP_OK) { err = ledc_update_duty(LEDC_LOW_SPEED_MODE, pwm->channel); }
    return error_of(err);
}

static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz)
{
    (void)ctx;
    if (channel >= CHANNELS) { return TT_ENOTFOUND; }
    const int opened = open_pwm(channel);
    if (opened < 0) { return opened; }
    struct pwm *const pwm = &channels[channel].pwm;
    struct pwm next = *pwm;
    next.hz = hz;
    next.resolution = ledc_find_suitable_duty_resolution(PWM_CLOCK_HZ, hz);
    if (next.resolution == 0) { return TT_EINVALID; }
    const int err = set_timer(&next);
    if (err < 0) { return err; }
    *pwm = next;
    return set_duty(pwm);
}

static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    (void)ctx;
    if (channel >= CHANNELS) { return TT_ENOTFOUND; }
    const int opened = open_pwm(channel);
    if (opened < 0) { return opened; }
    channels[channel].pwm.duty = duty;
    return set_duty(&channels[channel].pwm);
}

static int open_i2c(uint16_t channel)
{
    if (channels[channel].use == I2C) { return TT_OK; }
    const i2c_master_bus_config_t config = {
        .i2c_port = -1, // whichever is free
        .sda_io_num = pin_of(channel),
        .scl_io_num = (gpio_num_t)wires[channel].clock.pin,
        .clk_source = I2C_CLK_SRC_DEFAULT,
        .glitch_ignore_cnt = 7,
        .flags.enable_internal_pullup = true,
    };
    struct i2c_bus *const bus = &channels[channel].i2c;
    *bus = (struct i2c_bus){.next = 0};
    const int err = error_of(i2c_new_master_bus(&config, &bus->bus));
    if (err == TT_OK) { channels[channel].use = I2C; }
    return err;
}

static int open_device(uint16_t channel, uint8_t address, i2c_master_dev_handle_t *out)
{
    struct i2c_bus *const bus = &channels[channel].i2c;
    for (size_t i = 0; i < I2C_DEVICES; i++) {
        if (bus->devices[i].handle == NULL || bus->devices[i].address != address) { continue; }
        *out = bus->devices[i].handle;
        return TT_OK;
    }
    const size_t at = bus->next;
    if (bus->devices[at].handle != NULL) { i2c_master_bus_rm_device(bus->devices[at].handle); }
    bus->devices[at].handle = NULL;
    const i2c_device_config_t config = {
        .dev_addr_length = I2C_ADDR_BIT_LEN_7,
        .device_address = address,
        .scl_speed_hz = wires[channel].hz,
    };
    const int err =
        error_of(i2c_master_bus_add_device(bus->bus, &config, &bus->devices[at].handle));
    if (err < 0) { return err; }
    bus->devices[at].address = address;
    bus->next = (at + 1) % I2C_DEVICES;
    *out = bus->devices[at].handle;
    return TT_OK;
}

static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    (void)ctx;
    if (channel >= CHANNELS) { return TT_ENOTFOUND; }
    i2c_master_dev_handle_t device = NULL;
    int opened = open_i2c(channel);
    if (opened == TT_OK) { opened = open_device(channel, address, &device); }
    if (opened < 0) { return opened; }
    esp_err_t err;
    if (tx_len > 0 && rx_len > 0) {
        err = i2c_master_transmit_receive(device, tx, tx_len, rx, rx_len, I2C_TIMEOUT_MS);
    } else if (rx_len > 0) {
        err = i2c_master_receive(device, rx, rx_len, I2C_TIMEOUT_MS);
    } else if (tx_len > 0) {
        err = i2c_master_transmit(device, tx, tx_len, I2C_TIMEOUT_MS);
    } else {
        err = i2c_master_probe(channels[channel].i2c.bus, address, I2C_TIMEOUT_MS);
    }
    return err == ESP_OK ? (int)rx_len : TT_EIO; // also when nobody acknowledges
}

struct tt_board_io tt_esp_pins(void (*changed)(uint16_t channel, int level))
{
    pin_changed = changed;
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
