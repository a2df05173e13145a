// The allocator of a C library whose system has none: libraries name it, and nothing here uses it,
// since both heaps of a firmware have their own. Who does after all is told that there is no room.

#include <stdlib.h>

void *malloc(size_t size)
{
    (void)size;
    return NULL;
}

void *calloc(size_t count, size_t size)
{
    (void)count, (void)size;
    return NULL;
}

void *realloc(void *memory, size_t size)
{
    (void)memory, (void)size;
    return NULL;
}

void free(void *memory)
{
    (void)memory;
}
