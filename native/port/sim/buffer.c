#include "buffer.h"

#include <stdlib.h>
#include <string.h>

void tt_sim_buffer_grow(struct tt_sim_buffer *buffer, size_t extra)
{
    if (buffer->cap - buffer->len >= extra) { return; }
    size_t cap = buffer->cap ? buffer->cap : 4096;
    while (cap - buffer->len < extra) {
        cap *= 2;
    }
    uint8_t *data = realloc(buffer->data, cap);
    if (!data) { abort(); }
    buffer->data = data;
    buffer->cap = cap;
}

void tt_sim_buffer_append(struct tt_sim_buffer *buffer, const void *bytes, size_t len)
{
    tt_sim_buffer_grow(buffer, len);
    if (len > 0) { memcpy(buffer->data + buffer->len, bytes, len); }
    buffer->len += len;
}

void tt_sim_buffer_free(struct tt_sim_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct tt_sim_buffer){0};
}

void tt_sim_event(struct tt_sim_buffer *events, enum tt_sim_event_kind kind, int32_t a, int32_t b,
                  const void *payload, size_t len)
{
    const int32_t head[4] = {(int32_t)kind, a, b, (int32_t)len};
    tt_sim_buffer_append(events, head, sizeof head);
    tt_sim_buffer_append(events, payload, len);
}
