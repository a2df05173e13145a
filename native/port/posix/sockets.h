// The POSIX port's TCP streams, between its own files: connecting, and what the link loop's wait
// looks at.
#pragma once

#include <poll.h>

#include "posix.h"

// tt_port.connect. The name is looked up before it returns, which may take the resolver's seconds:
// the link loop stands still meanwhile, the app loop does not notice.
int tt_posix_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out);

// Fills polled (TT_POSIX_STREAMS_MAX entries) with the open sockets and what each waits for;
// returns their number. Lowers *timeout_ms to the end of a connection attempt.
size_t tt_posix_polled(struct tt_posix *posix, struct pollfd *polled, int64_t *timeout_ms);

// Closes what is open, as a loss of power does.
void tt_posix_drop_streams(struct tt_posix *posix);

// Milliseconds of the monotonic clock, from an arbitrary start.
int64_t tt_posix_monotonic_ms(void);
