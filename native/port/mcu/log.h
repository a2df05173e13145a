// The lines of a microcontroller's log. They know no UART.
#pragma once

#include "../port.h"

enum { TT_LOG_LINE_MAX = 256, TT_LOG_FAULT_MAX = 96 };

// "<uptime> <level> <text>\n"; a longer text is cut, and what is not printable becomes a question
// mark. The line's length.
size_t tt_log_line(char line[TT_LOG_LINE_MAX], int64_t uptime_ms, enum tt_log_level level,
                   const char *text, size_t len);
// "fault: the kernel's check failed in <file>:<line>\n", of a path the last part.
size_t tt_log_fault(char text[TT_LOG_FAULT_MAX], const char *file, int line);
