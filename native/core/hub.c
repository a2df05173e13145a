// One connection's life: CONNECT to CONNACK, acknowledgements, time-outs, what survives it.
#include "hub.h"

#include <string.h>

#include "../port/error.gen.h"
#include "abi.gen.h"

void tt_hub_init(struct tt_hub *hub, const struct tt_port *port, struct tt_outbox *outbox,
                 struct tt_inbox *inbox, struct tt_range id, uint32_t boot,
                 const struct tt_hub_buffers *buffers)
{
    *hub = (struct tt_hub){
        .port = port,
        .outbox = outbox,
        .inbox = inbox,
        .id = id,
        .boot = boot,
        .tx = tt_writer_of(buffers->tx, buffers->tx_size),
        .next_id = 1,
        .twin_version = -1,
        .next_packet_id = 1,
        .next_rid = 1,
    };
    tt_mqtt_stream_init(&hub->rx, buffers->rx, buffers->rx_size);
    tt_reported_init(&hub->reported, buffers->reported, buffers->reported_size);
    hub->due_ms[TT_HUB_TELEMETRY] = INT64_MAX;
    tt_hub_closed(hub);
}

int tt_hub_open(struct tt_hub *hub, const struct tt_mqtt_connect *connect, int64_t now_ms)
{
    hub->connection++;
    hub->will_changed = false;
    hub->ping_after_ms = (int64_t)connect->keep_alive_s * 875; // in good time [MQTT-3.1.2-23]
    hub->sent_ms = now_ms;
    hub->received_ms = now_ms;
    tt_mqtt_write_connect(&hub->tx, connect);
    if (hub->tx.full) {
        hub->why = "CONNECT is larger than the board's packet_bytes";
        tt_hub_closed(hub);
        return TT_EINVALID;
    }
    return TT_OK;
}

void tt_hub_tell(const struct tt_hub *hub, enum tt_notice_kind kind,
                 const struct tt_telemetry *message)
{
    if (hub->port->notice == NULL) { return; }
    char text[24];
    struct tt_writer id = tt_writer_of(text, sizeof text);
    tt_writer_decimal(&id, message->boot);
    tt_writer_u8(&id, '-');
    tt_writer_decimal(&id, message->sequence);
    const struct tt_notice notice = {kind, message->sequence, text, id.len};
    hub->port->notice(hub->port->ctx, &notice);
}

void tt_hub_closed(struct tt_hub *hub)
{
    if (hub->due_ms[TT_HUB_TELEMETRY] != INT64_MAX) {
        const struct tt_telemetry cut = {.boot = hub->telemetry_boot,
                                         .sequence = hub->telemetry_sequence};
        tt_hub_tell(hub, TT_NOTICE_CUT, &cut);
    }
    hub->accepted = false;
    hub->subscribed = false;
    hub->draining = false;
    hub->missed = false;
    hub->held_ms = -1;
    hub->tx = tt_writer_of(hub->tx.data, hub->tx.cap);
    hub->tx_taken = 0;
    tt_mqtt_stream_init(&hub->rx, hub->rx.data, hub->rx.cap);
    for (size_t i = 0; i < TT_HUB_QUESTIONS; i++) {
        hub->due_ms[i] = INT64_MAX;
    }
    hub->twin_get_at_ms = INT64_MAX;
    hub->report_at_ms = 0;
    tt_reported_retry(&hub->reported);
    // The hub has given up on these requests with the connection they came on. Messages stay: the
    // hub sends them again in the same session, and the app may be done with them by then.
    for (size_t i = 0; i < TT_HUB_METHODS_MAX; i++) {
        hub->methods[i].id = 0;
    }
}

void tt_hub_disconnect(struct tt_hub *hub)
{
    tt_mqtt_write_disconnect(&hub->tx);
    hub->tx.full = false;
}

bool tt_hub_holding(const struct tt_hub *hub)
{
    return hub->held_ms >= 0;
}

void tt_hub_log(const struct tt_hub *hub, enum tt_log_level level, const char *text)
{
    hub->port->log(hub->port->ctx, level, text, strlen(text));
}

int32_t tt_hub_new_id(struct tt_hub *hub)
{
    const int32_t id = hub->next_id;
    hub->next_id = id == INT32_MAX ? 1 : id + 1;
    return id;
}

bool tt_hub_put(struct tt_hub *hub, int32_t kind, int32_t id)
{
    const struct tt_delivery delivery = {.kind = kind, .id = id, .name = "", .payload = NULL};
    if (tt_inbox_put(hub->inbox, &delivery) != TT_OK) { return false; }
    if (hub->port->wake_app != NULL) { hub->port->wake_app(hub->port->ctx); }
    return true;
}

static int fail(struct tt_hub *hub, int err, const char *why)
{
    hub->why = why;
    return err;
}

static int receive_connack(struct tt_hub *hub, const struct tt_mqtt_packet *packet)
{
    if (hub->accepted) { return fail(hub, TT_EPROTOCOL, "a second CONNACK"); }
    switch (packet->code) {
    case 0:
        break;
    case 1:
        return fail(hub, TT_EPROTOCOL, "the hub does not speak MQTT 3.1.1 (CONNACK 1)");
    case 2:
        return fail(hub, TT_EREFUSED, "the hub does not accept the device id (CONNACK 2)");
    case 3:
        return fail(hub, TT_EBUSY, "the hub is unavailable or throttling (CONNACK 3)");
    case 4:
        return fail(hub, TT_EREFUSED, "the hub does not accept user name or token (CONNACK 4)");
    default:
        return fail(hub, TT_EREFUSED, "the hub does not authorize this device (CONNACK 5)");
    }
    hub->accepted = true;
    if (!packet->session_present) {
        // Nobody remembers the packets in flight, and the twin may be another one by now.
        hub->telemetry_id = 0;
        hub->twin_version = -1;
        for (size_t i = 0; i < TT_HUB_MESSAGES_MAX; i++) {
            hub->messages[i].id = 0;
        }
    }
    hub->twin_seen = -1;
    return TT_OK;
}

void tt_hub_telemetry_acknowledged(struct tt_hub *hub)
{
    struct tt_telemetry message;
    const bool waits =
        tt_outbox_peek_telemetry(hub->outbox, &message) && tt_hub_in_flight(hub, &message);
    const bool owed = tt_outbox_owes(hub->outbox);
    // In flight until that is on flash: should the power go meanwhile, it is sent again.
    const int err = waits ? tt_outbox_pop_telemetry(hub->outbox) : TT_OK;
    hub->telemetry_id = 0;
    hub->due_ms[TT_HUB_TELEMETRY] = INT64_MAX;
    if (!waits) {
        return; // it gave way to others
    }
    if (err < 0 && !owed) {
        tt_hub_log(hub, TT_LOG_WARNING,
                   "acknowledgements cannot be marked on flash: after a restart messages may be "
                   "sent twice");
    }
    tt_hub_tell(hub, TT_NOTICE_ACKNOWLEDGED, &message);
    // News only: without room the app goes without. What comes from flash was told already.
    if (!message.journal) { tt_hub_put(hub, TT_EVENT_STORED, message.sequence); }
}

static void receive_puback(struct tt_hub *hub, uint16_t packet_id)
{
    if (packet_id != hub->telemetry_id || hub->due_ms[TT_HUB_TELEMETRY] == INT64_MAX) {
        return; // of an earlier session: nothing waits for it
    }
    tt_hub_telemetry_acknowledged(hub);
}

static int receive_suback(struct tt_hub *hub, const struct tt_mqtt_packet *packet, int64_t now_ms)
{
    if (packet->packet_id != hub->subscribe_id || hub->due_ms[TT_HUB_SUBSCRIBE] == INT64_MAX) {
        return fail(hub, TT_EPROTOCOL, "SUBACK without SUBSCRIBE");
    }
    if (packet->granted != 4) {
        return fail(hub, TT_EPROTOCOL, "SUBACK for another number of filters [MQTT-3.8.4-5]");
    }
    if (packet->code == 0x80) { return fail(hub, TT_EREFUSED, "the hub refused a subscription"); }
    hub->due_ms[TT_HUB_SUBSCRIBE] = INT64_MAX;
    hub->subscribed = true;
    hub->twin_get_at_ms = now_ms;
    return TT_OK;
}

// TT_OK when the packet was handled, TT_EFULL when it has to wait.
static int receive_packet(struct tt_hub *hub, const struct tt_mqtt_frame *frame, int64_t now_ms)
{
    struct tt_mqtt_packet packet;
    const int err = tt_mqtt_decode(frame, &packet, &hub->why);
    if (err < 0) { return err; }
    if (!hub->accepted && packet.type != TT_MQTT_CONNACK) {
        return fail(hub, TT_EPROTOCOL, "the first packet is not CONNACK [MQTT-3.2.0-1]");
    }
    switch (packet.type) {
    case TT_MQTT_CONNACK:
        return receive_connack(hub, &packet);
    case TT_MQTT_PUBACK:
        receive_puback(hub, packet.packet_id);
        return TT_OK;
    case TT_MQTT_SUBACK:
        return receive_suback(hub, &packet, now_ms);
    case TT_MQTT_PUBLISH:
        return tt_hub_receive_publish(hub, frame, &packet.publish, now_ms);
    default: // PINGRESP: the decoder lets nothing else through
        hub->due_ms[TT_HUB_PING] = INT64_MAX;
        return TT_OK;
    }
}

int tt_hub_receive(struct tt_hub *hub, int64_t now_ms)
{
    struct tt_mqtt_frame frame;
    int got;
    while ((got = tt_mqtt_stream_peek(&hub->rx, &frame)) == 1) {
        hub->received_ms = now_ms;
        const int err = receive_packet(hub, &frame, now_ms);
        if (err == TT_EFULL) {
            hub->held_ms = hub->held_ms < 0 ? now_ms : hub->held_ms;
            return TT_OK;
        }
        if (err < 0) { return err; }
        hub->held_ms = -1;
        tt_mqtt_stream_drop(&hub->rx, &frame);
    }
    return got < 0 ? fail(hub, got, "a packet with a malformed length [MQTT-2.2.3]") : TT_OK;
}

int tt_hub_check(struct tt_hub *hub, int64_t now_ms)
{
    static const char *const owed[TT_HUB_QUESTIONS] = {
        [TT_HUB_SUBSCRIBE] = "no SUBACK within 30 s",
        [TT_HUB_TELEMETRY] = "no PUBACK within 30 s",
        [TT_HUB_TWIN_GET] = "no twin within 30 s",
        [TT_HUB_REPORT] = "no answer to reported properties within 30 s",
        [TT_HUB_PING] = "no PINGRESP within 30 s",
    };
    for (size_t i = 0; i < TT_HUB_QUESTIONS; i++) {
        if (now_ms >= hub->due_ms[i]) { return fail(hub, TT_ETIMEOUT, owed[i]); }
    }
    return TT_OK;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t tt_hub_deadline(const struct tt_hub *hub)
{
    if (!hub->accepted) { return INT64_MAX; }
    int64_t deadline = hub->due_ms[0];
    for (size_t i = 1; i < TT_HUB_QUESTIONS; i++) {
        deadline = sooner(deadline, hub->due_ms[i]);
    }
    if (hub->due_ms[TT_HUB_PING] == INT64_MAX) {
        deadline = sooner(deadline, sooner(hub->sent_ms, hub->received_ms) + hub->ping_after_ms);
    }
    if (hub->draining || !hub->subscribed) { return deadline; }
    if (hub->due_ms[TT_HUB_TWIN_GET] == INT64_MAX) {
        deadline = sooner(deadline, hub->twin_get_at_ms);
    }
    if (hub->due_ms[TT_HUB_REPORT] == INT64_MAX && tt_reported_waiting(&hub->reported)) {
        deadline = sooner(deadline, hub->report_at_ms);
    }
    return deadline;
}

bool tt_hub_quiet(const struct tt_hub *hub)
{
    for (size_t i = 0; i < TT_HUB_QUESTIONS; i++) {
        if (i != TT_HUB_PING && hub->due_ms[i] != INT64_MAX) { return false; }
    }
    for (size_t i = 0; i < TT_HUB_METHODS_MAX; i++) {
        if (hub->methods[i].id != 0) { return false; }
    }
    for (size_t i = 0; i < TT_HUB_MESSAGES_MAX; i++) {
        if (hub->messages[i].id != 0 && hub->messages[i].connection == hub->connection) {
            return false;
        }
    }
    return hub->tx.len == 0 && hub->held_ms < 0;
}

bool tt_hub_idle(const struct tt_hub *hub)
{
    return tt_outbox_telemetry_empty(hub->outbox) && tt_queue_empty(&hub->outbox->replies) &&
           tt_queue_empty(&hub->outbox->reports) && hub->reported.len == 0 && hub->tx.len == 0;
}
