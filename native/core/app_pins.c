// Pins by the board's names: a handle is the pin's place in the board's table. Knows no register.
#include <string.h>

#include "app_state.h"
#include "bytes.h"

enum { MESSAGE_MAX = 256 };

static const char *kind_in_words(uint8_t kind)
{
    switch (kind) {
    case TT_PIN_OUTPUT:
        return "an output";
    case TT_PIN_INPUT:
        return "an input";
    case TT_PIN_ANALOG:
        return "an analog input";
    case TT_PIN_PWM:
        return "a PWM output";
    default:
        return "an I2C bus";
    }
}

static void log_error(struct tt_app *app, const struct tt_writer *text)
{
    app->config.port->log(app->config.port->ctx, TT_LOG_ERROR, (const char *)text->data, text->len);
}

static void log_missing(struct tt_app *app, const char *name, size_t name_len)
{
    const struct tt_board *const board = app->config.board;
    char buffer[MESSAGE_MAX];
    struct tt_writer text = tt_writer_of(buffer, sizeof buffer);
    tt_writer_text(&text, "board '");
    tt_writer_text(&text, board->name);
    tt_writer_text(&text, "' has no pin '");
    tt_writer_bytes(&text, name, tt_app_cut(name, name_len, 64));
    tt_writer_text(&text, "' (pins: ");
    for (size_t i = 0; i < board->pin_count; i++) {
        if (i > 0) { tt_writer_text(&text, ", "); }
        tt_writer_text(&text, board->pins[i].name);
    }
    tt_writer_text(&text, ")");
    log_error(app, &text);
}

static void log_kind(struct tt_app *app, const struct tt_board_pin *pin, uint8_t wanted)
{
    char buffer[MESSAGE_MAX];
    struct tt_writer text = tt_writer_of(buffer, sizeof buffer);
    tt_writer_text(&text, "pin '");
    tt_writer_text(&text, pin->name);
    tt_writer_text(&text, "' of board '");
    tt_writer_text(&text, app->config.board->name);
    tt_writer_text(&text, "' is ");
    tt_writer_text(&text, kind_in_words(pin->kind));
    tt_writer_text(&text, ", not ");
    tt_writer_text(&text, kind_in_words(wanted));
    log_error(app, &text);
}

static bool is_name(const char *known, const char *name, size_t name_len)
{
    return strlen(known) == name_len && memcmp(known, name, name_len) == 0;
}

// The place of the pin that is called so by the board or by what is printed on it, or
// TT_ENOTFOUND.
static int32_t find_pin(const struct tt_board *board, const char *name, size_t name_len)
{
    for (size_t i = 0; i < board->pin_count; i++) {
        if (is_name(board->pins[i].name, name, name_len)) { return (int32_t)i; }
    }
    for (size_t i = 0; i < board->alias_count; i++) {
        if (is_name(board->aliases[i].name, name, name_len)) { return board->aliases[i].pin; }
    }
    return TT_ENOTFOUND;
}

static int32_t open_pin(struct tt_app *app, const char *name, size_t name_len, uint8_t kind)
{
    const struct tt_board *const board = app->config.board;
    const int32_t found = find_pin(board, name, name_len);
    if (found < 0) {
        log_missing(app, name, name_len);
        return TT_ENOTFOUND;
    }
    if (board->pins[found].kind == kind) { return found; }
    log_kind(app, &board->pins[found], kind);
    return TT_EINVALID;
}

// The pin behind a handle when it is one of `kinds`, else NULL.
static const struct tt_board_pin *pin_of(const struct tt_app *app, int32_t handle, unsigned kinds)
{
    const struct tt_board *const board = app->config.board;
    if (handle < 0 || (size_t)handle >= board->pin_count) { return NULL; }
    const struct tt_board_pin *const pin = &board->pins[handle];
    return pin->kind & kinds ? pin : NULL;
}

void tt_app_pins_safe(struct tt_app *app)
{
    const struct tt_board *const board = app->config.board;
    const struct tt_board_io *const io = app->config.io;
    for (size_t i = 0; i < board->pin_count; i++) {
        const struct tt_board_pin *const pin = &board->pins[i];
        if (pin->kind == TT_PIN_OUTPUT && io->output_write) {
            io->output_write(io->ctx, pin->channel, pin->safe);
            app->level[i] = pin->safe;
        }
        if (pin->kind == TT_PIN_PWM && io->pwm_duty) { io->pwm_duty(io->ctx, pin->channel, 0); }
    }
}

void tt_app_pins_unwatch(struct tt_app *app)
{
    const struct tt_board *const board = app->config.board;
    const struct tt_board_io *const io = app->config.io;
    for (size_t i = 0; i < board->pin_count; i++) {
        if (app->edges[i] != 0) { io->input_watch(io->ctx, board->pins[i].channel, 0); }
        app->edges[i] = 0;
    }
}

void tt_app_pin_changed(struct tt_app *app, uint16_t channel, int level)
{
    uint8_t *const record = tt_queue_reserve(&app->changes, 3);
    if (record) {
        record[0] = (uint8_t)channel;
        record[1] = (uint8_t)(channel >> 8);
        record[2] = level != 0;
        tt_queue_commit(&app->changes, 3);
    } else {
        atomic_store_explicit(&app->changes_lost, true, memory_order_relaxed);
    }
    const struct tt_port *const port = app->config.port;
    if (port->wake_app) { port->wake_app(port->ctx); }
}

static void change(struct tt_app *app, uint16_t channel, int level)
{
    const struct tt_board *const board = app->config.board;
    for (size_t i = 0; i < board->pin_count; i++) {
        const struct tt_board_pin *const pin = &board->pins[i];
        if (pin->kind != TT_PIN_INPUT || pin->channel != channel) { continue; }
        if ((app->edges[i] & (level ? 1 : 2)) == 0) { return; }
        const struct tt_delivery event = {.kind = TT_EVENT_PIN, .id = (int32_t)i * 2 + level};
        tt_app_dispatch(app, &event);
        return;
    }
}

void tt_app_run_pins(struct tt_app *app)
{
    if (atomic_exchange_explicit(&app->changes_lost, false, memory_order_relaxed)) {
        tt_app_log(app, TT_LOG_WARNING, "pin changes came too fast; some were lost");
    }
    size_t len = 0;
    const uint8_t *record;
    while (!(app->loaded && tt_app_interrupted(app)) &&
           (record = tt_queue_peek(&app->changes, &len))) {
        const uint16_t channel = (uint16_t)(record[0] | record[1] << 8);
        const int level = record[2];
        tt_queue_pop(&app->changes);
        if (app->loaded) { change(app, channel, level); }
    }
}

int32_t tt_abi_gpio_output(struct tt_app *app, const char *name, size_t name_len)
{
    return open_pin(app, name, name_len, TT_PIN_OUTPUT);
}

int32_t tt_abi_gpio_write(struct tt_app *app, int32_t pin, int32_t level)
{
    const struct tt_board_pin *const output = pin_of(app, pin, TT_PIN_OUTPUT);
    const struct tt_board_io *const io = app->config.io;
    if (!output) { return TT_ENOTFOUND; }
    if (level != 0 && level != 1) { return TT_EINVALID; }
    if (!io->output_write) { return TT_EUNSUPPORTED; }
    app->level[pin] = (uint8_t)level;
    return io->output_write(io->ctx, output->channel, level);
}

int32_t tt_abi_gpio_input(struct tt_app *app, const char *name, size_t name_len)
{
    return open_pin(app, name, name_len, TT_PIN_INPUT);
}

int32_t tt_abi_gpio_read(struct tt_app *app, int32_t pin)
{
    const struct tt_board_pin *const found = pin_of(app, pin, TT_PIN_INPUT | TT_PIN_OUTPUT);
    const struct tt_board_io *const io = app->config.io;
    if (!found) { return TT_ENOTFOUND; }
    if (found->kind == TT_PIN_OUTPUT) { return app->level[pin]; }
    return io->input_read ? io->input_read(io->ctx, found->channel) : TT_EUNSUPPORTED;
}

int32_t tt_abi_gpio_watch(struct tt_app *app, int32_t pin, int32_t edges)
{
    const struct tt_board_pin *const input = pin_of(app, pin, TT_PIN_INPUT);
    const struct tt_board_io *const io = app->config.io;
    if (!input) { return TT_ENOTFOUND; }
    if (edges < 0 || edges > 3) { return TT_EINVALID; }
    if (!io->input_watch) { return TT_EUNSUPPORTED; }
    const int err = io->input_watch(io->ctx, input->channel, edges);
    if (err < 0) { return err; }
    app->edges[pin] = (uint8_t)edges;
    return TT_OK;
}

int32_t tt_abi_adc_open(struct tt_app *app, const char *name, size_t name_len)
{
    return open_pin(app, name, name_len, TT_PIN_ANALOG);
}

int32_t tt_abi_adc_millivolts(struct tt_app *app, int32_t input)
{
    const struct tt_board_pin *const pin = pin_of(app, input, TT_PIN_ANALOG);
    const struct tt_board_io *const io = app->config.io;
    if (!pin) { return TT_ENOTFOUND; }
    return io->analog_millivolts ? io->analog_millivolts(io->ctx, pin->channel) : TT_EUNSUPPORTED;
}

int32_t tt_abi_pwm_open(struct tt_app *app, const char *name, size_t name_len)
{
    return open_pin(app, name, name_len, TT_PIN_PWM);
}

int32_t tt_abi_pwm_frequency(struct tt_app *app, int32_t output, int32_t hz)
{
    const struct tt_board_pin *const pin = pin_of(app, output, TT_PIN_PWM);
    const struct tt_board_io *const io = app->config.io;
    if (!pin) { return TT_ENOTFOUND; }
    if (hz < 1 || hz > 40000000) { return TT_EINVALID; }
    return io->pwm_frequency ? io->pwm_frequency(io->ctx, pin->channel, (uint32_t)hz)
                             : TT_EUNSUPPORTED;
}

int32_t tt_abi_pwm_duty(struct tt_app *app, int32_t output, int32_t duty)
{
    const struct tt_board_pin *const pin = pin_of(app, output, TT_PIN_PWM);
    const struct tt_board_io *const io = app->config.io;
    if (!pin) { return TT_ENOTFOUND; }
    if (duty < 0 || duty > 65535) { return TT_EINVALID; }
    return io->pwm_duty ? io->pwm_duty(io->ctx, pin->channel, (uint16_t)duty) : TT_EUNSUPPORTED;
}

int32_t tt_abi_i2c_open(struct tt_app *app, const char *name, size_t name_len)
{
    return open_pin(app, name, name_len, TT_PIN_I2C);
}

int32_t tt_abi_i2c_transfer(struct tt_app *app, int32_t bus, int32_t address, const uint8_t *send,
                            size_t send_len, uint8_t *receive, size_t receive_cap)
{
    const struct tt_board_pin *const pin = pin_of(app, bus, TT_PIN_I2C);
    const struct tt_board_io *const io = app->config.io;
    if (!pin) { return TT_ENOTFOUND; }
    if (address < 0 || address > 127) { return TT_EINVALID; }
    if (!io->i2c_transfer) { return TT_EUNSUPPORTED; }
    return io->i2c_transfer(io->ctx, pin->channel, (uint8_t)address, send, send_len, receive,
                            receive_cap);
}
