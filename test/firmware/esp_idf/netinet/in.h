// Mirrors lwIP's netinet/in.h.
#pragma once
#define IPPROTO_TCP 6
