// Mirrors lwIP's lwip/netdb.h, which has no EAI_AGAIN.
#pragma once
#include "sys/socket.h"
struct addrinfo { int ai_flags; int ai_family; int ai_socktype; int ai_protocol; socklen_t ai_addrlen; struct sockaddr *ai_addr; char *ai_canonname; struct addrinfo *ai_next; };
#define EAI_NONAME 200
#define EAI_FAIL 202
#define EAI_MEMORY 203
int getaddrinfo(const char *nodename, const char *servname, const struct addrinfo *hints, struct addrinfo **res);
void freeaddrinfo(struct addrinfo *ai);
