// NOR manners over a file; what is stored in it is not known here.

#include "flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../error.gen.h"

enum { CHUNK_BYTES = 512 };

static int read_all(int fd, off_t offset, uint8_t *out, size_t len)
{
    while (len > 0) {
        const ssize_t got = pread(fd, out, len, offset);
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { return TT_EIO; }
        out += got;
        offset += got;
        len -= (size_t)got;
    }
    return TT_OK;
}

static int write_all(int fd, off_t offset, const uint8_t *data, size_t len)
{
    while (len > 0) {
        const ssize_t put = pwrite(fd, data, len, offset);
        if (put < 0 && errno == EINTR) { continue; }
        if (put <= 0) { return TT_EIO; }
        data += put;
        offset += put;
        len -= (size_t)put;
    }
    return TT_OK;
}

static int write_erased(int fd, off_t offset, uint64_t len)
{
    uint8_t erased[CHUNK_BYTES];
    memset(erased, 0xff, sizeof erased);
    while (len > 0) {
        const size_t part = len < sizeof erased ? (size_t)len : sizeof erased;
        if (write_all(fd, offset, erased, part) < 0) { return TT_EIO; }
        offset += (off_t)part;
        len -= part;
    }
    return fsync(fd) == 0 ? TT_OK : TT_EIO;
}

static bool inside(const struct tt_posix_flash *flash, uint32_t offset, size_t len)
{
    const uint64_t size = (uint64_t)flash->block_bytes * flash->block_count;
    return offset <= size && len <= size - offset;
}

static int flash_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    const struct tt_posix_flash *flash = ctx;
    return inside(flash, offset, len) ? read_all(flash->fd, (off_t)offset, out, len) : TT_EIO;
}

static int flash_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    const struct tt_posix_flash *flash = ctx;
    if (!inside(flash, offset, len)) { return TT_EIO; }
    for (size_t done = 0; done < len;) {
        uint8_t cells[CHUNK_BYTES];
        const size_t part = len - done < sizeof cells ? len - done : sizeof cells;
        const off_t at = (off_t)offset + (off_t)done;
        if (read_all(flash->fd, at, cells, part) < 0) { return TT_EIO; }
        for (size_t i = 0; i < part; i++) {
            cells[i] &= data[done + i];
        }
        if (write_all(flash->fd, at, cells, part) < 0) { return TT_EIO; }
        done += part;
    }
    return fsync(flash->fd) == 0 ? TT_OK : TT_EIO;
}

static int flash_erase(void *ctx, uint32_t block)
{
    const struct tt_posix_flash *flash = ctx;
    if (block >= flash->block_count) { return TT_EIO; }
    return write_erased(flash->fd, (off_t)block * flash->block_bytes, flash->block_bytes);
}

static int prepare(const struct tt_posix_flash *flash)
{
    if (flock(flash->fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? TT_EBUSY : TT_EIO;
    }
    struct stat file;
    if (fstat(flash->fd, &file) != 0) { return TT_EIO; }
    const uint64_t size = (uint64_t)flash->block_bytes * flash->block_count;
    if (file.st_size == 0) { return write_erased(flash->fd, 0, size); }
    return (uint64_t)file.st_size == size ? TT_OK : TT_EINVALID;
}

int tt_posix_flash_open(struct tt_posix_flash *flash, const char *path, uint32_t block_bytes,
                        uint32_t block_count)
{
    // Values of the store may be secrets: the owner's alone.
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) { return TT_EIO; }
    *flash =
        (struct tt_posix_flash){.fd = fd, .block_bytes = block_bytes, .block_count = block_count};
    const int err = prepare(flash);
    if (err < 0) { close(fd); }
    return err;
}

void tt_posix_flash_close(struct tt_posix_flash *flash)
{
    close(flash->fd); // and with it the lock
    flash->fd = -1;
}

struct tt_block tt_posix_flash_block(struct tt_posix_flash *flash)
{
    return (struct tt_block){
        .ctx = flash,
        .block_bytes = flash->block_bytes,
        .block_count = flash->block_count,
        .program_bytes = 1,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
    };
}
