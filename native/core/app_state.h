// The app loop's memory and what its parts call in each other. For core and whoever reserves
// memory.
#pragma once

#include "app.h"
#include "json_writer.h"
#include "module.h"

enum {
    TT_APP_REQUEST_TIMEOUT_MS = 300000, // the longest Azure IoT Hub waits for a method
    TT_APP_CRASHES_MAX = 3,             // within the window: safe mode
    TT_APP_CRASH_WINDOW_MS = 600000,
    TT_APP_COLLECT_MS = 5, // a collection is begun only when nothing is due for that long
    TT_APP_RECORD_MAX = 384,
    TT_APP_REASON_MAX = 160,
    TT_APP_CHANGE_BYTES = 8, // of one pin change in its queue
};

struct tt_app_timer {
    int32_t id;        // rises with each start
    int32_t period_ms; // 0: once
    int64_t due_ms;
};

struct tt_app_request {
    int32_t id;
    int64_t expires_ms;
};

// Crashes are remembered in time of running: what passes while the device is off does not count.
struct tt_app_crashes {
    int count;
    int64_t at_ms[TT_APP_CRASHES_MAX]; // uptime, below 0 for crashes before this start
    char record[TT_APP_RECORD_MAX];    // the last one: {"crash":{…}}
    size_t record_len;
};

struct tt_app {
    struct tt_app_config config;
    int64_t now_ms;
    int64_t wake_ms;    // nothing is due before
    int64_t restart_ms; // INT64_MAX: no restart was asked for
    uint32_t sleep_s;   // to sleep instead of restarting; 0: not
    uint32_t sleep_patience_ms;

    bool loaded;
    bool started;
    bool safe_mode;
    bool stopped;
    bool connected;
    bool telemetry_full; // said so; until a message is queued again
    bool uploading;      // until its UPLOADED event
    int32_t upload_from; // where in the files partition, below 0: the guest gives it
    bool done_waits;     // message done_id was handled, but the outbox had no room for the mark
    int32_t done_id;

    const struct tt_delivery *event; // the current one; NULL outside an event
    uint32_t heap_floor_bytes;       // what the guest had in use after its last collection

    struct tt_app_timer timers[TT_APP_TIMERS_MAX];
    size_t timer_count;
    int32_t next_timer;

    struct tt_app_request requests[TT_APP_REQUESTS_MAX];
    size_t request_count;

    struct tt_queue changes;
    uint32_t change_memory[(TT_APP_PIN_CHANGES * TT_APP_CHANGE_BYTES + TT_QUEUE_OVERHEAD) / 4];
    _Atomic bool changes_lost;
    uint8_t level[TT_APP_PINS_MAX]; // outputs: as last written
    uint8_t edges[TT_APP_PINS_MAX]; // inputs: what is watched

    char build[TT_BUILD_ID_LEN + 1];
    struct tt_app_crashes crashes;
    struct tt_json_writer json; // in json_memory
    uint8_t json_memory[TT_JSON_WRITER_BYTES];
    char aborted[TT_APP_REASON_MAX]; // what a failed assertion said in this call, or empty
    char why[TT_MODULE_WHY_MAX];
};

// app.c
void tt_app_log(struct tt_app *app, enum tt_log_level level, const char *text);
void tt_app_notice(struct tt_app *app, enum tt_notice_kind kind, int32_t code, const char *text,
                   size_t len);
size_t tt_app_cut(const char *text, size_t len, size_t max); // at most max bytes, whole characters
bool tt_app_dispatch(struct tt_app *app, const struct tt_delivery *event); // false: it crashed
bool tt_app_interrupted(const struct tt_app *app); // a crash or a restart ends the turn

// app_guest.c
int tt_app_load(struct tt_app *app);
bool tt_app_call(struct tt_app *app, enum tt_guest_export which, int32_t a, int32_t b);
void tt_app_unload(struct tt_app *app); // with its timers, requests and watches; outputs safe
// When garbage may fill 1/part of the memory that the last collection left free; always for 0.
void tt_app_collect(struct tt_app *app, uint32_t part);

// app_crash.c
void tt_app_crashes_restore(struct tt_app *app);
void tt_app_crashed(struct tt_app *app, const struct tt_trap *trap);
void tt_app_enter_safe_mode(struct tt_app *app, const char *reason);
void tt_app_answer_in_safe_mode(struct tt_app *app, const struct tt_delivery *method);
int64_t tt_app_crashes_forget(struct tt_app *app); // when to be called again

// app_timers.c
void tt_app_run_timers(struct tt_app *app);
int64_t tt_app_timers_due(const struct tt_app *app);

// app_pins.c
void tt_app_pins_safe(struct tt_app *app);
void tt_app_pins_unwatch(struct tt_app *app);
void tt_app_run_pins(struct tt_app *app);

// app_hub.c
void tt_app_run_inbox(struct tt_app *app);
void tt_app_fail_requests(struct tt_app *app, int32_t status, const char *body);
int64_t tt_app_expire_requests(struct tt_app *app);
void tt_app_report(struct tt_app *app, const char *name, const char *json, size_t len);
void tt_app_reply(struct tt_app *app, int32_t request, int32_t status, const char *json,
                  size_t len);
