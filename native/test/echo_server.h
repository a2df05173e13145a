// The contract's echo server on a loopback port of its own, in a thread, and a port where nobody
// listens.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../port/contract/contract.h"
#include "check.h"

struct echo_server {
    pthread_t thread;
    int listener;
    int closed; // bound and never listening
    uint16_t port;
    uint16_t closed_port;
};

static inline int echo_bind(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    CHECK_INT(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    socklen_t len = sizeof address;
    CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

// Serves one peer to its end.
static inline void echo_serve(int fd)
{
    uint8_t bytes[4096];
    for (;;) {
        const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0) { break; }
        const uint8_t *hang_up = memchr(bytes, TT_CONTRACT_HANG_UP, (size_t)got);
        const size_t len = hang_up == NULL ? (size_t)got : (size_t)(hang_up - bytes);
        size_t sent = 0;
        while (sent < len) {
            const ssize_t put = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);
            if (put <= 0) { break; }
            sent += (size_t)put;
        }
        if (sent < len || hang_up != NULL) { break; }
    }
    close(fd);
}

static inline void *echo_run(void *ctx)
{
    const struct echo_server *server = ctx;
    int fd;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        echo_serve(fd);
    }
    return NULL;
}

static inline void echo_start(struct echo_server *server)
{
    server->listener = echo_bind(&server->port);
    CHECK_INT(listen(server->listener, 32), 0);
    server->closed = echo_bind(&server->closed_port);
    CHECK_INT(pthread_create(&server->thread, NULL, echo_run, server), 0);
}

static inline void echo_stop(struct echo_server *server)
{
    shutdown(server->listener, SHUT_RDWR); // ends accept
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->closed);
}
