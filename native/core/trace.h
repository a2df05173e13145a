// The canonical trace: one text line for each thing the guest saw or did, stamped with script time.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tt_delivery;
struct tt_guest_memory;
struct tt_import;

// Lines end with \n: "<ms> start", "<ms> trap", "<ms> event <kind> <id>" with the name and the
// payload where the kind has them, "<ms> <module>.<name> <arguments> -> <result>" where an out
// parameter is what was put into it. Byte strings are quoted, what is not printable ASCII as \xNN;
// an f64 is the 16 hex digits of its bits. Nothing of the link is in it.
struct tt_trace {
    void *ctx;
    // Gets the text in order: a line at a time, a long one in pieces.
    void (*write)(void *ctx, const char *text, size_t len);
    // tt_trace_mark and so on, by tt_trace_to: a firmware that traces nothing has none of them.
    void (*mark)(const struct tt_trace *trace, int64_t now_ms, const char *what);
    void (*event)(const struct tt_trace *trace, int64_t now_ms, const struct tt_delivery *event);
    void (*call)(const struct tt_trace *trace, int64_t now_ms, const struct tt_import *import,
                 const struct tt_guest_memory *memory, const uint64_t *args, uint64_t result);
};

struct tt_trace tt_trace_to(void *ctx, void (*write)(void *ctx, const char *text, size_t len));

void tt_trace_mark(const struct tt_trace *trace, int64_t now_ms, const char *what);
void tt_trace_event(const struct tt_trace *trace, int64_t now_ms, const struct tt_delivery *event);
// After the call.
void tt_trace_call(const struct tt_trace *trace, int64_t now_ms, const struct tt_import *import,
                   const struct tt_guest_memory *memory, const uint64_t *args, uint64_t result);
