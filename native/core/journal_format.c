// Bytes on flash to records and marks, and back to places; no order and no policy.
#include "journal_format.h"

#include <string.h>

#include "../port/error.gen.h"

enum { FLAGS = TT_JOURNAL_FLAG_ID | TT_JOURNAL_FLAG_EXPIRES | TT_JOURNAL_FLAG_PROPERTIES };
const uint8_t tt_journal_magic[4] = {'T', 'T', 'J', '1'};

uint32_t tt_journal_padded(const struct tt_journal *journal, uint32_t len)
{
    const uint32_t granule = journal->block->program_bytes;
    return (len + granule - 1) / granule * granule;
}

uint32_t tt_journal_first_record(const struct tt_journal *journal)
{
    return tt_journal_padded(journal, TT_JOURNAL_HEADER) + journal->block->program_bytes;
}

uint32_t tt_journal_device_offset(const struct tt_journal *journal, uint32_t segment,
                                  uint32_t offset)
{
    return journal->first_block * journal->block->block_bytes + segment * journal->segment_bytes +
           offset;
}

int tt_journal_read_segment(const struct tt_journal *journal, uint32_t segment, uint32_t offset,
                            uint8_t *out, size_t len)
{
    return tt_journal_read(journal, tt_journal_device_offset(journal, segment, offset), out, len);
}

int32_t tt_journal_next_message(int32_t sequence)
{
    return sequence == INT32_MAX ? 1 : sequence + 1;
}

struct tt_journal_place tt_journal_start_of(const struct tt_journal *journal, uint32_t segment,
                                            uint32_t sequence, uint32_t count)
{
    return (struct tt_journal_place){.segment = segment,
                                     .offset = tt_journal_first_record(journal),
                                     .sequence = sequence,
                                     .count = count};
}

int tt_journal_read_mark(const struct tt_journal *journal, uint32_t segment, uint32_t offset,
                         bool *marked)
{
    uint8_t bytes[TT_JOURNAL_CHUNK];
    const uint32_t granule = journal->block->program_bytes;
    *marked = false;
    for (uint32_t at = 0; at < granule; at += TT_JOURNAL_CHUNK) {
        const uint32_t len = granule - at < TT_JOURNAL_CHUNK ? granule - at : TT_JOURNAL_CHUNK;
        const int err = tt_journal_read_segment(journal, segment, offset + at, bytes, len);
        if (err < 0) { return err; }
        for (uint32_t i = 0; i < len; i++) {
            if (bytes[i] != 0xFF) { *marked = true; }
        }
    }
    return TT_OK;
}

int tt_journal_program_mark(const struct tt_journal *journal, uint32_t segment, uint32_t offset)
{
    static const uint8_t zeros[TT_JOURNAL_GRANULE_MAX] = {0};
    return journal->block->program(journal->block->ctx,
                                   tt_journal_device_offset(journal, segment, offset), zeros,
                                   journal->block->program_bytes);
}

static int check_crc(const struct tt_journal *journal, const struct tt_journal_place *place,
                     uint32_t len, bool *good)
{
    uint8_t chunk[TT_JOURNAL_CHUNK];
    uint8_t expected[TT_JOURNAL_CRC];
    uint32_t crc = place->sequence;
    for (uint32_t at = 0; at < len; at += TT_JOURNAL_CHUNK) {
        const uint32_t part = len - at < TT_JOURNAL_CHUNK ? len - at : TT_JOURNAL_CHUNK;
        const int err =
            tt_journal_read_segment(journal, place->segment, place->offset + at, chunk, part);
        if (err < 0) { return err; }
        crc = tt_crc32(crc, chunk, part);
    }
    const int err = tt_journal_read_segment(journal, place->segment, place->offset + len, expected,
                                            TT_JOURNAL_CRC);
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
    uint32_t at = TT_JOURNAL_HEAD;
    if ((flags & ~FLAGS) != 0) { return false; }
    uint32_t properties_at = place->properties_at;
    uint32_t properties_len = place->properties_len;
    *out = (struct tt_telemetry){.boot = place->boot,
                                 .sequence = tt_journal_next_message(place->message),
                                 .options = fields[3],
                                 .body_len = fields[0] | (uint32_t)fields[1] << 8,
                                 .journal = journal};
    if ((flags & TT_JOURNAL_FLAG_ID) != 0) {
        out->boot = tt_get32(fields + at);
        out->sequence = (int32_t)(tt_get32(fields + at + 4) & INT32_MAX);
        at += 8;
    }
    if ((flags & TT_JOURNAL_FLAG_EXPIRES) != 0) {
        out->expires_s = tt_get32(fields + at);
        at += 4;
    }
    if ((flags & TT_JOURNAL_FLAG_PROPERTIES) != 0) {
        properties_len = fields[at] | (uint32_t)fields[at + 1] << 8;
        at += 2;
        properties_at = place->offset + at;
        at += properties_len;
    }
    out->properties_at = tt_journal_device_offset(journal, place->segment, properties_at);
    out->properties_len = properties_len;
    out->body_at = tt_journal_device_offset(journal, place->segment, place->offset + at);
    *len = at + (uint32_t)out->body_len;
    return tt_journal_padded(journal, *len + TT_JOURNAL_CRC) + journal->block->program_bytes <=
           room;
}

int tt_journal_find(const struct tt_journal *journal, const struct tt_journal_place *place,
                    struct tt_telemetry *out, uint32_t *bytes)
{
    const uint32_t room = journal->segment_bytes - place->offset;
    const uint32_t granule = journal->block->program_bytes;
    if (room < tt_journal_padded(journal, TT_JOURNAL_HEAD + TT_JOURNAL_CRC) + granule) {
        return TT_JOURNAL_FOUND_END;
    }
    uint8_t fields[TT_JOURNAL_FIELDS_MAX] = {0};
    int err = tt_journal_read_segment(journal, place->segment, place->offset, fields,
                                      room < TT_JOURNAL_FIELDS_MAX ? room : TT_JOURNAL_FIELDS_MAX);
    if (err < 0) { return err; }
    uint32_t len;
    bool good = false;
    if (!parse_fields(journal, place, fields, room, out, &len)) { return TT_JOURNAL_FOUND_END; }
    err = check_crc(journal, place, len, &good);
    if (err < 0 || !good) { return err < 0 ? err : TT_JOURNAL_FOUND_END; }
    *bytes = tt_journal_padded(journal, len + TT_JOURNAL_CRC) + granule;
    bool marked;
    err = tt_journal_read_mark(journal, place->segment, place->offset + *bytes - granule, &marked);
    return err < 0 ? err : marked ? TT_JOURNAL_FOUND_DONE : TT_JOURNAL_FOUND_RECORD;
}

void tt_journal_step_over(const struct tt_journal *journal, struct tt_journal_place *place,
                          const struct tt_telemetry *message, uint32_t bytes)
{
    place->offset += bytes;
    place->count++;
    place->boot = message->boot;
    place->message = message->sequence;
    place->properties_at =
        message->properties_at - tt_journal_device_offset(journal, place->segment, 0);
    place->properties_len = (uint32_t)message->properties_len;
}

int tt_journal_read_header(const struct tt_journal *journal, uint32_t segment, bool *valid,
                           bool *retired, uint32_t *sequence, uint32_t *count)
{
    uint8_t header[TT_JOURNAL_HEADER];
    const int err = tt_journal_read_segment(journal, segment, 0, header, sizeof header);
    if (err < 0) { return err; }
    *valid = memcmp(header, tt_journal_magic, sizeof tt_journal_magic) == 0 &&
             tt_get32(header + 12) == tt_crc32(0, header, 12);
    *sequence = tt_get32(header + 4);
    *count = tt_get32(header + 8);
    *retired = true;
    return *valid ? tt_journal_read_mark(journal, segment,
                                         tt_journal_padded(journal, TT_JOURNAL_HEADER), retired)
                  : TT_OK;
}

bool tt_journal_place_behind(const struct tt_journal *journal, uint32_t back, uint32_t end,
                             struct tt_journal_place *place)
{
    const uint32_t segment = (journal->head.segment + journal->segments - back) % journal->segments;
    bool valid;
    bool retired;
    uint32_t sequence;
    uint32_t count;
    if (tt_journal_read_header(journal, segment, &valid, &retired, &sequence, &count) < 0 ||
        !valid || sequence != journal->head.sequence - back) {
        return false;
    }
    *place = tt_journal_start_of(journal, segment, sequence, count);
    while (place->offset < end) {
        struct tt_telemetry message;
        uint32_t bytes;
        const int found = tt_journal_find(journal, place, &message, &bytes);
        if (found != TT_JOURNAL_FOUND_RECORD && found != TT_JOURNAL_FOUND_DONE) { break; }
        tt_journal_step_over(journal, place, &message, bytes);
    }
    return true;
}
