// TCP over BSD sockets as struct tt_stream, for ports whose system has them: connecting, and what a
// wait may look at. It knows no loop and no clock of its own.
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "../stream.h"

enum {
    TT_SOCKETS_MAX = 4,                    // open at once; a device needs one, two while it changes
    TT_SOCKETS_ADDRESSES_MAX = 4,          // of one name, tried in the resolver's order
    TT_SOCKETS_CONNECT_TIMEOUT_MS = 10000, // for each address
};

struct tt_sockets;

struct tt_socket {
    struct tt_sockets *of;
    bool open;
    bool connected;
    bool write_blocked; // the last write did not take all
    int fd;             // -1 after a failure
    int error;          // why it never connected, else TT_OK
    int64_t attempt_until_ms;
    size_t address_count;
    size_t next_address;
    socklen_t address_lens[TT_SOCKETS_ADDRESSES_MAX];
    struct sockaddr_storage addresses[TT_SOCKETS_ADDRESSES_MAX];
};

struct tt_sockets {
    int64_t (*now_ms)(void); // from an arbitrary start, never back
    struct tt_socket sockets[TT_SOCKETS_MAX];
};

// now_ms is the caller's clock.
void tt_sockets_init(struct tt_sockets *sockets, int64_t (*now_ms)(void));

// As tt_port.connect. The name is looked up before it returns, which may take the resolver's
// seconds: the link loop stands still meanwhile, the app loop does not notice.
int tt_sockets_connect(struct tt_sockets *sockets, const char *host, uint16_t port,
                       struct tt_stream *out);

// Fills polled (TT_SOCKETS_MAX entries) with the open sockets and what each waits for; returns
// their number. Lowers *timeout_ms to the end of a connection attempt.
size_t tt_sockets_polled(struct tt_sockets *sockets, struct pollfd *polled, int64_t *timeout_ms);

// Closes what is open, as a loss of power does.
void tt_sockets_drop(struct tt_sockets *sockets);
