// A hostile hub: any bytes after a proper CONNACK, in pieces, with time going on and an app that
// answers some of it. Nothing may crash, hang or write where it should not.
#include <stdlib.h>
#include <string.h>

#include "../core/abi.gen.h"
#include "../core/board.h"
#include "../core/hub.h"
#include "../port/error.gen.h"

enum { TX = 512, RX = 256, REPORTED = 256, INBOX = 512 };

static int64_t epoch_unset(void *ctx)
{
    (void)ctx;
    return TT_EUNSET;
}

static void log_nothing(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx, (void)level, (void)text, (void)len;
}

static void take_all(struct tt_inbox *inbox, struct tt_outbox *outbox)
{
    struct tt_delivery item;
    while (tt_inbox_peek(inbox, &item)) {
        if (item.kind == TT_EVENT_METHOD) {
            tt_outbox_reply(outbox, item.id, 200, (const uint8_t *)"{}", 2);
        } else if (item.kind == TT_EVENT_MESSAGE) {
            tt_outbox_done(outbox, item.id);
        }
        tt_inbox_pop(inbox);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct tt_board board = {
        .telemetry_bytes = 256, .reply_bytes = 256, .report_bytes = 128};
    static uint32_t lanes[256];
    static uint32_t inbox_memory[INBOX / 4];
    const struct tt_port port = {.log = log_nothing, .epoch_ms = epoch_unset};
    struct tt_outbox outbox;
    struct tt_inbox inbox;
    struct tt_hub hub;
    if (len < 1) { return 0; }
    const size_t piece = data[0] % 32 + 1;
    tt_outbox_init(&outbox, &board, lanes);
    tt_inbox_init(&inbox, inbox_memory, INBOX);
    const struct tt_hub_buffers buffers = {.tx = malloc(TX),
                                           .tx_size = TX,
                                           .rx = malloc(RX),
                                           .rx_size = RX,
                                           .reported = malloc(REPORTED),
                                           .reported_size = REPORTED};
    tt_hub_init(&hub, &port, &outbox, &inbox, (struct tt_range){"d1", 2}, 1, &buffers);
    const struct tt_mqtt_connect connect = {.client_id = {"d1", 2}, .keep_alive_s = 240};
    tt_hub_open(&hub, &connect, 0);
    tt_outbox_send(&outbox, (const uint8_t *)"{}", 2, NULL, 0, (struct tt_terms){0});
    tt_outbox_report(&outbox, "a", 1, (const uint8_t *)"1", 1);

    static const uint8_t hello[] = {0x20, 2, 0, 0, 0x90, 6, 0, 2, 1, 1, 1, 1};
    int64_t now_ms = 0;
    for (size_t at = 1, hello_at = 0; at < len;) {
        if (!tt_hub_holding(&hub)) {
            size_t room;
            uint8_t *const into = tt_mqtt_stream_room(&hub.rx, &room);
            size_t take;
            if (hello_at < sizeof hello) {
                take = hello_at == 0 ? 4 : 8;
                memcpy(into, hello + hello_at, take);
                hello_at += take;
            } else {
                take = piece < len - at ? piece : len - at;
                take = take < room ? take : room;
                memcpy(into, data + at, take);
                at += take;
            }
            tt_mqtt_stream_add(&hub.rx, take);
        }
        if (tt_hub_receive(&hub, now_ms) != TT_OK) { break; }
        tt_hub_send(&hub, now_ms);
        hub.tx.len = 0; // taken by the stream
        if (now_ms % 3 == 0) { take_all(&inbox, &outbox); }
        now_ms += tt_hub_holding(&hub) ? 1000 : 1;
        if (tt_hub_check(&hub, now_ms) != TT_OK) { break; }
    }
    tt_hub_closed(&hub);
    free(buffers.tx);
    free(buffers.rx);
    free(buffers.reported);
    return 0;
}
