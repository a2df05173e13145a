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

// What stands before the dot in "component.property"; empty for a property of the device itself.
static struct tt_range component_of(struct tt_range name)
{
    const char *const dot = memchr(name.data, '.', name.len);
    return (struct tt_range){name.data, dot != NULL ? (size_t)(dot - name.data) : 0};
}

static bool same(struct tt_range a, struct tt_range b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

// Writes first, name and value if `closing` braces still fit behind them; else nothing, and false.
static bool put(struct tt_writer *writer, char first, struct tt_range name, struct tt_range value,
                size_t closing)
{
    const size_t before = writer->len;
    tt_writer_u8(writer, (uint8_t)first);
    tt_writer_json(writer, name.data, name.len);
    tt_writer_u8(writer, ':');
    tt_writer_bytes(writer, value.data, value.len);
    if (!writer->full && writer->cap - writer->len >= closing) { return true; }
    writer->full = false;
    writer->len = before;
    return false;
}

// Writes the component with all of its properties that wait, from `at` on, and fit; returns their
// number. One object must hold them: of two of the same name the hub would keep the last.
static size_t put_component(struct tt_reported *reported, size_t at, char first,
                            struct tt_range component, struct tt_writer *writer)
{
    static const char mark[] = "{\"__t\":\"c\""; // [IoT Plug and Play convention: components]
    const size_t before = writer->len;
    size_t count = 0;
    if (!put(writer, first, component, (struct tt_range){mark, sizeof mark - 1}, 2)) { return 0; }
    struct entry entry;
    for (; entry_at(reported, at, &entry); at += entry.len) {
        if (entry.state != WAITING || !same(component_of(entry.name), component)) { continue; }
        const size_t skipped = component.len + 1;
        const struct tt_range name = {entry.name.data + skipped, entry.name.len - skipped};
        if (!put(writer, ',', name, entry.value, 2)) { break; }
        reported->data[at] = SENT;
        count++;
    }
    if (count == 0) {
        writer->len = before;
    } else {
        tt_writer_u8(writer, '}');
    }
    return count;
}

size_t tt_reported_write(struct tt_reported *reported, struct tt_writer *writer)
{
    size_t count = 0;
    struct entry entry;
    for (size_t at = 0; entry_at(reported, at, &entry); at += entry.len) {
        if (entry.state != WAITING) { continue; }
        const char first = count == 0 ? '{' : ',';
        const struct tt_range component = component_of(entry.name);
        if (component.len > 0) {
            const size_t written = put_component(reported, at, first, component, writer);
            if (written == 0) { break; }
            count += written;
        } else if (put(writer, first, entry.name, entry.value, 1)) {
            reported->data[at] = SENT;
            count++;
        } else {
            break;
        }
    }
    if (count > 0) { tt_writer_u8(writer, '}'); }
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
