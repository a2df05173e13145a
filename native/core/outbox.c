// The outbox: bounded lanes of records from the app to the link; knows no protocol.
#include "outbox.h"

#include <string.h>

#include "../port/error.gen.h"
#include "board.h"
#include "bytes.h"

enum { REPLY_WORDS = 3, REPORT_WORDS = 1, WORD = TT_OUTBOX_WORD };

int32_t tt_outbox_word(const uint8_t *record, size_t index)
{
    int32_t word;
    memcpy(&word, record + index * WORD, sizeof word);
    return word;
}

void tt_outbox_put(uint8_t *to, const void *from, size_t len)
{
    if (len > 0) { memcpy(to, from, len); }
}

uint8_t *tt_outbox_reserve(struct tt_queue *queue, const int32_t *words, size_t count, size_t first,
                           size_t second, int *err)
{
    const size_t room = queue->size - TT_QUEUE_OVERHEAD - count * WORD;
    if (first > room || second > room - first) {
        *err = TT_EINVALID;
        return NULL;
    }
    uint8_t *const record = tt_queue_reserve(queue, count * WORD + first + second);
    if (!record) {
        *err = TT_EFULL;
        return NULL;
    }
    memcpy(record, words, count * WORD);
    return record + count * WORD;
}

static uint32_t lane(uint32_t bytes)
{
    const uint32_t least = TT_QUEUE_OVERHEAD + (REPLY_WORDS + 1) * WORD;
    return bytes < least ? least : bytes & ~(uint32_t)(WORD - 1);
}

size_t tt_outbox_memory(const struct tt_board *board)
{
    return (size_t)lane(board->telemetry_bytes) + lane(board->reply_bytes) +
           lane(board->report_bytes);
}

void tt_outbox_init(struct tt_outbox *outbox, const struct tt_board *board, void *memory)
{
    uint8_t *const bytes = memory;
    const uint32_t telemetry = lane(board->telemetry_bytes);
    const uint32_t replies = lane(board->reply_bytes);
    tt_queue_init(&outbox->telemetry, bytes, telemetry);
    tt_queue_init(&outbox->replies, bytes + telemetry, replies);
    tt_queue_init(&outbox->reports, bytes + telemetry + replies, lane(board->report_bytes));
    tt_outbox_open(outbox, NULL, 0, 0, 0);
    outbox->boot = 0;
    outbox->next_sequence = 1;
    atomic_init(&outbox->twin_asked, false);
    atomic_init(&outbox->leave_s, 0);
}

static const struct tt_range none = {NULL, 0};

static struct tt_range range_of(const uint8_t *data, size_t len)
{
    return (struct tt_range){(const char *)data, len};
}

static int put_reply(struct tt_outbox *outbox, enum tt_reply_kind kind, int32_t request,
                     int32_t status, struct tt_range first, struct tt_range second)
{
    const int32_t words[REPLY_WORDS] = {(int32_t)kind, request, status};
    int err = TT_OK;
    uint8_t *const record =
        tt_outbox_reserve(&outbox->replies, words, REPLY_WORDS, first.len, second.len, &err);
    if (!record) { return err; }
    tt_outbox_put(record, first.data, first.len);
    tt_outbox_put(record + first.len, second.data, second.len);
    tt_queue_commit(&outbox->replies, REPLY_WORDS * WORD + first.len + second.len);
    return TT_OK;
}

int tt_outbox_reply(struct tt_outbox *outbox, int32_t request, int32_t status, const uint8_t *body,
                    size_t body_len)
{
    return put_reply(outbox, TT_REPLY_METHOD, request, status, range_of(body, body_len), none);
}

int tt_outbox_done(struct tt_outbox *outbox, int32_t message)
{
    return put_reply(outbox, TT_REPLY_DONE, message, 0, none, none);
}

int tt_outbox_will(struct tt_outbox *outbox, const uint8_t *properties, size_t properties_len,
                   const uint8_t *body, size_t body_len)
{
    return put_reply(outbox, TT_REPLY_WILL, 0, (int32_t)properties_len,
                     range_of(properties, properties_len), range_of(body, body_len));
}

int tt_outbox_ephemeral(struct tt_outbox *outbox, int32_t interval_s, bool over_https)
{
    return put_reply(outbox, TT_REPLY_EPHEMERAL, interval_s, over_https, none, none);
}

int tt_outbox_report(struct tt_outbox *outbox, const char *name, size_t name_len,
                     const uint8_t *value, size_t value_len)
{
    const int32_t words[REPORT_WORDS] = {(int32_t)name_len};
    int err = TT_OK;
    uint8_t *const record =
        tt_outbox_reserve(&outbox->reports, words, REPORT_WORDS, name_len, value_len, &err);
    if (!record) { return err; }
    tt_outbox_put(record, name, name_len);
    tt_outbox_put(record + name_len, value, value_len);
    tt_queue_commit(&outbox->reports, REPORT_WORDS * WORD + name_len + value_len);
    return TT_OK;
}

void tt_outbox_ask_twin(struct tt_outbox *outbox)
{
    atomic_store_explicit(&outbox->twin_asked, true, memory_order_release);
}

bool tt_outbox_peek_reply(struct tt_outbox *outbox, struct tt_reply *out)
{
    size_t len = 0;
    const uint8_t *const record = tt_queue_peek(&outbox->replies, &len);
    if (!record) { return false; }
    out->kind = (enum tt_reply_kind)tt_outbox_word(record, 0);
    out->request = tt_outbox_word(record, 1);
    out->status = tt_outbox_word(record, 2);
    out->body = record + REPLY_WORDS * WORD;
    out->body_len = len - REPLY_WORDS * WORD;
    return true;
}

void tt_outbox_pop_reply(struct tt_outbox *outbox)
{
    tt_queue_pop(&outbox->replies);
}

bool tt_outbox_peek_report(struct tt_outbox *outbox, struct tt_report *out)
{
    size_t len = 0;
    const uint8_t *const record = tt_queue_peek(&outbox->reports, &len);
    if (!record) { return false; }
    out->name_len = (size_t)tt_outbox_word(record, 0);
    out->name = (const char *)record + REPORT_WORDS * WORD;
    out->value = record + REPORT_WORDS * WORD + out->name_len;
    out->value_len = len - REPORT_WORDS * WORD - out->name_len;
    return true;
}

void tt_outbox_pop_report(struct tt_outbox *outbox)
{
    tt_queue_pop(&outbox->reports);
}

bool tt_outbox_twin_asked(struct tt_outbox *outbox)
{
    return atomic_exchange_explicit(&outbox->twin_asked, false, memory_order_acquire);
}
