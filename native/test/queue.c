// The queue and the lanes built on it: order, wrap-around, fullness, and two threads at once.
#include "../core/queue.h"

#include <pthread.h>
#include <sched.h>

#include "../core/abi.gen.h"
#include "../core/board.h"
#include "../core/inbox.h"
#include "../core/outbox.h"
#include "../port/error.gen.h"
#include "check.h"

static uint32_t lcg(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill(uint8_t *record, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        record[i] = (uint8_t)(seed + i * 7);
    }
}

static void check_filled(const uint8_t *record, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        CHECK_INT(record[i], (uint8_t)(seed + i * 7));
    }
}

static void keeps_records(void)
{
    static _Alignas(4) uint8_t memory[4096];
    for (uint32_t size = 16; size <= 256; size += 4) {
        struct tt_queue queue;
        tt_queue_init(&queue, memory, size);
        size_t lens[64];
        uint32_t first = 0;
        uint32_t next = 0;
        uint32_t random = size;
        for (int step = 0; step < 20000; step++) {
            if (lcg(&random) % 2 == 0) {
                const size_t len = lcg(&random) % (size - TT_QUEUE_OVERHEAD + 1);
                const size_t wanted = len + lcg(&random) % (size - TT_QUEUE_OVERHEAD - len + 1);
                uint8_t *const record = tt_queue_reserve(&queue, wanted);
                if (record && lcg(&random) % 8 != 0) {
                    fill(record, len, next);
                    tt_queue_commit(&queue, len);
                    lens[next++ % 64] = len;
                }
                continue;
            }
            size_t len = 0;
            const uint8_t *const record = tt_queue_peek(&queue, &len);
            CHECK((record == NULL) == (first == next));
            CHECK(tt_queue_empty(&queue) == (first == next));
            if (!record) { continue; }
            CHECK_INT(len, lens[first % 64]);
            check_filled(record, len, first);
            tt_queue_pop(&queue);
            first++;
        }
        CHECK(next > 1000);
    }
}

static void takes_the_largest(void)
{
    static _Alignas(4) uint8_t memory[64];
    struct tt_queue queue;
    tt_queue_init(&queue, memory, sizeof memory);
    for (int i = 0; i < 100; i++) {
        size_t len = 0;
        CHECK(tt_queue_reserve(&queue, sizeof memory) == NULL);
        if (tt_queue_reserve(&queue, 8)) { tt_queue_commit(&queue, 8); }
        if (tt_queue_peek(&queue, &len)) { tt_queue_pop(&queue); }
        // Refused once at most: the refusal makes the consumer's next peek bring the ends together.
        if (!tt_queue_reserve(&queue, sizeof memory - TT_QUEUE_OVERHEAD)) {
            CHECK(tt_queue_peek(&queue, &len) == NULL);
            CHECK(tt_queue_reserve(&queue, sizeof memory - TT_QUEUE_OVERHEAD) != NULL);
        }
        CHECK(tt_queue_peek(&queue, &len) == NULL);
    }
}

enum { THREAD_RECORDS = 200000 };

static void *produce(void *context)
{
    struct tt_queue *const queue = context;
    uint32_t random = 7;
    for (uint32_t i = 0; i < THREAD_RECORDS;) {
        const size_t len = lcg(&random) % 40;
        uint8_t *record;
        while (!(record = tt_queue_reserve(queue, len))) {
            sched_yield();
        }
        fill(record, len, i++);
        tt_queue_commit(queue, len);
    }
    return NULL;
}

static void two_threads(void)
{
    static _Alignas(4) uint8_t memory[128];
    struct tt_queue queue;
    tt_queue_init(&queue, memory, sizeof memory);
    pthread_t producer;
    CHECK_INT(pthread_create(&producer, NULL, produce, &queue), 0);
    uint32_t random = 7;
    for (uint32_t i = 0; i < THREAD_RECORDS; i++) {
        size_t len = 0;
        const uint8_t *record;
        while (!(record = tt_queue_peek(&queue, &len))) {
            sched_yield();
        }
        CHECK_INT(len, lcg(&random) % 40);
        check_filled(record, len, i);
        tt_queue_pop(&queue);
    }
    CHECK_INT(pthread_join(producer, NULL), 0);
    CHECK(tt_queue_empty(&queue));
}

static const struct tt_board board = {.telemetry_bytes = 64, .reply_bytes = 64, .report_bytes = 64};

static void outbox_lanes(void)
{
    const struct tt_terms plain = {0};
    static _Alignas(4) uint8_t memory[192];
    CHECK_INT(tt_outbox_memory(&board), sizeof memory);
    struct tt_outbox outbox;
    tt_outbox_init(&outbox, &board, memory);
    CHECK_INT(tt_outbox_send(&outbox, (const uint8_t *)"{}", 2, (const uint8_t *)"a=b", 3, plain),
              1);
    CHECK_INT(tt_outbox_send(&outbox, (const uint8_t *)"[]", 2, NULL, 0, plain), 2);
    CHECK_INT(tt_outbox_send(&outbox, memory, 30, NULL, 0, plain), TT_EFULL);
    CHECK_INT(tt_outbox_send(&outbox, memory, 64, NULL, 0, plain), TT_EINVALID);
    CHECK_INT(tt_outbox_send(&outbox, memory, SIZE_MAX, memory, SIZE_MAX, plain), TT_EINVALID);
    CHECK_INT(tt_outbox_reply(&outbox, 4, 200, (const uint8_t *)"1", 1), TT_OK);
    CHECK_INT(tt_outbox_done(&outbox, 9), TT_OK);
    CHECK_INT(tt_outbox_report(&outbox, "n", 1, (const uint8_t *)"5", 1), TT_OK);

    struct tt_telemetry telemetry;
    CHECK(tt_outbox_peek_telemetry(&outbox, &telemetry));
    CHECK_INT(telemetry.sequence, 1);
    CHECK_TEXT(telemetry.body, telemetry.body_len, "{}");
    CHECK_TEXT(telemetry.properties, telemetry.properties_len, "a=b");
    tt_outbox_pop_telemetry(&outbox);
    CHECK(tt_outbox_peek_telemetry(&outbox, &telemetry));
    CHECK_INT(telemetry.sequence, 2);
    CHECK_INT(telemetry.properties_len, 0);

    struct tt_reply reply;
    CHECK(tt_outbox_peek_reply(&outbox, &reply));
    CHECK(reply.kind == TT_REPLY_METHOD && reply.request == 4 && reply.status == 200);
    CHECK_TEXT(reply.body, reply.body_len, "1");
    tt_outbox_pop_reply(&outbox);
    CHECK(tt_outbox_peek_reply(&outbox, &reply));
    CHECK(reply.kind == TT_REPLY_DONE && reply.request == 9);
    tt_outbox_pop_reply(&outbox);
    CHECK(!tt_outbox_peek_reply(&outbox, &reply));

    struct tt_report report;
    CHECK(tt_outbox_peek_report(&outbox, &report));
    CHECK_TEXT(report.name, report.name_len, "n");
    CHECK_TEXT(report.value, report.value_len, "5");

    CHECK(!tt_outbox_twin_asked(&outbox));
    tt_outbox_ask_twin(&outbox);
    CHECK(tt_outbox_twin_asked(&outbox));
    CHECK(!tt_outbox_twin_asked(&outbox));
}

static void inbox_fullness(void)
{
    static _Alignas(4) uint8_t memory[64];
    struct tt_inbox inbox;
    tt_inbox_init(&inbox, memory, sizeof memory);
    struct tt_delivery method = {.kind = TT_EVENT_METHOD,
                                 .id = 3,
                                 .name = "brew",
                                 .name_len = 4,
                                 .payload = (const uint8_t *)"{\"a\":1}",
                                 .payload_len = 7};
    CHECK_INT(tt_inbox_put(&inbox, &method), TT_OK);
    CHECK_INT(tt_inbox_put(&inbox, &method), TT_OK);
    CHECK_INT(tt_inbox_put(&inbox, &method), TT_EFULL);
    method.payload_len = 41;
    CHECK_INT(tt_inbox_put(&inbox, &method), TT_EINVALID);
    struct tt_delivery got;
    CHECK(tt_inbox_peek(&inbox, &got));
    CHECK(got.kind == TT_EVENT_METHOD && got.id == 3);
    CHECK_TEXT(got.name, got.name_len, "brew");
    CHECK_TEXT(got.payload, got.payload_len, "{\"a\":1}");
    tt_inbox_pop(&inbox);
    tt_inbox_pop(&inbox);
    CHECK(!tt_inbox_peek(&inbox, &got));
}

int main(void)
{
    RUN(keeps_records, "records of any length come out whole and in order at every size of queue");
    RUN(takes_the_largest, "a record of the largest length fits after one refusal at most");
    RUN(two_threads, "a producer and a consumer thread need no lock");
    RUN(outbox_lanes, "the outbox keeps three lanes apart and tells full from too large");
    RUN(inbox_fullness, "the inbox tells full from too large");
    return 0;
}
