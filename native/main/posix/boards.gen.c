// Generated from boards/host/board.json, boards/coffee-rev-a/board.json by src/board/generate.ts. Do not edit.
#include "boards.h"

#include <stddef.h>

static const struct tt_board_pin pins_0[] = {
    {.name = "led", .kind = TT_PIN_OUTPUT, .safe = 0, .channel = 0},
    {.name = "relay", .kind = TT_PIN_OUTPUT, .safe = 0, .channel = 1},
    {.name = "button", .kind = TT_PIN_INPUT, .safe = 0, .channel = 2},
    {.name = "knob", .kind = TT_PIN_ANALOG, .safe = 0, .channel = 3},
    {.name = "buzzer", .kind = TT_PIN_PWM, .safe = 0, .channel = 4},
    {.name = "i2c0", .kind = TT_PIN_I2C, .safe = 0, .channel = 5},
};

static const struct tt_board board_0 = {
    .name = "host",
    .pins = pins_0,
    .pin_count = 6,
    .guest_bytes = 65536,
    .guest_stack_bytes = 32768,
    .event_fuel = INT64_C(5000000),
    .telemetry_bytes = 1048576,
    .reply_bytes = 65536,
    .report_bytes = 65536,
    .inbox_bytes = 262144,
    .packet_bytes = 65536,
    .receive_bytes = 65536,
    .store_blocks = 64,
    .outbox_blocks = 512,
    .files_blocks = 256,
    .upload_bytes = 8192,
    .connections = 2,
};

static const struct tt_board_pin pins_1[] = {
    {.name = "led", .kind = TT_PIN_OUTPUT, .safe = 0, .channel = 0},
    {.name = "button", .kind = TT_PIN_INPUT, .safe = 0, .channel = 1},
    {.name = "boiler", .kind = TT_PIN_OUTPUT, .safe = 0, .channel = 2},
    {.name = "pump", .kind = TT_PIN_OUTPUT, .safe = 0, .channel = 3},
    {.name = "probe", .kind = TT_PIN_ANALOG, .safe = 0, .channel = 4},
    {.name = "buzzer", .kind = TT_PIN_PWM, .safe = 0, .channel = 5},
    {.name = "i2c0", .kind = TT_PIN_I2C, .safe = 0, .channel = 6},
};

static const struct tt_board board_1 = {
    .name = "coffee-rev-a",
    .pins = pins_1,
    .pin_count = 7,
    .guest_bytes = 16384,
    .guest_stack_bytes = 8192,
    .event_fuel = INT64_C(100000),
    .telemetry_bytes = 32768,
    .reply_bytes = 8192,
    .report_bytes = 4096,
    .inbox_bytes = 16384,
    .packet_bytes = 4096,
    .receive_bytes = 8192,
    .store_blocks = 32,
    .outbox_blocks = 512,
    .files_blocks = 256,
    .upload_bytes = 8192,
    .connections = 1,
};

const struct tt_board *const tt_boards[] = {&board_0, &board_1, NULL};
