// The boards this main was compiled with.
#pragma once

#include "../../core/board.h"

// Ended by NULL; the first is taken when none is named.
extern const struct tt_board *const tt_boards[];
