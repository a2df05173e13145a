// Writes one JSON value, member by member, into a buffer of the caller's. It knows no guest, and
// not where the value goes.
#pragma once

#include "bytes.h"

enum {
    TT_JSON_WRITER_DEPTH_MAX = 32, // open containers, one bit of each word below
    TT_JSON_WRITER_BYTES = 1024,   // the longest value an app may write
};

// A value that gets too long or too deep sets out.full, which stays; out.len is then meaningless.
// Names and texts are UTF-16, little endian, `units` code units of it. In an array and outside all
// containers a name is ignored.
struct tt_json_writer {
    struct tt_writer out;
    uint32_t depth;
    uint32_t arrays; // a bit for each depth: it is an array
    uint32_t filled; // a bit for each depth: it has a member, so that a comma comes next
};

// Begins anew in the same buffer; the value is an object, or else what is written next.
void tt_json_writer_begin(struct tt_json_writer *writer, bool as_object);
// Begins a member; one of the below must follow.
void tt_json_writer_name(struct tt_json_writer *writer, const uint8_t *name, size_t units);
void tt_json_writer_open(struct tt_json_writer *writer, bool array);
void tt_json_writer_close(struct tt_json_writer *writer); // but never the outermost
// value / 10^decimals, exactly; decimals are 0 to 18, others count as the nearest.
void tt_json_writer_number(struct tt_json_writer *writer, int64_t value, int32_t decimals);
void tt_json_writer_text(struct tt_json_writer *writer, const uint8_t *text, size_t units);
void tt_json_writer_raw(struct tt_json_writer *writer, const uint8_t *json, size_t units);
// Closes all that is open. The value, or false when it got too long.
bool tt_json_writer_end(struct tt_json_writer *writer, struct tt_range *value);
