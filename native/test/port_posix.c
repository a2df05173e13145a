// What the POSIX port promises beyond the contract: its log, its threads, its flash file and its
// pins file.

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "../port/error.gen.h"
#include "../port/posix/flash.h"
#include "../port/posix/pins.h"
#include "../port/posix/posix.h"
#include "contract_report.h"

static struct tt_posix posix;

// A file of this process's own; the caller unlinks it.
static void make_file(char *path, const char *text)
{
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

// What is written to stderr while `run` runs, NUL-terminated.
static void capture(void (*run)(const struct tt_port *port), char *out, size_t cap)
{
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    const int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    CHECK_INT(tt_posix_open(&posix, TT_LOG_INFO), 0);
    const struct tt_port port = tt_posix_port(&posix);
    run(&port);
    tt_posix_close(&posix);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], out + len, cap - 1 - len)) > 0) {
        len += (size_t)got;
    }
    out[len] = 0;
    close(ends[0]);
}

static void write_lines(const struct tt_port *port)
{
    port->log(port->ctx, TT_LOG_DEBUG, "hidden", 6);
    port->log(port->ctx, TT_LOG_WARNING, "two\nlines \x1b[2J!", 14);
    static char longest[3 * TT_POSIX_LOG_LINE_MAX];
    memset(longest, 'x', sizeof longest);
    port->log(port->ctx, TT_LOG_ERROR, longest, sizeof longest);
}

static void logs_lines(void)
{
    static char text[4096];
    capture(write_lines, text, sizeof text);
    // 2026-01-02T03:04:05.678Z warn  two?lines ?[2J
    CHECK(strlen(text) > 30 && text[10] == 'T' && text[19] == '.' && text[23] == 'Z');
    CHECK(strncmp(text + 24, " warn  two?lines ?[2J\n", 22) == 0);
    const char *second = strchr(text, '\n') + 1;
    CHECK_INT(strlen(second), 31 + TT_POSIX_LOG_LINE_MAX + 1);
    CHECK(strstr(text, "hidden") == NULL);
}

static void *wake_app_later(void *ctx)
{
    const struct tt_port *port = ctx;
    port->wake_app(port->ctx);
    return NULL;
}

static void wakes_across_threads(void)
{
    CHECK_INT(tt_posix_open(&posix, TT_LOG_ERROR), 0);
    struct tt_port port = tt_posix_port(&posix);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, wake_app_later, &port), 0);
        tt_posix_wait_app(&posix, 60000);
        pthread_join(thread, NULL);
    }
    CHECK(tt_posix_uptime_ms(&posix) < 50000);
    tt_posix_close(&posix);
}

static void notes_a_restart(void)
{
    CHECK_INT(tt_posix_open(&posix, TT_LOG_ERROR), 0);
    const struct tt_port port = tt_posix_port(&posix);
    CHECK_INT(tt_posix_restart_reason(&posix), 0);
    port.restart(port.ctx, TT_RESTART_FAULT);
    CHECK_INT(tt_posix_restart_reason(&posix), TT_RESTART_FAULT);
    tt_posix_wait_app(&posix, 60000);
    tt_posix_wait_link(&posix, 60000);
    CHECK(tt_posix_uptime_ms(&posix) < 50000);
    tt_posix_reset(&posix);
    CHECK_INT(tt_posix_restart_reason(&posix), 0);
    tt_posix_close(&posix);
}

static void streams_are_bounded(void)
{
    CHECK_INT(tt_posix_open(&posix, TT_LOG_ERROR), 0);
    const struct tt_port port = tt_posix_port(&posix);
    struct tt_stream streams[TT_SOCKETS_MAX + 1];
    for (int i = 0; i < TT_SOCKETS_MAX; i++) {
        CHECK_INT(port.connect(port.ctx, "127.0.0.1", 9, &streams[i]), TT_OK);
    }
    CHECK_INT(port.connect(port.ctx, "127.0.0.1", 9, &streams[TT_SOCKETS_MAX]), TT_EFULL);
    streams[1].close(streams[1].ctx);
    CHECK_INT(port.connect(port.ctx, "127.0.0.1", 9, &streams[1]), TT_OK);
    tt_posix_reset(&posix); // closes what is still open
    CHECK_INT(port.connect(port.ctx, "127.0.0.1", 9, &streams[0]), TT_OK);
    tt_posix_close(&posix); // and so does this
}

static void flash_survives(void)
{
    char path[] = "/tmp/tinytwin-flash-XXXXXX";
    make_file(path, "");
    struct tt_posix_flash flash;
    CHECK_INT(tt_posix_flash_open(&flash, path, 512, 2), TT_OK);
    struct tt_block block = tt_posix_flash_block(&flash);
    uint8_t byte = 0;
    CHECK_INT(block.read(block.ctx, 1023, &byte, 1), TT_OK);
    CHECK_INT(byte, 0xff); // a new flash is erased
    CHECK_INT(block.program(block.ctx, 700, (const uint8_t *)"\xf0", 1), TT_OK);
    tt_posix_flash_close(&flash);

    CHECK_INT(tt_posix_flash_open(&flash, path, 512, 2), TT_OK);
    block = tt_posix_flash_block(&flash);
    CHECK_INT(block.program(block.ctx, 700, (const uint8_t *)"\x3c", 1), TT_OK);
    CHECK_INT(block.read(block.ctx, 700, &byte, 1), TT_OK);
    CHECK_INT(byte, 0x30); // a cell that is 0 stays 0 until it is erased
    tt_posix_flash_close(&flash);
    unlink(path);
}

static void flash_is_not_shared(void)
{
    char path[] = "/tmp/tinytwin-flash-XXXXXX";
    make_file(path, "");
    struct tt_posix_flash first;
    struct tt_posix_flash second;
    CHECK_INT(tt_posix_flash_open(&first, path, 512, 2), TT_OK);
    CHECK_INT(tt_posix_flash_open(&second, path, 512, 2), TT_EBUSY);
    tt_posix_flash_close(&first);
    CHECK_INT(tt_posix_flash_open(&second, path, 512, 2), TT_OK);
    tt_posix_flash_close(&second);
    unlink(path);
}

static void flash_of_another_size(void)
{
    char path[] = "/tmp/tinytwin-flash-XXXXXX";
    make_file(path, "somebody's letter");
    struct tt_posix_flash flash;
    CHECK_INT(tt_posix_flash_open(&flash, path, 512, 2), TT_EINVALID);
    char text[32] = {0};
    const int fd = open(path, O_RDONLY);
    CHECK_INT(read(fd, text, sizeof text), 17);
    close(fd);
    CHECK(strcmp(text, "somebody's letter") == 0);
    CHECK_INT(tt_posix_flash_open(&flash, "/nowhere/flash", 512, 2), TT_EIO);
    unlink(path);
}

struct seen {
    int count;
    uint16_t channel;
    int level;
};

static void note_change(void *ctx, uint16_t channel, int level)
{
    struct seen *seen = ctx;
    *seen = (struct seen){seen->count + 1, channel, level};
}

static void rewrite(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_TRUNC);
    CHECK_INT(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void follow_pins(const struct tt_port *port)
{
    const struct tt_board board = {.pins = contract_board_pins, .pin_count = CONTRACT_BOARD_PINS};
    char path[] = "/tmp/tinytwin-pins-XXXXXX";
    make_file(path, "# at the start\nknob 1450\n");
    static struct tt_posix_pins pins;
    struct seen seen = {0};
    CHECK_INT(tt_posix_pins_open(&pins, port, &board, path), TT_OK);
    pins.changed = note_change;
    pins.changed_ctx = &seen;
    const struct tt_board_io io = tt_posix_pins_io(&pins);
    CHECK_INT(io.analog_millivolts(io.ctx, 2), 0);
    tt_posix_pins_poll(&pins);
    CHECK_INT(io.analog_millivolts(io.ctx, 2), 1450);

    CHECK_INT(io.input_watch(io.ctx, 1, 1), TT_OK); // rising
    rewrite(path, "button 1 # pressed\n");
    tt_posix_pins_poll(&pins);
    CHECK_INT(io.input_read(io.ctx, 1), 1);
    CHECK_INT(seen.count, 1);
    CHECK_INT(seen.channel, 1);
    CHECK_INT(seen.level, 1);
    rewrite(path, "button 0\nbutton 2\nled 1\nknob\nnobody 3\nknob 7 8\nknob 1x");
    tt_posix_pins_poll(&pins);
    CHECK_INT(io.input_read(io.ctx, 1), 0);
    CHECK_INT(seen.count, 1); // falling is not watched
    CHECK_INT(io.analog_millivolts(io.ctx, 2), 1450);

    CHECK_INT(io.output_write(io.ctx, 0, 1), TT_OK);
    CHECK_INT(io.output_write(io.ctx, 0, 1), TT_OK);
    CHECK_INT(io.output_write(io.ctx, 1, 1), TT_ENOTFOUND); // an input
    CHECK_INT(io.input_watch(io.ctx, 1, 4), TT_EINVALID);
    CHECK_INT(io.pwm_frequency(io.ctx, 3, 0), TT_EINVALID);
    unlink(path);
    tt_posix_pins_poll(&pins); // a file that is gone changes nothing
}

static size_t times(const char *text, const char *words)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
        count++;
    }
    return count;
}

static void pins_follow_their_file(void)
{
    static char text[4096];
    capture(follow_pins, text, sizeof text);
    CHECK_INT(times(text, "pins file, line"), 6);
    CHECK_INT(times(text, "pins file, line 2: expected"), 1);
    CHECK_INT(times(text, "pin led: 1\n"), 1);
}

int main(void)
{
    RUN(logs_lines, "a log text is one line, whatever is in it, and cut at its limit");
    RUN(wakes_across_threads, "a wake from another thread ends the wait, before it or during it");
    RUN(notes_a_restart, "restart notes the reason and wakes both loops");
    RUN(streams_are_bounded, "one stream more than there is room for is TT_EFULL");
    RUN(flash_survives, "the flash file keeps what was programmed, and bits only clear");
    RUN(flash_is_not_shared, "a flash file belongs to one at a time");
    RUN(flash_of_another_size, "a file that is no flash of this size is refused and left alone");
    RUN(pins_follow_their_file, "inputs follow the pins file, outputs are logged when they change");
    return 0;
}
