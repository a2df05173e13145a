// What is in the ring: found at the start, read from its oldest message on, done with message by
// message. What the messages mean is not known here.
#include "journal.h"

#include <string.h>

#include "../port/error.gen.h"
#include "journal_format.h"

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
        if (tt_journal_read_header(journal, segment, &valid, &retired, &sequence, &count) < 0 ||
            !valid) {
            continue;
        }
        if (any && (int32_t)(sequence - journal->head.sequence) < 0) { continue; }
        journal->head = tt_journal_start_of(journal, segment, sequence, count);
        any = true;
    }
    return any;
}

// The oldest one whose sequence fits its place before the newest and that is still wanted.
static void find_tail(struct tt_journal *journal)
{
    journal->tail = tt_journal_start_of(journal, journal->head.segment, journal->head.sequence,
                                        journal->head.count);
    journal->used = 1;
    for (uint32_t back = 1; back < journal->segments; back++) {
        const uint32_t segment =
            (journal->head.segment + journal->segments - back) % journal->segments;
        bool valid;
        bool retired;
        uint32_t sequence;
        uint32_t count;
        if (tt_journal_read_header(journal, segment, &valid, &retired, &sequence, &count) < 0 ||
            !valid || retired || sequence != journal->head.sequence - back) {
            continue;
        }
        journal->tail = tt_journal_start_of(journal, segment, sequence, count);
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
    while ((found = tt_journal_find(journal, &journal->head, &message, &bytes)) ==
               TT_JOURNAL_FOUND_RECORD ||
           found == TT_JOURNAL_FOUND_DONE) {
        tt_journal_step_over(journal, &journal->head, &message, bytes);
    }
    uint8_t free[TT_JOURNAL_HEAD] = {0};
    const uint32_t room = journal->segment_bytes - journal->head.offset;
    journal->open = found == TT_JOURNAL_FOUND_END && room >= TT_JOURNAL_HEAD &&
                    tt_journal_read_segment(journal, journal->head.segment, journal->head.offset,
                                            free, TT_JOURNAL_HEAD) == TT_OK &&
                    tt_get32(free) == UINT32_MAX;
}

// The newest segment was left for one that never came to be.
static void pass_retired(struct tt_journal *journal)
{
    bool valid = false;
    bool retired = false;
    uint32_t sequence;
    uint32_t count;
    if (tt_journal_read_header(journal, journal->head.segment, &valid, &retired, &sequence,
                               &count) < 0 ||
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
    return tt_journal_padded(journal, TT_JOURNAL_FIELDS_MAX + len + TT_JOURNAL_CRC) +
           journal->block->program_bytes;
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
    const uint32_t want = tt_journal_first_record(journal) + record_max(journal, most);
    const uint32_t blocks = (want + block->block_bytes - 1) / block->block_bytes;
    journal->segment_blocks = blocks <= block_count / 2 ? blocks
                              : block_count > 1         ? block_count / 2
                                                        : 1;
    journal->segment_bytes = journal->segment_blocks * block->block_bytes;
    journal->segments = block_count / journal->segment_blocks;
    uint8_t probe[TT_JOURNAL_HEADER];
    const int err = tt_journal_read_segment(journal, 0, 0, probe, sizeof probe);
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
    const uint32_t room = journal->segment_bytes - tt_journal_first_record(journal) - granule;
    const uint32_t most = room / granule * granule - TT_JOURNAL_FIELDS_MAX - TT_JOURNAL_CRC;
    return most < TT_JOURNAL_BODY_MAX ? most : TT_JOURNAL_BODY_MAX;
}

// Tail leaves a segment for the next one that is there, at the latest for head's. One with nothing
// wanted in it is marked so that the next start need not read it: nothing is lost when that fails.
static void leave_segment(struct tt_journal *journal, bool for_good)
{
    const int err = for_good
                        ? tt_journal_program_mark(journal, journal->tail.segment,
                                                  tt_journal_padded(journal, TT_JOURNAL_HEADER))
                        : TT_OK;
    // Marked once more it is as it was. One that is kept for what cannot be read ends the row.
    const bool owed = for_good && (err < 0 || journal->owed_segments > 0);
    const uint32_t sequence_left = journal->tail.sequence;
    journal->owed_records = false;
    for (;;) {
        const uint32_t segment = (journal->tail.segment + 1) % journal->segments;
        const uint32_t sequence = journal->tail.sequence + 1;
        journal->used--;
        journal->tail = tt_journal_start_of(journal, segment, sequence, journal->tail.count);
        bool valid;
        bool retired;
        uint32_t found;
        uint32_t count;
        const bool there =
            tt_journal_read_header(journal, segment, &valid, &retired, &found, &count) == TT_OK &&
            valid && !retired && found == sequence;
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
        const int found =
            tt_journal_find(journal, &journal->tail, &journal->oldest, &journal->oldest_bytes);
        if (found == TT_JOURNAL_FOUND_RECORD) {
            journal->found = true;
        } else if (found == TT_JOURNAL_FOUND_DONE) {
            tt_journal_step_over(journal, &journal->tail, &journal->oldest, journal->oldest_bytes);
        } else if (last) {
            journal->tail = journal->head;
        } else {
            leave_segment(journal, found == TT_JOURNAL_FOUND_END);
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
    // What was put away before it would come back after it: that first.
    int err = mark && journal->owed_records ? tt_journal_settle(journal) : TT_OK;
    if (mark && err == TT_OK) {
        err = tt_journal_program_mark(journal, journal->tail.segment, mark_at);
    }
    journal->owed_records |= err < 0 || !mark;
    tt_journal_step_over(journal, &journal->tail, &journal->oldest, journal->oldest_bytes);
    journal->found = false;
    return err;
}

bool tt_journal_owes(const struct tt_journal *journal)
{
    return journal->owed_segments > 0 || journal->owed_records;
}

int tt_journal_settle(struct tt_journal *journal)
{
    if (!tt_journal_owes(journal)) { return TT_OK; } // also without a block device
    const struct tt_journal_place *const tail = &journal->tail;
    for (; journal->owed_segments > 0; journal->owed_segments--) {
        const uint32_t back = journal->owed_segments;
        const uint32_t segment =
            (tail->segment + journal->segments - back % journal->segments) % journal->segments;
        bool valid = false;
        bool retired;
        uint32_t sequence;
        uint32_t count;
        if (tt_journal_read_header(journal, segment, &valid, &retired, &sequence, &count) ==
                TT_OK &&
            valid && !retired && sequence == tail->sequence - back &&
            tt_journal_program_mark(journal, segment,
                                    tt_journal_padded(journal, TT_JOURNAL_HEADER)) < 0) {
            return TT_EIO;
        }
    }
    struct tt_journal_place place = tt_journal_start_of(journal, tail->segment, tail->sequence, 0);
    while (journal->owed_records && place.offset < tail->offset) {
        struct tt_telemetry message;
        uint32_t bytes;
        const int found = tt_journal_find(journal, &place, &message, &bytes);
        if (found != TT_JOURNAL_FOUND_RECORD && found != TT_JOURNAL_FOUND_DONE) { break; }
        if (found == TT_JOURNAL_FOUND_RECORD &&
            tt_journal_program_mark(journal, place.segment,
                                    place.offset + bytes - journal->block->program_bytes) < 0) {
            return TT_EIO;
        }
        tt_journal_step_over(journal, &place, &message, bytes);
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
        found = tt_journal_find(journal, &place, &message, &bytes);
        if (found != TT_JOURNAL_FOUND_RECORD && found != TT_JOURNAL_FOUND_DONE) { return; }
        tt_journal_step_over(journal, &place, &message, bytes);
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

bool tt_journal_last(const struct tt_journal *journal, uint32_t *boot, int32_t *sequence)
{
    struct tt_journal_place place = journal->head;
    for (uint32_t back = 1; journal->used > 0 && place.message == 0; back++) {
        if (back == journal->segments ||
            !tt_journal_place_behind(journal, back, journal->segment_bytes, &place)) {
            return false;
        }
    }
    *boot = place.boot;
    *sequence = place.message;
    return place.message != 0;
}
