// One simulated device as the addon's parts see it: the core's structs, the port and the JavaScript
// hooks.
#pragma once

#include "../core/device.h"
#include "../core/dps.h"
#include "../core/software_key.h"
#include "../core/trace.h"
#include "../core/trust.h"
#include "../engine/wasm3.h"
#include "../port/sim/flash.h"
#include "../port/sim/pins.h"
#include "../port/sim/sim_port.h"
#include "js.h"
#include "v8_engine.h"

// Shared with JavaScript as an Int32Array, so that a quiet step costs one call and no more.
enum sim_status {
    SIM_STATUS_EVENTS, // bytes waiting for drain()
    SIM_STATUS_TRACE,  // bytes waiting for drainTrace()
    SIM_STATUS_WORDS,
};

struct sim_device {
    napi_env env;  // valid while JavaScript is calling us
    napi_ref kept; // the options object: keeps every shared array alive
    napi_ref read;
    napi_ref changed;
    napi_ref i2c;
    napi_ref traced;
    napi_ref thrown; // what a hook threw first, to be thrown again when the step is over
    int32_t *status;
    char *connection; // the connection string, which config points into
    napi_ref sign;    // JavaScript as the slot of the private key
    uint8_t *key;     // or the key itself
    size_t key_len;
    struct tt_software_key software_key;
    struct tt_key_slot key_slot;
    struct tt_trust trust; // where there is a flash and an update key for it
    struct tt_sim_flash sim_trust;
    struct tt_block trust_block;
    uint8_t *trust_key;
    struct tt_dps dps; // where the connection string has an id scope

    struct tt_board board;
    struct tt_board_pin *pins;
    struct tt_board_alias *aliases;
    struct tt_sim_port sim;
    struct tt_port port;
    struct tt_sim_pins sim_pins;
    struct tt_board_io io;
    struct tt_sim_flash sim_flash;
    struct tt_sim_flash sim_outbox;
    struct tt_sim_flash_life flash_life;
    size_t events_at_death; // what comes after the power went at a flash write never happened
    size_t trace_at_death;
    bool cut_at_death; // with a message sent and not acknowledged
    struct tt_block block;
    struct tt_block outbox;
    struct tt_sim_flash sim_files;
    struct tt_block files;
    struct tt_sim_buffer trace_lines;
    struct tt_trace trace;
    struct tt_wasm3 wasm3; // unless the guest runs on V8
    struct v8_engine v8;
    struct tt_engine engine;
    struct tt_device_config config;
    void *memory; // the device's one block
    size_t memory_bytes;
    struct tt_device *device; // NULL while off
    bool busy;                // inside start, step or stop: no hook may begin another of them
};

// Fills the device (all zero but env) from JavaScript's options; false after throwing. What it took
// is freed by sim_options_free, also after a failure.
bool sim_options_read(struct sim_device *sim, napi_env env, napi_value options);
void sim_options_free(struct sim_device *sim, napi_env env);

napi_value sim_device_class(napi_env env);

// Asks JavaScript to take the trace over in the middle of a step.
void sim_hooks_traced(struct sim_device *sim);
// The pins' hooks become calls of the JavaScript functions held above.
void sim_hooks_fill(struct sim_device *sim);
// A key slot's sign, by the JavaScript function held above.
int sim_hooks_sign(void *ctx, const uint8_t *digest, size_t digest_len, uint8_t *out);
