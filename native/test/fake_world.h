// One device's link, its queues and an app, connected to the fake hub, with time in the test's
// hand.
#pragma once

#include "../core/abi.gen.h"
#include "../core/link_state.h"
#include "fake_hub.h"

struct fake_world {
    struct fake_hub hub;
    struct tt_port port;
    struct tt_board board;
    struct tt_outbox outbox;
    struct tt_inbox inbox;
    struct tt_link link;
    struct tt_link_config config;
    uint32_t inbox_memory[2048];
    uint32_t outbox_memory[8192];
    uint8_t link_memory[16384];

    const char *dialled;   // NULL: "hub.test"
    uint16_t port_dialled; // 0: 8883
    int64_t now_ms;
    int64_t epoch_offset_ms; // epoch = offset + now; negative: the clock is not set
    uint32_t random;
    bool app_asleep; // takes nothing from the inbox
    int methods, messages, desired, patches, stored, ups, downs;
    int32_t method; // id of the last one
    int status;     // the app answers methods with; 0: it does not
    uint8_t *kept;  // the record the link had kept, if it has any
    size_t *kept_len;
    char desired_json[512];
    char message_properties[8][32];

    int notices[TT_NOTICE_PROVISIONED + 1];
    int disconnect_code;
    char disconnect_text[256];
    char connected_text[128];
    char log[4096];
};

static inline int fake_dial(void *ctx, const char *host, uint16_t port, struct tt_stream *out)
{
    struct fake_hub *hub = &((struct fake_world *)ctx)->hub;
    const struct fake_world *const world = ctx;
    CHECK(strcmp(host, world->dialled != NULL ? world->dialled : "hub.test") == 0 && !hub->open);
    CHECK_INT(port, world->port_dialled != 0 ? world->port_dialled : 8883);
    hub->dials++;
    if (hub->refuse_tcp) { return TT_EREFUSED; }
    hub->open = true;
    hub->broken = false;
    hub->out_len = hub->out_at = 0;
    tt_mqtt_stream_init(&hub->in, hub->memory, sizeof hub->memory);
    *out = (struct tt_stream){hub, fake_read, fake_write, fake_close};
    return TT_OK;
}

static inline int64_t fake_epoch(void *ctx)
{
    const struct fake_world *world = ctx;
    return world->epoch_offset_ms < 0 ? TT_EUNSET : world->epoch_offset_ms + world->now_ms;
}

static inline void fake_random(void *ctx, uint8_t *out, size_t len)
{
    struct fake_world *world = ctx;
    for (size_t i = 0; i < len; i++) {
        world->random = world->random * 1664525u + 1013904223u;
        out[i] = (uint8_t)(world->random >> 24);
    }
}

static inline void fake_log(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)level;
    struct fake_world *world = ctx;
    const size_t used = strlen(world->log);
    if (used + len + 2 < sizeof world->log) {
        memcpy(world->log + used, text, len);
        world->log[used + len] = '\n';
        world->log[used + len + 1] = 0;
    }
}

static inline void fake_notice(void *ctx, const struct tt_notice *notice)
{
    struct fake_world *world = ctx;
    world->notices[notice->kind]++;
    if (notice->kind == TT_NOTICE_DISCONNECTED) {
        world->disconnect_code = notice->code;
        snprintf(world->disconnect_text, sizeof world->disconnect_text, "%.*s",
                 (int)notice->text_len, notice->text);
    } else if (notice->kind == TT_NOTICE_CONNECTED) {
        snprintf(world->connected_text, sizeof world->connected_text, "%.*s", (int)notice->text_len,
                 notice->text);
    }
}

static inline struct tt_range fake_text(const char *text)
{
    return (struct tt_range){text, strlen(text)};
}

// Starts the link anew, as a device does after a reset.
static inline void fake_restart(struct fake_world *world)
{
    CHECK(tt_link_memory(&world->board) <= sizeof world->link_memory);
    CHECK_INT(tt_link_start(&world->link, &world->config, world->link_memory), TT_OK);
}

// Defaults, the link started, nothing run.
static inline void fake_start(struct fake_world *world)
{
    *world = (struct fake_world){
        .hub = {.cut_after = -1, .desired_version = 1},
        .epoch_offset_ms = 1767225600000, // 2026-01-01
        .random = 1,
        .status = 200,
        .board = {.name = "test",
                  .telemetry_bytes = 8192,
                  .reply_bytes = 2048,
                  .report_bytes = 1024,
                  .inbox_bytes = 4096,
                  .packet_bytes = 1024,
                  .receive_bytes = 1024},
    };
    world->port = (struct tt_port){
        .ctx = world,
        .epoch_ms = fake_epoch,
        .random = fake_random,
        .log = fake_log,
        .connect = fake_dial,
        .notice = fake_notice,
    };
    CHECK(tt_outbox_memory(&world->board) <= sizeof world->outbox_memory);
    tt_outbox_init(&world->outbox, &world->board, world->outbox_memory);
    tt_inbox_init(&world->inbox, world->inbox_memory, world->board.inbox_bytes);
    world->config = (struct tt_link_config){
        .port = &world->port,
        .board = &world->board,
        .outbox = &world->outbox,
        .inbox = &world->inbox,
        .connection = {.host = fake_text("hub.test"),
                       .device_id = fake_text("d1"),
                       .key = fake_text("c2VjcmV0IGtleQ==")}, // "secret key"
        .boot = 7,
        .build_epoch_ms = 1700000000000,
    };
    fake_restart(world);
}

static inline void fake_app(struct fake_world *world)
{
    struct tt_delivery item;
    while (!world->app_asleep && tt_inbox_peek(&world->inbox, &item)) {
        switch (item.kind) {
        case TT_EVENT_METHOD:
            world->methods++;
            world->method = item.id;
            if (world->status != 0) {
                CHECK_INT(tt_outbox_reply(&world->outbox, item.id, world->status,
                                          (const uint8_t *)"{}", 2),
                          TT_OK);
            }
            break;
        case TT_EVENT_MESSAGE:
            snprintf(world->message_properties[world->messages % 8], 32, "%.*s", (int)item.name_len,
                     item.name);
            world->messages++;
            CHECK_INT(tt_outbox_done(&world->outbox, item.id), TT_OK);
            break;
        case TT_EVENT_DESIRED:
            world->desired += item.id == 0;
            world->patches += item.id == 1;
            snprintf(world->desired_json, sizeof world->desired_json, "%.*s", (int)item.payload_len,
                     (const char *)item.payload);
            break;
        case TT_INBOX_KEEP:
            memcpy(world->kept, item.payload, item.payload_len);
            *world->kept_len = item.payload_len;
            break;
        case TT_EVENT_CONNECTION:
            world->ups += item.id == 1;
            world->downs += item.id == 0;
            break;
        default:
            CHECK_INT(item.kind, TT_EVENT_STORED);
            world->stored++;
        }
        tt_inbox_pop(&world->inbox);
    }
}

// Steps link and app until `ms` later, as fast as there is something to do.
static inline void fake_run(struct fake_world *world, int64_t ms)
{
    const int64_t end = world->now_ms + ms;
    int idle = 0;
    while (world->now_ms <= end) {
        const unsigned long moved = world->hub.moved;
        const int32_t wait = tt_link_step(&world->link, world->now_ms);
        fake_app(world);
        const bool woken = !tt_queue_empty(&world->outbox.replies) || world->hub.moved != moved;
        CHECK(wait >= 0);
        if (woken || wait == 0) {
            CHECK(++idle < 100000); // a step that wants another at once has to get somewhere
            continue;
        }
        idle = 0;
        world->now_ms += wait < end + 1 - world->now_ms ? wait : end + 1 - world->now_ms;
    }
    world->now_ms = end;
}

static inline void fake_send(struct fake_world *world, const char *body)
{
    CHECK(tt_outbox_send(&world->outbox, (const uint8_t *)body, strlen(body), NULL, 0,
                         (struct tt_terms){0}) > 0);
}

static inline void fake_report(struct fake_world *world, const char *name, const char *value)
{
    CHECK_INT(
        tt_outbox_report(&world->outbox, name, strlen(name), (const uint8_t *)value, strlen(value)),
        TT_OK);
}

static inline void fake_invoke(struct fake_world *world, const char *name, const char *rid,
                               size_t payload_len)
{
    static const uint8_t payload[65536];
    char topic[256];
    snprintf(topic, sizeof topic, "$iothub/methods/POST/%s/?$rid=%s", name, rid);
    fake_publish(&world->hub, topic, payload, payload_len, 0, false);
}

static inline void fake_queue_message(struct fake_world *world, const char *properties,
                                      size_t payload_len)
{
    struct fake_hub *hub = &world->hub;
    CHECK(hub->message_count < FAKE_MESSAGES);
    struct fake_message *message = &hub->messages[hub->message_count++];
    *message = (struct fake_message){.payload_len = payload_len};
    snprintf(message->properties, sizeof message->properties, "%s", properties);
    fake_deliver(hub);
}

// The next version of the desired properties, notified.
static inline void fake_patch(struct fake_world *world)
{
    char topic[96];
    char body[64];
    const int version = (int)++world->hub.desired_version;
    snprintf(topic, sizeof topic, "$iothub/twin/PATCH/properties/desired/?$version=%d", version);
    snprintf(body, sizeof body, "{\"y\":%d,\"$version\":%d}", version, version);
    if (world->hub.accepted && world->hub.subscribed) {
        fake_publish(&world->hub, topic, body, strlen(body), 0, false);
    }
}

// Message ids 7-1 to 7-count arrived in order; the number of those that came more than once.
static inline int fake_duplicates(const struct fake_world *world, int count)
{
    int next = 1;
    int duplicates = 0;
    for (int i = 0; i < world->hub.telemetry_count; i++) {
        char expected[24];
        snprintf(expected, sizeof expected, "7-%d", next);
        if (strcmp(world->hub.telemetry[i], expected) == 0) {
            next++;
            continue;
        }
        snprintf(expected, sizeof expected, "7-%d", next - 1);
        CHECK(strcmp(world->hub.telemetry[i], expected) == 0);
        duplicates++;
    }
    CHECK_INT(next, count + 1);
    return duplicates;
}
