// Mirrors components/newlib/platform_include/sys/poll.h and lwIP's sockets.h (esp_libc in 6.0).
#pragma once
struct pollfd { int fd; short events; short revents; };
typedef unsigned int nfds_t;
#define POLLIN 1
#define POLLOUT 4
int poll(struct pollfd *fds, nfds_t nfds, int timeout);
