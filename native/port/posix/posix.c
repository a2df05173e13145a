// Clock, randomness, log, restart and waiting over POSIX, and the struct tt_port that holds them.

#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "../error.gen.h"

// A machine whose clock says an earlier time was never told the time: 2024-01-01.
static const int64_t epoch_plausible_ms = INT64_C(1704067200000);

static int open_pipe(int pipe_ends[2])
{
    if (pipe(pipe_ends) != 0) { return TT_EIO; }
    for (int i = 0; i < 2; i++) {
        fcntl(pipe_ends[i], F_SETFL, fcntl(pipe_ends[i], F_GETFL) | O_NONBLOCK);
        fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC);
    }
    return TT_OK;
}

static void close_pipe(const int pipe_ends[2])
{
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int tt_posix_open(struct tt_posix *posix, enum tt_log_level log_level)
{
    memset(posix, 0, sizeof *posix);
    posix->log_level = log_level;
    posix->started_ms = monotonic_ms();
    tt_sockets_init(&posix->sockets, monotonic_ms);
    atomic_init(&posix->restart_reason, 0);
    if (open_pipe(posix->app_pipe) < 0) { return TT_EIO; }
    if (open_pipe(posix->link_pipe) < 0) {
        close_pipe(posix->app_pipe);
        return TT_EIO;
    }
    return TT_OK;
}

void tt_posix_reset(struct tt_posix *posix)
{
    tt_sockets_drop(&posix->sockets);
    atomic_store(&posix->restart_reason, 0);
    posix->started_ms = monotonic_ms();
}

void tt_posix_close(struct tt_posix *posix)
{
    tt_sockets_drop(&posix->sockets);
    close_pipe(posix->app_pipe);
    close_pipe(posix->link_pipe);
}

int64_t tt_posix_uptime_ms(void *ctx)
{
    const struct tt_posix *posix = ctx;
    return monotonic_ms() - posix->started_ms;
}

static int64_t realtime_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t epoch_ms(void *ctx)
{
    (void)ctx;
    const int64_t now_ms = realtime_ms();
    return now_ms < epoch_plausible_ms ? TT_EUNSET : now_ms;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    while (len > 0) {
        const size_t part = len < 256 ? len : 256; // getentropy's limit
        if (getentropy(out, part) != 0) {
            abort(); // weak keys are worse than no device
        }
        out += part;
        len -= part;
    }
}

static void log_line(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    static const char *const names[] = {"debug", "info ", "warn ", "error"};
    const struct tt_posix *posix = ctx;
    if (level < posix->log_level || level > TT_LOG_ERROR) { return; }
    const int64_t now_ms = realtime_ms();
    const time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char line[TT_POSIX_LOG_LINE_MAX + 48];
    size_t at = strftime(line, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    at += (size_t)snprintf(line + at, 16, ".%03dZ %s ", (int)(now_ms % 1000), names[level]);
    if (len > TT_POSIX_LOG_LINE_MAX) { len = TT_POSIX_LOG_LINE_MAX; }
    for (size_t i = 0; i < len; i++) {
        // A guest's or a peer's text must not forge a line or talk to the terminal.
        const uint8_t byte = (uint8_t)text[i];
        line[at++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    line[at++] = '\n';
    // One write, so that the two loops' lines do not mix. A closed stderr is nobody's concern here.
    ssize_t written = write(STDERR_FILENO, line, at);
    (void)written;
}

static void wake(const int pipe_ends[2])
{
    const int saved = errno; // also called from signal handlers
    // A full pipe is as good as a byte more in it.
    ssize_t written = write(pipe_ends[1], "", 1);
    (void)written;
    errno = saved;
}

static void wake_app(void *ctx)
{
    const struct tt_posix *posix = ctx;
    wake(posix->app_pipe);
}

static void wake_link(void *ctx)
{
    const struct tt_posix *posix = ctx;
    wake(posix->link_pipe);
}

void tt_posix_wake(struct tt_posix *posix)
{
    wake(posix->app_pipe);
    wake(posix->link_pipe);
}

static void restart(void *ctx, enum tt_restart_reason reason)
{
    struct tt_posix *posix = ctx;
    atomic_store(&posix->restart_reason, (int)reason);
    tt_posix_wake(posix);
}

int tt_posix_restart_reason(struct tt_posix *posix)
{
    return atomic_load(&posix->restart_reason);
}

static void wait_for(struct pollfd *polled, size_t count, int64_t timeout_ms)
{
    const int timeout = timeout_ms < 0 ? 0 : timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms;
    // EINTR is an early end, which the contract allows.
    if (poll(polled, (nfds_t)count, timeout) <= 0 || polled[0].revents == 0) { return; }
    uint8_t wakes[64];
    while (read(polled[0].fd, wakes, sizeof wakes) > 0) {}
}

void tt_posix_wait_app(void *ctx, int32_t timeout_ms)
{
    struct tt_posix *posix = ctx;
    struct pollfd polled[1] = {{.fd = posix->app_pipe[0], .events = POLLIN}};
    wait_for(polled, 1, timeout_ms);
}

void tt_posix_wait_link(void *ctx, int32_t timeout_ms)
{
    struct tt_posix *posix = ctx;
    struct pollfd polled[1 + TT_SOCKETS_MAX] = {{.fd = posix->link_pipe[0], .events = POLLIN}};
    int64_t timeout = timeout_ms;
    const size_t sockets = tt_sockets_polled(&posix->sockets, polled + 1, &timeout);
    wait_for(polled, 1 + sockets, timeout);
}

static int open_stream(void *ctx, const char *host, uint16_t port, struct tt_stream *out)
{
    struct tt_posix *posix = ctx;
    return tt_sockets_connect(&posix->sockets, host, port, out);
}

struct tt_port tt_posix_port(struct tt_posix *posix)
{
    return (struct tt_port){
        .ctx = posix,
        .epoch_ms = epoch_ms,
        .random = random_bytes,
        .restart = restart,
        .log = log_line,
        .connect = open_stream,
        .wake_app = wake_app,
        .wake_link = wake_link,
    };
}
