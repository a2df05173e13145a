// JavaScript's description of a device becomes the core's structs; knows nothing of running one.
#include "sim_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/crypto.h"

enum { FLASH_BLOCK_BYTES = 4096 }; // of the trust partition

static bool read_board(struct sim_device *sim, napi_env env, napi_value table);
static bool read_pins(struct sim_device *sim, napi_env env, napi_value list);
static bool read_aliases(struct sim_device *sim, napi_env env, napi_value list);
static bool read_memory(struct sim_device *sim, napi_env env, napi_value options);
static bool read_link(struct sim_device *sim, napi_env env, napi_value link);
static void *copy_bytes(napi_env env, napi_value object, const char *name, size_t *len);

bool sim_options_read(struct sim_device *sim, napi_env env, napi_value options)
{
    napi_create_reference(env, options, 1, &sim->kept);
    sim->read = js_hold(env, options, "read");
    sim->changed = js_hold(env, options, "changed");
    sim->i2c = js_hold(env, options, "i2c");
    sim->traced = js_hold(env, options, "traced");
    const napi_value board = js_get(env, options, "board");
    const napi_value link = js_get(env, options, "link");
    if (!board || !link || !read_board(sim, env, board) || !read_memory(sim, env, options)) {
        bool thrown = false;
        napi_is_exception_pending(env, &thrown);
        if (!thrown) {
            js_fail(env, "a simulated device needs board, link, wasm, status, values and hooks");
        }
        return false;
    }
    sim->config.wasm = copy_bytes(env, options, "wasm", &sim->config.wasm_len);
    sim->config.offline = js_flag(env, options, "offline");
    sim->config.health = js_flag(env, options, "health");
    tt_sim_port_init(&sim->sim);
    sim->port = tt_sim_port_functions(&sim->sim);
    sim->sim.seeded = js_get(env, options, "seed") != NULL;
    sim->sim.random_state = (uint64_t)js_int(env, options, "seed", 0);
    return read_link(sim, env, link);
}

void sim_options_free(struct sim_device *sim, napi_env env)
{
    for (size_t i = 0; i < sim->board.pin_count; i++) {
        free((void *)sim->pins[i].name);
    }
    for (size_t i = 0; i < sim->board.alias_count; i++) {
        free((void *)sim->aliases[i].name);
    }
    sim->board.alias_count = 0;
    free(sim->aliases);
    sim->aliases = NULL;
    sim->board.pin_count = 0;
    free(sim->pins);
    sim->pins = NULL;
    free((void *)sim->board.name);
    sim->board.name = NULL;
    struct tt_device_config *config = &sim->config;
    free((void *)config->wasm);
    free((void *)config->link.address);
    free((void *)sim->dps.address);
    sim->dps.address = NULL;
    if (sim->connection) { tt_crypto_forget(sim->connection, strlen(sim->connection)); }
    free(sim->connection);
    sim->connection = NULL;
    free((void *)config->link.model_id);
    free((void *)config->link.ca);
    free((void *)config->link.certificate);
    free(sim->trust_key);
    sim->trust_key = NULL;
    if (sim->key) { tt_crypto_forget(sim->key, sim->key_len); }
    free(sim->key);
    sim->key = NULL;
    js_release(env, &sim->sign);
    *config = (struct tt_device_config){0};
    js_release(env, &sim->read);
    js_release(env, &sim->changed);
    js_release(env, &sim->i2c);
    js_release(env, &sim->traced);
    js_release(env, &sim->thrown);
    js_release(env, &sim->kept);
}

static bool read_board(struct sim_device *sim, napi_env env, napi_value table)
{
    struct tt_board *board = &sim->board;
    const napi_value pins = js_get(env, table, "pins");
    if (!pins || !read_pins(sim, env, pins)) { return false; }
    if (!read_aliases(sim, env, js_get(env, table, "aliases"))) { return false; }
    board->name = js_text(env, table, "name");
    board->guest_bytes = (uint32_t)js_int(env, table, "guestBytes", 0);
    board->guest_stack_bytes = (uint32_t)js_int(env, table, "guestStackBytes", 0);
    board->event_fuel = js_int(env, table, "eventFuel", 0);
    board->telemetry_bytes = (uint32_t)js_int(env, table, "telemetryBytes", 0);
    board->reply_bytes = (uint32_t)js_int(env, table, "replyBytes", 0);
    board->report_bytes = (uint32_t)js_int(env, table, "reportBytes", 0);
    board->inbox_bytes = (uint32_t)js_int(env, table, "inboxBytes", 0);
    board->packet_bytes = (uint32_t)js_int(env, table, "packetBytes", 0);
    board->receive_bytes = (uint32_t)js_int(env, table, "receiveBytes", 0);
    board->store_blocks = (uint32_t)js_int(env, table, "storeBlocks", 0);
    board->outbox_blocks = (uint32_t)js_int(env, table, "outboxBlocks", 0);
    board->files_blocks = (uint32_t)js_int(env, table, "filesBlocks", 0);
    board->upload_bytes = (uint32_t)js_int(env, table, "uploadBytes", 0);
    board->connections = (uint8_t)js_int(env, table, "connections", 1);
    return board->name != NULL;
}

static bool read_pins(struct sim_device *sim, napi_env env, napi_value list)
{
    uint32_t count = 0;
    if (napi_get_array_length(env, list, &count) != napi_ok) { return false; }
    sim->pins = calloc(count ? count : 1, sizeof *sim->pins);
    if (!sim->pins) { return false; }
    sim->board.pins = sim->pins;
    for (uint32_t i = 0; i < count; i++) {
        napi_value pin;
        if (napi_get_element(env, list, i, &pin) != napi_ok) { return false; }
        sim->pins[i].name = js_text(env, pin, "name");
        sim->pins[i].kind = (uint8_t)js_int(env, pin, "kind", 0);
        sim->pins[i].safe = (uint8_t)js_int(env, pin, "safe", 0);
        sim->pins[i].channel = (uint16_t)i; // the index in values[] and hooks[]
        sim->board.pin_count = i + 1;
        if (!sim->pins[i].name) { return false; }
    }
    return true;
}

static bool read_aliases(struct sim_device *sim, napi_env env, napi_value list)
{
    uint32_t count = 0;
    if (!list) { return true; }
    if (napi_get_array_length(env, list, &count) != napi_ok) { return false; }
    sim->aliases = calloc(count ? count : 1, sizeof *sim->aliases);
    if (!sim->aliases) { return false; }
    sim->board.aliases = sim->aliases;
    for (uint32_t i = 0; i < count; i++) {
        napi_value alias;
        if (napi_get_element(env, list, i, &alias) != napi_ok) { return false; }
        const int64_t pin = js_int(env, alias, "pin", -1);
        if (pin < 0 || (size_t)pin >= sim->board.pin_count) { return false; }
        sim->aliases[i].name = js_text(env, alias, "name");
        sim->aliases[i].pin = (uint16_t)pin;
        sim->board.alias_count = i + 1;
        if (!sim->aliases[i].name) { return false; }
    }
    return true;
}

static void read_flash(struct tt_sim_flash *flash, napi_env env, napi_value options,
                       const char *name, uint32_t blocks)
{
    size_t len = 0;
    flash->bytes = js_bytes(env, js_get(env, options, name), &len);
    flash->program_bytes = (uint32_t)js_int(env, options, "flashProgramBytes", 1);
    flash->block_count = blocks > 0 && len >= blocks ? blocks : 0;
    flash->block_bytes = flash->block_count > 0 ? (uint32_t)(len / blocks) : 0;
}

// The arrays are JavaScript's; the options object, which is kept, keeps them alive.
static bool read_memory(struct sim_device *sim, napi_env env, napi_value options)
{
    const size_t pins = sim->board.pin_count;
    size_t status_len = 0;
    size_t values_len = 0;
    size_t hooks_len = 0;
    sim->status = js_bytes(env, js_get(env, options, "status"), &status_len);
    sim->sim_pins.values = js_bytes(env, js_get(env, options, "values"), &values_len);
    sim->sim_pins.hooks = js_bytes(env, js_get(env, options, "hooks"), &hooks_len);
    sim->sim_pins.count = (uint16_t)pins;
    read_flash(&sim->sim_flash, env, options, "flash", sim->board.store_blocks);
    read_flash(&sim->sim_outbox, env, options, "outbox", sim->board.outbox_blocks);
    size_t erases_len = 0;
    sim->sim_outbox.erases = js_bytes(env, js_get(env, options, "outboxErases"), &erases_len);
    if (erases_len < sim->sim_outbox.block_count * sizeof(uint32_t)) { return false; }
    read_flash(&sim->sim_files, env, options, "files", sim->board.files_blocks);
    return status_len >= SIM_STATUS_WORDS * sizeof(int32_t) &&
           values_len >= pins * TT_SIM_PIN_VALUES * sizeof(int32_t) && hooks_len >= pins;
}

// A private key in software, or a function that signs: JavaScript is the secure element then.
static bool read_key(struct sim_device *sim, napi_env env, napi_value link)
{
    sim->sign = js_hold(env, link, "sign");
    if (sim->sign) {
        const int64_t bits = js_int(env, link, "signBits", 256);
        sim->key_slot = (struct tt_key_slot){
            .ctx = sim,
            .kind = bits > 256 ? TT_KEY_RSA : TT_KEY_P256,
            .bits = (uint16_t)bits,
            .sign = sim_hooks_sign,
        };
        sim->config.link.key_slot = &sim->key_slot;
        return true;
    }
    sim->key = copy_bytes(env, link, "key", &sim->key_len);
    const char *why = NULL;
    if (!sim->key) { return true; }
    if (tt_software_key_open(&sim->software_key, &sim->port, sim->key, sim->key_len + 1,
                             &sim->key_slot, &why) < 0) {
        js_fail(env, why);
        return false;
    }
    sim->config.link.key_slot = &sim->key_slot;
    return true;
}

static void read_trust(struct sim_device *sim, napi_env env, napi_value link)
{
    size_t key_len = 0;
    size_t len = 0;
    sim->trust_key = copy_bytes(env, link, "trustKey", &key_len);
    sim->sim_trust.bytes = js_bytes(env, js_get(env, link, "trustFlash"), &len);
    if (key_len != TT_TRUST_KEY_LEN || len == 0) { return; }
    sim->sim_trust.program_bytes = 1;
    sim->sim_trust.block_bytes = FLASH_BLOCK_BYTES;
    sim->sim_trust.block_count = (uint32_t)(len / FLASH_BLOCK_BYTES);
    sim->trust_block = tt_sim_flash_block(&sim->sim_trust);
    sim->trust = (struct tt_trust){
        .calls = &tt_trust_calls, .block = &sim->trust_block, .key = sim->trust_key};
    sim->config.link.trust = &sim->trust;
}

static bool read_link(struct sim_device *sim, napi_env env, napi_value link)
{
    struct tt_link_config *config = &sim->config.link;
    const char *why = "there is none";
    sim->connection = js_text(env, link, "connection");
    if (!sim->connection || tt_connection_parse(sim->connection, strlen(sim->connection),
                                                &config->connection, &why) < 0) {
        char text[192];
        snprintf(text, sizeof text, "the connection string cannot be used: %s", why);
        js_fail(env, text);
        return false;
    }
    config->address = js_text(env, link, "address");
    config->tcp_port = (uint16_t)js_int(env, link, "port", 0);
    config->https_port = (uint16_t)js_int(env, link, "httpsPort", 0);
    config->model_id = js_text(env, link, "modelId");
    sim->dps = (struct tt_dps){
        .calls = &tt_dps_calls,
        .address = js_text(env, link, "dpsAddress"),
        .tcp_port = (uint16_t)js_int(env, link, "dpsPort", 0),
    };
    config->dps = config->connection.id_scope.len > 0 ? &sim->dps : NULL;
    config->token_ttl_s = (uint32_t)js_int(env, link, "tokenTtlS", 0);
    config->keep_alive_s = (uint16_t)js_int(env, link, "keepAliveS", 0);
    config->tls = js_flag(env, link, "tls");
    config->tls13 = js_flag(env, link, "tls13");
    config->ca = copy_bytes(env, link, "ca", &config->ca_len);
    config->build_epoch_ms = js_int(env, link, "buildEpochMs", 0);
    read_trust(sim, env, link);
    config->certificate = copy_bytes(env, link, "certificate", &config->certificate_len);
    config->certificate_len += config->certificate ? 1 : 0; // PEM is read with its NUL
    return read_key(sim, env, link);
}

// A copy with a NUL after the last byte, not counted.
static void *copy_bytes(napi_env env, napi_value object, const char *name, size_t *len)
{
    const void *data = js_bytes(env, js_get(env, object, name), len);
    if (!data) {
        *len = 0;
        return NULL;
    }
    uint8_t *copy = malloc(*len + 1);
    if (copy) {
        memcpy(copy, data, *len);
        copy[*len] = 0;
    }
    return copy;
}
