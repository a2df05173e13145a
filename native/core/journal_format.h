// How the journal lies on flash, for the files of the journal: segments, records, marks, and
// walking over them. It decides nothing.
#pragma once

#include "bytes.h"
#include "journal.h"

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
    TT_JOURNAL_HEADER = 16,
    TT_JOURNAL_HEAD = 4,
    TT_JOURNAL_CRC = 4,
    TT_JOURNAL_FIELDS_MAX = TT_JOURNAL_HEAD + 8 + 4 + 2,
    TT_JOURNAL_FLAG_ID = 1,
    TT_JOURNAL_FLAG_EXPIRES = 2,
    TT_JOURNAL_FLAG_PROPERTIES = 4,
    TT_JOURNAL_CHUNK = 64, // bytes of stack that reading takes
};
extern const uint8_t tt_journal_magic[4];

enum tt_journal_found { TT_JOURNAL_FOUND_RECORD, TT_JOURNAL_FOUND_DONE, TT_JOURNAL_FOUND_END };

uint32_t tt_journal_padded(const struct tt_journal *journal, uint32_t len); // to the granule
uint32_t tt_journal_first_record(const struct tt_journal *journal);         // its offset
// Offsets of messages are those of the device.
uint32_t tt_journal_device_offset(const struct tt_journal *journal, uint32_t segment,
                                  uint32_t offset);
int tt_journal_read_segment(const struct tt_journal *journal, uint32_t segment, uint32_t offset,
                            uint8_t *out, size_t len);
int32_t tt_journal_next_message(int32_t sequence);
struct tt_journal_place tt_journal_start_of(const struct tt_journal *journal, uint32_t segment,
                                            uint32_t sequence, uint32_t count);
// Marks are one granule; a torn one counts.
int tt_journal_read_mark(const struct tt_journal *journal, uint32_t segment, uint32_t offset,
                         bool *marked);
int tt_journal_program_mark(const struct tt_journal *journal, uint32_t segment, uint32_t offset);
// What is at the place: an enum tt_journal_found, or TT_EIO. With a record *bytes is all that it
// takes.
int tt_journal_find(const struct tt_journal *journal, const struct tt_journal_place *place,
                    struct tt_telemetry *out, uint32_t *bytes);
void tt_journal_step_over(const struct tt_journal *journal, struct tt_journal_place *place,
                          const struct tt_telemetry *message, uint32_t bytes);
// Whether the segment has a sound header, and whether anything behind it is still wanted.
int tt_journal_read_header(const struct tt_journal *journal, uint32_t segment, bool *valid,
                           bool *retired, uint32_t *sequence, uint32_t *count);
// The place behind the records, done or not, of the segment that was begun `back` segments before
// head's, or behind those up to `end`. False when there is no such segment or it cannot be read.
bool tt_journal_place_behind(const struct tt_journal *journal, uint32_t back, uint32_t end,
                             struct tt_journal_place *place);
