// TCP as struct tt_stream: to be filled from lwIP, a modem's commands or what the chip has.

#include "network.h"

#include "../error.gen.h"

// Bytes that have arrived, without waiting: lwIP's recv with MSG_DONTWAIT, or a ring that the
// modem's interrupt fills. First what came, then TT_ECLOSED, and TT_ECLOSED ever after.
static int stream_read(void *ctx, uint8_t *out, size_t cap)
{
    (void)ctx, (void)out, (void)cap;
    return TT_ECLOSED;
}

// As much as there is room for now; 0 while the connection is being made.
static int stream_write(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx, (void)data, (void)len;
    return TT_ECLOSED;
}

static void stream_close(void *ctx)
{
    struct tt_template_stream *stream = ctx;
    stream->open = false;
}

// Begins the look-up of the name and the connection and does not wait for either. NULL: cannot.
static struct tt_template_stream *begin(struct tt_template *device, const char *host, uint16_t port)
{
    (void)device, (void)host, (void)port;
    return NULL;
}

int tt_template_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out)
{
    struct tt_template_stream *stream = begin(ctx, host, port);
    if (stream == NULL) { return TT_EUNSUPPORTED; }
    *out = (struct tt_stream){
        .ctx = stream, .read = stream_read, .write = stream_write, .close = stream_close};
    return TT_OK;
}
