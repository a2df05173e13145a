// Writes gzip (RFC 1952) with deflate's fixed codes (RFC 1951 §3.2.6): the window is the input
// itself, the memory a table of 512 bytes. It knows nothing of what it makes smaller.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    TT_GZIP_INPUT_MAX = 32768, // bytes of one member
    TT_GZIP_OVERHEAD = 23,     // bytes by which what cannot be made smaller grows, at most
};

struct tt_gzip {
    uint16_t heads[256]; // scratch; where a beginning of three bytes was last seen
};

// One member of `len` bytes (1 to TT_GZIP_INPUT_MAX), complete in itself: members written one after
// the other are the gzip of their contents together (RFC 1952 §2.2). The same input gives the same
// output. Returns its length, at most len + TT_GZIP_OVERHEAD; TT_EFULL when that exceeds cap,
// TT_EINVALID for another len. Telemetry in JSON becomes less than a third of its size.
int tt_gzip_write(struct tt_gzip *gzip, const uint8_t *data, size_t len, uint8_t *out, size_t cap);
