// A NOR flash in memory that somebody else owns, so that it outlives the device and can be looked
// into.
#pragma once

#include "../block.h"

struct tt_sim_flash {
    uint8_t *bytes;
    uint32_t block_bytes;
    uint32_t block_count;
};

// flash outlives the result.
struct tt_block tt_sim_flash_block(struct tt_sim_flash *flash);
