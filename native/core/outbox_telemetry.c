// The telemetry lane of the outbox: RAM first, then two journals on flash. It decides which message
// gives way when flash is full, not when to use it.
#include <string.h>

#include "../port/error.gen.h"
#include "abi.gen.h"
#include "bytes.h"
#include "outbox.h"

enum {
    WORDS = 3, // sequence, expires_s, properties_len and options
    OPTIONS_BITS = 8,
    KEPT_SHARE = 8,
    KEPT_FROM_BLOCKS = 4,
    MILLISECONDS = 1000,
};

int tt_outbox_open(struct tt_outbox *outbox, const struct tt_block *block, uint32_t first_block,
                   uint32_t block_count, size_t message_max)
{
    uint32_t kept = block_count / KEPT_SHARE;
    if (kept == 0 && block_count >= KEPT_FROM_BLOCKS) { kept = 1; }
    const uint32_t first_kept = first_block + block_count - kept;
    int err =
        tt_journal_open(&outbox->journal, block, first_block, block_count - kept, message_max);
    if (err == TT_OK) {
        err =
            tt_journal_open(&outbox->kept, kept > 0 ? block : NULL, first_kept, kept, message_max);
    }
    outbox->message_max = 0;
    if (err < 0) {
        outbox->journal.block = NULL;
        outbox->kept.block = NULL;
        return err;
    }
    if (!block) { return TT_OK; }
    outbox->message_max = (uint32_t)tt_journal_message_max(&outbox->journal);
    // Power may have gone in the middle of giving a segment up: after an urgent message of it was
    // kept, nothing before it may come any more.
    uint32_t boot;
    int32_t sequence;
    if (tt_journal_last(&outbox->kept, &boot, &sequence)) {
        tt_journal_pop_through(&outbox->journal, boot, sequence);
    }
    tt_journal_peek(&outbox->kept);
    tt_journal_peek(&outbox->journal);
    return TT_OK;
}

int tt_outbox_send(struct tt_outbox *outbox, const uint8_t *body, size_t body_len,
                   const uint8_t *properties, size_t properties_len, struct tt_terms terms)
{
    const size_t most = outbox->message_max;
    if (most > 0 && (body_len > most || properties_len > most - body_len)) { return TT_EINVALID; }
    const int32_t words[WORDS] = {outbox->next_sequence, (int32_t)terms.expires_s,
                                  (int32_t)(properties_len << OPTIONS_BITS) | terms.options};
    int err = TT_OK;
    uint8_t *const record =
        tt_outbox_reserve(&outbox->telemetry, words, WORDS, properties_len, body_len, &err);
    if (!record) { return err; }
    tt_outbox_put(record, properties, properties_len);
    tt_outbox_put(record + properties_len, body, body_len);
    tt_queue_commit(&outbox->telemetry, WORDS * TT_OUTBOX_WORD + properties_len + body_len);
    // Numbers stay above 0, also after two thousand million messages.
    outbox->next_sequence = words[0] == INT32_MAX ? 1 : words[0] + 1;
    return words[0];
}

static bool peek_ram(struct tt_outbox *outbox, struct tt_telemetry *out)
{
    size_t len = 0;
    const uint8_t *const record = tt_queue_peek(&outbox->telemetry, &len);
    if (!record) { return false; }
    const size_t head = WORDS * TT_OUTBOX_WORD;
    const uint32_t last = (uint32_t)tt_outbox_word(record, 2);
    const size_t properties_len = last >> OPTIONS_BITS;
    *out = (struct tt_telemetry){
        .boot = outbox->boot,
        .sequence = tt_outbox_word(record, 0),
        .options = (uint8_t)last,
        .expires_s = (uint32_t)tt_outbox_word(record, 1),
        .properties = record + head,
        .properties_len = properties_len,
        .body = record + head + properties_len,
        .body_len = len - head - properties_len,
    };
    return true;
}

// The journal that has the oldest message; NULL: it is in RAM.
static struct tt_journal *oldest(struct tt_outbox *outbox)
{
    if (tt_journal_peek(&outbox->kept)) { return &outbox->kept; }
    return tt_journal_peek(&outbox->journal) ? &outbox->journal : NULL;
}

bool tt_outbox_peek_telemetry(struct tt_outbox *outbox, struct tt_telemetry *out)
{
    struct tt_journal *const journal = oldest(outbox);
    if (!journal) { return peek_ram(outbox, out); }
    *out = *tt_journal_peek(journal);
    return true;
}

int tt_outbox_pop_telemetry(struct tt_outbox *outbox)
{
    struct tt_journal *const journal = oldest(outbox);
    if (journal) { return tt_journal_pop(journal, true); }
    tt_queue_pop(&outbox->telemetry);
    return TT_OK;
}

bool tt_outbox_owes(const struct tt_outbox *outbox)
{
    return tt_journal_owes(&outbox->kept) || tt_journal_owes(&outbox->journal);
}

int tt_outbox_settle(struct tt_outbox *outbox)
{
    const int err = tt_journal_settle(&outbox->kept);
    return err < 0 ? err : tt_journal_settle(&outbox->journal);
}

static int write_part(const struct tt_telemetry *message, const uint8_t *data, uint32_t at,
                      size_t len, struct tt_writer *out)
{
    if (!message->journal) {
        tt_writer_bytes(out, data, len);
        return TT_OK;
    }
    uint8_t *const room = tt_writer_room(out, len);
    return room ? tt_journal_read(message->journal, at, room, len) : TT_OK;
}

int tt_outbox_write_properties(const struct tt_telemetry *message, struct tt_writer *out)
{
    return write_part(message, message->properties, message->properties_at, message->properties_len,
                      out);
}

int tt_outbox_write_body(const struct tt_telemetry *message, struct tt_writer *out)
{
    return write_part(message, message->body, message->body_at, message->body_len, out);
}

bool tt_outbox_expired(const struct tt_telemetry *message, int64_t epoch_ms, int64_t now_ms)
{
    if (message->expires_s == 0) { return false; }
    // Of an earlier start whose clock was not set, nobody knows when it began: it counts from now.
    const bool uptime = (message->options & TT_OUTBOX_UPTIME) != 0;
    return (uptime ? now_ms : epoch_ms) >= (int64_t)message->expires_s * MILLISECONDS;
}

// Takes one message out of the oldest segment of a full journal. False when it was not dropped but
// kept.
static bool give_way(struct tt_outbox *outbox, struct tt_telemetry *which)
{
    *which = *tt_journal_peek(&outbox->journal);
    if ((which->options & TT_SEND_URGENT) != 0 && outbox->kept.block) {
        const int err = tt_journal_append(&outbox->kept, which);
        if (err == TT_OK) {
            tt_journal_pop(&outbox->journal, true);
            return false;
        }
        if (err == TT_EFULL) {
            *which = *tt_journal_peek(&outbox->kept);
            tt_journal_pop(&outbox->kept, false);
            return true;
        }
    }
    tt_journal_pop(&outbox->journal, false);
    return true;
}

enum tt_outbox_fate tt_outbox_store(struct tt_outbox *outbox, struct tt_telemetry *which)
{
    struct tt_telemetry message;
    while (peek_ram(outbox, &message)) {
        const int err = tt_journal_append(&outbox->journal, &message);
        if (err == TT_EIO) { return TT_OUTBOX_FAILED; }
        if (err == TT_EFULL && (message.options & TT_SEND_YIELD) == 0) {
            if (give_way(outbox, which)) { return TT_OUTBOX_DROPPED; }
            continue;
        }
        *which = message;
        tt_queue_pop(&outbox->telemetry);
        return err == TT_OK ? TT_OUTBOX_STORED : TT_OUTBOX_DROPPED;
    }
    return TT_OUTBOX_NOTHING;
}

bool tt_outbox_flash_empty(const struct tt_outbox *outbox)
{
    return tt_journal_count(&outbox->kept) == 0 && tt_journal_count(&outbox->journal) == 0;
}

bool tt_outbox_telemetry_empty(const struct tt_outbox *outbox)
{
    return tt_queue_empty(&outbox->telemetry) && tt_outbox_flash_empty(outbox);
}
