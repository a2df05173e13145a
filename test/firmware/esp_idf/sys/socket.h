// Mirrors lwIP's lwip/sockets.h, as components/lwip has it: what of it the port names.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
typedef uint32_t socklen_t;
typedef uint8_t sa_family_t;
struct sockaddr { uint8_t sa_len; sa_family_t sa_family; char sa_data[14]; };
struct sockaddr_storage { uint8_t s2_len; sa_family_t ss_family; char s2_data1[2]; uint32_t s2_data2[3]; uint32_t s2_data3[3]; };
#define AF_UNSPEC 0
#define SOCK_STREAM 1
#define SOL_SOCKET 0xfff
#define SO_ERROR 0x1007
#define SHUT_WR 1
#define MSG_NOSIGNAL 0x20
int socket(int domain, int type, int protocol);
int connect(int s, const struct sockaddr *name, socklen_t namelen);
ssize_t recv(int s, void *mem, size_t len, int flags);
ssize_t send(int s, const void *data, size_t size, int flags);
int shutdown(int s, int how);
int getsockopt(int s, int level, int optname, void *optval, socklen_t *optlen);
int setsockopt(int s, int level, int optname, const void *optval, socklen_t optlen);
