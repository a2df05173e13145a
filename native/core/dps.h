// Azure's Device Provisioning Service, device side, as a state machine over MQTT packets: it asks
// which hub a device belongs to. It has never heard of sockets, TLS, keys or flash.
#pragma once

#include "connection.h"
#include "mqtt.h"
#include "topic.h"

enum {
    TT_DPS_OPERATION_MAX = 128, // characters of an operation id
    TT_DPS_ANSWER_MS = 30000,   // what is asked is answered by then
    TT_DPS_ASSIGN_MS = 120000,  // from CONNECT until a hub is assigned
    TT_DPS_RECORD_MAX = 4 + TT_CONNECTION_HOST_MAX + 1 + TT_TOPIC_NAME_MAX,
};

enum tt_dps_phase {
    TT_DPS_CONNECTING,
    TT_DPS_SUBSCRIBING,
    TT_DPS_ASKED,    // a request waits for its answer
    TT_DPS_WAITING,  // to ask, or to ask again, at at_ms
    TT_DPS_ASSIGNED, // host and device_id say what to
};

// The caller's memory; it lives as long as the link. The caller sets the first three.
struct tt_dps {
    // &tt_dps_calls. A program that never names it has no DPS linked.
    const struct tt_dps_calls *calls;
    const char *address; // TCP host; NULL: the name of DPS's host
    uint16_t tcp_port;   // 0: its host's port, or 8883

    struct tt_connection connection; // as `use` was given it

    // What is known from an earlier registration, or this one; empty: nothing yet.
    struct tt_range hub;
    struct tt_range device_id;
    uint8_t record[TT_DPS_RECORD_MAX]; // both, to be kept in flash
    size_t record_len;
    // What the app knows the device as until it is started again: the device id of the record, or
    // the registration id. A copy, for the app loop reads it.
    char known_as[TT_TOPIC_NAME_MAX];
    size_t known_as_len;

    enum tt_dps_phase phase;
    const char *why;
    char words[72]; // that why may point to
    char operation[TT_DPS_OPERATION_MAX];
    size_t operation_len; // 0: not registered yet
    uint16_t rid;         // of the last request; also its packet identifier
    int64_t until_ms;     // of the whole
    int64_t due_ms;       // of the answer, INT64_MAX when nothing is asked
    int64_t at_ms;        // WAITING: when to ask
};

struct tt_dps_calls {
    struct tt_range default_host;
    // Takes over who asks, a connection with an id scope, and the record kept at an earlier start;
    // one of another connection, or damaged, is passed over.
    void (*use)(struct tt_dps *dps, const struct tt_connection *connection, const uint8_t *record,
                size_t len);
    // A new connection: writes CONNECT. An empty password is none, with X.509. TT_OK or
    // TT_EINVALID.
    int (*open)(struct tt_dps *dps, struct tt_writer *tx, struct tt_range password, int64_t now_ms);
    // Handles the packets in rx and writes what is due. model_id may be NULL. TT_OK, also when
    // assigned, or an error with dps->why: TT_EREFUSED, TT_EBUSY, TT_EPROTOCOL, TT_ETIMEOUT,
    // TT_EINVALID (the board's packets are too small).
    int (*step)(struct tt_dps *dps, struct tt_mqtt_stream *rx, struct tt_writer *tx,
                const char *model_id, int64_t now_ms);
    // When step has something to do at the latest.
    int64_t (*deadline)(const struct tt_dps *dps);
};
extern const struct tt_dps_calls tt_dps_calls;

// The rest is for tests and fuzzing: one answer, as published. TT_OK, or an error with dps->why.
int tt_dps_read_answer(struct tt_dps *dps, struct tt_range topic, struct tt_range body,
                       int64_t now_ms);
