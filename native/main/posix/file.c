// Reads a file into memory of its own size.

#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t *read_stream(FILE *file, size_t max, size_t *len)
{
    uint8_t *data = malloc(max + 1);
    if (data == NULL) { return NULL; }
    *len = fread(data, 1, max + 1, file);
    if (ferror(file) == 0 && *len <= max) {
        data[*len] = 0;
        return data;
    }
    if (ferror(file) == 0) { errno = EFBIG; }
    free(data);
    return NULL;
}

uint8_t *tt_file_read(const char *path, size_t max, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) { return NULL; }
    uint8_t *data = read_stream(file, max, len);
    const int saved = errno;
    fclose(file);
    errno = saved;
    return data;
}
