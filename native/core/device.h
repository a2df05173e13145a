// One device: app, link, the two queues between them and the store, over a port. Many fit in a
// process.
#pragma once

#include "../port/block.h"
#include "app.h"
#include "link.h"

struct tt_device; // defined by device_state.h

struct tt_device_config {
    const struct tt_port *port;
    const struct tt_board *board;
    const struct tt_board_io *io;
    const struct tt_block *block;  // NULL: nothing survives a restart
    const struct tt_block *outbox; // NULL: telemetry waits in RAM only; may be the same as block
    uint32_t outbox_first_block;   // the board's outbox_blocks begin there
    const struct tt_block *files;  // the board's files partition; NULL: none
    const struct tt_uploader *uploader; // NULL: this firmware uploads nothing
    const struct tt_engine *engine;
    struct tt_trace *trace;
    const uint8_t *wasm;
    size_t wasm_len;
    struct tt_link_config link; // port, board, outbox, inbox, boot and, from the app's image,
                                // model_id are filled in by the device
    bool offline;               // no link at all
    bool health;                // condition and last crash are reported properties
};

// Bytes of the one block of memory a device lives in, 8-byte aligned, the caller's.
size_t tt_device_memory(const struct tt_board *board);
// memory is overwritten. The result points into it, or is NULL and *why says why not.
struct tt_device *tt_device_start(void *memory, size_t size, const struct tt_device_config *config,
                                  int64_t now_ms, const char **why);
struct tt_app *tt_device_app(struct tt_device *device);
struct tt_link *tt_device_link(struct tt_device *device);
void tt_device_stop(struct tt_device *device);
