// A NOR flash in memory that somebody else owns, so that it outlives the device and can be looked
// into, and what can happen to it: a program or an erase that fails, or that the power ends.
#pragma once

#include <stdbool.h>

#include "../block.h"

// Of all flashes that have their power from the same wire. Zero is a sound one.
struct tt_sim_flash_life {
    uint32_t programs; // done so far, torn and failed ones included
    uint32_t erases;
    uint32_t wait;  // the fault comes with the wait-th program or erase from now on; 0: none armed
    uint32_t fails; // that many in a row are TT_EIO, the first of them torn
    uint32_t torn_bytes; // of the torn one that are done nevertheless, from its beginning
    bool cuts;           // the power goes with it: nothing is read or written any more
    bool dead;           // it went; whoever gives power back sets it to false
    void *ctx;
    void (*died)(void *ctx); // told in the moment the power goes; may be NULL
};

struct tt_sim_flash {
    uint8_t *bytes;
    uint32_t block_bytes;
    uint32_t block_count;
    uint32_t program_bytes;         // 0: 1
    uint32_t *erases;               // per block, counted up; NULL: nobody wants to know
    struct tt_sim_flash_life *life; // NULL: nothing ever happens
};

// flash outlives the result.
struct tt_block tt_sim_flash_block(struct tt_sim_flash *flash);
