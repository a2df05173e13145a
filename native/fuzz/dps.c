// Hostile answers of DPS: the first line is the topic, the rest the body; also records from flash.
#include <stdlib.h>
#include <string.h>

#include "../core/dps.h"
#include "../port/error.gen.h"

static void require(int fact)
{
    if (!fact) { abort(); }
}

static void check(const struct tt_dps *dps)
{
    if (dps->hub.len == 0) { return; }
    require(dps->hub.len <= TT_CONNECTION_HOST_MAX && tt_topic_device_id(dps->device_id));
    require(dps->record_len <= sizeof dps->record);
    require((const uint8_t *)dps->hub.data >= dps->record &&
            (const uint8_t *)dps->device_id.data + dps->device_id.len ==
                dps->record + dps->record_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct tt_connection connection = {
        .id_scope = {"0ne", 3}, .registration_id = {"dev-1", 5}, .key = {"MDEyMw==", 8}};
    char *const text = malloc(len + 1);
    memcpy(text, data, len);
    struct tt_dps dps = {.calls = &tt_dps_calls};
    dps.calls->use(&dps, &connection, (const uint8_t *)text, len);
    check(&dps);

    const char *const end = memchr(text, '\n', len);
    const size_t topic_len = end == NULL ? len : (size_t)(end - text);
    const size_t body = end == NULL ? len : topic_len + 1;
    dps.phase = TT_DPS_ASKED;
    dps.rid = 1;
    dps.why = NULL;
    const int err = tt_dps_read_answer(&dps, (struct tt_range){text, topic_len},
                                       (struct tt_range){text + body, len - body}, 1000);
    require(err == TT_OK || dps.why != NULL);
    if (err == TT_OK) {
        require(dps.phase == TT_DPS_ASKED || dps.phase == TT_DPS_ASSIGNED ||
                (dps.phase == TT_DPS_WAITING && dps.at_ms >= 2000 && dps.at_ms <= 61000));
    }
    check(&dps);
    free(text);

    // And as packets on the wire.
    static uint8_t rx_memory[2048];
    static uint8_t tx_memory[1024];
    struct tt_mqtt_stream rx;
    struct tt_writer tx = tt_writer_of(tx_memory, sizeof tx_memory);
    tt_mqtt_stream_init(&rx, rx_memory, sizeof rx_memory);
    dps.calls->open(&dps, &tx, (struct tt_range){NULL, 0}, 0);
    for (size_t at = 0; at < len;) {
        size_t room;
        uint8_t *const into = tt_mqtt_stream_room(&rx, &room);
        const size_t part = room < len - at ? room : len - at;
        memcpy(into, data + at, part);
        tt_mqtt_stream_add(&rx, part);
        at += part;
        tx.len = 0;
        if (dps.calls->step(&dps, &rx, &tx, "dtmi:a;1", (int64_t)at) < 0) {
            require(dps.why != NULL);
            break;
        }
    }
    check(&dps);
    return 0;
}
