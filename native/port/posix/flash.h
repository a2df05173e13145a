// A NOR flash in a file: program clears bits, erase sets them, and both are on disk when they
// return.
#pragma once

#include "../block.h"

struct tt_posix_flash {
    int fd;
    uint32_t block_bytes;
    uint32_t block_count;
};

// Opens the file, or makes one that is erased. One process at a time.
// TT_EBUSY: another process has it; TT_EINVALID: it is there with another size, and stays as it is;
// TT_EIO: it cannot be opened or made.
int tt_posix_flash_open(struct tt_posix_flash *flash, const char *path, uint32_t block_bytes,
                        uint32_t block_count);
void tt_posix_flash_close(struct tt_posix_flash *flash);

// flash stays where it is while the result is used.
struct tt_block tt_posix_flash_block(struct tt_posix_flash *flash);
