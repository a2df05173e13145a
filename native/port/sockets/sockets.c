// TCP as struct tt_stream over non-blocking BSD sockets: connecting, address by address, and bytes
// both ways.

#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../error.gen.h"

static int error_of_errno(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return TT_EREFUSED;
    case ETIMEDOUT:
        return TT_ETIMEOUT;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
        return TT_ECLOSED;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return TT_EFULL;
    default:
        return TT_EIO; // no route, network down, …
    }
}

static int error_of_resolver(int error)
{
    switch (error) {
    case EAI_NONAME:
    case EAI_FAIL: // lwIP's word also for a name server that does not answer
        return TT_ENOTFOUND;
#ifdef EAI_AGAIN
    case EAI_AGAIN:
        return TT_ETIMEOUT; // no name server answered
#endif
    case EAI_MEMORY:
        return TT_EFULL;
    default:
        return TT_EIO;
    }
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void drop_socket(struct tt_socket *stream)
{
    if (stream->fd >= 0) { close(stream->fd); }
    stream->fd = -1;
}

// TT_OK while the attempt goes on (or has succeeded already), else why it failed.
static int attempt(struct tt_socket *stream, size_t index)
{
    const struct sockaddr *address = (const struct sockaddr *)&stream->addresses[index];
    stream->fd = socket(address->sa_family, SOCK_STREAM, IPPROTO_TCP);
    if (stream->fd < 0) { return error_of_errno(errno); }
    fcntl(stream->fd, F_SETFL, fcntl(stream->fd, F_GETFL) | O_NONBLOCK);
    fcntl(stream->fd, F_SETFD, FD_CLOEXEC);
    const int on = 1;
    // Small MQTT packets must not wait for the acknowledgement of the one before.
    setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    setsockopt(stream->fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    stream->attempt_until_ms = stream->of->now_ms() + TT_SOCKETS_CONNECT_TIMEOUT_MS;
    if (connect(stream->fd, address, stream->address_lens[index]) == 0) {
        stream->connected = true;
        return TT_OK;
    }
    return errno == EINPROGRESS || errno == EINTR ? TT_OK : error_of_errno(errno);
}

// Begins with the next address that lets itself be tried; after the last, `error` is the stream's
// end.
static void attempt_next(struct tt_socket *stream, int error)
{
    while (stream->next_address < stream->address_count) {
        drop_socket(stream);
        error = attempt(stream, stream->next_address++);
        if (error == TT_OK) { return; }
    }
    drop_socket(stream);
    stream->error = error;
}

// TT_OK when connected, 1 while being connected, else why there is no connection.
enum { CONNECTING = 1 };

static int progress(struct tt_socket *stream)
{
    while (!stream->connected && stream->error == TT_OK) {
        struct pollfd polled = {.fd = stream->fd, .events = POLLOUT};
        const int ready = poll(&polled, 1, 0);
        if (ready <= 0) {
            if (stream->of->now_ms() < stream->attempt_until_ms) { return CONNECTING; }
            attempt_next(stream, TT_ETIMEOUT);
            continue;
        }
        int error = 0;
        socklen_t len = sizeof error;
        if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) { error = errno; }
        if (error != 0) {
            attempt_next(stream, error_of_errno(error));
        } else {
            stream->connected = true;
        }
    }
    return stream->error;
}

static int stream_read(void *ctx, uint8_t *out, size_t cap)
{
    struct tt_socket *stream = ctx;
    const int state = progress(stream);
    if (state != TT_OK) { return state == CONNECTING ? 0 : state; }
    if (cap == 0) { return 0; }
    const ssize_t got = recv(stream->fd, out, cap < INT32_MAX ? cap : INT32_MAX, 0);
    if (got > 0) { return (int)got; }
    if (got == 0) { return TT_ECLOSED; }
    return would_block(errno) ? 0 : error_of_errno(errno);
}

static int stream_write(void *ctx, const uint8_t *data, size_t len)
{
    struct tt_socket *stream = ctx;
    const int state = progress(stream);
    if (state != TT_OK) { return state == CONNECTING ? 0 : state; }
    if (len == 0) { return 0; }
#ifdef MSG_NOSIGNAL
    const int flags = MSG_NOSIGNAL;
#else
    const int flags = 0; // SO_NOSIGPIPE was set
#endif
    const ssize_t sent = send(stream->fd, data, len < INT32_MAX ? len : INT32_MAX, flags);
    if (sent < 0 && !would_block(errno)) { return error_of_errno(errno); }
    const size_t taken = sent < 0 ? 0 : (size_t)sent;
    stream->write_blocked = taken < len;
    return (int)taken;
}

static void stream_close(void *ctx)
{
    struct tt_socket *stream = ctx;
    if (stream->connected) {
        // Bytes left unread would turn the end into a reset, and that can overtake our last bytes.
        shutdown(stream->fd, SHUT_WR);
        uint8_t unread[512];
        for (int i = 0; i < 64 && recv(stream->fd, unread, sizeof unread, 0) > 0; i++) {}
    }
    drop_socket(stream);
    stream->open = false;
}

static int resolve(struct tt_socket *stream, const char *host, uint16_t port)
{
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int failed = getaddrinfo(host, service, &hints, &found);
    if (failed != 0) { return error_of_resolver(failed); }
    for (const struct addrinfo *each = found; each != NULL; each = each->ai_next) {
        if (stream->address_count == TT_SOCKETS_ADDRESSES_MAX) { break; }
        if (each->ai_addrlen > sizeof stream->addresses[0]) { continue; }
        memcpy(&stream->addresses[stream->address_count], each->ai_addr, each->ai_addrlen);
        stream->address_lens[stream->address_count++] = each->ai_addrlen;
    }
    freeaddrinfo(found);
    return stream->address_count > 0 ? TT_OK : TT_ENOTFOUND;
}

void tt_sockets_init(struct tt_sockets *sockets, int64_t (*now_ms)(void))
{
    *sockets = (struct tt_sockets){.now_ms = now_ms};
}

int tt_sockets_connect(struct tt_sockets *sockets, const char *host, uint16_t port,
                       struct tt_stream *out)
{
    for (size_t i = 0; i < TT_SOCKETS_MAX; i++) {
        struct tt_socket *stream = &sockets->sockets[i];
        if (stream->open) { continue; }
        *stream = (struct tt_socket){.of = sockets, .open = true, .fd = -1};
        stream->error = resolve(stream, host, port);
        if (stream->error == TT_OK) { attempt_next(stream, TT_ENOTFOUND); }
        *out = (struct tt_stream){
            .ctx = stream, .read = stream_read, .write = stream_write, .close = stream_close};
        return TT_OK;
    }
    return TT_EFULL;
}

void tt_sockets_drop(struct tt_sockets *sockets)
{
    for (size_t i = 0; i < TT_SOCKETS_MAX; i++) {
        if (sockets->sockets[i].open) { drop_socket(&sockets->sockets[i]); }
        sockets->sockets[i].open = false;
    }
}

size_t tt_sockets_polled(struct tt_sockets *sockets, struct pollfd *polled, int64_t *timeout_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < TT_SOCKETS_MAX; i++) {
        const struct tt_socket *stream = &sockets->sockets[i];
        if (!stream->open) { continue; }
        if (stream->fd < 0) {
            *timeout_ms = 0; // its error waits to be read
            continue;
        }
        short events = POLLIN;
        if (!stream->connected) {
            events = POLLOUT;
            const int64_t left_ms = stream->attempt_until_ms - stream->of->now_ms();
            if (left_ms < *timeout_ms) { *timeout_ms = left_ms; }
        } else if (stream->write_blocked) {
            events |= POLLOUT;
        }
        polled[count++] = (struct pollfd){.fd = stream->fd, .events = events};
    }
    return count;
}
