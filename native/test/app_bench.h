// An app loop on a fake board that obeys commands, for the test programs of the app loop.
#pragma once

#include "fake_board.h"

static struct bench bench;

static inline void deliver(int32_t kind, int32_t id, const char *name, const void *payload,
                           size_t len)
{
    const struct tt_delivery delivery = {.kind = kind,
                                         .id = id,
                                         .name = name,
                                         .name_len = strlen(name),
                                         .payload = payload,
                                         .payload_len = len};
    CHECK_INT(tt_inbox_put(&bench.inbox, &delivery), TT_OK);
}

static inline void put_command(int32_t kind, int32_t id, char letter, int32_t a, int32_t b)
{
    uint8_t payload[16] = {(uint8_t)letter};
    for (int i = 0; i < 4; i++) {
        payload[1 + i] = (uint8_t)((uint32_t)a >> 8 * i);
        payload[5 + i] = (uint8_t)((uint32_t)b >> 8 * i);
    }
    memcpy(payload + 9, "{\"x\":1}", 7);
    deliver(kind, id, "do", payload, sizeof payload);
}

// A direct method, handled at now_ms and, unless it crashed the guest, not answered.
static inline int32_t command(int64_t now_ms, char letter, int32_t a, int32_t b)
{
    put_command(TT_EVENT_METHOD, 1, letter, a, b);
    const int32_t wait = tt_app_step(&bench.app, now_ms);
    bench.app.request_count = 0;
    return wait;
}

static inline void start_commands(void)
{
    const struct guest *const guest = guest_named("commands");
    CHECK_INT(power_on(&bench, guest->wasm, guest->len), TT_OK);
    CHECK_INT(tt_app_step(&bench.app, 0), INT32_MAX);
}

static inline void forget_trace(void)
{
    bench.traced.len = 0;
    bench.traced.bytes[0] = 0;
}

static inline bool next_reply(struct tt_reply *reply)
{
    if (!tt_outbox_peek_reply(&bench.outbox, reply)) { return false; }
    tt_outbox_pop_reply(&bench.outbox);
    return true;
}

static inline void check_traced(const char *expected)
{
    if (strcmp(bench.traced.bytes, expected) != 0) { printf("%s", bench.traced.bytes); }
    CHECK(strcmp(bench.traced.bytes, expected) == 0);
}
