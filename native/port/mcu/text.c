// Small forms of libc's text functions, whose own are made for speed and take 1.8 KB more. They
// serve names and headers; what copies bulk is libc's.

#include <stddef.h>
#include <string.h>

int strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *text, int c)
{
    for (; *text != (char)c; text++) {
        if (*text == 0) { return NULL; }
    }
    return (char *)text;
}

void *memchr(const void *memory, int c, size_t len)
{
    const unsigned char *byte = memory;
    for (; len > 0; byte++, len--) {
        if (*byte == (unsigned char)c) { return (void *)byte; }
    }
    return NULL;
}

char *strstr(const char *text, const char *wanted)
{
    for (;; text++) {
        size_t same = 0;
        while (wanted[same] != 0 && text[same] == wanted[same]) {
            same++;
        }
        if (wanted[same] == 0) { return (char *)text; }
        if (*text == 0) { return NULL; }
    }
}
