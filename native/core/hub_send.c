// What the device publishes: replies, reported properties, twin requests, telemetry, pings.
#include <string.h>

#include "../port/error.gen.h"
#include "hub.h"
#include "json.h"

// 0 is no identifier [MQTT-2.3.1-1], and that of the message in flight is taken.
static uint16_t new_packet_id(struct tt_hub *hub)
{
    do {
        hub->next_packet_id = hub->next_packet_id == UINT16_MAX ? 1 : hub->next_packet_id + 1;
    } while (hub->next_packet_id == hub->telemetry_id);
    return hub->next_packet_id;
}

bool tt_hub_write_reply(struct tt_hub *hub, int32_t status, struct tt_range rid,
                        struct tt_range body)
{
    struct tt_mqtt_open_publish open = tt_mqtt_begin_publish(&hub->tx);
    tt_topic_write_method_reply(&hub->tx, status, rid);
    tt_mqtt_begin_payload(&hub->tx, &open, 0, 0);
    tt_writer_bytes(&hub->tx, body.data, body.len);
    return tt_mqtt_end_publish(&hub->tx, &open, false);
}

// The app is done with a message: PUBACK on its own connection, else when the hub sends it again.
static bool send_done(struct tt_hub *hub, int32_t id)
{
    for (size_t i = 0; i < TT_HUB_MESSAGES_MAX; i++) {
        struct tt_hub_message *message = &hub->messages[i];
        if (message->id != id) { continue; }
        if (!hub->accepted || message->connection != hub->connection) {
            message->done = true;
        } else if (message->packet_id == 0) {
            message->id = 0;
        } else {
            tt_mqtt_write_puback(&hub->tx, message->packet_id);
            if (hub->tx.full) {
                hub->tx.full = false;
                return false;
            }
            message->id = 0;
        }
        return true;
    }
    return true;
}

static bool send_reply(struct tt_hub *hub, const struct tt_reply *reply, int64_t now_ms)
{
    struct tt_hub_method *method = NULL;
    for (size_t i = 0; i < TT_HUB_METHODS_MAX && method == NULL; i++) {
        if (hub->methods[i].id == reply->request && hub->methods[i].until_ms > now_ms) {
            method = &hub->methods[i];
        }
    }
    if (method == NULL) {
        tt_hub_log(hub, TT_LOG_WARNING, "a method was answered when nobody waited any more");
        return true;
    }
    const struct tt_range rid = {method->rid, method->rid_len};
    const struct tt_range body = {(const char *)reply->body, reply->body_len};
    if (!tt_hub_write_reply(hub, reply->status, rid, body)) {
        static const char too_large[] = "{\"error\":\"reply too large\"}";
        const struct tt_range excuse = {too_large, sizeof too_large - 1};
        if (hub->tx.len > 0 || !tt_hub_write_reply(hub, 500, rid, excuse)) { return false; }
        tt_hub_log(hub, TT_LOG_ERROR, "a reply is larger than the board's packet_bytes");
    }
    method->id = 0;
    return true;
}

static void take_will(struct tt_hub *hub, const struct tt_reply *reply)
{
    struct tt_hub_will will = {.properties_len = (uint8_t)reply->status,
                               .len = (uint8_t)reply->body_len};
    memcpy(will.text, reply->body, reply->body_len);
    hub->will_changed = hub->will_changed || memcmp(&will, &hub->will, sizeof will) != 0;
    hub->will = will;
}

// True when it is done with, and the next may follow.
static bool obey(struct tt_hub *hub, const struct tt_reply *reply, int64_t now_ms)
{
    switch (reply->kind) {
    case TT_REPLY_DONE:
        return send_done(hub, reply->request);
    case TT_REPLY_WILL:
        take_will(hub, reply);
        return true;
    case TT_REPLY_EPHEMERAL:
        hub->ephemeral_s = reply->request;
        hub->over_https = reply->status != 0;
        return true;
    default:
        return send_reply(hub, reply, now_ms);
    }
}

static bool send_replies(struct tt_hub *hub, int64_t now_ms)
{
    struct tt_reply reply;
    while (tt_outbox_peek_reply(hub->outbox, &reply)) {
        if (!obey(hub, &reply, now_ms)) { return false; }
        tt_outbox_pop_reply(hub->outbox);
    }
    return true;
}

// Moves reports into the table of ours, where the last value of a name wins.
static void collect_reports(struct tt_hub *hub)
{
    struct tt_report report;
    while (tt_outbox_peek_report(hub->outbox, &report)) {
        const struct tt_range name = {report.name, report.name_len};
        const struct tt_range value = {(const char *)report.value, report.value_len};
        // One bad value would have the hub refuse all that travel with it.
        const int err =
            tt_json_valid(value) ? tt_reported_set(&hub->reported, name, value) : TT_EINVALID;
        if (err == TT_EFULL) {
            return; // stays in the lane until the table is settled
        }
        if (err < 0) {
            tt_hub_log(hub, TT_LOG_ERROR, "a reported property is no JSON or too large: dropped");
        }
        tt_outbox_pop_report(hub->outbox);
    }
}

static bool send_subscribe(struct tt_hub *hub, int64_t now_ms)
{
    char text[sizeof "devices//messages/devicebound/#" + TT_TOPIC_ID_MAX];
    struct tt_writer filter = tt_writer_of(text, sizeof text);
    tt_topic_write_messages_filter(&filter, hub->id);
    const struct tt_range filters[] = {
        {text, filter.len},
        {tt_topic_methods_filter, strlen(tt_topic_methods_filter)},
        {tt_topic_responses_filter, strlen(tt_topic_responses_filter)},
        {tt_topic_desired_filter, strlen(tt_topic_desired_filter)},
    };
    hub->subscribe_id = new_packet_id(hub);
    tt_mqtt_write_subscribe(&hub->tx, hub->subscribe_id, 1, filters, 4);
    if (hub->tx.full) {
        hub->tx.full = false;
        return false;
    }
    hub->due_ms[TT_HUB_SUBSCRIBE] = now_ms + TT_HUB_ANSWER_MS;
    return true;
}

static bool send_twin_get(struct tt_hub *hub, int64_t now_ms)
{
    hub->twin_get_rid = hub->next_rid++;
    struct tt_mqtt_open_publish open = tt_mqtt_begin_publish(&hub->tx);
    tt_topic_write_twin_get(&hub->tx, hub->twin_get_rid);
    tt_mqtt_begin_payload(&hub->tx, &open, 0, 0);
    if (!tt_mqtt_end_publish(&hub->tx, &open, false)) { return false; }
    hub->twin_get_at_ms = INT64_MAX;
    hub->due_ms[TT_HUB_TWIN_GET] = now_ms + TT_HUB_ANSWER_MS;
    return true;
}

static bool send_reports(struct tt_hub *hub, int64_t now_ms)
{
    hub->report_rid = hub->next_rid++;
    struct tt_mqtt_open_publish open = tt_mqtt_begin_publish(&hub->tx);
    tt_topic_write_reported(&hub->tx, hub->report_rid);
    tt_mqtt_begin_payload(&hub->tx, &open, 0, 0);
    const size_t count = hub->tx.full ? 0 : tt_reported_write(&hub->reported, &hub->tx);
    if (count == 0) {
        hub->tx.full = true; // nothing to say: take the packet back
    }
    if (tt_mqtt_end_publish(&hub->tx, &open, false)) {
        hub->due_ms[TT_HUB_REPORT] = now_ms + TT_HUB_ANSWER_MS;
        return true;
    }
    if (hub->tx.len > 0) { return false; }
    tt_hub_log(hub, TT_LOG_ERROR, "a reported property is larger than a packet: dropped");
    tt_reported_drop(&hub->reported);
    return true;
}

bool tt_hub_in_flight(const struct tt_hub *hub, const struct tt_telemetry *message)
{
    return message->boot == hub->telemetry_boot && message->sequence == hub->telemetry_sequence;
}

void tt_hub_drop_telemetry(struct tt_hub *hub, const struct tt_telemetry *message, const char *why)
{
    tt_hub_log(hub, TT_LOG_ERROR, why);
    tt_outbox_pop_telemetry(hub->outbox);
    tt_hub_tell(hub, TT_NOTICE_DROPPED, message);
}

bool tt_hub_next_telemetry(struct tt_hub *hub, struct tt_telemetry *out, int64_t now_ms)
{
    while (tt_outbox_peek_telemetry(hub->outbox, out)) {
        if (!tt_outbox_expired(out, hub->port->epoch_ms(hub->port->ctx), now_ms)) { return true; }
        tt_outbox_pop_telemetry(hub->outbox);
        tt_hub_tell(hub, TT_NOTICE_EXPIRED, out);
    }
    return false;
}

void tt_hub_telemetry_sent(struct tt_hub *hub, const struct tt_telemetry *message, uint16_t id,
                           int64_t now_ms)
{
    hub->telemetry_id = id;
    hub->telemetry_boot = message->boot;
    hub->telemetry_sequence = message->sequence;
    hub->due_ms[TT_HUB_TELEMETRY] = now_ms + TT_HUB_ANSWER_MS;
}

// TT_OK, TT_EFULL when the packet does not fit now, TT_EIO when the message cannot be read.
static int write_telemetry(struct tt_hub *hub, const struct tt_telemetry *message, uint16_t id,
                           bool again)
{
    struct tt_mqtt_open_publish open = tt_mqtt_begin_publish(&hub->tx);
    tt_topic_begin_telemetry(&hub->tx, hub->id);
    int err = tt_outbox_write_properties(message, &hub->tx);
    tt_topic_end_telemetry(&hub->tx, message->properties_len > 0, message->boot, message->sequence);
    tt_mqtt_begin_payload(&hub->tx, &open, 1, id);
    if (err == TT_OK) { err = tt_outbox_write_body(message, &hub->tx); }
    if (err < 0) {
        hub->tx.full = true; // take the packet back
    }
    const bool fits = tt_mqtt_end_publish(&hub->tx, &open, again);
    return err < 0 ? err : fits ? TT_OK : TT_EFULL;
}

const char *tt_hub_unsendable(int err)
{
    return err == TT_EFULL ? "a telemetry message is larger than a packet: dropped"
                           : "a telemetry message cannot be read from flash: dropped";
}

static bool send_telemetry(struct tt_hub *hub, int64_t now_ms)
{
    struct tt_telemetry message;
    while (tt_hub_next_telemetry(hub, &message, now_ms)) {
        // In the same session the message keeps its identifier and is marked [MQTT-4.4.0-1].
        const bool again = hub->telemetry_id != 0 && tt_hub_in_flight(hub, &message);
        const uint16_t id = again ? hub->telemetry_id : new_packet_id(hub);
        const int err = write_telemetry(hub, &message, id, again);
        if (err == TT_OK) {
            tt_hub_telemetry_sent(hub, &message, id, now_ms);
            return true;
        }
        if (err == TT_EFULL && hub->tx.len > 0) { return false; }
        tt_hub_drop_telemetry(hub, &message, tt_hub_unsendable(err));
    }
    return true;
}

static bool send_questions(struct tt_hub *hub, int64_t now_ms)
{
    if (!hub->subscribed) {
        // Always, also in a session the hub still has: one packet, and no trust in its memory.
        if (hub->due_ms[TT_HUB_SUBSCRIBE] == INT64_MAX && !send_subscribe(hub, now_ms)) {
            return false;
        }
    } else {
        if (now_ms >= hub->twin_get_at_ms && hub->due_ms[TT_HUB_TWIN_GET] == INT64_MAX &&
            !send_twin_get(hub, now_ms)) {
            return false;
        }
        if (now_ms >= hub->report_at_ms && hub->due_ms[TT_HUB_REPORT] == INT64_MAX &&
            tt_reported_waiting(&hub->reported) && !send_reports(hub, now_ms)) {
            return false;
        }
    }
    return hub->due_ms[TT_HUB_TELEMETRY] != INT64_MAX || send_telemetry(hub, now_ms);
}

static bool send_ping(struct tt_hub *hub, int64_t now_ms)
{
    const int64_t quiet_since = hub->sent_ms < hub->received_ms ? hub->sent_ms : hub->received_ms;
    if (hub->due_ms[TT_HUB_PING] != INT64_MAX || now_ms - quiet_since < hub->ping_after_ms) {
        return true;
    }
    tt_mqtt_write_pingreq(&hub->tx);
    if (hub->tx.full) {
        hub->tx.full = false;
        return false;
    }
    hub->due_ms[TT_HUB_PING] = now_ms + TT_HUB_ANSWER_MS;
    return true;
}

bool tt_hub_send(struct tt_hub *hub, int64_t now_ms)
{
    const size_t before = hub->tx.len;
    collect_reports(hub);
    if (tt_outbox_twin_asked(hub->outbox)) {
        hub->twin_version = -1; // whatever comes is news to an app that started anew
        hub->twin_get_at_ms = hub->subscribed ? now_ms : INT64_MAX;
    }
    bool all = send_replies(hub, now_ms);
    if (all && hub->accepted) {
        all = (hub->draining || send_questions(hub, now_ms)) && send_ping(hub, now_ms);
    }
    if (hub->tx.len > before) { hub->sent_ms = now_ms; }
    return all;
}
