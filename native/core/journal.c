// The journal's segments and records on flash; what the messages mean is not known here.
#include "journal.h"

#include <string.h>

#include "../port/error.gen.h"
#include "bytes.h"

// On flash, little endian, all of it padded with 0xFF to the granule. A segment begins with
//   "TTJ1" sequence:4 count:4 crc:4 | granule       crc of the twelve bytes before
// Sequence rises by one with each segment in their order on the device, so that the newest tells
// where all others are; count is that of the records before. The granule is programmed when nothing
// in the segment is wanted any more. Then come records:
//   body_len:2 flags:1 options:1
//   [boot:4 sequence:4] [expires_s:4] [properties_len:2 properties]      as flags say
//   body crc:4 | granule
// What is left out is that of the record before, sequence one more. crc is of all before it and
// begins with the segment's sequence, so that nothing older is taken for a record. The granule is
// programmed when the message is done with. Four bytes of 0xFF where a record would begin are free
// space; a record that is torn or damaged ends its segment.
enum {
    HEADER = 16,
    HEAD = 4,
    CRC = 4,
    FIELDS_MAX = HEAD + 8 + 4 + 2,
    FLAG_ID = 1,
    FLAG_EXPIRES = 2,
    FLAG_PROPERTIES = 4,
    FLAGS = 7,
    CHUNK = 64,
    BARREN_MAX = 2, // one bad block is passed over at the price of messages, a bad flash is not
};
static const uint8_t magic[4] = {'T', 'T', 'J', '1'};

enum found { FOUND_RECORD, FOUND_DONE, FOUND_END };

static uint32_t padded(const struct tt_journal *journal, uint32_t len)
{
    const uint32_t granule = journal->block->program_bytes;
    return (len + granule - 1) / granule * granule;
}

static uint32_t first_record(const struct tt_journal *journal)
{
    return padded(journal, HEADER) + journal->block->program_bytes;
}

// Offsets of messages are those of the device.
static uint32_t device_offset(const struct tt_journal *journal, uint32_t segment, uint32_t offset)
{
    return journal->first_block * journal->block->block_bytes + segment * journal->segment_bytes +
           offset;
}

static int read_at(const struct tt_journal *journal, uint32_t segment, uint32_t offset,
                   uint8_t *out, size_t len)
{
    return tt_journal_read(journal, device_offset(journal, segment, offset), out, len);
}

static int32_t next_message(int32_t sequence)
{
    return sequence == INT32_MAX ? 1 : sequence + 1;
}

static struct tt_journal_place start_of(const struct tt_journal *journal, uint32_t segment,
                                        uint32_t sequence, uint32_t count)
{
    return (struct tt_journal_place){
        .segment = segment, .offset = first_record(journal), .sequence = sequence, .count = count};
}

// Marks are one granule; a torn one counts.
static int read_mark(const struct tt_journal *journal, uint32_t segment, uint32_t offset,
                     bool *marked)
{
    uint8_t bytes[CHUNK];
    const uint32_t granule = journal->block->program_bytes;
    *marked = false;
    for (uint32_t at = 0; at < granule; at += CHUNK) {
        const uint32_t len = granule - at < CHUNK ? granule - at : CHUNK;
        const int err = read_at(journal, segment, offset + at, bytes, len);
        if (err < 0) { return err; }
        for (uint32_t i = 0; i < len; i++) {
            if (bytes[i] != 0xFF) { *marked = true; }
        }
    }
    return TT_OK;
}

static int program_mark(const struct tt_journal *journal, uint32_t segment, uint32_t offset)
{
    static const uint8_t zeros[TT_JOURNAL_GRANULE_MAX] = {0};
    return journal->block->program(journal->block->ctx, device_offset(journal, segment, offset),
                                   zeros, journal->block->program_bytes);
}

static int check_crc(const struct tt_journal *journal, const struct tt_journal_place *place,
                     uint32_t len, bool *good)
{
    uint8_t chunk[CHUNK];
    uint8_t expected[CRC];
    uint32_t crc = place->sequence;
    for (uint32_t at = 0; at < len; at += CHUNK) {
        const uint32_t part = len - at < CHUNK ? len - at : CHUNK;
        const int err = read_at(journal, place->segment, place->offset + at, chunk, part);
        if (err < 0) { return err; }
        crc = tt_crc32(crc, chunk, part);
    }
    const int err = read_at(journal, place->segment, place->offset + len, expected, CRC);
    *good = err == TT_OK && tt_get32(expected) == crc;
    return err;
}

// The optional fields of a record, those that are left out taken from the place. False when they
// are no record's. *len becomes that of all before the crc.
static bool parse_fields(const struct tt_journal *journal, const struct tt_journal_place *place,
                         const uint8_t *fields, uint32_t room, struct tt_telemetry *out,
                         uint32_t *len)
{
    const uint8_t flags = fields[2];
    uint32_t at = HEAD;
    if ((flags & ~FLAGS) != 0) { return false; }
    uint32_t properties_at = place->properties_at;
    uint32_t properties_len = place->properties_len;
    *out = (struct tt_telemetry){.boot = place->boot,
                                 .sequence = next_message(place->message),
                                 .options = fields[3],
                                 .body_len = fields[0] | (uint32_t)fields[1] << 8,
                                 .journal = journal};
    if ((flags & FLAG_ID) != 0) {
        out->boot = tt_get32(fields + at);
        out->sequence = (int32_t)(tt_get32(fields + at + 4) & INT32_MAX);
        at += 8;
    }
    if ((flags & FLAG_EXPIRES) != 0) {
        out->expires_s = tt_get32(fields + at);
        at += 4;
    }
    if ((flags & FLAG_PROPERTIES) != 0) {
        properties_len = fields[at] | (uint32_t)fields[at + 1] << 8;
        at += 2;
        properties_at = place->offset + at;
        at += properties_len;
    }
    out->properties_at = device_offset(journal, place->segment, properties_at);
    out->properties_len = properties_len;
    out->body_at = device_offset(journal, place->segment, place->offset + at);
    *len = at + (uint32_t)out->body_len;
    return padded(journal, *len + CRC) + journal->block->program_bytes <= room;
}

// What is at the place: an enum found, or TT_EIO. With a record *bytes is all that it takes.
static int find(const struct tt_journal *journal, const struct tt_journal_place *place,
                struct tt_telemetry *out, uint32_t *bytes)
{
    const uint32_t room = journal->segment_bytes - place->offset;
    const uint32_t granule = journal->block->program_bytes;
    if (room < padded(journal, HEAD + CRC) + granule) { return FOUND_END; }
    uint8_t fields[FIELDS_MAX] = {0};
    int err = read_at(journal, place->segment, place->offset, fields,
                      room < FIELDS_MAX ? room : FIELDS_MAX);
    if (err < 0) { return err; }
    uint32_t len;
    bool good = false;
    if (!parse_fields(journal, place, fields, room, out, &len)) { return FOUND_END; }
    err = check_crc(journal, place, len, &good);
    if (err < 0 || !good) { return err < 0 ? err : FOUND_END; }
    *bytes = padded(journal, len + CRC) + granule;
    bool marked;
    err = read_mark(journal, place->segment, place->offset + *bytes - granule, &marked);
    return err < 0 ? err : marked ? FOUND_DONE : FOUND_RECORD;
}

static void step_over(const struct tt_journal *journal, struct tt_journal_place *place,
                      const struct tt_telemetry *message, uint32_t bytes)
{
    place->offset += bytes;
    place->count++;
    place->boot = message->boot;
    place->message = message->sequence;
    place->properties_at = message->properties_at - device_offset(journal, place->segment, 0);
    place->properties_len = (uint32_t)message->properties_len;
}

// Whether the segment has a sound header with something wanted behind it.
static int read_header(const struct tt_journal *journal, uint32_t segment, bool *valid,
                       bool *retired, uint32_t *sequence, uint32_t *count)
{
    uint8_t header[HEADER];
    const int err = read_at(journal, segment, 0, header, sizeof header);
    if (err < 0) { return err; }
    *valid = memcmp(header, magic, sizeof magic) == 0 &&
             tt_get32(header + 12) == tt_crc32(0, header, 12);
    *sequence = tt_get32(header + 4);
    *count = tt_get32(header + 8);
    *retired = true;
    return *valid ? read_mark(journal, segment, padded(journal, HEADER), retired) : TT_OK;
}

// The newest segment; false when there is none. Sequences are compared by their distance, so that
// they may wrap.
static bool find_newest(struct tt_journal *journal)
{
    bool any = false;
    for (uint32_t segment = 0; segment < journal->segments; segment++) {
        bool valid;
        bool retired;
        uint32_t sequence;
        uint32_t count;
        if (read_header(journal, segment, &valid, &retired, &sequence, &count) < 0 || !valid) {
            continue;
        }
        if (any && (int32_t)(sequence - journal->head.sequence) < 0) { continue; }
        journal->head = start_of(journal, segment, sequence, count);
        any = true;
    }
    return any;
}

// The oldest one whose sequence fits its place before the newest and that is still wanted.
static void find_tail(struct tt_journal *journal)
{
    journal->tail =
        start_of(journal, journal->head.segment, journal->head.sequence, journal->head.count);
    journal->used = 1;
    for (uint32_t back = 1; back < journal->segments; back++) {
        const uint32_t segment =
            (journal->head.segment + journal->segments - back) % journal->segments;
        bool valid;
        bool retired;
        uint32_t sequence;
        uint32_t count;
        if (read_header(journal, segment, &valid, &retired, &sequence, &count) < 0 || !valid ||
            retired || sequence != journal->head.sequence - back) {
            continue;
        }
        journal->tail = start_of(journal, segment, sequence, count);
        journal->used = back + 1;
    }
}

// Moves head behind the last record of its segment. It stays open only before free space: what is
// torn is not written over.
static void find_end(struct tt_journal *journal)
{
    struct tt_telemetry message;
    uint32_t bytes;
    int found;
    while ((found = find(journal, &journal->head, &message, &bytes)) == FOUND_RECORD ||
           found == FOUND_DONE) {
        step_over(journal, &journal->head, &message, bytes);
    }
    uint8_t free[HEAD] = {0};
    const uint32_t room = journal->segment_bytes - journal->head.offset;
    journal->open =
        found == FOUND_END && room >= HEAD &&
        read_at(journal, journal->head.segment, journal->head.offset, free, HEAD) == TT_OK &&
        tt_get32(free) == UINT32_MAX;
}

// The newest segment was left for one that never came to be.
static void pass_retired(struct tt_journal *journal)
{
    bool valid = false;
    bool retired = false;
    uint32_t sequence;
    uint32_t count;
    if (read_header(journal, journal->head.segment, &valid, &retired, &sequence, &count) < 0 ||
        !retired) {
        return;
    }
    journal->open = false;
    if (journal->tail.segment == journal->head.segment) { journal->tail = journal->head; }
}

static bool sound(const struct tt_block *block, uint32_t first_block, uint32_t block_count)
{
    const uint32_t granule = block->program_bytes;
    return granule > 0 && granule <= TT_JOURNAL_GRANULE_MAX && (granule & (granule - 1)) == 0 &&
           block->block_bytes >= 256 && (block->block_bytes & (block->block_bytes - 1)) == 0 &&
           block->block_bytes / granule >= 4 && block_count > 0 &&
           first_block <= block->block_count && block_count <= block->block_count - first_block &&
           (uint64_t)block->block_bytes * block->block_count <= UINT32_MAX;
}

static uint32_t record_max(const struct tt_journal *journal, uint32_t len)
{
    return padded(journal, FIELDS_MAX + len + CRC) + journal->block->program_bytes;
}

int tt_journal_open(struct tt_journal *journal, const struct tt_block *block, uint32_t first_block,
                    uint32_t block_count, size_t message_max)
{
    *journal = (struct tt_journal){.first_block = first_block};
    if (!block) { return TT_OK; }
    if (!sound(block, first_block, block_count)) { return TT_EINVALID; }
    journal->block = block;
    const uint32_t most =
        message_max < TT_JOURNAL_BODY_MAX ? (uint32_t)message_max : (uint32_t)TT_JOURNAL_BODY_MAX;
    const uint32_t want = first_record(journal) + record_max(journal, most);
    const uint32_t blocks = (want + block->block_bytes - 1) / block->block_bytes;
    journal->segment_blocks = blocks <= block_count / 2 ? blocks
                              : block_count > 1         ? block_count / 2
                                                        : 1;
    journal->segment_bytes = journal->segment_blocks * block->block_bytes;
    journal->segments = block_count / journal->segment_blocks;
    uint8_t probe[HEADER];
    const int err = read_at(journal, 0, 0, probe, sizeof probe);
    if (err < 0) {
        journal->block = NULL;
        return err;
    }
    if (find_newest(journal)) {
        find_tail(journal);
        find_end(journal);
        pass_retired(journal);
    }
    return TT_OK;
}

size_t tt_journal_message_max(const struct tt_journal *journal)
{
    if (!journal->block) { return 0; }
    const uint32_t granule = journal->block->program_bytes;
    const uint32_t room = journal->segment_bytes - first_record(journal) - granule;
    const uint32_t most = room / granule * granule - FIELDS_MAX - CRC;
    return most < TT_JOURNAL_BODY_MAX ? most : TT_JOURNAL_BODY_MAX;
}

// Tail leaves a segment for the next one that is there, at the latest for head's. One with nothing
// wanted in it is marked so that the next start need not read it: nothing is lost when that fails.
static void leave_segment(struct tt_journal *journal, bool for_good)
{
    const int err =
        for_good ? program_mark(journal, journal->tail.segment, padded(journal, HEADER)) : TT_OK;
    // Marked once more it is as it was. One that is kept for what cannot be read ends the row.
    const bool owed = for_good && (err < 0 || journal->owed_segments > 0);
    const uint32_t sequence_left = journal->tail.sequence;
    journal->owed_records = false;
    for (;;) {
        const uint32_t segment = (journal->tail.segment + 1) % journal->segments;
        const uint32_t sequence = journal->tail.sequence + 1;
        journal->used--;
        journal->tail = start_of(journal, segment, sequence, journal->tail.count);
        bool valid;
        bool retired;
        uint32_t found;
        uint32_t count;
        const bool there =
            read_header(journal, segment, &valid, &retired, &found, &count) == TT_OK && valid &&
            !retired && found == sequence;
        if (there) { journal->tail.count = count; }
        if (there || segment == journal->head.segment) { break; }
    }
    const uint32_t left = journal->tail.sequence - sequence_left;
    journal->owed_segments = owed ? journal->owed_segments + left : 0;
}

// Moves tail to the oldest message that is not done with. What cannot be read is passed over, so
// that it is in nobody's way; the flash keeps it.
static void seek(struct tt_journal *journal)
{
    while (!journal->found && journal->used > 0) {
        const bool last = journal->tail.segment == journal->head.segment && journal->used == 1;
        if (last && journal->tail.offset >= journal->head.offset) {
            journal->tail = journal->head;
            return;
        }
        const int found = find(journal, &journal->tail, &journal->oldest, &journal->oldest_bytes);
        if (found == FOUND_RECORD) {
            journal->found = true;
        } else if (found == FOUND_DONE) {
            step_over(journal, &journal->tail, &journal->oldest, journal->oldest_bytes);
        } else if (last) {
            journal->tail = journal->head;
        } else {
            leave_segment(journal, found == FOUND_END);
        }
    }
}

const struct tt_telemetry *tt_journal_peek(struct tt_journal *journal)
{
    seek(journal);
    return journal->found ? &journal->oldest : NULL;
}

int tt_journal_pop(struct tt_journal *journal, bool mark)
{
    if (!tt_journal_peek(journal)) { return TT_ENOTFOUND; }
    const uint32_t mark_at =
        journal->tail.offset + journal->oldest_bytes - journal->block->program_bytes;
    const int err = mark ? program_mark(journal, journal->tail.segment, mark_at) : TT_OK;
    journal->owed_records |= err < 0;
    step_over(journal, &journal->tail, &journal->oldest, journal->oldest_bytes);
    journal->found = false;
    return err;
}

bool tt_journal_owes(const struct tt_journal *journal)
{
    return journal->owed_segments > 0 || journal->owed_records;
}

int tt_journal_settle(struct tt_journal *journal)
{
    const struct tt_journal_place *const tail = &journal->tail;
    for (; journal->owed_segments > 0; journal->owed_segments--) {
        const uint32_t back = journal->owed_segments;
        const uint32_t segment =
            (tail->segment + journal->segments - back % journal->segments) % journal->segments;
        bool valid = false;
        bool retired;
        uint32_t sequence;
        uint32_t count;
        if (read_header(journal, segment, &valid, &retired, &sequence, &count) == TT_OK && valid &&
            !retired && sequence == tail->sequence - back &&
            program_mark(journal, segment, padded(journal, HEADER)) < 0) {
            return TT_EIO;
        }
    }
    struct tt_journal_place place = start_of(journal, tail->segment, tail->sequence, 0);
    while (journal->owed_records && place.offset < tail->offset) {
        struct tt_telemetry message;
        uint32_t bytes;
        const int found = find(journal, &place, &message, &bytes);
        if (found != FOUND_RECORD && found != FOUND_DONE) { break; }
        if (found == FOUND_RECORD &&
            program_mark(journal, place.segment,
                         place.offset + bytes - journal->block->program_bytes) < 0) {
            return TT_EIO;
        }
        step_over(journal, &place, &message, bytes);
    }
    journal->owed_records = false;
    return TT_OK;
}

void tt_journal_pop_through(struct tt_journal *journal, uint32_t boot, int32_t sequence)
{
    if (journal->used == 0) { return; }
    struct tt_journal_place place = journal->tail;
    struct tt_telemetry message;
    uint32_t bytes;
    int found;
    do {
        found = find(journal, &place, &message, &bytes);
        if (found != FOUND_RECORD && found != FOUND_DONE) { return; }
        step_over(journal, &place, &message, bytes);
    } while (message.boot != boot || message.sequence != sequence);
    while (tt_journal_peek(journal) && journal->tail.segment == place.segment &&
           journal->tail.offset < place.offset) {
        tt_journal_pop(journal, true);
    }
}

int tt_journal_read(const struct tt_journal *journal, uint32_t at, uint8_t *out, size_t len)
{
    return journal->block->read(journal->block->ctx, at, out, len);
}

uint32_t tt_journal_count(const struct tt_journal *journal)
{
    return journal->head.count - journal->tail.count;
}

uint32_t tt_journal_bytes(const struct tt_journal *journal)
{
    if (journal->used == 0) { return 0; }
    return (journal->used - 1) * journal->segment_bytes + journal->head.offset -
           journal->tail.offset;
}

uint32_t tt_journal_size(const struct tt_journal *journal)
{
    return journal->segments * journal->segment_bytes;
}

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
    const uint32_t len = padded(stream->journal, stream->len);
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
    uint8_t chunk[CHUNK];
    for (size_t at = 0; at < len; at += CHUNK) {
        const size_t part = len - at < CHUNK ? len - at : CHUNK;
        const int err = tt_journal_read(message->journal, from + (uint32_t)at, chunk, part);
        if (err < 0 && stream->err == TT_OK) { stream->err = err; }
        put(stream, chunk, part);
    }
}

static int same_properties(const struct tt_journal *journal, const struct tt_telemetry *message)
{
    const struct tt_journal_place *const head = &journal->head;
    if (head->properties_len != message->properties_len) { return 0; }
    for (uint32_t at = 0; at < head->properties_len; at += CHUNK) {
        uint8_t before[CHUNK];
        uint8_t now[CHUNK];
        const uint32_t left = head->properties_len - at;
        const uint32_t part = left < CHUNK ? left : CHUNK;
        int err = read_at(journal, head->segment, head->properties_at + at, before, part);
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
    uint32_t at = HEAD;
    fields[0] = (uint8_t)message->body_len;
    fields[1] = (uint8_t)(message->body_len >> 8);
    fields[3] = message->options;
    if (message->boot != head->boot || message->sequence != next_message(head->message)) {
        flags |= FLAG_ID;
        tt_put32(fields + at, message->boot);
        tt_put32(fields + at + 4, (uint32_t)message->sequence);
        at += 8;
    }
    if (message->expires_s != 0) {
        flags |= FLAG_EXPIRES;
        tt_put32(fields + at, message->expires_s);
        at += 4;
    }
    uint32_t properties_len = 0;
    if (!same) {
        flags |= FLAG_PROPERTIES;
        properties_len = (uint32_t)message->properties_len;
        fields[at] = (uint8_t)properties_len;
        fields[at + 1] = (uint8_t)(properties_len >> 8);
        at += 2;
    }
    fields[2] = flags;
    *fields_len = at;
    *bytes = padded(journal, at + properties_len + (uint32_t)message->body_len + CRC) +
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

// The place behind the records, done or not, of the segment that was begun `back` segments before
// head's, or behind those up to `end`. False when there is no such segment or it cannot be read.
static bool find_place(const struct tt_journal *journal, uint32_t back, uint32_t end,
                       struct tt_journal_place *place)
{
    const uint32_t segment = (journal->head.segment + journal->segments - back) % journal->segments;
    bool valid;
    bool retired;
    uint32_t sequence;
    uint32_t count;
    if (read_header(journal, segment, &valid, &retired, &sequence, &count) < 0 || !valid ||
        sequence != journal->head.sequence - back) {
        return false;
    }
    *place = start_of(journal, segment, sequence, count);
    while (place->offset < end) {
        struct tt_telemetry message;
        uint32_t bytes;
        const int found = find(journal, place, &message, &bytes);
        if (found != FOUND_RECORD && found != FOUND_DONE) { break; }
        step_over(journal, place, &message, bytes);
    }
    return true;
}

bool tt_journal_last(const struct tt_journal *journal, uint32_t *boot, int32_t *sequence)
{
    struct tt_journal_place place = journal->head;
    for (uint32_t back = 1; journal->used > 0 && place.message == 0; back++) {
        if (back == journal->segments ||
            !find_place(journal, back, journal->segment_bytes, &place)) {
            return false;
        }
    }
    *boot = place.boot;
    *sequence = place.message;
    return place.message != 0;
}

// Head goes back to before the segments that took no record, to try them again. False when it
// cannot be read.
static bool go_back(struct tt_journal *journal)
{
    struct tt_journal_place place;
    if (!find_place(journal, journal->barren, journal->barren_after, &place) ||
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
        start_of(journal, (journal->head.segment + 1) % journal->segments,
                 journal->head.sequence + 1, journal->head.count);
    if (journal->used == 0) {
        next.segment = 0;
        next.count = 0;
    }
    if (journal->used == journal->segments) { journal->used = 0; } // one segment, all done
    uint8_t header[HEADER];
    memcpy(header, magic, sizeof magic);
    tt_put32(header + 4, next.sequence);
    tt_put32(header + 8, next.count);
    tt_put32(header + 12, tt_crc32(0, header, 12));
    journal->open = false;
    if (journal->barren++ == 0) { journal->barren_after = journal->head.offset; }
    int err = erase_segment(journal, next.segment);
    if (err == TT_OK) {
        struct stream stream = {.journal = journal, .at = device_offset(journal, next.segment, 0)};
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
                            .at = device_offset(journal, head->segment, head->offset),
                            .crc = head->sequence};
    put(&stream, fields, fields_len);
    if ((fields[2] & FLAG_PROPERTIES) != 0) {
        put_part(&stream, message, message->properties, message->properties_at,
                 message->properties_len);
    }
    put_part(&stream, message, message->body, message->body_at, message->body_len);
    uint8_t crc[CRC];
    tt_put32(crc, stream.crc);
    put(&stream, crc, sizeof crc);
    flush(&stream);
    struct tt_telemetry written;
    uint32_t written_bytes;
    if (stream.err == TT_OK && find(journal, head, &written, &written_bytes) == FOUND_RECORD &&
        written_bytes == bytes) {
        step_over(journal, head, &written, bytes);
        journal->barren = 0;
        return TT_OK;
    }
    // Should all of it be there nevertheless, it must not come back after a restart: it is still
    // the caller's, who will keep it elsewhere.
    journal->open = false;
    program_mark(journal, head->segment, head->offset + bytes - journal->block->program_bytes);
    return TT_EIO;
}

int tt_journal_append(struct tt_journal *journal, const struct tt_telemetry *message)
{
    if (!journal->block || message->body_len > TT_JOURNAL_BODY_MAX ||
        message->properties_len > TT_JOURNAL_BODY_MAX ||
        message->properties_len + message->body_len > tt_journal_message_max(journal)) {
        return TT_EINVALID;
    }
    uint8_t fields[FIELDS_MAX];
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
