// The pins of a computer that has none; whatever the board table names works, and nothing is behind
// it.

#include "pins.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../error.gen.h"

// An index in the board table, or TT_ENOTFOUND.
static int find(const struct tt_posix_pins *pins, uint16_t channel, enum tt_pin_kind kind)
{
    for (size_t i = 0; i < pins->board->pin_count; i++) {
        const struct tt_board_pin *pin = &pins->board->pins[i];
        if (pin->kind == kind && pin->channel == channel) { return (int)i; }
    }
    return TT_ENOTFOUND;
}

static void log_value(const struct tt_posix_pins *pins, int index, const char *unit, int32_t value)
{
    char text[96];
    const int len = snprintf(text, sizeof text, "pin %s: %s%d", pins->board->pins[index].name, unit,
                             (int)value);
    pins->port->log(pins->port->ctx, TT_LOG_INFO, text, (size_t)len);
}

static int set(struct tt_posix_pins *pins, int index, const char *unit, int32_t value)
{
    if (index < 0) { return index; }
    if (pins->pins[index].value != value) {
        pins->pins[index].value = value;
        log_value(pins, index, unit, value);
    }
    return TT_OK;
}

static int output_write(void *ctx, uint16_t channel, int level)
{
    struct tt_posix_pins *pins = ctx;
    return set(pins, find(pins, channel, TT_PIN_OUTPUT), "", level != 0);
}

static int input_read(void *ctx, uint16_t channel)
{
    const struct tt_posix_pins *pins = ctx;
    const int index = find(pins, channel, TT_PIN_INPUT);
    return index < 0 ? index : (int)pins->pins[index].value;
}

static int input_watch(void *ctx, uint16_t channel, int edges)
{
    struct tt_posix_pins *pins = ctx;
    const int index = find(pins, channel, TT_PIN_INPUT);
    if (index < 0) { return index; }
    if (edges < 0 || edges > 3) { return TT_EINVALID; }
    pins->pins[index].edges = (uint8_t)edges;
    return TT_OK;
}

static int analog_millivolts(void *ctx, uint16_t channel)
{
    const struct tt_posix_pins *pins = ctx;
    const int index = find(pins, channel, TT_PIN_ANALOG);
    return index < 0 ? index : (int)pins->pins[index].value;
}

static int pwm_frequency(void *ctx, uint16_t channel, uint32_t hz)
{
    const struct tt_posix_pins *pins = ctx;
    const int index = find(pins, channel, TT_PIN_PWM);
    if (index < 0) { return index; }
    if (hz == 0 || hz > 40000000) { return TT_EINVALID; }
    log_value(pins, index, "Hz ", (int32_t)hz);
    return TT_OK;
}

static int pwm_duty(void *ctx, uint16_t channel, uint16_t duty)
{
    struct tt_posix_pins *pins = ctx;
    return set(pins, find(pins, channel, TT_PIN_PWM), "duty ", duty);
}

// The bus is there, and empty: no address is ever acknowledged.
static int i2c_transfer(void *ctx, uint16_t channel, uint8_t address, const uint8_t *tx,
                        size_t tx_len, uint8_t *rx, size_t rx_len)
{
    (void)address, (void)tx, (void)tx_len, (void)rx, (void)rx_len;
    const struct tt_posix_pins *pins = ctx;
    const int index = find(pins, channel, TT_PIN_I2C);
    return index < 0 ? index : TT_EIO;
}

int tt_posix_pins_open(struct tt_posix_pins *pins, const struct tt_port *port,
                       const struct tt_board *board, const char *path)
{
    if (board->pin_count > TT_POSIX_PINS_MAX) { return TT_EINVALID; }
    *pins = (struct tt_posix_pins){.port = port, .board = board, .path = path};
    return TT_OK;
}

struct tt_board_io tt_posix_pins_io(struct tt_posix_pins *pins)
{
    return (struct tt_board_io){
        .ctx = pins,
        .output_write = output_write,
        .input_read = input_read,
        .input_watch = input_watch,
        .analog_millivolts = analog_millivolts,
        .pwm_frequency = pwm_frequency,
        .pwm_duty = pwm_duty,
        .i2c_transfer = i2c_transfer,
    };
}

static void change(struct tt_posix_pins *pins, size_t index, int32_t value)
{
    const struct tt_board_pin *pin = &pins->board->pins[index];
    if (pins->pins[index].value == value) { return; }
    pins->pins[index].value = value;
    const int edge = value == 0 ? 2 : 1;
    if (pin->kind == TT_PIN_INPUT && (pins->pins[index].edges & edge) != 0 &&
        pins->changed != NULL) {
        pins->changed(pins->changed_ctx, pin->channel, (int)value);
    }
}

// False when the line says nothing that this board understands.
static bool apply(struct tt_posix_pins *pins, const char *name, const char *number)
{
    char *end = NULL;
    const long value = strtol(number, &end, 10);
    if (end == number || *end != 0) { return false; }
    for (size_t i = 0; i < pins->board->pin_count; i++) {
        const struct tt_board_pin *pin = &pins->board->pins[i];
        if (strcmp(pin->name, name) != 0) { continue; }
        const long most = pin->kind == TT_PIN_INPUT ? 1 : pin->kind == TT_PIN_ANALOG ? 100000 : -1;
        if (value < 0 || value > most) { return false; }
        change(pins, i, (int32_t)value);
        return true;
    }
    return false;
}

static void apply_line(struct tt_posix_pins *pins, char *line, int number)
{
    line[strcspn(line, "#")] = 0;
    char *rest = NULL;
    const char *name = strtok_r(line, " \t\r", &rest);
    if (name == NULL) { return; }
    const char *value = strtok_r(NULL, " \t\r", &rest);
    const char *more = strtok_r(NULL, " \t\r", &rest);
    if (value != NULL && more == NULL && apply(pins, name, value)) { return; }
    char text[96];
    const int len = snprintf(text, sizeof text,
                             "pins file, line %d: expected an input's name and its value", number);
    pins->port->log(pins->port->ctx, TT_LOG_WARNING, text, (size_t)len);
}

void tt_posix_pins_poll(struct tt_posix_pins *pins)
{
    if (pins->path == NULL) { return; }
    const int fd = open(pins->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return; } // an editor may be replacing it just now
    struct stat file;
    const bool same = fstat(fd, &file) != 0 || (file.st_mtim.tv_sec == pins->modified.tv_sec &&
                                                file.st_mtim.tv_nsec == pins->modified.tv_nsec &&
                                                file.st_size == pins->size);
    char text[TT_POSIX_PINS_FILE_MAX + 1];
    const ssize_t len = same ? -1 : read(fd, text, sizeof text - 1);
    close(fd);
    if (len < 0) { return; }
    pins->modified = file.st_mtim;
    pins->size = file.st_size;
    text[len] = 0;
    char *line = text;
    for (int number = 1; line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL) { *end = 0; }
        apply_line(pins, line, number);
        line = end == NULL ? NULL : end + 1;
    }
}
