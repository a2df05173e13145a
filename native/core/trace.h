// The canonical trace: one text line for each thing the guest saw or did, stamped with script time.
#pragma once

#include <stddef.h>

// Lines end with \n: "<ms> event <kind> <id> …", "<ms> <module>.<name> <arguments> -> <result>".
// Byte strings are quoted, what is not printable ASCII as \xNN. Nothing of the link is in it.
struct tt_trace {
    void *ctx;
    void (*write)(void *ctx, const char *line, size_t len);
};
