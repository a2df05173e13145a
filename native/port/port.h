// What core asks of an operating system or a simulator. A new port fills one of these.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

enum tt_log_level { TT_LOG_DEBUG = 0, TT_LOG_INFO = 1, TT_LOG_WARNING = 2, TT_LOG_ERROR = 3 };

enum tt_restart_reason {
    TT_RESTART_REQUESTED = 1, // the app or a direct method asked
    TT_RESTART_FAULT = 2,     // core cannot go on
};

enum tt_notice_kind {
    TT_NOTICE_CONNECTED = 1, // the hub accepted the connection; text: "TLSv1.2 <cipher>" or "plain"
    TT_NOTICE_DISCONNECTED = 2, // code: TT_E of why; text: the reason in words
    TT_NOTICE_QUEUED = 3, // a telemetry message got sequence number `code`; text: its message id
    TT_NOTICE_ACKNOWLEDGED = 4, // the hub acknowledged a message; code, text: as with QUEUED
    TT_NOTICE_CRASHED = 5,      // the guest was stopped; text: the crash record, JSON
    TT_NOTICE_SAFE_MODE = 6,    // no guest runs any more; text: why
    TT_NOTICE_RENEWED = 7,      // the SAS token was renewed by a reconnect
    TT_NOTICE_REFUSED = 8,      // a telemetry message was not queued; code: the TT_E the app got
    TT_NOTICE_CUT =
        9, // a connection ended with a message sent and not acknowledged; as with QUEUED
    TT_NOTICE_STORED = 10,  // a message is on flash; code, text: as with QUEUED
    TT_NOTICE_DROPPED = 11, // a message gave way to others or cannot be sent; as with QUEUED
    TT_NOTICE_EXPIRED = 12, // a message was too old to be sent; as with QUEUED
    TT_NOTICE_LEFT = 13,    // the device left the hub by intent and comes back when it has a reason
    TT_NOTICE_PROVISIONED = 14, // DPS assigned a hub; text: its host name
};

// A structured observation, for tools that watch a device. text is valid during the call.
struct tt_notice {
    enum tt_notice_kind kind;
    int32_t code;
    const char *text;
    size_t text_len;
};

// Why the device started.
enum tt_reset_reason {
    TT_RESET_UNKNOWN,
    TT_RESET_POWER,
    TT_RESET_PIN,
    TT_RESET_SOFTWARE, // asked for, or after a fault that was told
    TT_RESET_WATCHDOG,
    TT_RESET_BROWNOUT,
    TT_RESET_SLEEP, // woke up
};

// How the device is, for those who look after it.
struct tt_condition {
    enum tt_reset_reason reset;
    int32_t
        least_free_bytes; // of the memory that runs out first, ever since the start; -1: unknown
};

struct tt_port {
    void *ctx;
    // Milliseconds since 1970-01-01 UTC, or TT_EUNSET (< 0) while the clock was never set.
    int64_t (*epoch_ms)(void *ctx);
    // Cryptographically strong bytes. Called on both loops.
    void (*random)(void *ctx, uint8_t *out, size_t len);
    // Resets the device. On a real one it does not return; a simulator returns and resets later,
    // after which core does nothing more.
    void (*restart)(void *ctx, enum tt_restart_reason reason);
    void (*log)(void *ctx, enum tt_log_level level, const char *text, size_t len);
    // Begins a TCP connection to host (a name or an address, NUL-terminated). Returns TT_OK and a
    // stream at once; a failure to resolve or connect comes from the stream. Link loop only.
    int (*connect)(void *ctx, const char *host, uint16_t port, struct tt_stream *out);
    // Makes the other loop's wait end early. May be NULL where one thread steps both.
    void (*wake_app)(void *ctx);
    void (*wake_link)(void *ctx);
    // Sleeps deeply, as good as off, then starts the device anew; does not return on a real one
    // (see restart). On the link loop, or the app loop of a device without a link; may be NULL.
    void (*sleep)(void *ctx, uint32_t seconds);
    // On the link loop; may be NULL.
    void (*condition)(void *ctx, struct tt_condition *out);
    // May be NULL.
    void (*notice)(void *ctx, const struct tt_notice *notice);
};
