// The port over POSIX: sockets, clocks, randomness, stderr and waiting. It knows no app, board or
// hub.
#pragma once

#include "../port.h"
#include "../sockets/sockets.h"

enum {
    TT_POSIX_LOG_LINE_MAX = 1024, // bytes; longer texts are cut
};

struct tt_posix {
    enum tt_log_level log_level; // lines below it are not written
    int64_t started_ms;
    int app_pipe[2]; // a byte in it ends the app loop's wait
    int link_pipe[2];
    _Atomic int restart_reason; // an enum tt_restart_reason once asked for, else 0
    struct tt_sockets sockets;  // the link loop's alone
};

// Uptime starts here. TT_OK or TT_EIO; after TT_OK tt_posix_close frees what it holds.
int tt_posix_open(struct tt_posix *posix, enum tt_log_level log_level);
void tt_posix_close(struct tt_posix *posix);

// A restart, when both loops have ended: streams are closed, uptime starts anew, nothing is asked
// for.
void tt_posix_reset(struct tt_posix *posix);

// posix stays where it is while the result is used. `notice` is left NULL.
struct tt_port tt_posix_port(struct tt_posix *posix);

// Milliseconds since open or reset; never goes back between them. For both loops.
int64_t tt_posix_uptime_ms(void *posix);

// Waits for a wake, however long ago it came, or for timeout_ms; the link loop's wait also ends
// when one of its streams can go on. May end early for nothing. Each is for its own loop's thread
// only.
void tt_posix_wait_app(void *posix, int32_t timeout_ms);
void tt_posix_wait_link(void *posix, int32_t timeout_ms);

// Wakes both loops; all that an interrupt (here: a signal) handler may call, between open and
// close.
void tt_posix_wake(struct tt_posix *posix);

// What tt_port.restart was asked for: it only notes the reason and wakes both loops, whose threads
// then end and leave the starting again to their main. 0: nothing.
int tt_posix_restart_reason(struct tt_posix *posix);
