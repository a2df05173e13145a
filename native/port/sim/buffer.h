// Bytes on their way from a simulated device to its simulator; the one thing here that may grow.
#pragma once

#include <stddef.h>
#include <stdint.h>

// All zero is an empty buffer. The memory is kept when emptied, so a steady run stops growing.
struct tt_sim_buffer {
    uint8_t *data;
    size_t len;
    size_t cap;
};

// Room for `extra` more bytes at data + len. Aborts when the machine has no memory left.
void tt_sim_buffer_grow(struct tt_sim_buffer *buffer, size_t extra);
void tt_sim_buffer_append(struct tt_sim_buffer *buffer, const void *bytes, size_t len);
void tt_sim_buffer_free(struct tt_sim_buffer *buffer);

enum tt_sim_event_kind {
    TT_SIM_LOG = 1,     // a: enum tt_log_level; payload: text
    TT_SIM_NOTICE = 2,  // a: enum tt_notice_kind, b: code; payload: text
    TT_SIM_CONNECT = 3, // a: stream, b: port; payload: host
    TT_SIM_WRITE = 4,   // a: stream; payload: bytes
    TT_SIM_CLOSE = 5,   // a: stream
    // a: enum tt_restart_reason; 0: the power went at a flash write. b: seconds of sleep before it
    TT_SIM_RESTART = 6,
};

// An event: four little-endian i32 (kind, a, b, payload length), then the payload.
void tt_sim_event(struct tt_sim_buffer *events, enum tt_sim_event_kind kind, int32_t a, int32_t b,
                  const void *payload, size_t len);
