// Mirrors lwIP's netinet/tcp.h.
#pragma once
#define TCP_NODELAY 1
