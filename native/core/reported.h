// Reported properties on their way: a table of names and values where the last value wins.
#pragma once

#include "bytes.h"

struct tt_reported {
    uint8_t *data; // entries one after the other: state, name length, value length, name, value
    size_t cap;
    size_t len;
};

void tt_reported_init(struct tt_reported *reported, void *memory, size_t cap);

// Puts value (JSON) in the place of what the name had. TT_EFULL when there is no room now,
// TT_EINVALID when there never is: a name of more than 255 bytes, an entry beyond the whole table.
int tt_reported_set(struct tt_reported *reported, struct tt_range name, struct tt_range value);

// Writes one JSON object, with "component.property" inside its component, with as many waiting
// properties as fit, and marks them as sent. Returns their number; with 0 the writer is as it was.
size_t tt_reported_write(struct tt_reported *reported, struct tt_writer *writer);

// What was sent is done with: it goes, unless it was set again meanwhile.
void tt_reported_settle(struct tt_reported *reported);
// What was sent waits again, where it was.
void tt_reported_retry(struct tt_reported *reported);
// Forgets the first that waits: it fits no packet.
void tt_reported_drop(struct tt_reported *reported);

bool tt_reported_waiting(const struct tt_reported *reported);
