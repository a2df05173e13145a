// The inbox: one bounded queue of deliveries from the link to the app; knows no protocol.
#include "inbox.h"

#include <string.h>

#include "../port/error.gen.h"
#include "bytes.h"

// A record begins with kind, id and the name's length in words of the machine's order.
enum { WORDS = 3, HEAD = WORDS * 4 };

void tt_inbox_init(struct tt_inbox *inbox, void *memory, uint32_t size)
{
    tt_queue_init(&inbox->queue, memory, size);
}

int tt_inbox_put(struct tt_inbox *inbox, const struct tt_delivery *delivery)
{
    const size_t room = inbox->queue.size - TT_QUEUE_OVERHEAD;
    if (room < HEAD || delivery->prefix_len > room - HEAD ||
        delivery->name_len > room - HEAD - delivery->prefix_len ||
        delivery->payload_len > room - HEAD - delivery->prefix_len - delivery->name_len) {
        return TT_EINVALID;
    }
    const size_t name_len = delivery->prefix_len + delivery->name_len;
    const size_t len = HEAD + name_len + delivery->payload_len;
    uint8_t *const record = tt_queue_reserve(&inbox->queue, len);
    if (!record) { return TT_EFULL; }
    const int32_t words[WORDS] = {delivery->kind, delivery->id, (int32_t)name_len};
    struct tt_writer out = tt_writer_of(record, len);
    tt_writer_bytes(&out, words, HEAD);
    tt_writer_bytes(&out, delivery->prefix, delivery->prefix_len);
    tt_writer_bytes(&out, delivery->name, delivery->name_len);
    tt_writer_bytes(&out, delivery->payload, delivery->payload_len);
    tt_queue_commit(&inbox->queue, len);
    return TT_OK;
}

bool tt_inbox_peek(struct tt_inbox *inbox, struct tt_delivery *out)
{
    size_t len = 0;
    const uint8_t *const record = tt_queue_peek(&inbox->queue, &len);
    if (!record) { return false; }
    int32_t words[WORDS];
    memcpy(words, record, HEAD);
    *out = (struct tt_delivery){.kind = words[0]};
    out->id = words[1];
    out->name = (const char *)record + HEAD;
    out->name_len = (size_t)words[2];
    out->payload = record + HEAD + out->name_len;
    out->payload_len = len - HEAD - out->name_len;
    return true;
}

void tt_inbox_pop(struct tt_inbox *inbox)
{
    tt_queue_pop(&inbox->queue);
}
