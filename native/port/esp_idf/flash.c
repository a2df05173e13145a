// The board's partitions as they lie in its table: read, programmed, erased and mapped by
// ESP-IDF's driver, which keeps both cores and the cache right.
#include <esp_partition.h>

#include "../error.gen.h"
#include "chip.h"

enum {
    PARTITIONS_MAX = 8,
    ERASE_BYTES = 4096,
    PROGRAM_BYTES = 4, // of a partition that is not encrypted, which those of this port are not
};

struct mapping {
    const esp_partition_t *partition;
    const uint8_t *bytes; // NULL: not mapped yet
};

static struct mapping mappings[PARTITIONS_MAX];

static const esp_partition_t *partition_of(uint32_t offset)
{
    esp_partition_iterator_t at =
        esp_partition_find(ESP_PARTITION_TYPE_ANY, ESP_PARTITION_SUBTYPE_ANY, NULL);
    const esp_partition_t *found = NULL;
    for (; at != NULL && found == NULL; at = esp_partition_next(at)) {
        const esp_partition_t *const partition = esp_partition_get(at);
        if (offset >= partition->address && offset - partition->address < partition->size) {
            found = partition;
        }
    }
    esp_partition_iterator_release(at);
    return found;
}

// Mapped once and for ever: what is programmed shows there too. NULL: the table on the chip is not
// the board's, or there is no address space left.
const uint8_t *tt_esp_flash_at(uint32_t offset)
{
    const esp_partition_t *const partition = partition_of(offset);
    if (partition == NULL) { return NULL; }
    for (size_t i = 0; i < PARTITIONS_MAX; i++) {
        struct mapping *const mapping = &mappings[i];
        if (mapping->partition != NULL && mapping->partition != partition) { continue; }
        mapping->partition = partition;
        if (mapping->bytes == NULL) {
            const void *bytes = NULL;
            esp_partition_mmap_handle_t handle;
            if (esp_partition_mmap(partition, 0, partition->size, ESP_PARTITION_MMAP_DATA, &bytes,
                                   &handle) != ESP_OK) {
                return NULL;
            }
            mapping->bytes = bytes;
        }
        return mapping->bytes + (offset - partition->address);
    }
    return NULL;
}

static int error_of(esp_err_t err)
{
    return err == ESP_OK ? TT_OK : TT_EIO;
}

static int block_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    return ctx == NULL ? TT_EIO : error_of(esp_partition_read(ctx, offset, out, len));
}

static int block_program(void *ctx, uint32_t offset, const uint8_t *data, size_t len)
{
    return ctx == NULL ? TT_EIO : error_of(esp_partition_write(ctx, offset, data, len));
}

static int block_erase(void *ctx, uint32_t block)
{
    if (ctx == NULL) { return TT_EIO; }
    return error_of(esp_partition_erase_range(ctx, (size_t)block * ERASE_BYTES, ERASE_BYTES));
}

// A range of the board file's is a whole partition. One that is missing, smaller or encrypted on
// the chip answers TT_EIO, by us: ESP-IDF's own calls stop the program at it. Erased flash that is
// decrypted does not look erased.
struct tt_block tt_esp_flash(uint32_t offset, uint32_t size)
{
    const esp_partition_t *const partition = partition_of(offset);
    const bool usable = partition != NULL && partition->address == offset &&
                        partition->size >= size && !partition->encrypted;
    return (struct tt_block){
        .ctx = usable ? (void *)partition : NULL,
        .block_bytes = ERASE_BYTES,
        .block_count = size / ERASE_BYTES,
        .program_bytes = PROGRAM_BYTES,
        .read = block_read,
        .program = block_program,
        .erase = block_erase,
    };
}
