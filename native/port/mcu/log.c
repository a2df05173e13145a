// Formats by hand: printf would be a third of the firmware's libc.

#include "log.h"

#include <string.h>

enum { NAME_MAX = 32 };

static size_t add_text(char *line, size_t at, const char *text)
{
    const size_t len = strlen(text);
    memcpy(line + at, text, len);
    return at + len;
}

static size_t add_number(char *line, size_t at, uint32_t value)
{
    char digits[10];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        line[at++] = digits[--count];
    }
    return at;
}

size_t tt_log_line(char line[TT_LOG_LINE_MAX], int64_t uptime_ms, enum tt_log_level level,
                   const char *text, size_t len)
{
    static const char *const names[] = {" debug ", " info  ", " warn  ", " error "};
    size_t at = add_number(line, 0, (uint32_t)uptime_ms);
    at = add_text(line, at, names[level <= TT_LOG_ERROR ? level : TT_LOG_ERROR]);
    for (size_t i = 0; i < len && at < TT_LOG_LINE_MAX - 1; i++) {
        // A guest's or a peer's text must not forge a line or talk to the terminal.
        const uint8_t byte = (uint8_t)text[i];
        line[at++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    line[at++] = '\n';
    return at;
}

size_t tt_log_fault(char text[TT_LOG_FAULT_MAX], const char *file, int line)
{
    const char *const slash = strrchr(file, '/');
    const char *const name = slash != NULL ? slash + 1 : file;
    size_t at = add_text(text, 0, "fault: the kernel's check failed in ");
    const size_t len = strlen(name);
    memcpy(text + at, name, len < NAME_MAX ? len : NAME_MAX);
    at += len < NAME_MAX ? len : NAME_MAX;
    text[at++] = ':';
    at = add_number(text, at, (uint32_t)line);
    text[at++] = '\n';
    return at;
}
