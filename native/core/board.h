// A board as data: what boards/<name>/board.json becomes. Core knows no board by name.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum tt_pin_kind {
    TT_PIN_OUTPUT = 1,
    TT_PIN_INPUT = 2,
    TT_PIN_ANALOG = 4,
    TT_PIN_PWM = 8,
    TT_PIN_I2C = 16,
};

enum tt_board_feature { TT_BOARD_UPLOAD = 64, TT_BOARD_FILES = 128 }; // beside pin kinds

struct tt_board_pin {
    const char *name; // as apps call it
    uint8_t kind;     // one enum tt_pin_kind
    uint8_t safe;     // outputs: the level at boot, on a trap and by the watchdog; PWM: duty 0
    uint16_t channel; // what board_io.h functions get
};

// What is printed beside a pin: another name that apps may open it by.
struct tt_board_alias {
    const char *name;
    uint16_t pin; // its place in the board's pins
};

struct tt_board {
    const char *name;
    const struct tt_board_pin *pins;
    size_t pin_count;
    const struct tt_board_alias *aliases; // NULL where there are none
    size_t alias_count;

    uint32_t guest_bytes;       // N: the guest's linear memory, 4,096 to 65,536, a multiple of 8
    uint32_t guest_stack_bytes; // the interpreter's stack
    int64_t event_fuel;         // calls and loop turns one event may use
    uint32_t telemetry_bytes;   // RAM of the outbox's telemetry lane
    uint32_t reply_bytes;       // RAM of the outbox's reply lane
    uint32_t report_bytes;      // RAM of the outbox's reported lane; the link's table has the same
    uint32_t inbox_bytes;       // RAM of the inbox
    uint32_t packet_bytes;      // largest MQTT packet sent
    uint32_t receive_bytes;     // largest MQTT packet received whole; larger ones are discarded
    uint32_t
        store_blocks; // erase blocks of the block device for the store, at least 2; 0: no store
    uint32_t outbox_blocks; // erase blocks for telemetry that cannot leave; 0: it stays in RAM
    uint32_t files_blocks;  // erase blocks of the files partition; 0: none
    uint32_t upload_bytes; // RAM for the upload of a file, blocks included; 0: none can be uploaded
    uint8_t connections;   // TLS connections there is memory for at once, 1 or 2
};
