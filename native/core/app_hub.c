// The guest's side of the hub: deliveries become events, calls become records. Knows no MQTT.
#include <string.h>

#include "app_state.h"
#include "bytes.h"
#include "hub.h"
#include "uploader.h"

// Bytes of an MQTT packet with telemetry that are neither body, properties nor device id: fixed
// header 5, lengths and packet identifier 4, "devices//messages/events/" 25,
// "%24.mid=<boot>-<seq>&" 30; of a module "/modules/" 9 more.
enum { TELEMETRY_OVERHEAD = 64, MODULE_OVERHEAD = 9 };
enum { EPHEMERAL_MIN_S = 60, EPHEMERAL_MAX_S = 2592000 };

static void wake_link(struct tt_app *app)
{
    const struct tt_port *const port = app->config.port;
    if (port->wake_link) { port->wake_link(port->ctx); }
}

void tt_app_reply(struct tt_app *app, int32_t request, int32_t status, const char *json, size_t len)
{
    // A full lane drops the reply: the hub then tells its caller that the device did not answer.
    if (tt_outbox_reply(app->config.outbox, request, status, (const uint8_t *)json, len) < 0) {
        tt_app_log(app, TT_LOG_WARNING, "no room for a reply to a direct method");
    }
    wake_link(app);
}

void tt_app_report(struct tt_app *app, const char *name, const char *json, size_t len)
{
    if (tt_outbox_report(app->config.outbox, name, strlen(name), (const uint8_t *)json, len) < 0) {
        tt_app_log(app, TT_LOG_WARNING, "no room for a reported property");
    }
    wake_link(app);
}

void tt_app_fail_requests(struct tt_app *app, int32_t status, const char *body)
{
    for (size_t i = 0; i < app->request_count; i++) {
        tt_app_reply(app, app->requests[i].id, status, body, strlen(body));
    }
    app->request_count = 0;
}

// Requests stay in the order of their arrival, and so of their end.
static void remove_request(struct tt_app *app, size_t index)
{
    app->request_count--;
    memmove(&app->requests[index], &app->requests[index + 1],
            (app->request_count - index) * sizeof app->requests[0]);
}

int64_t tt_app_expire_requests(struct tt_app *app)
{
    while (app->request_count > 0 && app->requests[0].expires_ms <= app->now_ms) {
        static const char body[] = "{\"error\":\"the app did not answer\"}";
        tt_app_log(app, TT_LOG_WARNING, "the app did not answer a direct method");
        tt_app_reply(app, app->requests[0].id, 504, body, sizeof body - 1);
        remove_request(app, 0);
    }
    return app->request_count > 0 ? app->requests[0].expires_ms : INT64_MAX;
}

static void run_method(struct tt_app *app, const struct tt_delivery *method)
{
    if (app->request_count == TT_APP_REQUESTS_MAX) {
        static const char body[] = "{\"error\":\"too many direct methods at once\"}";
        tt_app_reply(app, method->id, 429, body, sizeof body - 1);
        return;
    }
    app->requests[app->request_count++] = (struct tt_app_request){
        .id = method->id, .expires_ms = app->now_ms + TT_APP_REQUEST_TIMEOUT_MS};
    tt_app_dispatch(app, method);
}

// A message whose handler crashed is done too: delivered again, it would crash the next guest.
static void run_message(struct tt_app *app, const struct tt_delivery *message)
{
    tt_app_dispatch(app, message);
    app->done_waits = true;
    app->done_id = message->id;
}

static void put_done(struct tt_app *app)
{
    if (app->done_waits && tt_outbox_done(app->config.outbox, app->done_id) == TT_OK) {
        app->done_waits = false;
        wake_link(app);
    }
}

static void run_delivery(struct tt_app *app, const struct tt_delivery *delivery)
{
    if (delivery->kind == TT_INBOX_KEEP) {
        if (tt_store_set(app->config.store, delivery->name, delivery->name_len, delivery->payload,
                         delivery->payload_len) < 0) {
            tt_app_log(app, TT_LOG_WARNING, "the store cannot keep what DPS assigned");
        }
        return;
    }
    if (delivery->kind == TT_EVENT_CONNECTION) { app->connected = delivery->id == 1; }
    const struct tt_uploader *const uploader = app->config.uploader;
    if (delivery->kind >= TT_EVENT_PART && delivery->kind <= TT_EVENT_UPLOADED &&
        uploader != NULL && !uploader->delivered(app, delivery)) {
        return;
    }
    if (app->safe_mode) {
        // Messages stay unacknowledged and come again when the app is back.
        if (delivery->kind == TT_EVENT_METHOD) { tt_app_answer_in_safe_mode(app, delivery); }
        return;
    }
    switch (delivery->kind) {
    case TT_EVENT_METHOD:
        run_method(app, delivery);
        break;
    case TT_EVENT_MESSAGE:
        run_message(app, delivery);
        break;
    default:
        tt_app_dispatch(app, delivery);
    }
}

void tt_app_run_inbox(struct tt_app *app)
{
    struct tt_delivery delivery;
    put_done(app);
    while ((app->safe_mode || !tt_app_interrupted(app)) && !app->done_waits &&
           tt_inbox_peek(app->config.inbox, &delivery)) {
        run_delivery(app, &delivery);
        tt_inbox_pop(app->config.inbox);
        put_done(app);
    }
}

int32_t tt_abi_event_size(struct tt_app *app)
{
    return app->event ? (int32_t)app->event->payload_len : 0;
}

int32_t tt_abi_event_read(struct tt_app *app, int32_t offset, uint8_t *into, size_t into_cap)
{
    if (offset < 0) { return TT_EINVALID; }
    if (!app->event || (size_t)offset >= app->event->payload_len) { return 0; }
    const size_t left = app->event->payload_len - (size_t)offset;
    const size_t len = left < into_cap ? left : into_cap;
    memcpy(into, app->event->payload + offset, len);
    return (int32_t)len;
}

int32_t tt_abi_event_name(struct tt_app *app, uint8_t *into, size_t into_cap)
{
    if (!app->event || app->event->name_len == 0) { return 0; }
    const size_t len = app->event->name_len < into_cap ? app->event->name_len : into_cap;
    memcpy(into, app->event->name, len);
    return (int32_t)app->event->name_len;
}

// The app is told by the result; whoever looks after the device, once for each time it gets full.
static int refuse_telemetry(struct tt_app *app, int err)
{
    if (err == TT_EFULL && !app->telemetry_full) {
        app->telemetry_full = true;
        tt_app_log(app, TT_LOG_WARNING, "no room for telemetry; the app's messages are refused");
    }
    tt_app_notice(app, TT_NOTICE_REFUSED, err, "", 0);
    return err;
}

static struct tt_terms terms_of(const struct tt_app *app, int32_t options, int32_t expires_s)
{
    struct tt_terms terms = {.options = (uint8_t)options};
    if (expires_s == 0) { return terms; }
    int64_t now_ms = app->config.port->epoch_ms(app->config.port->ctx);
    if (now_ms < 0) {
        now_ms = app->now_ms;
        terms.options |= TT_OUTBOX_UPTIME;
    }
    const int64_t at_s = (now_ms + 999) / 1000 + expires_s;
    terms.expires_s = at_s > UINT32_MAX ? UINT32_MAX : (uint32_t)at_s;
    return terms;
}

// Into the writer's buffer, whose value is not the body then.
static int compress(struct tt_app *app, const uint8_t *body, size_t body_len)
{
    if (app->config.uploader == NULL) { return TT_EUNSUPPORTED; }
    if (body == app->json.out.data) { return TT_EINVALID; }
    tt_json_writer_begin(&app->json, false);
    return app->config.uploader->gzip(body, body_len, app->json.out.data, app->json.out.cap);
}

int32_t tt_abi_hub_send(struct tt_app *app, const uint8_t *body, size_t body_len,
                        const uint8_t *properties, size_t properties_len, int32_t options,
                        int32_t expires_s)
{
    if ((options & ~TT_SEND_OPTIONS) != 0 || expires_s < 0) { return TT_EINVALID; }
    if ((options & TT_SEND_COMPRESS) != 0) {
        const int len = compress(app, body, body_len);
        if (len < 0) { return refuse_telemetry(app, len); }
        body = app->json.out.data;
        body_len = (size_t)len;
        options &= ~TT_SEND_COMPRESS;
    }
    // What could never leave the device is refused now, not lost later.
    const size_t module = app->config.module_id.len;
    const size_t others = TELEMETRY_OVERHEAD + app->config.device_id.len +
                          (module > 0 ? MODULE_OVERHEAD + module : 0);
    const size_t room = app->config.board->packet_bytes;
    if (others > room || body_len > room - others || properties_len > room - others - body_len) {
        return refuse_telemetry(app, TT_EINVALID);
    }
    const int sequence = tt_outbox_send(app->config.outbox, body, body_len, properties,
                                        properties_len, terms_of(app, options, expires_s));
    if (sequence < 0) { return refuse_telemetry(app, sequence); }
    app->telemetry_full = false;
    char id[24];
    struct tt_writer text = tt_writer_of(id, sizeof id);
    tt_writer_decimal(&text, app->config.boot);
    tt_writer_text(&text, "-");
    tt_writer_decimal(&text, sequence);
    tt_app_notice(app, TT_NOTICE_QUEUED, sequence, id, text.len);
    wake_link(app);
    return sequence;
}

// A value that got too long is refused like a message that does.
int32_t tt_abi_hub_send_written(struct tt_app *app, const uint8_t *properties,
                                size_t properties_len, int32_t options, int32_t expires_s)
{
    struct tt_range value;
    if (!tt_json_writer_end(&app->json, &value)) { return refuse_telemetry(app, TT_EFULL); }
    return tt_abi_hub_send(app, (const uint8_t *)value.data, value.len, properties, properties_len,
                           options, expires_s);
}

int32_t tt_abi_hub_reply(struct tt_app *app, int32_t request, int32_t status, const uint8_t *body,
                         size_t body_len)
{
    if (status < 0) { return TT_EINVALID; } // no topic of the hub's has a sign in it
    for (size_t i = 0; i < app->request_count; i++) {
        if (app->requests[i].id != request) { continue; }
        const int err = tt_outbox_reply(app->config.outbox, request, status, body, body_len);
        if (err < 0) { return err; }
        remove_request(app, i);
        wake_link(app);
        return TT_OK;
    }
    return TT_ENOTFOUND;
}

// A reply that cannot be sent as it is must not leave the caller waiting.
int32_t tt_abi_hub_reply_written(struct tt_app *app, int32_t request, int32_t status)
{
    static const char excuse[] = "{\"error\":\"the reply is longer than 1024 bytes\"}";
    struct tt_range value;
    int32_t err = status < 0 ? TT_EINVALID : TT_OK;
    if (!tt_json_writer_end(&app->json, &value)) {
        value = (struct tt_range){excuse, sizeof excuse - 1};
        err = TT_EFULL;
    }
    const int32_t sent = tt_abi_hub_reply(app, request, err < 0 ? 500 : status,
                                          (const uint8_t *)value.data, value.len);
    return err < 0 ? err : sent;
}

int32_t tt_abi_hub_will_written(struct tt_app *app, const uint8_t *properties,
                                size_t properties_len)
{
    struct tt_range value;
    if (!tt_json_writer_end(&app->json, &value)) { return TT_EFULL; }
    if (properties_len > TT_HUB_WILL_MAX || value.len > TT_HUB_WILL_MAX - properties_len) {
        return TT_EINVALID;
    }
    const int err = tt_outbox_will(app->config.outbox, properties, properties_len,
                                   (const uint8_t *)value.data, value.len);
    if (err == TT_OK) { wake_link(app); }
    return err;
}

int32_t tt_abi_hub_ephemeral(struct tt_app *app, int32_t interval_s, int32_t over)
{
    if ((interval_s != 0 && (interval_s < EPHEMERAL_MIN_S || interval_s > EPHEMERAL_MAX_S)) ||
        over < 0 || over > 1) {
        return TT_EINVALID;
    }
    if (over == 1 && app->config.upload == NULL) { return TT_EUNSUPPORTED; } // no HTTP here
    const int err = tt_outbox_ephemeral(app->config.outbox, interval_s, over == 1);
    if (err == TT_OK) { wake_link(app); }
    return err;
}

int32_t tt_abi_hub_connected(struct tt_app *app)
{
    return app->connected;
}

int32_t tt_abi_twin_report(struct tt_app *app, const char *name, size_t name_len)
{
    struct tt_range value;
    if (!tt_json_writer_end(&app->json, &value)) { return TT_EFULL; }
    if (name_len == 0 || value.len == 0) { return TT_EINVALID; }
    const int err = tt_outbox_report(app->config.outbox, name, name_len,
                                     (const uint8_t *)value.data, value.len);
    if (err == TT_OK) { wake_link(app); }
    return err;
}
