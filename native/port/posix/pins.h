// A board's pins in memory: outputs are remembered and logged, inputs come from a small text file.
#pragma once

#include <sys/types.h>
#include <time.h>

#include "../../core/board.h"
#include "../board_io.h"
#include "../port.h"

enum {
    TT_POSIX_PINS_MAX = 64,
    TT_POSIX_PINS_FILE_MAX = 4096, // bytes of the text file that are read
};

struct tt_posix_pins {
    const struct tt_port *port; // for the log
    const struct tt_board *board;
    // Lines `<pin> <number>`: a level of an input, millivolts of an analog input; `#` begins a
    // comment. NULL: inputs stay 0. A pin that is not named keeps its value.
    const char *path;
    // Called by tt_posix_pins_poll for a watched edge; may be NULL.
    void (*changed)(void *ctx, uint16_t channel, int level);
    void *changed_ctx;
    struct timespec modified; // of the file as it was last read
    off_t size;
    struct {
        int32_t value;         // level, millivolts or duty
        uint8_t edges;         // those watched, as in board_io.h
    } pins[TT_POSIX_PINS_MAX]; // by index in the board table
};

// All values 0; outputs are driven first by core. TT_EINVALID: the board has too many pins.
int tt_posix_pins_open(struct tt_posix_pins *pins, const struct tt_port *port,
                       const struct tt_board *board, const char *path);

// App loop: reads the file when it was changed. Bad lines are logged and change nothing.
void tt_posix_pins_poll(struct tt_posix_pins *pins);

// pins stays where it is while the result is used.
struct tt_board_io tt_posix_pins_io(struct tt_posix_pins *pins);
