// What the hub publishes: methods, cloud-to-device messages, twin responses and patches.
#include <string.h>

#include "../port/error.gen.h"
#include "abi.gen.h"
#include "hub.h"
#include "json.h"

enum { INBOX_RETRY_MS = 1000, THROTTLED_RETRY_MS = 10000, RESERVED_MAX = 160 };

static int put(struct tt_hub *hub, const struct tt_delivery *delivery)
{
    const int err = tt_inbox_put(hub->inbox, delivery);
    if (err == TT_OK && hub->port->wake_app != NULL) { hub->port->wake_app(hub->port->ctx); }
    return err;
}

static void log_size(const struct tt_hub *hub, const char *what, uint32_t size)
{
    char text[96];
    struct tt_writer line = tt_writer_of(text, sizeof text);
    tt_writer_text(&line, what);
    tt_writer_decimal(&line, size);
    tt_writer_text(&line, " bytes is too large for this board: discarded");
    hub->port->log(hub->port->ctx, TT_LOG_WARNING, text, line.len);
}

static int refuse_method(struct tt_hub *hub, struct tt_range rid, int32_t status, const char *body)
{
    const struct tt_range json = {body, strlen(body)};
    return tt_hub_write_reply(hub, status, rid, json) ? TT_OK : TT_EFULL;
}

static int receive_method(struct tt_hub *hub, const struct tt_topic *topic,
                          const struct tt_mqtt_publish *publish, bool cut, int64_t now_ms)
{
    if (cut) { return refuse_method(hub, topic->rid, 413, "{\"error\":\"payload too large\"}"); }
    if (topic->rid.len > TT_HUB_RID_MAX) {
        return refuse_method(hub, topic->rid, 400, "{\"error\":\"request id too long\"}");
    }
    if (hub->reserved.name != NULL && tt_range_is(topic->name, hub->reserved.name)) {
        // What it does is done once: there has to be room for the answer first.
        char text[RESERVED_MAX];
        if (hub->tx.cap - hub->tx.len < 2 * RESERVED_MAX) { return TT_EFULL; }
        struct tt_writer answer = tt_writer_of(text, sizeof text);
        const int32_t status = hub->reserved.answer(hub->reserved.ctx, publish->payload, &answer);
        const struct tt_range body = {text, answer.len};
        return tt_hub_write_reply(hub, status, topic->rid, body) ? TT_OK : TT_EFULL;
    }
    struct tt_hub_method *slot = NULL;
    for (size_t i = 0; i < TT_HUB_METHODS_MAX && slot == NULL; i++) {
        if (hub->methods[i].id == 0 || hub->methods[i].until_ms <= now_ms) {
            slot = &hub->methods[i];
        }
    }
    if (slot == NULL) { return refuse_method(hub, topic->rid, 429, "{\"error\":\"busy\"}"); }
    const int32_t id = tt_hub_new_id(hub);
    const struct tt_delivery delivery = {
        .kind = TT_EVENT_METHOD,
        .id = id,
        .name = topic->name.data,
        .name_len = topic->name.len,
        .payload = (const uint8_t *)publish->payload.data,
        .payload_len = publish->payload.len,
    };
    const int err = put(hub, &delivery);
    if (err != TT_OK) {
        return err == TT_EFULL
                   ? refuse_method(hub, topic->rid, 429, "{\"error\":\"busy\"}")
                   : refuse_method(hub, topic->rid, 413, "{\"error\":\"payload too large\"}");
    }
    slot->id = id;
    slot->until_ms = now_ms + TT_HUB_METHOD_MS;
    slot->rid_len = topic->rid.len;
    memcpy(slot->rid, topic->rid.data, topic->rid.len);
    return TT_OK;
}

// Whether a packet may wait in rx for room in the inbox: the app is about to take some.
static bool may_hold(const struct tt_hub *hub, int64_t now_ms)
{
    return hub->held_ms < 0 || now_ms - hub->held_ms < TT_HUB_HOLD_MS;
}

static uint32_t digest_of(uint32_t hash, struct tt_range bytes)
{ // FNV-1a
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ (uint8_t)bytes.data[i]) * 16777619u;
    }
    return hash;
}

// PUBACKs a message at once. TT_EFULL when tx has no room for it now.
static int acknowledge(struct tt_hub *hub, uint16_t packet_id)
{
    if (packet_id == 0) { return TT_OK; }
    tt_mqtt_write_puback(&hub->tx, packet_id);
    const bool full = hub->tx.full;
    hub->tx.full = false;
    return full ? TT_EFULL : TT_OK;
}

static struct tt_hub_message *known_message(struct tt_hub *hub, uint16_t packet_id, uint32_t digest)
{
    for (size_t i = 0; i < TT_HUB_MESSAGES_MAX; i++) {
        struct tt_hub_message *message = &hub->messages[i];
        if (message->id != 0 && message->packet_id == packet_id && message->digest == digest) {
            return message;
        }
    }
    return NULL;
}

static int receive_message(struct tt_hub *hub, const struct tt_topic *topic,
                           const struct tt_mqtt_publish *publish, const struct tt_mqtt_frame *frame,
                           int64_t now_ms)
{
    if (frame->cut) {
        const int err = acknowledge(hub, publish->packet_id);
        if (err == TT_OK) { log_size(hub, "a message of ", frame->total); }
        return err;
    }
    if (hub->missed && publish->qos > 0) {
        return TT_OK; // behind one that was left to the hub: it comes again after that one
    }
    const uint32_t digest = digest_of(digest_of(2166136261u, publish->topic), publish->payload);
    struct tt_hub_message *known =
        publish->duplicate ? known_message(hub, publish->packet_id, digest) : NULL;
    if (known != NULL) {
        if (!known->done) {
            known->connection = hub->connection; // the app still has it
            return TT_OK;
        }
        const int err = acknowledge(hub, publish->packet_id);
        known->id = err == TT_OK ? 0 : known->id;
        return err;
    }
    struct tt_hub_message *slot = NULL;
    for (size_t i = 0; i < TT_HUB_MESSAGES_MAX && slot == NULL; i++) {
        struct tt_hub_message *message = &hub->messages[i];
        slot = message->id == 0 || message->connection != hub->connection ? message : NULL;
    }
    int err = TT_EFULL;
    if (slot != NULL) {
        char text[sizeof "$.in=&" + TT_TOPIC_NAME_MAX];
        struct tt_writer input = tt_writer_of(text, sizeof text);
        if (topic->name.len > 0) {
            tt_writer_text(&input, "$.in=");
            tt_writer_bytes(&input, topic->name.data, topic->name.len);
            if (topic->properties.len > 0) { tt_writer_u8(&input, '&'); }
        }
        const struct tt_delivery delivery = {
            .kind = TT_EVENT_MESSAGE,
            .id = hub->next_id,
            .prefix = text,
            .prefix_len = input.len,
            .name = topic->properties.data,
            .name_len = topic->properties.len,
            .payload = (const uint8_t *)publish->payload.data,
            .payload_len = publish->payload.len,
        };
        err = put(hub, &delivery);
    }
    if (err == TT_EINVALID) { // beyond the whole inbox
        err = acknowledge(hub, publish->packet_id);
        if (err == TT_OK) { log_size(hub, "a message of ", frame->total); }
        return err;
    }
    if (err == TT_EFULL) {
        if (may_hold(hub, now_ms)) {
            return TT_EFULL; // the app is about to take some: what follows waits behind it
        }
        hub->missed = publish->qos > 0;
        tt_hub_log(hub, TT_LOG_WARNING, "the inbox stays full: a message is left to the hub");
        return TT_OK;
    }
    *slot = (struct tt_hub_message){
        .id = tt_hub_new_id(hub),
        .packet_id = publish->packet_id,
        .digest = digest,
        .connection = hub->connection,
    };
    return TT_OK;
}

// Hands desired properties to the app; without room now the whole twin is asked for again later,
// or, where it cannot be read, the patch waits for room: TT_EFULL.
static int deliver_desired(struct tt_hub *hub, int32_t id, struct tt_range json, int64_t version,
                           int64_t now_ms)
{
    const struct tt_delivery delivery = {
        .kind = TT_EVENT_DESIRED,
        .id = id,
        .name = "",
        .payload = (const uint8_t *)json.data,
        .payload_len = json.len,
    };
    const int err = put(hub, &delivery);
    if (err == TT_EFULL) {
        if (id != 0 && hub->twin_unread && may_hold(hub, now_ms)) { return TT_EFULL; }
        hub->twin_get_at_ms = now_ms + INBOX_RETRY_MS;
        return TT_OK;
    }
    if (err != TT_OK) {
        log_size(hub, "the desired properties: an object of ", (uint32_t)json.len);
    }
    hub->twin_version = version;
    if (id == 0) { hub->twin_unread = false; }
    return TT_OK;
}

static void receive_twin(struct tt_hub *hub, const struct tt_topic *topic,
                         const struct tt_mqtt_publish *publish, const struct tt_mqtt_frame *frame,
                         int64_t now_ms)
{
    hub->due_ms[TT_HUB_TWIN_GET] = INT64_MAX;
    if (topic->status == 429 || topic->status >= 500) {
        hub->twin_get_at_ms = now_ms + THROTTLED_RETRY_MS;
        return;
    }
    if (topic->status != 200) {
        tt_hub_log(hub, TT_LOG_WARNING, "the hub does not give the twin");
        return;
    }
    if (frame->cut) {
        if (!hub->twin_unread) { log_size(hub, "a twin of ", frame->total); }
        hub->twin_unread = true;
        return;
    }
    struct tt_range desired;
    struct tt_range number;
    int64_t version;
    if (tt_json_member(publish->payload, "desired", &desired) != TT_OK ||
        tt_json_member(desired, "$version", &number) != TT_OK ||
        !tt_range_integer(number, &version)) {
        tt_hub_log(hub, TT_LOG_WARNING, "the twin has no desired properties with a $version");
        return;
    }
    if (version < hub->twin_seen) {
        hub->twin_get_at_ms = now_ms; // a patch overtook this answer
        return;
    }
    if (version != hub->twin_version || hub->twin_unread) {
        deliver_desired(hub, 0, desired, version, now_ms);
    }
}

static int receive_patch(struct tt_hub *hub, const struct tt_topic *topic,
                         const struct tt_mqtt_publish *publish, bool cut, int64_t now_ms)
{
    if (topic->version > hub->twin_seen) { hub->twin_seen = topic->version; }
    if (topic->version >= 0 && topic->version <= hub->twin_version) {
        return TT_OK; // the app has it
    }
    const bool known = hub->twin_version >= 0;
    const bool next = known && topic->version == hub->twin_version + 1;
    struct tt_range number;
    const bool readable = !cut && tt_json_member(publish->payload, "$version", &number) == TT_OK;
    // One was missed, or cannot be read: the whole says it all, if it can be read by now.
    const bool ask = !readable || (!next && (known || !hub->twin_unread));
    if (ask && hub->twin_get_at_ms == INT64_MAX && hub->due_ms[TT_HUB_TWIN_GET] == INT64_MAX) {
        hub->twin_get_at_ms = now_ms;
    }
    if (!readable || (!next && !hub->twin_unread)) { return TT_OK; }
    return deliver_desired(hub, 1, publish->payload, topic->version, now_ms);
}

static void receive_reported(struct tt_hub *hub, const struct tt_topic *topic, int64_t now_ms)
{
    hub->due_ms[TT_HUB_REPORT] = INT64_MAX;
    if (topic->status < 300) {
        tt_reported_settle(&hub->reported);
    } else if (topic->status == 429 || topic->status >= 500) {
        tt_reported_retry(&hub->reported);
        hub->report_at_ms = now_ms + THROTTLED_RETRY_MS;
    } else {
        tt_reported_settle(&hub->reported); // again would fail again
        tt_hub_log(hub, TT_LOG_WARNING, "the hub refused reported properties");
    }
}

static void receive_response(struct tt_hub *hub, const struct tt_topic *topic,
                             const struct tt_mqtt_publish *publish,
                             const struct tt_mqtt_frame *frame, int64_t now_ms)
{
    int64_t rid;
    if (!tt_range_integer(topic->rid, &rid)) { return; }
    if (rid == hub->twin_get_rid && hub->due_ms[TT_HUB_TWIN_GET] != INT64_MAX) {
        receive_twin(hub, topic, publish, frame, now_ms);
    } else if (rid == hub->report_rid && hub->due_ms[TT_HUB_REPORT] != INT64_MAX) {
        receive_reported(hub, topic, now_ms);
    }
}

int tt_hub_receive_publish(struct tt_hub *hub, const struct tt_mqtt_frame *frame,
                           const struct tt_mqtt_publish *publish, int64_t now_ms)
{
    const struct tt_topic topic = tt_topic_parse(publish->topic, hub->id);
    switch (topic.kind) {
    case TT_TOPIC_METHOD:
        return receive_method(hub, &topic, publish, frame->cut, now_ms);
    case TT_TOPIC_MESSAGE:
        return receive_message(hub, &topic, publish, frame, now_ms);
    case TT_TOPIC_RESPONSE:
        receive_response(hub, &topic, publish, frame, now_ms);
        return TT_OK;
    case TT_TOPIC_DESIRED:
        return receive_patch(hub, &topic, publish, frame->cut, now_ms);
    default:
        break;
    }
    // Acknowledged all the same: the hub would send it for ever.
    const int err = acknowledge(hub, publish->packet_id);
    if (err == TT_OK) {
        tt_hub_log(hub, TT_LOG_WARNING, "a publish on a topic that is not the hub's: discarded");
    }
    return err;
}
