// The C library's heap is one arena, the interpreter's: in a firmware nothing else allocates
// through libc.
#pragma once

struct tt_arena;

// Before anything allocates; arena stays the caller's.
void tt_libc_use_arena(struct tt_arena *arena);
