// The promises about pins, for every pin of the board's table.

#include "../error.gen.h"
#include "case.h"

enum { NO_CHANNEL = 0xffff, NO_ADDRESS = 0x7f }; // reserved by the I2C specification, table 4

static const char no_pins[] = TT_CONTRACT_LACKS "the port has no board I/O";

// Checks one pin of the kind; NULL when it does what board_io.h says.
typedef const char *pin_check(const struct tt_board_io *io, const struct tt_board_pin *pin);

static const char *each(const struct tt_contract *contract, enum tt_pin_kind kind, pin_check *check)
{
    if (contract->io == NULL) { return no_pins; }
    bool any = false;
    for (size_t i = 0; i < contract->pin_count; i++) {
        if (contract->pins[i].kind != kind) { continue; }
        any = true;
        const char *why = check(contract->io, &contract->pins[i]);
        if (why != NULL) { return why; }
    }
    return any ? NULL : TT_CONTRACT_LACKS "the board has no such pin";
}

static bool is_error(int result)
{
    return result < 0 && result >= TT_EUNSET;
}

// The answer to a pin that is there but cannot be driven: said, so it is no breach.
static const char *judge(int result, const char *why)
{
    return result == TT_EUNSUPPORTED ? TT_CONTRACT_LACKS "a pin of the board is TT_EUNSUPPORTED"
                                     : why;
}

static const char *check_output(const struct tt_board_io *io, const struct tt_board_pin *pin)
{
    if (io->output_write == NULL) { return "output_write is NULL"; }
    const int result = io->output_write(io->ctx, pin->channel, pin->safe);
    if (result != TT_OK) { return judge(result, "the safe level could not be written"); }
    return is_error(io->output_write(io->ctx, NO_CHANNEL, 0)) ? NULL : "channel 65535 is no error";
}

static const char *check_input(const struct tt_board_io *io, const struct tt_board_pin *pin)
{
    if (io->input_read == NULL || io->input_watch == NULL) { return "a function is NULL"; }
    const int level = io->input_read(io->ctx, pin->channel);
    if (level != 0 && level != 1) { return judge(level, "a level that is not 0 or 1"); }
    for (int edges = 3; edges >= 0; edges--) {
        const int result = io->input_watch(io->ctx, pin->channel, edges);
        if (result != TT_OK) { return judge(result, "edges could not be watched"); }
    }
    return is_error(io->input_read(io->ctx, NO_CHANNEL)) ? NULL : "channel 65535 is no error";
}

static const char *check_analog(const struct tt_board_io *io, const struct tt_board_pin *pin)
{
    if (io->analog_millivolts == NULL) { return "analog_millivolts is NULL"; }
    const int millivolts = io->analog_millivolts(io->ctx, pin->channel);
    if (millivolts < 0) { return judge(millivolts, "no conversion"); }
    return is_error(io->analog_millivolts(io->ctx, NO_CHANNEL)) ? NULL
                                                                : "channel 65535 is no error";
}

static const char *check_pwm(const struct tt_board_io *io, const struct tt_board_pin *pin)
{
    if (io->pwm_frequency == NULL || io->pwm_duty == NULL) { return "a function is NULL"; }
    int result = io->pwm_frequency(io->ctx, pin->channel, 1000);
    if (result == TT_OK) { result = io->pwm_duty(io->ctx, pin->channel, 0); }
    if (result != TT_OK) { return judge(result, "1 kHz at duty 0 is not possible"); }
    return is_error(io->pwm_duty(io->ctx, NO_CHANNEL, 0)) ? NULL : "channel 65535 is no error";
}

static const char *check_i2c(const struct tt_board_io *io, const struct tt_board_pin *pin)
{
    if (io->i2c_transfer == NULL) { return "i2c_transfer is NULL"; }
    uint8_t byte = 0;
    const int result = io->i2c_transfer(io->ctx, pin->channel, NO_ADDRESS, &byte, 1, NULL, 0);
    if (result != TT_EIO) { return judge(result, "an address nobody has is not TT_EIO"); }
    return is_error(io->i2c_transfer(io->ctx, NO_CHANNEL, NO_ADDRESS, &byte, 1, NULL, 0))
               ? NULL
               : "channel 65535 is no error";
}

static const char *outputs(const struct tt_contract *contract)
{
    return each(contract, TT_PIN_OUTPUT, check_output);
}

static const char *inputs(const struct tt_contract *contract)
{
    return each(contract, TT_PIN_INPUT, check_input);
}

static const char *analogs(const struct tt_contract *contract)
{
    return each(contract, TT_PIN_ANALOG, check_analog);
}

static const char *pwms(const struct tt_contract *contract)
{
    return each(contract, TT_PIN_PWM, check_pwm);
}

static const char *buses(const struct tt_contract *contract)
{
    return each(contract, TT_PIN_I2C, check_i2c);
}

const struct tt_contract_promise tt_contract_pins[] = {
    {"outputs take their safe level", outputs},
    {"inputs are 0 or 1 and can be watched", inputs},
    {"analog inputs are millivolts", analogs},
    {"PWM outputs take a frequency and a duty", pwms},
    {"an I2C address nobody has is TT_EIO", buses},
};
const size_t tt_contract_pins_count = sizeof tt_contract_pins / sizeof tt_contract_pins[0];
