// What a microcontroller is to its firmware: a struct of functions that a port of the chip fills.
// It knows no operating system, no network and no device.
#pragma once

#include "block.h"
#include "board_io.h"
#include "figures.h"
#include "port.h"

// A function may be NULL where it says so. All are there before main; none allocates.
struct tt_chip {
    // Milliseconds since 1970-01-01 UTC, or TT_EUNSET while unknown; NULL: only the network tells.
    // uptime_ms is for a chip that only knows when it started. On both loops.
    int64_t (*epoch_ms)(int64_t uptime_ms);
    // Strong random bytes, on both loops. A chip that has none now says so and resets.
    void (*random)(uint8_t *out, size_t len);
    void (*reset)(void);             // does not return
    void (*sleep)(uint32_t seconds); // deep, ends in a reset: does not return; NULL: it cannot
    // A whole line of the log, or of a trace a part; returns when it is out.
    void (*write)(const char *text, size_t len);
    uint32_t (*counter)(void); // free-running, upwards; figures are in its unit
    uint32_t counter_hz;       // a multiple of 1000
    bool (*in_handler)(void);  // whether an interrupt handler is what runs
    // Waits for an interrupt, when neither loop has anything to do, at most a millisecond where
    // nothing ticks; NULL: spins.
    void (*idle)(void);
    // In the tick's handler, each millisecond (where nothing ticks, between turns of the loops,
    // each millisecond that passed at most once); may be NULL.
    void (*tick)(void);
    // Postpones the watchdog's reset by some seconds. In the tick's handler; may be NULL.
    void (*feed)(void);
    enum tt_reset_reason (*reset_reason)(void); // of this start; may be NULL

    // The board's pins. `changed` is called for each edge of a watched input, in its handler.
    struct tt_board_io (*pins)(void (*changed)(uint16_t channel, int level));

    // Where the flash at `offset` can be read like memory; NULL: the chip's flash is laid out
    // otherwise. Offsets are the board file's.
    const uint8_t *(*flash_at)(uint32_t offset);
    // A range of the flash, whole erase units.
    struct tt_block (*flash)(uint32_t offset, uint32_t size);

    // The hub accepted the device for the first time since the start: the firmware is good and need
    // not be rolled back. On the link loop; may be NULL.
    void (*proven)(void);

    // Gets the firmware's figures some times a second; may be NULL.
    void (*show)(const struct tt_figures *figures);
};
