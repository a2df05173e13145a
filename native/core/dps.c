// CONNECT, SUBSCRIBE, register, poll, assigned: one request at a time. [DPS MQTT page]
#include "dps.h"

#include <string.h>

#include "../port/error.gen.h"
#include "json.h"

enum {
    KEEP_ALIVE_S = 240, // longer than all of it takes
    RETRY_S = 2,        // where the service does not say, as its own SDKs wait
    RETRY_MAX_S = 60,
    USERNAME_MAX = 400,
};

static const char default_host[] = "global.azure-devices-provisioning.net";
static const char answers[] = "$dps/registrations/res/";

static int fail(struct tt_dps *dps, int err, const char *why)
{
    dps->why = why;
    return err;
}

// "<words><number>", in memory of dps.
static int fail_number(struct tt_dps *dps, int err, const char *words, int64_t number)
{
    struct tt_writer text = tt_writer_of(dps->words, sizeof dps->words - 1);
    tt_writer_text(&text, words);
    tt_writer_decimal(&text, number);
    dps->words[text.len] = 0;
    return fail(dps, err, dps->words);
}

// An operation id becomes part of a topic: nothing in it may be a wildcard or end its parameter.
static bool plain(struct tt_range text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.data[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && memchr("-._:", c, 4) == NULL) { return false; }
    }
    return text.len > 0;
}

// What the record was made for, so that other settings do not get the hub of these. FNV-1a.
static uint32_t digest_of(const struct tt_dps *dps)
{
    const struct tt_range parts[] = {dps->connection.endpoint, dps->connection.id_scope,
                                     dps->connection.registration_id};
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (size_t n = 0; n < parts[i].len; n++) {
            hash = (hash ^ (uint8_t)parts[i].data[n]) * 16777619u;
        }
        hash = (hash ^ 0xff) * 16777619u;
    }
    return hash;
}

// Takes a record over, if it is of these settings and says what can be called.
static bool take_record(struct tt_dps *dps, const uint8_t *record, size_t len)
{
    struct tt_reader reader = tt_reader_of(record, len);
    const uint32_t high = tt_reader_u16(&reader);
    const uint32_t digest = high << 16 | tt_reader_u16(&reader);
    if (reader.cut || digest != digest_of(dps) || len > sizeof dps->record) { return false; }
    const char *const text = (const char *)record + reader.at;
    const char *const end = memchr(text, 0, tt_reader_left(&reader));
    if (end == NULL) { return false; }
    const struct tt_range hub = {text, (size_t)(end - text)};
    const struct tt_range id = {end + 1, tt_reader_left(&reader) - hub.len - 1};
    struct tt_range name;
    uint16_t port;
    if (hub.len > TT_CONNECTION_HOST_MAX || !tt_connection_split_host(hub, &name, &port) ||
        !tt_topic_device_id(id)) {
        return false;
    }
    memcpy(dps->record, record, len);
    dps->record_len = len;
    dps->hub = (struct tt_range){(const char *)dps->record + reader.at, hub.len};
    dps->device_id = (struct tt_range){dps->hub.data + hub.len + 1, id.len};
    return true;
}

static void use(struct tt_dps *dps, const struct tt_connection *connection, const uint8_t *record,
                size_t len)
{
    *dps = (struct tt_dps){
        .calls = dps->calls,
        .address = dps->address,
        .tcp_port = dps->tcp_port,
        .connection = *connection,
        .due_ms = INT64_MAX,
    };
    const struct tt_range id =
        take_record(dps, record, len) ? dps->device_id : connection->registration_id;
    memcpy(dps->known_as, id.data, id.len);
    dps->known_as_len = id.len;
}

static int open(struct tt_dps *dps, struct tt_writer *tx, struct tt_range password, int64_t now_ms)
{
    char text[USERNAME_MAX];
    struct tt_writer username = tt_writer_of(text, sizeof text);
    tt_writer_bytes(&username, dps->connection.id_scope.data, dps->connection.id_scope.len);
    tt_writer_text(&username, "/registrations/");
    tt_writer_bytes(&username, dps->connection.registration_id.data,
                    dps->connection.registration_id.len);
    tt_writer_text(&username, "/api-version=2019-03-31&ClientVersion=tinytwin");
    const struct tt_mqtt_connect connect = {
        .client_id = dps->connection.registration_id,
        .username = {text, username.len},
        .password = password,
        .keep_alive_s = KEEP_ALIVE_S,
        .clean_session = true,
    };
    dps->phase = TT_DPS_CONNECTING;
    dps->operation_len = 0;
    dps->rid = 0;
    dps->due_ms = INT64_MAX; // until CONNACK the link's own limit holds
    dps->until_ms = now_ms + TT_DPS_ASSIGN_MS;
    tt_mqtt_write_connect(tx, &connect);
    return tx->full ? fail(dps, TT_EINVALID, "CONNECT is larger than the board's packet_bytes")
                    : TT_OK;
}

static void write_body(const struct tt_dps *dps, struct tt_writer *tx, const char *model_id)
{
    tt_writer_text(tx, "{\"registrationId\":");
    tt_writer_json(tx, dps->connection.registration_id.data, dps->connection.registration_id.len);
    if (model_id != NULL) { // Plug and Play: what custom allocation may go by
        tt_writer_text(tx, ",\"payload\":{\"modelId\":");
        tt_writer_json(tx, model_id, strlen(model_id));
        tt_writer_u8(tx, '}');
    }
    tt_writer_u8(tx, '}');
}

static int ask(struct tt_dps *dps, struct tt_writer *tx, const char *model_id, int64_t now_ms)
{
    struct tt_mqtt_open_publish publish = tt_mqtt_begin_publish(tx);
    const bool poll = dps->operation_len > 0;
    tt_writer_text(tx, poll ? "$dps/registrations/GET/iotdps-get-operationstatus/?$rid="
                            : "$dps/registrations/PUT/iotdps-register/?$rid=");
    dps->rid = dps->rid == UINT16_MAX ? 1 : dps->rid + 1;
    tt_writer_decimal(tx, dps->rid);
    if (poll) {
        tt_writer_text(tx, "&operationId=");
        tt_writer_bytes(tx, dps->operation, dps->operation_len);
    }
    tt_mqtt_begin_payload(tx, &publish, 1, dps->rid);
    if (!poll) { write_body(dps, tx, model_id); }
    if (!tt_mqtt_end_publish(tx, &publish, false)) {
        return fail(dps, TT_EINVALID, "a registration is larger than the board's packet_bytes");
    }
    dps->phase = TT_DPS_ASKED;
    dps->due_ms = now_ms + TT_DPS_ANSWER_MS;
    return TT_OK;
}

static int wait_for(struct tt_dps *dps, int64_t retry_s, int64_t now_ms)
{
    const int64_t wait_s = retry_s < 1 ? 1 : retry_s > RETRY_MAX_S ? RETRY_MAX_S : retry_s;
    dps->phase = TT_DPS_WAITING;
    dps->due_ms = INT64_MAX;
    dps->at_ms = now_ms + wait_s * 1000;
    return TT_OK;
}

// The number behind a name; -1 when there is none.
static int64_t number_of(struct tt_range json, const char *name)
{
    struct tt_range value;
    int64_t number;
    return tt_json_member(json, name, &value) == TT_OK && tt_range_integer(value, &number) ? number
                                                                                           : -1;
}

static int refused(struct tt_dps *dps, int64_t status, struct tt_range body)
{
    const int64_t code = number_of(body, "errorCode");
    return fail_number(dps, TT_EREFUSED, "DPS refuses this registration: error ",
                       code >= 0 ? code : status);
}

static int assigned(struct tt_dps *dps, struct tt_range state)
{
    struct tt_range hub;
    struct tt_range id;
    uint8_t bytes[TT_DPS_RECORD_MAX];
    struct tt_writer record = tt_writer_of(bytes, sizeof bytes);
    const uint32_t digest = digest_of(dps);
    tt_writer_u16(&record, (uint16_t)(digest >> 16));
    tt_writer_u16(&record, (uint16_t)digest);
    bool good = tt_json_member(state, "assignedHub", &hub) == TT_OK &&
                tt_json_member(state, "deviceId", &id) == TT_OK &&
                tt_json_write_ascii(&record, hub);
    tt_writer_u8(&record, 0);
    good = good && tt_json_write_ascii(&record, id) && take_record(dps, bytes, record.len);
    if (!good) { return fail(dps, TT_EPROTOCOL, "DPS assigned no hub that can be called"); }
    dps->phase = TT_DPS_ASSIGNED;
    dps->due_ms = INT64_MAX;
    return TT_OK;
}

static int assigning(struct tt_dps *dps, struct tt_range body, int64_t retry_s, int64_t now_ms)
{
    struct tt_range raw;
    struct tt_writer id = tt_writer_of(dps->operation, sizeof dps->operation);
    if (tt_json_member(body, "operationId", &raw) != TT_OK || !tt_json_write_ascii(&id, raw) ||
        !plain((struct tt_range){dps->operation, id.len})) {
        return fail(dps, TT_EPROTOCOL, "DPS gave no operation id that can be asked for");
    }
    dps->operation_len = id.len;
    return wait_for(dps, retry_s, now_ms);
}

static int accepted(struct tt_dps *dps, struct tt_range body, int64_t retry_s, int64_t now_ms)
{
    struct tt_range status;
    struct tt_range state = {NULL, 0};
    if (tt_json_member(body, "status", &status) != TT_OK) {
        return fail(dps, TT_EPROTOCOL, "an answer of DPS has no status");
    }
    if (tt_range_is(status, "\"assigning\"") || tt_range_is(status, "\"registering\"")) {
        return assigning(dps, body, retry_s, now_ms);
    }
    const bool stated = tt_json_member(body, "registrationState", &state) == TT_OK;
    if (tt_range_is(status, "\"assigned\"") && stated) { return assigned(dps, state); }
    if (tt_range_is(status, "\"disabled\"")) {
        return fail(dps, TT_EREFUSED, "the enrollment at DPS is disabled");
    }
    if (tt_range_is(status, "\"failed\"")) {
        return fail_number(dps, TT_EREFUSED, "DPS could not assign a hub: error ",
                           stated ? number_of(state, "errorCode") : -1);
    }
    return fail(dps, TT_EPROTOCOL, "an answer of DPS has a status that is none");
}

int tt_dps_read_answer(struct tt_dps *dps, struct tt_range topic, struct tt_range body,
                       int64_t now_ms)
{
    enum { PREFIX = sizeof answers - 1, STATUS = 3 };
    int64_t status;
    if (topic.len < PREFIX + STATUS + 1 || memcmp(topic.data, answers, PREFIX) != 0 ||
        topic.data[PREFIX + STATUS] != '/' ||
        !tt_range_integer((struct tt_range){topic.data + PREFIX, STATUS}, &status)) {
        return TT_OK; // nothing of ours
    }
    struct tt_range rest = {topic.data + PREFIX + STATUS + 1, topic.len - PREFIX - STATUS - 1};
    if (rest.len > 0 && *rest.data == '?') {
        rest = (struct tt_range){rest.data + 1, rest.len - 1};
    }
    int64_t rid = -1;
    int64_t retry_s = RETRY_S;
    struct tt_range key;
    struct tt_range value;
    while (tt_topic_next_property(&rest, &key, &value)) {
        if (tt_range_is(key, "$rid") && !tt_range_integer(value, &rid)) { rid = -1; }
        if (tt_range_is(key, "retry-after") && !tt_range_integer(value, &retry_s)) {
            retry_s = RETRY_S;
        }
    }
    if (rid != dps->rid || dps->phase != TT_DPS_ASKED) { return TT_OK; }
    if (status >= 429) { return wait_for(dps, retry_s, now_ms); } // throttled, or its own fault
    if (status >= 300) { return refused(dps, status, body); }
    return accepted(dps, body, retry_s, now_ms);
}

static int receive_connack(struct tt_dps *dps, uint8_t code, struct tt_writer *tx, int64_t now_ms)
{
    if (dps->phase != TT_DPS_CONNECTING) { return fail(dps, TT_EPROTOCOL, "a second CONNACK"); }
    if (code == 3) { return fail(dps, TT_EBUSY, "DPS is unavailable or throttling (CONNACK 3)"); }
    if (code != 0) {
        return fail_number(dps, TT_EREFUSED,
                           "DPS does not know this registration or its key: CONNACK ", code);
    }
    const struct tt_range filter = {"$dps/registrations/res/#",
                                    sizeof "$dps/registrations/res/#" - 1};
    tt_mqtt_write_subscribe(tx, 1, 1, &filter, 1);
    dps->phase = TT_DPS_SUBSCRIBING;
    dps->due_ms = now_ms + TT_DPS_ANSWER_MS;
    return TT_OK;
}

static int receive_packet(struct tt_dps *dps, const struct tt_mqtt_frame *frame,
                          struct tt_writer *tx, int64_t now_ms)
{
    struct tt_mqtt_packet packet;
    const int err = tt_mqtt_decode(frame, &packet, &dps->why);
    if (err < 0) { return err; }
    if (dps->phase == TT_DPS_CONNECTING && packet.type != TT_MQTT_CONNACK) {
        return fail(dps, TT_EPROTOCOL, "the first packet is not CONNACK [MQTT-3.2.0-1]");
    }
    switch (packet.type) {
    case TT_MQTT_CONNACK:
        return receive_connack(dps, packet.code, tx, now_ms);
    case TT_MQTT_SUBACK:
        if (dps->phase != TT_DPS_SUBSCRIBING || packet.code == 0x80) {
            return fail(dps, TT_EREFUSED, "DPS refused the subscription to its answers");
        }
        dps->phase = TT_DPS_WAITING;
        dps->at_ms = now_ms;
        dps->due_ms = INT64_MAX;
        return TT_OK;
    case TT_MQTT_PUBLISH:
        if (packet.publish.packet_id != 0) { tt_mqtt_write_puback(tx, packet.publish.packet_id); }
        if (frame->cut) {
            return fail(dps, TT_EPROTOCOL, "an answer of DPS is larger than receive_bytes");
        }
        return tt_dps_read_answer(dps, packet.publish.topic, packet.publish.payload, now_ms);
    default: // PUBACK: the answer says more
        return TT_OK;
    }
}

static int step(struct tt_dps *dps, struct tt_mqtt_stream *rx, struct tt_writer *tx,
                const char *model_id, int64_t now_ms)
{
    struct tt_mqtt_frame frame;
    int got;
    while (dps->phase != TT_DPS_ASSIGNED && (got = tt_mqtt_stream_peek(rx, &frame)) != 0) {
        const int err = got < 0 ? fail(dps, got, "a packet with a malformed length [MQTT-2.2.3]")
                                : receive_packet(dps, &frame, tx, now_ms);
        if (err < 0) { return err; }
        tt_mqtt_stream_drop(rx, &frame);
    }
    if (dps->phase == TT_DPS_ASSIGNED) { return TT_OK; }
    if (now_ms >= dps->due_ms) { return fail(dps, TT_ETIMEOUT, "no answer of DPS within 30 s"); }
    if (now_ms >= dps->until_ms) {
        return fail(dps, TT_ETIMEOUT, "DPS assigned no hub within 2 minutes");
    }
    if (tx->full) { return fail(dps, TT_EINVALID, "the board's packet_bytes are too few for DPS"); }
    const bool due = dps->phase == TT_DPS_WAITING && now_ms >= dps->at_ms;
    return due && tx->len == 0 ? ask(dps, tx, model_id, now_ms) : TT_OK;
}

static int64_t deadline(const struct tt_dps *dps)
{
    int64_t next_ms = dps->due_ms < dps->until_ms ? dps->due_ms : dps->until_ms;
    if (dps->phase == TT_DPS_WAITING && dps->at_ms < next_ms) { next_ms = dps->at_ms; }
    return next_ms;
}

const struct tt_dps_calls tt_dps_calls = {
    .default_host = {default_host, sizeof default_host - 1},
    .use = use,
    .open = open,
    .step = step,
    .deadline = deadline,
};
