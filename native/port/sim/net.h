// A simulated device's TCP: rings that the simulator fills, and events that tell it what was
// written.
#pragma once

#include <stdbool.h>

#include "../stream.h"
#include "buffer.h"

enum {
    TT_SIM_STREAMS = 4,           // open at once
    TT_SIM_RECEIVE_BYTES = 32768, // waiting to be read, per stream
    TT_SIM_WRITE_BYTES = 65536,   // written and not yet drained, all events together
};

struct tt_sim_stream {
    struct tt_sim_net *net;
    int32_t id; // never used twice; 0: free
    bool connected;
    int end;     // a TT_E code once the peer is gone: what read returns after the last byte
    size_t head; // of the ring
    size_t len;
    uint8_t ring[TT_SIM_RECEIVE_BYTES];
};

struct tt_sim_net {
    struct tt_sim_buffer *events;
    int32_t next_id; // from 1
    struct tt_sim_stream streams[TT_SIM_STREAMS];
};

// The device's side, for tt_port.connect. The net outlives the stream.
int tt_sim_net_connect(struct tt_sim_net *net, const char *host, uint16_t port,
                       struct tt_stream *out);

// The simulator's side. Unknown ids are streams the device closed already: nothing happens.
void tt_sim_net_opened(struct tt_sim_net *net, int32_t id);
// Takes up to len bytes; returns the number taken, all of them when nobody wants them any more.
size_t tt_sim_net_receive(struct tt_sim_net *net, int32_t id, const uint8_t *data, size_t len);
void tt_sim_net_ended(struct tt_sim_net *net, int32_t id, int error);
// Power is gone: all streams vanish, with a close event each.
void tt_sim_net_reset(struct tt_sim_net *net);
