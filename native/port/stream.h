// The contract of a byte stream: TCP from a port, TLS over it, memory in tests. Nothing here
// blocks.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tt_stream {
    void *ctx;
    // Copies up to cap bytes that have arrived. Returns their number, 0 when none is there now,
    // TT_ECLOSED at the end of the stream, or another TT_E code (TT_ETIMEOUT: never connected).
    int (*read)(void *ctx, uint8_t *out, size_t cap);
    // Takes up to len bytes. Returns the number taken, 0 when there is no room now (or the
    // connection is still being made), or a TT_E code.
    int (*write)(void *ctx, const uint8_t *data, size_t len);
    // Ends the stream and frees what it holds; called exactly once, also after an error.
    void (*close)(void *ctx);
};
