// Formats the canonical trace by hand: a virtual day has some 400,000 lines and may not notice
// them.
#include "trace.h"

#include <string.h>

#include "guest_memory.h"
#include "inbox.h"

enum { CHUNK = 256 };

struct line {
    const struct tt_trace *trace;
    size_t len;
    char text[CHUNK];
};

static void flush(struct line *line)
{
    if (line->len > 0) { line->trace->write(line->trace->ctx, line->text, line->len); }
    line->len = 0;
}

static void put_char(struct line *line, char c)
{
    if (line->len == CHUNK) { flush(line); }
    line->text[line->len++] = c;
}

// At most CHUNK bytes.
static void put_bytes(struct line *line, const char *bytes, size_t len)
{
    if (len > CHUNK - line->len) { flush(line); }
    memcpy(line->text + line->len, bytes, len);
    line->len += len;
}

static void put_text(struct line *line, const char *text)
{
    put_bytes(line, text, strlen(text));
}

static void put_integer(struct line *line, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) { digits[--at] = '-'; } // 2^63 has 19 digits
    put_bytes(line, digits + at, sizeof digits - at);
}

static void put_hex(struct line *line, uint64_t bits, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        put_char(line, "0123456789abcdef"[bits >> shift & 15]);
    }
}

static void put_quoted(struct line *line, const void *data, size_t len)
{
    const uint8_t *const bytes = data;
    put_text(line, " \"");
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\') { put_char(line, '\\'); }
        if (bytes[i] >= 0x20 && bytes[i] < 0x7F) {
            put_char(line, (char)bytes[i]);
        } else {
            put_text(line, "\\x");
            put_hex(line, bytes[i], 2);
        }
    }
    put_char(line, '"');
}

static struct line begin(const struct tt_trace *trace, int64_t now_ms)
{
    struct line line;
    line.trace = trace;
    line.len = 0;
    put_integer(&line, now_ms);
    put_char(&line, ' ');
    return line;
}

static void end(struct line *line)
{
    put_char(line, '\n');
    flush(line);
}

void tt_trace_mark(const struct tt_trace *trace, int64_t now_ms, const char *what)
{
    struct line line = begin(trace, now_ms);
    put_text(&line, what);
    end(&line);
}

void tt_trace_event(const struct tt_trace *trace, int64_t now_ms, const struct tt_delivery *event)
{
    // When the link came up or was heard is the network's doing.
    if (event->kind == TT_EVENT_CONNECTION || event->kind >= TT_EVENT_STORED) { return; }
    struct line line = begin(trace, now_ms);
    put_text(&line, "event ");
    put_integer(&line, event->kind);
    put_char(&line, ' ');
    put_integer(&line, event->id);
    if (event->kind == TT_EVENT_METHOD || event->kind == TT_EVENT_MESSAGE) {
        put_quoted(&line, event->name, event->name_len);
    }
    if (event->kind == TT_EVENT_METHOD || event->kind == TT_EVENT_MESSAGE ||
        event->kind == TT_EVENT_DESIRED) {
        put_quoted(&line, event->payload, event->payload_len);
    }
    end(&line);
}

static void put_result(struct line *line, char type, uint64_t result)
{
    switch (type) {
    case 'i':
        put_integer(line, (int32_t)(uint32_t)result);
        break;
    case 'I':
        put_integer(line, (int64_t)result);
        break;
    default:
        put_hex(line, tt_guest_slot(tt_guest_f64(result)), 16);
    }
}

static void put_text_argument(struct line *line, const struct tt_guest_memory *memory,
                              const uint64_t *args)
{
    struct tt_guest_text text;
    text.used = 0;
    text.cut = false;
    size_t len = 0;
    const char *const utf8 = tt_guest_read_text(memory, args[0], args[1], &text, &len);
    if (utf8) { put_quoted(line, utf8, len); }
}

void tt_trace_call(const struct tt_trace *trace, int64_t now_ms, const struct tt_import *import,
                   const struct tt_guest_memory *memory, const uint64_t *args, uint64_t result)
{
    struct line line = begin(trace, now_ms);
    put_text(&line, import->module);
    put_char(&line, '.');
    put_text(&line, import->name);
    const uint64_t *out = NULL;
    for (const char *kind = import->kinds; *kind; kind++) {
        switch (*kind) {
        case 'i':
        case 'I':
        case 'F':
            put_char(&line, ' ');
            put_result(&line, *kind, args[0]);
            args += 1;
            continue;
        case 't':
        case 'u':
            put_text_argument(&line, memory, args);
            break;
        case 'b':
            put_quoted(&line, tt_guest_range(memory, args[0], args[1]), (uint32_t)args[1]);
            break;
        default:
            out = args;
        }
        args += 2;
    }
    if (import->signature[0] != 'v') {
        put_text(&line, " -> ");
        put_result(&line, import->signature[0], result);
    }
    const int32_t filled = (int32_t)(uint32_t)result;
    if (out && filled > 0) {
        const uint32_t cap = (uint32_t)out[1];
        put_quoted(&line, tt_guest_range(memory, out[0], out[1]),
                   (uint32_t)filled < cap ? (uint32_t)filled : cap);
    }
    end(&line);
}

struct tt_trace tt_trace_to(void *ctx, void (*write)(void *ctx, const char *text, size_t len))
{
    return (struct tt_trace){.ctx = ctx,
                             .write = write,
                             .mark = tt_trace_mark,
                             .event = tt_trace_event,
                             .call = tt_trace_call};
}
