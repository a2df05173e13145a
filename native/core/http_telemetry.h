// A telemetry message as the head of an HTTP request (reference A11): its id, its expiry and its
// property bag as headers. It knows no connection, no queue and no token.
#pragma once

#include "http.h"

// Who sends it, and what it is called.
struct tt_http_telemetry {
    struct tt_range host; // of the hub
    struct tt_range id;   // "d1", or "d1/modules/m1"
    size_t body_len;
    uint32_t boot;
    int32_t sequence;
    uint32_t expires_s; // seconds since 1970; 0: never
};

// Request line, host, length, id and expiry; sets out->full for an id or host that cannot be one.
void tt_http_write_telemetry(struct tt_writer *out, const struct tt_http_telemetry *message);
// The property bag of an MQTT topic, each property a header. Names and values are decoded where a
// header can hold them (RFC 9110 §5.5, §5.6.2), else they stay percent-encoded: none is left out,
// and none ends a line. System properties that have no header of their own are left out.
void tt_http_write_bag(struct tt_writer *out, struct tt_range bag);
