// Generated from src/abi/abi.ts by src/abi/generate.ts. Do not edit.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../port/error.gen.h"

struct tt_app;
struct tt_guest_memory;

// UTF-8 bytes that all text parameters of one call may have together.
enum { TT_ABI_TEXT_MAX = 512 };

// Why on_event(kind, id) is called, and what id means.
enum tt_event_kind {
    // A timer is due; id is what `timer.start` returned.
    TT_EVENT_TIMER = 1,
    // A watched input changed; id is handle * 2 + level.
    TT_EVENT_PIN = 2,
    // A direct method; id is the request to reply to, the name its name, the payload its JSON.
    TT_EVENT_METHOD = 3,
    // A cloud-to-device message; the name is its property bag as received, the payload its body. Acknowledged when the event returns.
    TT_EVENT_MESSAGE = 4,
    // Desired properties; the payload is a JSON object with $version. id 0: the whole of them, 1: a patch.
    TT_EVENT_DESIRED = 5,
    // The connection to the hub changed; id 1: up, 0: down.
    TT_EVENT_CONNECTION = 6,
    // The telemetry message with sequence number id is on flash or acknowledged by the hub.
    TT_EVENT_STORED = 7,
    // The upload wants the next bytes of its file from the app, at most id of them, see upload.part.
    TT_EVENT_PART = 8,
    // The upload goes on: id bytes of the file are where they belong.
    TT_EVENT_UPLOAD = 9,
    // The upload is over. id 0: the file is there and the hub was told; below 0: an error, the name why in words.
    TT_EVENT_UPLOADED = 10,
};

// Of tt_abi_hub_send, a set.
enum tt_send_option {
    // When the outbox is full this message is dropped, not the oldest.
    TT_SEND_YIELD = 1,
    // The body is compressed with gzip, which its content encoding must say; `unsupported` by a board without uploads.
    TT_SEND_COMPRESS = 4,
    // Survives a full outbox: older messages that are not urgent give way first.
    TT_SEND_URGENT = 2,
    TT_SEND_OPTIONS = 7,
};

// Decodes args (one 64-bit slot per Wasm parameter), checks every guest pointer and calls the body.
// Returns NULL, or the reason for a trap. *result is written when the import has one.
typedef const char *tt_shim(struct tt_app *app, const struct tt_guest_memory *memory,
                            const uint64_t *args, uint64_t *result);

struct tt_import {
    const char *module;    // capability
    const char *name;
    const char *signature; // of the Wasm function: result(parameters), v i I F as void i32 i64 f64
    const char *kinds;     // per parameter: i i32, I i64, F f64, t text, u units, b bytes, o out
    bool traced;           // belongs to the canonical trace
    uint8_t needs;         // enum tt_pin_kind, tt_board_feature: the board has one of them; 0: every board
    tt_shim *shim;
};

extern const struct tt_import tt_imports[];
enum { TT_IMPORT_COUNT = 54 };

// The bodies, written by hand in core. Pointers are valid during the call only.

// log: Lines for the person who develops or operates the device.
// level: 0 debug, 1 info, 2 warning, 3 error.
void tt_abi_log_write(struct tt_app *app, int32_t level, const char *message, size_t message_len);

// device: The device itself: identity, time, restart.
// The device id in UTF-8; the result is its length in bytes.
int32_t tt_abi_device_id(struct tt_app *app, uint8_t *into, size_t into_cap);
// Milliseconds since the runtime started; never goes back.
int64_t tt_abi_device_uptime(struct tt_app *app);
// Milliseconds since 1970-01-01 UTC, or `unset`.
int64_t tt_abi_device_clock(struct tt_app *app);
// 32 random bits; every i32 is a value, none an error.
int32_t tt_abi_device_random(struct tt_app *app);
// Restarts the device after delay_ms (0 to 86,400,000), outputs safe.
int32_t tt_abi_device_restart(struct tt_app *app, int32_t delay_ms);
// Ends the app, lets the link send for up to patience_ms (0 to 600,000), puts the rest on flash and sleeps (1 to 2,678,400 s); then the device starts anew. `unsupported` where the chip cannot.
int32_t tt_abi_device_sleep(struct tt_app *app, int32_t seconds, int32_t patience_ms);
// Called once by a failed assertion; the guest traps next.
void tt_abi_device_abort(struct tt_app *app, const char *message, size_t message_len,
                         const char *file, size_t file_len, int32_t line, int32_t column);

// event: What the current event carries. Outside an event, and for events without payload, all is empty.
// Bytes of the payload.
int32_t tt_abi_event_size(struct tt_app *app);
// Copies the payload from offset; the result is the number of bytes copied, 0 at the end.
int32_t tt_abi_event_read(struct tt_app *app, int32_t offset, uint8_t *into, size_t into_cap);
// The name that came with it (UTF-8); the result is its length in bytes.
int32_t tt_abi_event_name(struct tt_app *app, uint8_t *into, size_t into_cap);

// timer: Timers on the app loop; due ones fire in order of their time, then of their start.
// First due after delay_ms, then each period_ms without drift (0: once). The result is the timer.
int32_t tt_abi_timer_start(struct tt_app *app, int32_t delay_ms, int32_t period_ms);
// `notFound` when it is over.
int32_t tt_abi_timer_cancel(struct tt_app *app, int32_t timer);

// gpio: Digital pins by the board's names.
// A handle to an output; the pin keeps its level until written.
int32_t tt_abi_gpio_output(struct tt_app *app, const char *name, size_t name_len);
// level 0 or 1.
int32_t tt_abi_gpio_write(struct tt_app *app, int32_t pin, int32_t level);
// A handle to an input.
int32_t tt_abi_gpio_input(struct tt_app *app, const char *name, size_t name_len);
// The level, 0 or 1; of an output, the level last written.
int32_t tt_abi_gpio_read(struct tt_app *app, int32_t pin);
// Events for edges: 1 rising, 2 falling, 3 both, 0 none.
int32_t tt_abi_gpio_watch(struct tt_app *app, int32_t pin, int32_t edges);

// adc: Analog inputs.
// A handle to an analog input.
int32_t tt_abi_adc_open(struct tt_app *app, const char *name, size_t name_len);
// One conversion, in millivolts.
int32_t tt_abi_adc_millivolts(struct tt_app *app, int32_t input);

// pwm: Pulse-width outputs.
// A handle to a PWM output.
int32_t tt_abi_pwm_open(struct tt_app *app, const char *name, size_t name_len);
// hz from 1 to 40,000,000, as the board can.
int32_t tt_abi_pwm_frequency(struct tt_app *app, int32_t output, int32_t hz);
// duty from 0 (always low) to 65,535 (always high).
int32_t tt_abi_pwm_duty(struct tt_app *app, int32_t output, int32_t duty);

// i2c: I2C buses as controller.
// A handle to a bus.
int32_t tt_abi_i2c_open(struct tt_app *app, const char *name, size_t name_len);
// Writes send, then (repeated start) reads all of receive; either may be empty. address is 7 bits. The result is the bytes read.
int32_t tt_abi_i2c_transfer(struct tt_app *app, int32_t bus, int32_t address,
                            const uint8_t *send, size_t send_len,
                            uint8_t *receive, size_t receive_cap);

// json: Writes one JSON value, member by member, where `hub` and `twin` take it from. What does not fit is found when it is taken.
// Discards what was written. 1: the value is an object, now open; 0: the next value written is all.
void tt_abi_json_begin(struct tt_app *app, int32_t as_object);
// Begins an object (0) or array (1). Inside an array, and outside all, names are ignored: so everywhere.
void tt_abi_json_open(struct tt_app *app, const uint8_t *name, size_t name_units, int32_t array);
// Ends the innermost object or array but the outermost, which ends when the value is taken.
void tt_abi_json_close(struct tt_app *app);
// value / 10^decimals, exactly; decimals from 0 to 18, others as the nearest.
void tt_abi_json_number(struct tt_app *app, const uint8_t *name, size_t name_units, int64_t value,
                        int32_t decimals);
// 0 false, 1 true, anything else null.
void tt_abi_json_word(struct tt_app *app, const uint8_t *name, size_t name_units, int32_t which);
// A string; a lone surrogate becomes U+FFFD.
void tt_abi_json_text(struct tt_app *app, const uint8_t *name, size_t name_units,
                      const uint8_t *value, size_t value_units);
// As it is, which must be one JSON value.
void tt_abi_json_raw(struct tt_app *app, const uint8_t *name, size_t name_units,
                     const uint8_t *value, size_t value_units);
// Ends the value and copies it; the result is its length, `full` when it got too long.
int32_t tt_abi_json_read(struct tt_app *app, uint8_t *into, size_t into_cap);
// Bytes of the current event's payload as they are, which must be one JSON value.
void tt_abi_json_payload(struct tt_app *app, const uint8_t *name, size_t name_units, int32_t offset,
                         int32_t length);

// hub: Messages to and replies for Azure IoT Hub.
// Queues telemetry. properties is a property bag as in the MQTT topic, percent-encoded, may be empty; options a set of SendOption. What the hub has not got within expires_s seconds is not sent any more (0: always sent). The result is the sequence number.
int32_t tt_abi_hub_send(struct tt_app *app, const uint8_t *body, size_t body_len,
                        const uint8_t *properties, size_t properties_len, int32_t options,
                        int32_t expires_s);
// Answers a direct method once; status >= 0, body is JSON or empty.
int32_t tt_abi_hub_reply(struct tt_app *app, int32_t request, int32_t status,
                         const uint8_t *body, size_t body_len);
// As `send`; the body is what `json` wrote. `full` when it got too long.
int32_t tt_abi_hub_send_written(struct tt_app *app,
                                const uint8_t *properties, size_t properties_len, int32_t options,
                                int32_t expires_s);
// As `reply`, with the value that `json` wrote; one that got too long, or with a status below 0, is answered with 500 all the same.
int32_t tt_abi_hub_reply_written(struct tt_app *app, int32_t request, int32_t status);
// 1 while the hub is connected.
int32_t tt_abi_hub_connected(struct tt_app *app);
// What `json` wrote is the message the hub sends itself when this device vanishes without a goodbye; with properties at most 192 bytes. It holds from the next connection on, which is made anew for it.
int32_t tt_abi_hub_will_written(struct tt_app *app,
                                const uint8_t *properties, size_t properties_len);
// over 0, MQTT: connect only when there is something to send and each interval_s (60 to 2,592,000), send and receive all, and leave; 0: stay connected, as at the start. over 1, HTTPS: telemetry alone is sent, as soon as there is some (0) or at most once each interval_s; `unsupported` by a board without uploads.
int32_t tt_abi_hub_ephemeral(struct tt_app *app, int32_t interval_s, int32_t over);

// upload: Files to the blob container of the hub, one at a time, over HTTPS.
// name: of the blob, below the device's own folder. from -1: the app gives the bytes, on events; else their offset in the files partition. size in bytes, -1 with from -1: until an empty part. options 1: gzip. `busy` while one is under way.
int32_t tt_abi_upload_begin(struct tt_app *app, const char *name, size_t name_len, int32_t from,
                            int32_t size, int32_t options);
// Where in the file the wanted part begins; `notFound` when none is wanted.
int32_t tt_abi_upload_offset(struct tt_app *app);
// The bytes from there on, at most as many as wanted; none end a file of unknown size.
int32_t tt_abi_upload_part(struct tt_app *app, const uint8_t *data, size_t data_len);
// Ends the upload with `closed`, unless it is over already; `notFound` when there is none.
int32_t tt_abi_upload_cancel(struct tt_app *app);

// files: The files partition of the flash, which the app lays out itself. Erased bytes are 255, a write clears bits.
// Bytes of it.
int32_t tt_abi_files_size(struct tt_app *app);
// Bytes of an erase unit.
int32_t tt_abi_files_unit(struct tt_app *app);
// Erases the unit that begins at offset.
int32_t tt_abi_files_erase(struct tt_app *app, int32_t offset);
// Into what was erased; on flash when it returns. offset and length are multiples of the chip's granule.
int32_t tt_abi_files_write(struct tt_app *app, int32_t offset,
                           const uint8_t *data, size_t data_len);
// The result is the bytes read, fewer at the end.
int32_t tt_abi_files_read(struct tt_app *app, int32_t offset, uint8_t *into, size_t into_cap);

// twin: The device twin.
// Sets the reported property name to the value that `json` wrote; of several before the link sends, the last wins. `full` when it got too long.
int32_t tt_abi_twin_report(struct tt_app *app, const char *name, size_t name_len);

// store: Small values that survive a restart.
// The result is the whole length in bytes; `notFound` when never set.
int32_t tt_abi_store_get(struct tt_app *app, const char *key, size_t key_len,
                         uint8_t *into, size_t into_cap);
// On flash when it returns.
int32_t tt_abi_store_set(struct tt_app *app, const char *key, size_t key_len,
                         const uint8_t *value, size_t value_len);
// `notFound` when never set.
int32_t tt_abi_store_remove(struct tt_app *app, const char *key, size_t key_len);
