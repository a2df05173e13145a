// The simulator's port: time is what it was told, randomness follows a seed, and news becomes
// events.
#pragma once

#include "../port.h"
#include "buffer.h"
#include "net.h"

enum { TT_SIM_LOG_BYTES = 1024 * 1024 }; // events beyond which log lines are counted, not kept

struct tt_sim_port {
    struct tt_sim_buffer events;
    struct tt_sim_net net; // its events are the above
    int64_t epoch_base_ms; // epoch at uptime 0, or TT_EUNSET
    int64_t uptime_ms;     // set before each step
    bool seeded;           // false: the machine's own strong randomness
    uint64_t random_state;
    uint32_t unlogged;          // lines dropped since the last one that was kept
    bool woken;                 // a loop asked to be stepped again
    enum tt_reset_reason reset; // of this start
    int restarting;             // enum tt_restart_reason once asked for, else 0
    int64_t *starved; // a board's event_fuel that is 0 until the guest trapped; NULL: none
    int64_t fuel;     // what it was before
};

// port is the caller's and all its fields but the events' memory are overwritten.
void tt_sim_port_init(struct tt_sim_port *port);
// The power comes back: what RAM held is gone, seed and clock go on.
void tt_sim_port_reset(struct tt_sim_port *port);
// The next event runs out of fuel; those after it have as much as before. Power off forgets it.
void tt_sim_port_starve(struct tt_sim_port *port, int64_t *event_fuel);
// port outlives the result.
struct tt_port tt_sim_port_functions(struct tt_sim_port *port);
