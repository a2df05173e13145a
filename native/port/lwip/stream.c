// One TCP connection as struct tt_stream: lwIP calls back with bytes, the stream keeps them until
// they are read.

#include <lwip/dns.h>
#include <lwip/tcp.h>
#include <string.h>

#include "../error.gen.h"
#include "network.h"

enum { STREAMS_MAX = 2 };

struct stream {
    bool open;
    bool connected;
    bool ended; // the peer has sent its last byte
    uint16_t port;
    int error;           // what ended it, else TT_OK
    struct tcp_pcb *pcb; // NULL: not yet, or no more
    struct pbuf *received;
    size_t read; // of the first of `received`
};

static struct stream streams[STREAMS_MAX];

static int error_of(err_t err)
{
    switch (err) {
    case ERR_OK:
        return TT_OK;
    case ERR_RST:
    case ERR_CLSD:
    case ERR_CONN:
        return TT_ECLOSED;
    case ERR_MEM:
    case ERR_BUF:
        return TT_EFULL;
    case ERR_TIMEOUT:
    case ERR_ABRT: // what lwIP says when nothing answers any more
        return TT_ETIMEOUT;
    default:
        return TT_EIO; // no route: no cable, or no address yet
    }
}

static err_t connected(void *ctx, struct tcp_pcb *pcb, err_t err)
{
    (void)pcb;
    struct stream *const stream = ctx;
    stream->connected = err == ERR_OK;
    return ERR_OK;
}

static err_t arrived(void *ctx, struct tcp_pcb *pcb, struct pbuf *bytes, err_t err)
{
    (void)pcb;
    (void)err;
    struct stream *const stream = ctx;
    if (bytes == NULL) {
        stream->ended = true;
    } else if (stream->received == NULL) {
        stream->received = bytes;
    } else {
        pbuf_cat(stream->received, bytes);
    }
    return ERR_OK;
}

static void failed(void *ctx, err_t err)
{
    struct stream *const stream = ctx;
    stream->pcb = NULL; // lwIP has freed it
    // A reset before the connection was there is a refusal.
    stream->error = err == ERR_RST && !stream->connected ? TT_EREFUSED : error_of(err);
}

static void dial(struct stream *stream, const ip_addr_t *address)
{
    stream->pcb = tcp_new();
    if (stream->pcb == NULL) {
        stream->error = TT_EFULL;
        return;
    }
    tcp_arg(stream->pcb, stream);
    tcp_recv(stream->pcb, arrived);
    tcp_err(stream->pcb, failed);
    tcp_nagle_disable(stream->pcb);
    stream->error = error_of(tcp_connect(stream->pcb, address, stream->port, connected));
}

static void resolved(const char *name, const ip_addr_t *address, void *ctx)
{
    (void)name;
    struct stream *const stream = ctx;
    if (!stream->open || stream->pcb != NULL) { return; } // closed, perhaps reused, meanwhile
    if (address == NULL) {
        stream->error = TT_ENOTFOUND;
    } else {
        dial(stream, address);
    }
}

static int stream_read(void *ctx, uint8_t *out, size_t cap)
{
    struct stream *const stream = ctx;
    size_t copied = 0;
    while (stream->received != NULL && copied < cap) {
        struct pbuf *const first = stream->received;
        const size_t there = first->len - stream->read;
        const size_t part = there < cap - copied ? there : cap - copied;
        memcpy(out + copied, (const uint8_t *)first->payload + stream->read, part);
        copied += part;
        stream->read += part;
        if (stream->read < first->len) { break; }
        stream->received = first->next;
        stream->read = 0;
        if (first->next != NULL) { pbuf_ref(first->next); }
        pbuf_free(first);
    }
    if (copied > 0) {
        if (stream->pcb != NULL) { tcp_recved(stream->pcb, (u16_t)copied); }
        return (int)copied;
    }
    if (stream->error != TT_OK) { return stream->error; }
    return stream->ended && cap > 0 ? TT_ECLOSED : 0;
}

static int stream_write(void *ctx, const uint8_t *data, size_t len)
{
    struct stream *const stream = ctx;
    if (stream->error != TT_OK) { return stream->error; }
    if (!stream->connected) { return 0; }
    size_t part = tcp_sndbuf(stream->pcb);
    if (len < part) { part = len; }
    if (part == 0) { return 0; }
    const err_t err = tcp_write(stream->pcb, data, (u16_t)part, TCP_WRITE_FLAG_COPY);
    if (err == ERR_MEM) { return 0; } // room comes with the next acknowledgement
    if (err != ERR_OK) { return error_of(err); }
    tcp_output(stream->pcb);
    return (int)part;
}

static void stream_close(void *ctx)
{
    struct stream *const stream = ctx;
    struct tcp_pcb *const pcb = stream->pcb;
    if (stream->received != NULL) {
        // Bytes nobody read would turn the end into a reset, which can overtake our last bytes.
        if (pcb != NULL) { tcp_recved(pcb, (u16_t)(stream->received->tot_len - stream->read)); }
        pbuf_free(stream->received);
    }
    if (pcb != NULL) {
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_err(pcb, NULL);
        if (tcp_close(pcb) != ERR_OK) { tcp_abort(pcb); }
    }
    *stream = (struct stream){.open = false};
}

int tt_lwip_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out)
{
    (void)ctx;
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        struct stream *const stream = &streams[i];
        if (stream->open) { continue; }
        *stream = (struct stream){.open = true, .port = port};
        ip_addr_t address;
        const err_t err = dns_gethostbyname(host, &address, resolved, stream);
        if (err == ERR_OK) {
            dial(stream, &address);
        } else if (err != ERR_INPROGRESS) {
            stream->error = TT_ENOTFOUND;
        }
        *out = (struct tt_stream){
            .ctx = stream, .read = stream_read, .write = stream_write, .close = stream_close};
        return TT_OK;
    }
    return TT_EFULL;
}
