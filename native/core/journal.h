// A ring of messages on a block device that survives a power cut at any moment. It keeps them in
// order and knows what was done with; it has never heard of a hub, a policy or a clock.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../port/block.h"

// The device is cut into segments of one or more erase blocks, used in turn, so that all of them
// wear alike. A record never spans two. A message costs its body, 8 bytes, one granule for the mark
// that it is done with and padding to the granule: with granules of 4, 60 bytes for a body of 48;
// with granules of 256, 512. Boot number, sequence number and properties are stored only where they
// do not follow from the message before, which is once a segment as a rule. Being done costs one
// program, no erase.
enum {
    TT_JOURNAL_GRANULE_MAX = 256,
    TT_JOURNAL_BODY_MAX = 65535,
};

// A message in RAM, or one in a journal: then properties and body are NULL and their bytes come
// from tt_journal_read.
struct tt_telemetry {
    uint32_t boot; // with sequence its id
    int32_t sequence;
    uint8_t options;    // the caller's, kept
    uint32_t expires_s; // the caller's, kept; 0 costs nothing
    size_t properties_len;
    size_t body_len;
    const uint8_t *properties; // property bag, already percent-encoded
    const uint8_t *body;
    const struct tt_journal *journal; // NULL: in RAM
    uint32_t properties_at;           // offsets in the journal
    uint32_t body_at;
};

// Where reading or writing goes on, and what the next record may leave out.
struct tt_journal_place {
    uint32_t segment;
    uint32_t offset;   // in the segment
    uint32_t sequence; // the segment's number in the order of use
    uint32_t count;    // records before this place since the journal was new; wraps
    uint32_t boot;     // of the record before, with the next three
    int32_t message;
    uint32_t properties_at; // in the segment
    uint32_t properties_len;
};

struct tt_journal {
    const struct tt_block *block; // NULL: nothing is kept
    uint32_t first_block;
    uint32_t segment_blocks;
    uint32_t segment_bytes;
    uint32_t segments;
    uint32_t used; // segments from tail's to head's; 0: nothing was ever written
    bool open;     // head takes records; else the next one begins a segment
    bool found;    // `oldest` is the record at tail
    // Segments begun since the last record: flash fails, and giving messages up gains nothing.
    uint32_t barren;
    uint32_t barren_after; // where that record ended, in its segment
    struct tt_journal_place head;
    struct tt_journal_place tail;
    struct tt_telemetry oldest;
    uint32_t oldest_bytes; // of its record
    // Marks that flash did not take: a restart would bring messages back that are done with.
    uint32_t owed_segments; // so many before tail's were left without theirs
    bool owed_records;      // of tail's segment, before tail; those given up too
};

// Finds what an earlier start left. Segments are as many blocks as hold a message of message_max
// bytes, properties and body, if two such fit. TT_OK also without a block device; TT_EIO: it cannot
// be read; TT_EINVALID: its geometry is not that of block.h, or there is less than one segment.
// *block is the caller's and lives as long as the journal.
int tt_journal_open(struct tt_journal *journal, const struct tt_block *block, uint32_t first_block,
                    uint32_t block_count, size_t message_max);
// The longest properties and body together; 0 without a block device.
size_t tt_journal_message_max(const struct tt_journal *journal);

// On flash and read back when it returns TT_OK. TT_EFULL: the oldest segment would have to go, and
// there are messages in it; TT_EINVALID: longer than tt_journal_message_max; TT_EIO: the message is
// not kept, and the next one tries another segment, after two that failed one of the same again.
int tt_journal_append(struct tt_journal *journal, const struct tt_telemetry *message);

// The oldest message, until it is popped; NULL when there is none.
const struct tt_telemetry *tt_journal_peek(struct tt_journal *journal);
// Puts the oldest message out of the way. With `mark` for good: TT_EIO when a restart would bring
// it back. Without, until a restart, or for good when its segment is left or marks are made up for:
// for a segment to be given up.
int tt_journal_pop(struct tt_journal *journal, bool mark);
// Whether marks could not be made. They are made by tt_journal_settle: TT_OK, or TT_EIO when flash
// still fails.
bool tt_journal_owes(const struct tt_journal *journal);
int tt_journal_settle(struct tt_journal *journal);
// The id of the message that was appended last, done or not. False when none is known.
bool tt_journal_last(const struct tt_journal *journal, uint32_t *boot, int32_t *sequence);
// Pops for good all messages of the oldest segment up to this one, if it is in there, done or not.
// Right after tt_journal_open only.
void tt_journal_pop_through(struct tt_journal *journal, uint32_t boot, int32_t sequence);

// Bytes of a message that is in the journal: from properties_at or body_at on. TT_OK or TT_EIO.
int tt_journal_read(const struct tt_journal *journal, uint32_t at, uint8_t *out, size_t len);

uint32_t tt_journal_count(const struct tt_journal *journal); // messages; those of damaged flash too
// Bytes of flash between the oldest and the newest message, out of tt_journal_size.
uint32_t tt_journal_bytes(const struct tt_journal *journal);
uint32_t tt_journal_size(const struct tt_journal *journal);
