// The template's TCP, between its own files.
#pragma once

#include "template.h"

// tt_port.connect; ctx is the struct tt_template.
int tt_template_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out);
