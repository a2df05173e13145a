#include "net.h"

#include <string.h>

#include "../error.gen.h"

static int stream_read(void *ctx, uint8_t *out, size_t cap);
static int stream_write(void *ctx, const uint8_t *data, size_t len);
static void stream_close(void *ctx);
static struct tt_sim_stream *find(struct tt_sim_net *net, int32_t id);
static size_t smaller(size_t a, size_t b);

int tt_sim_net_connect(struct tt_sim_net *net, const char *host, uint16_t port,
                       struct tt_stream *out)
{
    struct tt_sim_stream *stream = find(net, 0);
    if (!stream) { return TT_EFULL; }
    *stream = (struct tt_sim_stream){.net = net, .id = ++net->next_id};
    *out = (struct tt_stream){stream, stream_read, stream_write, stream_close};
    tt_sim_event(net->events, TT_SIM_CONNECT, stream->id, port, host, strlen(host));
    return TT_OK;
}

void tt_sim_net_opened(struct tt_sim_net *net, int32_t id)
{
    struct tt_sim_stream *stream = find(net, id);
    if (stream) { stream->connected = true; }
}

size_t tt_sim_net_receive(struct tt_sim_net *net, int32_t id, const uint8_t *data, size_t len)
{
    struct tt_sim_stream *stream = find(net, id);
    if (!stream || stream->end < 0) { return len; }
    const size_t taken = smaller(len, TT_SIM_RECEIVE_BYTES - stream->len);
    const size_t at = (stream->head + stream->len) % TT_SIM_RECEIVE_BYTES;
    const size_t first = smaller(taken, TT_SIM_RECEIVE_BYTES - at);
    memcpy(stream->ring + at, data, first);
    memcpy(stream->ring, data + first, taken - first);
    stream->len += taken;
    return taken;
}

void tt_sim_net_ended(struct tt_sim_net *net, int32_t id, int error)
{
    struct tt_sim_stream *stream = find(net, id);
    if (stream && stream->end == 0) { stream->end = error < 0 ? error : TT_ECLOSED; }
}

void tt_sim_net_reset(struct tt_sim_net *net)
{
    for (size_t i = 0; i < TT_SIM_STREAMS; i++) {
        if (net->streams[i].id != 0) { stream_close(&net->streams[i]); }
    }
}

static int stream_read(void *ctx, uint8_t *out, size_t cap)
{
    struct tt_sim_stream *stream = ctx;
    const size_t taken = smaller(cap, stream->len);
    if (taken == 0) { return stream->end; }
    const size_t first = smaller(taken, TT_SIM_RECEIVE_BYTES - stream->head);
    memcpy(out, stream->ring + stream->head, first);
    memcpy(out + first, stream->ring, taken - first);
    stream->head = (stream->head + taken) % TT_SIM_RECEIVE_BYTES;
    stream->len -= taken;
    return (int)taken;
}

static int stream_write(void *ctx, const uint8_t *data, size_t len)
{
    struct tt_sim_stream *stream = ctx;
    if (stream->end < 0) { return stream->end; }
    const size_t waiting = stream->net->events->len;
    if (!stream->connected || waiting >= TT_SIM_WRITE_BYTES || len == 0) { return 0; }
    const size_t taken = smaller(len, TT_SIM_WRITE_BYTES - waiting);
    tt_sim_event(stream->net->events, TT_SIM_WRITE, stream->id, 0, data, taken);
    return (int)taken;
}

static void stream_close(void *ctx)
{
    struct tt_sim_stream *stream = ctx;
    tt_sim_event(stream->net->events, TT_SIM_CLOSE, stream->id, 0, NULL, 0);
    stream->id = 0;
}

static struct tt_sim_stream *find(struct tt_sim_net *net, int32_t id)
{
    for (size_t i = 0; i < TT_SIM_STREAMS; i++) {
        if (net->streams[i].id == id) { return &net->streams[i]; }
    }
    return NULL;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}
