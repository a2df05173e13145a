// Puts one device together in one block of memory; knows no port and no protocol.
#include "device.h"

#include <string.h>

#include "bytes.h"
#include "device_state.h"
#include "module.h"
#include "uploader.h"

enum { ALIGNMENT = 8 };

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static uint32_t inbox_bytes(const struct tt_board *board)
{
    return board->inbox_bytes < 64 ? 64 : board->inbox_bytes & ~(uint32_t)3;
}

size_t tt_device_memory(const struct tt_board *board)
{
    return aligned(sizeof(struct tt_device)) + aligned(tt_outbox_memory(board)) +
           aligned(inbox_bytes(board)) + aligned(tt_link_memory(board)) +
           aligned(board->upload_bytes);
}

// Counts this start in the store. Without one the number is random: message ids must not come
// again.
static uint32_t count_boot(struct tt_store *store, const struct tt_port *port)
{
    static const char key[] = "boot";
    uint8_t value[4] = {0};
    const bool counted = tt_store_get(store, key, sizeof key - 1, value, sizeof value) == 4;
    if (!counted) { memset(value, 0, sizeof value); }
    const uint32_t boot = tt_get32(value) + 1;
    tt_put32(value, boot);
    if (tt_store_set(store, key, sizeof key - 1, value, sizeof value) == TT_OK) { return boot; }
    port->random(port->ctx, value, sizeof value);
    return tt_get32(value) & INT32_MAX;
}

static const char *open_store(struct tt_device *device, const struct tt_device_config *config)
{
    const uint32_t blocks = config->board->store_blocks;
    const struct tt_block *const block = blocks > 0 ? config->block : NULL;
    if (block && blocks > block->block_count) { return "the store is larger than the flash"; }
    // An unreadable flash is no reason to stop controlling: the device goes on without a memory.
    if (tt_store_open(&device->store, block, 0, blocks) < 0) {
        static const char text[] = "the store cannot be read or written; nothing will be kept";
        config->port->log(config->port->ctx, TT_LOG_ERROR, text, sizeof text - 1);
        tt_store_open(&device->store, NULL, 0, 0);
    }
    return NULL;
}

static const char *open_outbox(struct tt_device *device, const struct tt_device_config *config)
{
    const uint32_t blocks = config->board->outbox_blocks;
    const uint32_t first = config->outbox_first_block;
    const struct tt_block *const block = blocks > 0 ? config->outbox : NULL;
    if (block && (first > block->block_count || blocks > block->block_count - first)) {
        return "the outbox is larger than the flash";
    }
    if (tt_outbox_open(&device->outbox, block, first, blocks, config->board->packet_bytes) < 0) {
        static const char text[] = "the outbox's flash cannot be read: telemetry waits in RAM only";
        config->port->log(config->port->ctx, TT_LOG_ERROR, text, sizeof text - 1);
    }
    return NULL;
}

static struct tt_range device_id_of(const struct tt_link_config *link)
{
    const struct tt_dps *dps = link->dps;
    return dps == NULL ? link->connection.device_id
                       : (struct tt_range){dps->known_as, dps->known_as_len};
}

static void use_dps(const struct tt_link_config *link, const struct tt_store *store)
{
    uint8_t record[TT_DPS_RECORD_MAX];
    const int len =
        tt_store_get(store, TT_INBOX_DPS, sizeof TT_INBOX_DPS - 1, record, sizeof record);
    const bool kept = len > 0 && (size_t)len <= sizeof record;
    link->dps->calls->use(link->dps, &link->connection, record, kept ? (size_t)len : 0);
}

static int start_app(struct tt_device *device, const struct tt_device_config *config, uint32_t boot,
                     int64_t now_ms)
{
    const struct tt_app_config app = {
        .port = config->port,
        .board = config->board,
        .io = config->io,
        .engine = config->engine,
        .store = &device->store,
        .outbox = &device->outbox,
        .inbox = &device->inbox,
        .files = config->files,
        .uploader = config->uploader,
        .upload = device->upload,
        .trace = config->trace,
        .device_id = device_id_of(&config->link),
        .module_id = config->link.connection.module_id,
        .boot = boot,
        .health = config->health,
        .offline = config->offline,
        .wasm = config->wasm,
        .wasm_len = config->wasm_len,
    };
    return tt_app_start(&device->app, &app, now_ms);
}

static int start_link(struct tt_device *device, const struct tt_device_config *config,
                      uint32_t boot, void *memory)
{
    if (config->offline) { return TT_OK; }
    struct tt_link_config link = config->link;
    link.port = config->port;
    link.board = config->board;
    link.outbox = &device->outbox;
    link.inbox = &device->inbox;
    link.boot = boot;
    link.health = config->health;
    const struct tt_range model = tt_module_model_id(config->wasm, config->wasm_len);
    if (model.len > 0 && model.len < sizeof device->model_id) {
        memcpy(device->model_id, model.data, model.len);
        link.model_id = device->model_id;
    }
    if (device->upload != NULL) {
        link.side =
            (struct tt_link_side){device->upload, config->uploader->step, config->uploader->stop};
        link.post = config->uploader->post(
            (uint8_t *)memory + aligned(tt_link_memory(config->board)), config->board);
    }
    const int err = tt_link_start(&device->link, &link, memory);
    device->linked = err == TT_OK;
    return err;
}

struct tt_device *tt_device_start(void *memory, size_t size, const struct tt_device_config *config,
                                  int64_t now_ms, const char **why)
{
    if (size < tt_device_memory(config->board)) {
        *why = "the device has too little memory";
        return NULL;
    }
    uint8_t *at = memory;
    struct tt_device *const device = memory;
    memset(device, 0, sizeof *device);
    at += aligned(sizeof *device);
    tt_outbox_init(&device->outbox, config->board, at);
    at += aligned(tt_outbox_memory(config->board));
    tt_inbox_init(&device->inbox, at, inbox_bytes(config->board));
    at += aligned(inbox_bytes(config->board));

    *why = open_store(device, config);
    if (*why) { return NULL; }
    *why = open_outbox(device, config);
    if (*why) { return NULL; }
    if (config->link.dps != NULL) { use_dps(&config->link, &device->store); }
    const uint32_t boot = count_boot(&device->store, config->port);
    if (config->uploader != NULL && !config->offline && config->board->upload_bytes > 0) {
        device->upload =
            config->uploader->open(at + aligned(tt_link_memory(config->board)), &device->link,
                                   &device->inbox, config->port, config->board);
    }
    if (start_app(device, config, boot, now_ms) < 0) {
        *why = tt_app_why(&device->app);
        return NULL;
    }
    if (start_link(device, config, boot, at) < 0) {
        tt_app_stop(&device->app);
        *why = "the settings of the connection to the hub are not valid";
        return NULL;
    }
    return device;
}

struct tt_app *tt_device_app(struct tt_device *device)
{
    return &device->app;
}

struct tt_link *tt_device_link(struct tt_device *device)
{
    return &device->link;
}

void tt_device_stop(struct tt_device *device)
{
    if (device->linked) { tt_link_stop(&device->link); }
    tt_app_stop(&device->app);
}
