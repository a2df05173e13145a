// How a message gets into the ring: its record, the segment it begins, and what a flash that fails
// costs.
#include <string.h>

#include "../port/error.gen.h"
#include "journal_format.h"

enum {
    BARREN_MAX = 2, // one bad block is passed over at the price of messages, a bad flash is not
};

// Bytes on their way to flash, whole granules at a time.
struct stream {
    const struct tt_journal *journal;
    uint32_t at; // on the device
    uint32_t len;
    uint32_t crc;
    int err;
    uint8_t bytes[TT_JOURNAL_GRANULE_MAX];
};

static void flush(struct stream *stream)
{
    const struct tt_block *const block = stream->journal->block;
    const uint32_t len = tt_journal_padded(stream->journal, stream->len);
    memset(stream->bytes + stream->len, 0xFF, len - stream->len);
    if (len > 0 && stream->err == TT_OK) {
        stream->err = block->program(block->ctx, stream->at, stream->bytes, len);
    }
    stream->at += len;
    stream->len = 0;
}

static void put(struct stream *stream, const uint8_t *data, size_t len)
{
    stream->crc = tt_crc32(stream->crc, data, len);
    while (len > 0) {
        const size_t room = sizeof stream->bytes - stream->len;
        const size_t part = len < room ? len : room;
        memcpy(stream->bytes + stream->len, data, part);
        stream->len += (uint32_t)part;
        data += part;
        len -= part;
        if (stream->len == sizeof stream->bytes) { flush(stream); }
    }
}

// From RAM, or from the flash the message is on.
static void put_part(struct stream *stream, const struct tt_telemetry *message, const uint8_t *data,
                     uint32_t from, size_t len)
{
    if (!message->journal) {
        put(stream, data, len);
        return;
    }
    uint8_t chunk[TT_JOURNAL_CHUNK];
    for (size_t at = 0; at < len; at += TT_JOURNAL_CHUNK) {
        const size_t part = len - at < TT_JOURNAL_CHUNK ? len - at : TT_JOURNAL_CHUNK;
        const int err = tt_journal_read(message->journal, from + (uint32_t)at, chunk, part);
        if (err < 0 && stream->err == TT_OK) { stream->err = err; }
        put(stream, chunk, part);
    }
}

static int same_properties(const struct tt_journal *journal, const struct tt_telemetry *message)
{
    const struct tt_journal_place *const head = &journal->head;
    if (head->properties_len != message->properties_len) { return 0; }
    for (uint32_t at = 0; at < head->properties_len; at += TT_JOURNAL_CHUNK) {
        uint8_t before[TT_JOURNAL_CHUNK];
        uint8_t now[TT_JOURNAL_CHUNK];
        const uint32_t left = head->properties_len - at;
        const uint32_t part = left < TT_JOURNAL_CHUNK ? left : TT_JOURNAL_CHUNK;
        int err =
            tt_journal_read_segment(journal, head->segment, head->properties_at + at, before, part);
        if (err == TT_OK && message->journal) {
            err = tt_journal_read(message->journal, message->properties_at + at, now, part);
        } else if (err == TT_OK) {
            memcpy(now, message->properties + at, part);
        }
        if (err < 0) { return err; }
        if (memcmp(before, now, part) != 0) { return 0; }
    }
    return 1;
}

// The record's fields up to its properties, and what comes to how much in all.
static int build_fields(const struct tt_journal *journal, const struct tt_telemetry *message,
                        uint8_t *fields, uint32_t *fields_len, uint32_t *bytes)
{
    const struct tt_journal_place *const head = &journal->head;
    const int same = same_properties(journal, message);
    if (same < 0) { return same; }
    uint8_t flags = 0;
    uint32_t at = TT_JOURNAL_HEAD;
    fields[0] = (uint8_t)message->body_len;
    fields[1] = (uint8_t)(message->body_len >> 8);
    fields[3] = message->options;
    if (message->boot != head->boot ||
        message->sequence != tt_journal_next_message(head->message)) {
        flags |= TT_JOURNAL_FLAG_ID;
        tt_put32(fields + at, message->boot);
        tt_put32(fields + at + 4, (uint32_t)message->sequence);
        at += 8;
    }
    if (message->expires_s != 0) {
        flags |= TT_JOURNAL_FLAG_EXPIRES;
        tt_put32(fields + at, message->expires_s);
        at += 4;
    }
    uint32_t properties_len = 0;
    if (!same) {
        flags |= TT_JOURNAL_FLAG_PROPERTIES;
        properties_len = (uint32_t)message->properties_len;
        fields[at] = (uint8_t)properties_len;
        fields[at + 1] = (uint8_t)(properties_len >> 8);
        at += 2;
    }
    fields[2] = flags;
    *fields_len = at;
    *bytes = tt_journal_padded(journal,
                               at + properties_len + (uint32_t)message->body_len + TT_JOURNAL_CRC) +
             journal->block->program_bytes;
    return TT_OK;
}

static int erase_segment(const struct tt_journal *journal, uint32_t segment)
{
    const uint32_t first = journal->first_block + segment * journal->segment_blocks;
    for (uint32_t i = 0; i < journal->segment_blocks; i++) {
        const int err = journal->block->erase(journal->block->ctx, first + i);
        if (err < 0) { return err; }
    }
    return TT_OK;
}

// Head goes back to before the segments that took no record, to try them again. False when it
// cannot be read.
static bool go_back(struct tt_journal *journal)
{
    struct tt_journal_place place;
    if (!tt_journal_place_behind(journal, journal->barren, journal->barren_after, &place) ||
        place.offset != journal->barren_after) {
        return false;
    }
    journal->head = place;
    journal->used -= journal->barren;
    journal->barren = 0;
    return true;
}

// Head begins the segment after its own. One that fails is left out, its sequence too.
static int begin_segment(struct tt_journal *journal)
{
    if (journal->used == journal->segments && tt_journal_peek(journal) &&
        journal->used == journal->segments) {
        const uint32_t most = journal->segments <= BARREN_MAX ? 1 : BARREN_MAX;
        if (journal->barren < most) { return TT_EFULL; }
        if (!go_back(journal)) { return TT_EIO; }
    }
    struct tt_journal_place next =
        tt_journal_start_of(journal, (journal->head.segment + 1) % journal->segments,
                            journal->head.sequence + 1, journal->head.count);
    if (journal->used == 0) {
        next.segment = 0;
        next.count = 0;
    }
    if (journal->used == journal->segments) { // one segment, all done, but not all marked
        const int err = journal->owed_records
                            ? tt_journal_program_mark(journal, journal->tail.segment,
                                                      tt_journal_padded(journal, TT_JOURNAL_HEADER))
                            : TT_OK;
        if (err < 0) { return err; }
        journal->owed_records = false;
        journal->used = 0;
    }
    uint8_t header[TT_JOURNAL_HEADER];
    memcpy(header, tt_journal_magic, sizeof tt_journal_magic);
    tt_put32(header + 4, next.sequence);
    tt_put32(header + 8, next.count);
    tt_put32(header + 12, tt_crc32(0, header, 12));
    journal->open = false;
    if (journal->barren++ == 0) { journal->barren_after = journal->head.offset; }
    int err = erase_segment(journal, next.segment);
    if (err == TT_OK) {
        struct stream stream = {.journal = journal,
                                .at = tt_journal_device_offset(journal, next.segment, 0)};
        put(&stream, header, sizeof header);
        flush(&stream);
        err = stream.err;
    }
    journal->head = next;
    if (journal->used == 0) { journal->tail = next; }
    journal->used++;
    journal->open = err == TT_OK;
    return err;
}

static int write_record(struct tt_journal *journal, const struct tt_telemetry *message,
                        const uint8_t *fields, uint32_t fields_len, uint32_t bytes)
{
    struct tt_journal_place *const head = &journal->head;
    struct stream stream = {.journal = journal,
                            .at = tt_journal_device_offset(journal, head->segment, head->offset),
                            .crc = head->sequence};
    put(&stream, fields, fields_len);
    if ((fields[2] & TT_JOURNAL_FLAG_PROPERTIES) != 0) {
        put_part(&stream, message, message->properties, message->properties_at,
                 message->properties_len);
    }
    put_part(&stream, message, message->body, message->body_at, message->body_len);
    uint8_t crc[TT_JOURNAL_CRC];
    tt_put32(crc, stream.crc);
    put(&stream, crc, sizeof crc);
    flush(&stream);
    struct tt_telemetry written;
    uint32_t written_bytes;
    if (stream.err == TT_OK &&
        tt_journal_find(journal, head, &written, &written_bytes) == TT_JOURNAL_FOUND_RECORD &&
        written_bytes == bytes) {
        tt_journal_step_over(journal, head, &written, bytes);
        journal->barren = 0;
        return TT_OK;
    }
    // Should all of it be there nevertheless, it must not come back after a restart: it is still
    // the caller's, who will keep it elsewhere.
    journal->open = false;
    tt_journal_program_mark(journal, head->segment,
                            head->offset + bytes - journal->block->program_bytes);
    return TT_EIO;
}

int tt_journal_append(struct tt_journal *journal, const struct tt_telemetry *message)
{
    if (!journal->block || message->body_len > TT_JOURNAL_BODY_MAX ||
        message->properties_len > TT_JOURNAL_BODY_MAX ||
        message->properties_len + message->body_len > tt_journal_message_max(journal)) {
        return TT_EINVALID;
    }
    uint8_t fields[TT_JOURNAL_FIELDS_MAX];
    uint32_t fields_len = 0;
    uint32_t bytes = 0;
    int err = TT_OK;
    if (journal->open) { err = build_fields(journal, message, fields, &fields_len, &bytes); }
    if (err < 0 || !journal->open || bytes > journal->segment_bytes - journal->head.offset) {
        err = begin_segment(journal);
        if (err == TT_OK) { err = build_fields(journal, message, fields, &fields_len, &bytes); }
        if (err < 0) { return err; }
    }
    return write_record(journal, message, fields, fields_len, bytes);
}
