// A pseudo terminal for tests: says the name of its far side on stderr, then moves bytes between it and stdin and stdout.

#define _XOPEN_SOURCE 600

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int move(int from, int to)
{
    char bytes[4096];
    ssize_t left = read(from, bytes, sizeof bytes);
    if (left <= 0) { return -1; }
    for (char *at = bytes; left > 0;) {
        const ssize_t done = write(to, at, (size_t)left);
        if (done <= 0) { return -1; }
        at += done;
        left -= done;
    }
    return 0;
}

int main(void)
{
    const int near = posix_openpt(O_RDWR | O_NOCTTY);
    if (near < 0 || grantpt(near) != 0 || unlockpt(near) != 0) { return 1; }
    const char *const name = ptsname(near);
    // Kept open, or the near side ends whenever nobody has the far side open.
    const int far = name != NULL ? open(name, O_RDWR | O_NOCTTY) : -1;
    if (far < 0) { return 1; }
    fprintf(stderr, "%s\n", name);
    struct pollfd sides[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = near, .events = POLLIN}};
    for (;;) {
        if (poll(sides, 2, -1) < 0) { return 1; }
        if ((sides[1].revents & POLLIN) != 0 && move(near, STDOUT_FILENO) < 0) { return 0; }
        if ((sides[0].revents & (POLLIN | POLLHUP)) != 0 && move(STDIN_FILENO, near) < 0) { return 0; }
    }
}
