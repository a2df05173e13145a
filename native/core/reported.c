// The coalescing table. It is small, so a scan and a memmove are its whole index.
#include "reported.h"

#include <string.h>

#include "../port/error.gen.h"

enum { WAITING, SENT };
enum { HEAD_LEN = 4 }; // state, name length, value length (2)

struct entry {
    size_t at;
    size_t len; // head included
    uint8_t state;
    struct tt_range name;
    struct tt_range value;
};

void tt_reported_init(struct tt_reported *reported, void *memory, size_t cap)
{
    *reported = (struct tt_reported){.data = memory, .cap = cap};
}

static bool entry_at(const struct tt_reported *reported, size_t at, struct entry *out)
{
    if (at >= reported->len) { return false; }
    struct tt_reader reader = tt_reader_of(reported->data + at, reported->len - at);
    out->at = at;
    out->state = tt_reader_u8(&reader);
    out->name.len = tt_reader_u8(&reader);
    out->value.len = tt_reader_u16(&reader);
    out->name.data = (const char *)tt_reader_take(&reader, out->name.len);
    out->value.data = (const char *)tt_reader_take(&reader, out->value.len);
    out->len = HEAD_LEN + out->name.len + out->value.len;
    return true;
}

static void remove_entry(struct tt_reported *reported, const struct entry *entry)
{
    const size_t after = entry->at + entry->len;
    memmove(reported->data + entry->at, reported->data + after, reported->len - after);
    reported->len -= entry->len;
}

int tt_reported_set(struct tt_reported *reported, struct tt_range name, struct tt_range value)
{
    if (name.len > UINT8_MAX || value.len > UINT16_MAX ||
        HEAD_LEN + name.len + value.len > reported->cap) {
        return TT_EINVALID;
    }
    const size_t needed = HEAD_LEN + name.len + value.len;
    struct entry old = {.len = 0};
    bool known = false;
    for (size_t at = 0; !known && entry_at(reported, at, &old); at += old.len) {
        known = old.name.len == name.len && memcmp(old.name.data, name.data, name.len) == 0;
    }
    if (needed > reported->cap - reported->len + (known ? old.len : 0)) { return TT_EFULL; }
    if (known) { remove_entry(reported, &old); }
    struct tt_writer writer = tt_writer_of(reported->data + reported->len, needed);
    tt_writer_u8(&writer, WAITING);
    tt_writer_u8(&writer, (uint8_t)name.len);
    tt_writer_u16(&writer, (uint16_t)value.len);
    tt_writer_bytes(&writer, name.data, name.len);
    tt_writer_bytes(&writer, value.data, value.len);
    reported->len += needed;
    return TT_OK;
}

size_t tt_reported_write(struct tt_reported *reported, struct tt_writer *writer)
{
    const size_t start = writer->len;
    size_t count = 0;
    struct entry entry;
    for (size_t at = 0; entry_at(reported, at, &entry); at += entry.len) {
        if (entry.state != WAITING) { continue; }
        const size_t before = writer->len;
        tt_writer_u8(writer, count == 0 ? '{' : ',');
        tt_writer_json(writer, entry.name.data, entry.name.len);
        tt_writer_u8(writer, ':');
        tt_writer_bytes(writer, entry.value.data, entry.value.len);
        if (writer->full || writer->len == writer->cap) { // the brace needs its byte
            writer->full = false;
            writer->len = before;
            break;
        }
        reported->data[at] = SENT;
        count++;
    }
    if (count == 0) {
        writer->len = start;
        return 0;
    }
    tt_writer_u8(writer, '}');
    return count;
}

void tt_reported_settle(struct tt_reported *reported)
{
    struct entry entry;
    size_t at = 0;
    while (entry_at(reported, at, &entry)) {
        if (entry.state == SENT) {
            remove_entry(reported, &entry);
        } else {
            at += entry.len;
        }
    }
}

void tt_reported_retry(struct tt_reported *reported)
{
    struct entry entry;
    for (size_t at = 0; entry_at(reported, at, &entry); at += entry.len) {
        reported->data[at] = WAITING;
    }
}

static bool first_waiting(const struct tt_reported *reported, struct entry *entry)
{
    for (size_t at = 0; entry_at(reported, at, entry); at += entry->len) {
        if (entry->state == WAITING) { return true; }
    }
    return false;
}

void tt_reported_drop(struct tt_reported *reported)
{
    struct entry entry;
    if (first_waiting(reported, &entry)) { remove_entry(reported, &entry); }
}

bool tt_reported_waiting(const struct tt_reported *reported)
{
    struct entry entry;
    return reported->len > 0 && first_waiting(reported, &entry);
}
