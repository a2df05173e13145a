// A port with nothing behind it: copy this folder, rename `template`, and fill what the contract
// names.
//
// What each function promises stands in port.h, stream.h, block.h and board_io.h;
// native/port/contract checks it. As it is, every answer says truthfully that there is nothing.
#pragma once

#include "../block.h"
#include "../board_io.h"
#include "../port.h"

enum {
    TT_TEMPLATE_STREAMS_MAX = 2, // open at once: the one in use, and its successor
    TT_TEMPLATE_BLOCK_BYTES = 0, // of the flash that is yours; 0: none
    TT_TEMPLATE_BLOCK_COUNT = 0,
    TT_TEMPLATE_PROGRAM_BYTES = 0,
};

struct tt_template_stream {
    bool open;
};

struct tt_template {
    enum tt_restart_reason restart_reason; // 0: nobody asked
    struct tt_template_stream streams[TT_TEMPLATE_STREAMS_MAX];
};

// Once, before both loops start: clocks, pins at their safe levels, network stack, random
// generator.
int tt_template_open(struct tt_template *device);

struct tt_port tt_template_port(struct tt_template *device);
struct tt_block tt_template_block(struct tt_template *device);
struct tt_board_io tt_template_io(struct tt_template *device);

// What the two loops of main need beside struct tt_port.
// Milliseconds since start; a 64-bit count, for 32 bits of milliseconds are over after 49 days.
int64_t tt_template_uptime_ms(void *device);
// Sleep until woken or until the time is over; a wake that came before counts. On an RTOS a task
// notification is just that. The link's wait ends, too, when a stream can go on.
void tt_template_wait_app(void *device, int32_t timeout_ms);
void tt_template_wait_link(void *device, int32_t timeout_ms);
