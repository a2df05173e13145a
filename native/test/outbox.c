// The telemetry lane from RAM to flash: which message gives way, and that nothing stored is lost,
// doubled or out of order when the power goes in the middle of it.
#include "../core/outbox.h"

#include "../core/abi.gen.h"
#include "../core/board.h"
#include "fake_flash.h"

enum { MESSAGES = 400 };

static const struct tt_board board = {
    .telemetry_bytes = 256, .reply_bytes = 64, .report_bytes = 64, .packet_bytes = 64};

struct bench {
    struct tt_outbox outbox;
    struct fake_flash flash;
    uint32_t memory[128];
    char fate[MESSAGES + 1]; // of each sequence number: 0, 'q'ueued, 's'tored, 'd'ropped, 'p'opped
    uint8_t options[MESSAGES + 1];
    int dropped;
};

static void power_on(struct bench *bench, uint32_t boot, int32_t sequence)
{
    CHECK(tt_outbox_memory(&board) <= sizeof bench->memory);
    tt_outbox_init(&bench->outbox, &board, bench->memory);
    CHECK_INT(tt_outbox_open(&bench->outbox, &bench->flash.block, 0, bench->flash.block.block_count,
                             board.packet_bytes),
              TT_OK);
    bench->outbox.boot = boot;
    bench->outbox.next_sequence = sequence;
}

static int32_t send(struct bench *bench, uint8_t options)
{
    static const uint8_t body[30] = {1, 2, 3};
    const int32_t sequence =
        tt_outbox_send(&bench->outbox, body, sizeof body, (const uint8_t *)"a=b", 3,
                       (struct tt_terms){.options = options});
    CHECK(sequence > 0 && sequence <= MESSAGES);
    bench->fate[sequence] = 'q';
    bench->options[sequence] = options;
    return sequence;
}

// Until RAM is empty. False when the power went.
static bool store(struct bench *bench)
{
    struct tt_telemetry which;
    for (;;) {
        const enum tt_outbox_fate fate = tt_outbox_store(&bench->outbox, &which);
        if (bench->flash.budget <= 0) { return false; }
        if (fate == TT_OUTBOX_NOTHING) { return true; }
        CHECK(fate != TT_OUTBOX_FAILED);
        bench->fate[which.sequence] = fate == TT_OUTBOX_STORED ? 's' : 'd';
        bench->dropped += fate == TT_OUTBOX_DROPPED;
    }
}

// Sends all there is: in order, each once. What was stored and not dropped is there.
static void check_rest(struct bench *bench, bool cut)
{
    struct tt_telemetry message;
    int32_t last = 0;
    while (tt_outbox_peek_telemetry(&bench->outbox, &message)) {
        CHECK(message.sequence > last);
        const char fate = bench->fate[message.sequence];
        CHECK(fate == 's' || fate == 'q' || (cut && fate == 'd'));
        bench->fate[message.sequence] = 'p';
        last = message.sequence;
        CHECK_INT(tt_outbox_pop_telemetry(&bench->outbox), TT_OK);
    }
    for (int32_t i = 1; i <= MESSAGES; i++) {
        CHECK(bench->fate[i] != 's');
    }
    CHECK(tt_outbox_telemetry_empty(&bench->outbox));
}

static void begin(struct bench *bench, uint32_t block_bytes, uint32_t blocks)
{
    memset(bench, 0, sizeof *bench);
    fake_flash_init(&bench->flash, block_bytes, blocks, 4);
    power_on(bench, 1, 1);
}

static void order(void)
{
    static struct bench bench;
    begin(&bench, 256, 32);
    for (int i = 0; i < 57; i++) {
        send(&bench, 0);
        if (i % 3 == 2 && i < 54) { CHECK(store(&bench)); }
    }
    CHECK(!tt_outbox_flash_empty(&bench.outbox));
    check_rest(&bench, false);
    CHECK_INT(bench.dropped, 0);
}

static void oldest_first(void)
{
    static struct bench bench;
    begin(&bench, 256, 4);
    for (int i = 0; i < 100; i++) {
        send(&bench, 0);
        CHECK(store(&bench));
    }
    CHECK(bench.dropped > 80);
    for (int32_t i = 1; i <= 100; i++) {
        CHECK_INT(bench.fate[i], i <= bench.dropped ? 'd' : 's');
    }
    check_rest(&bench, false);
}

static void yielding(void)
{
    static struct bench bench;
    begin(&bench, 256, 4);
    for (int i = 0; i < 100; i++) {
        send(&bench, TT_SEND_YIELD);
        CHECK(store(&bench));
    }
    const int held = 100 - bench.dropped;
    for (int32_t i = 1; i <= 100; i++) {
        CHECK_INT(bench.fate[i], i <= held ? 's' : 'd');
    }
    check_rest(&bench, false);
}

static void urgent(void)
{
    static struct bench bench;
    begin(&bench, 256, 16); // two of them for what is urgent
    for (int i = 0; i < 100; i++) {
        send(&bench, i % 25 == 5 ? TT_SEND_URGENT : 0);
        CHECK(store(&bench));
    }
    CHECK(bench.dropped > 20);
    for (int32_t i = 1; i <= 100; i++) {
        if (bench.options[i] == TT_SEND_URGENT) { CHECK_INT(bench.fate[i], 's'); }
    }
    check_rest(&bench, false);
}

static void too_many_urgent(void)
{
    static struct bench bench;
    begin(&bench, 256, 16);
    for (int i = 0; i < 200; i++) {
        send(&bench, TT_SEND_URGENT);
        CHECK(store(&bench));
    }
    for (int32_t i = 1; i <= 200; i++) {
        CHECK_INT(bench.fate[i], i <= bench.dropped ? 'd' : 's');
    }
    check_rest(&bench, false);
}

static void too_long(void)
{
    static struct bench bench;
    static uint8_t body[300];
    begin(&bench, 256, 4);
    const size_t most = bench.outbox.message_max;
    CHECK(most >= board.packet_bytes);
    const struct tt_terms plain = {0};
    CHECK_INT(tt_outbox_send(&bench.outbox, body, most, body, 1, plain), TT_EINVALID);
    CHECK_INT(tt_outbox_send(&bench.outbox, body, SIZE_MAX, body, SIZE_MAX, plain), TT_EINVALID);
    CHECK_INT(tt_outbox_send(&bench.outbox, body, most - 1, body, 1, plain), 1);
    bench.fate[1] = 'q';
    CHECK(store(&bench));
    check_rest(&bench, false);
}

static void expiry(void)
{
    struct tt_telemetry message = {.expires_s = 0};
    CHECK(!tt_outbox_expired(&message, INT64_MAX, INT64_MAX));
    message.expires_s = 100;
    CHECK(!tt_outbox_expired(&message, 99999, 200000) && tt_outbox_expired(&message, 100000, 0));
    CHECK(!tt_outbox_expired(&message, TT_EUNSET, 200000)); // nobody knows
    message.options = TT_OUTBOX_UPTIME;
    CHECK(!tt_outbox_expired(&message, 200000, 99999) && tt_outbox_expired(&message, 0, 100000));
}

// Sends as long as there is room in RAM, each time the flash is tried once more; returns how many
// messages gave way.
static int try_in_vain(struct bench *bench, int attempts)
{
    const int before = bench->dropped;
    bench->flash.budget = 0;
    for (int i = 0; i < attempts; i++) {
        struct tt_telemetry which;
        if (tt_queue_bytes(&bench->outbox.telemetry) < 150) { send(bench, 0); }
        enum tt_outbox_fate fate;
        while ((fate = tt_outbox_store(&bench->outbox, &which)) == TT_OUTBOX_DROPPED) {
            bench->fate[which.sequence] = 'd';
            bench->dropped++;
        }
        CHECK_INT(fate, TT_OUTBOX_FAILED);
    }
    bench->flash.budget = FAKE_FLASH_EVER;
    return bench->dropped - before;
}

static void failing_flash(void)
{
    static struct bench bench;
    static const uint32_t blocks[] = {2, 3, 4, 16};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        begin(&bench, 256, blocks[i]);
        for (int n = 0; n < 4; n++) {
            send(&bench, 0);
            CHECK(store(&bench));
        }
        CHECK_INT(try_in_vain(&bench, 60), 0);
        CHECK(store(&bench));
        CHECK_INT(bench.dropped, 0);
        while (bench.dropped == 0) {
            send(&bench, 0);
            CHECK(store(&bench));
        }
        CHECK(try_in_vain(&bench, 60) <= 2 * 5); // two segments at most
        CHECK(store(&bench));
        for (int n = 0; n < 20; n++) {
            send(&bench, 0);
            CHECK(store(&bench));
        }
        check_rest(&bench, false);
    }
}

static void owed_marks(void)
{
    static struct bench bench;
    static const uint32_t blocks[] = {3, 16}; // without and with a journal for urgent messages
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        begin(&bench, 256, blocks[i]);
        send(&bench, 0);
        send(&bench, 0);
        CHECK(store(&bench));
        bench.flash.budget = 0;
        CHECK_INT(tt_outbox_pop_telemetry(&bench.outbox), TT_EIO);
        CHECK(tt_outbox_owes(&bench.outbox));
        CHECK_INT(tt_outbox_settle(&bench.outbox), TT_EIO);
        bench.flash.budget = FAKE_FLASH_EVER;
        CHECK_INT(tt_outbox_settle(&bench.outbox), TT_OK);
        CHECK(!tt_outbox_owes(&bench.outbox));
        bench.fate[1] = 'p';
        power_on(&bench, 2, 3);
        struct tt_telemetry message;
        CHECK(tt_outbox_peek_telemetry(&bench.outbox, &message) && message.sequence == 2);
    }
}

struct mixture {
    uint32_t block_bytes;
    int urgent; // each so many messages one
    int sent;   // until power goes, at most
    int after;  // sent after it
};

// Fills an outbox to beyond its brim, with the power gone at `budget`.
static bool cut_at(struct bench *bench, const struct mixture *mixture, long budget, int torn)
{
    begin(bench, mixture->block_bytes, 16);
    bench->flash.budget = budget;
    bench->flash.torn = torn;
    bench->flash.random = (uint32_t)budget;
    bool survived = true;
    int sent = 0;
    while (survived && sent < mixture->sent) {
        send(bench, sent++ % mixture->urgent == mixture->urgent - 1 ? TT_SEND_URGENT : 0);
        survived = store(bench);
    }
    const int32_t next = bench->outbox.next_sequence;
    bench->flash.budget = FAKE_FLASH_EVER;
    power_on(bench, 2, next);
    for (int i = 0; i < mixture->after; i++) {
        send(bench, 0);
        CHECK(store(bench));
    }
    check_rest(bench, !survived);
    return survived;
}

static void power_cuts(void)
{
    static struct bench bench;
    static const struct {
        struct mixture mixture;
        int torn;
    } cases[] = {
        {{256, 6, 130, 10}, 0},
        {{256, 6, 130, 10}, 100},
        {{256, 6, 130, 10}, -1},
        {{512, 2, 180, 0}, 0}, // a block has several urgent ones, all of which are to be sent next
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        long cuts = 0;
        while (!cut_at(&bench, &cases[i].mixture, cuts * 3, cases[i].torn)) {
            cuts++;
        }
        CHECK(cuts > 1000);
    }
}

struct use {
    struct bench bench;
    uint32_t random;
    int32_t newest; // that the hub has
    bool received[MESSAGES + 1];
};

static int draw(struct use *use, int below)
{
    return (int)(fake_flash_random(&use->random) % (uint32_t)below);
}

// What the hub has not had comes in order. False when the power went.
static bool send_on(struct use *use, int most)
{
    struct tt_telemetry message;
    for (int i = 0; i < most && tt_outbox_peek_telemetry(&use->bench.outbox, &message); i++) {
        if (!use->received[message.sequence]) {
            CHECK(message.sequence > use->newest);
            use->newest = message.sequence;
            use->received[message.sequence] = true;
        }
        if (tt_outbox_pop_telemetry(&use->bench.outbox) < 0) { return false; }
    }
    return true;
}

static void send_any(struct use *use)
{
    struct bench *const bench = &use->bench;
    static const uint8_t kinds[] = {TT_SEND_YIELD, TT_SEND_URGENT, 0, 0};
    if (tt_queue_bytes(&bench->outbox.telemetry) < 120 && bench->outbox.next_sequence < MESSAGES) {
        send(bench, kinds[draw(use, 4)]);
    }
}

static bool fail_for_a_while(struct use *use)
{
    struct bench *const bench = &use->bench;
    const long budget = bench->flash.budget;
    bench->flash.budget = 0;
    for (int i = draw(use, 30); i >= 0; i--) {
        struct tt_telemetry which;
        send_any(use);
        while (tt_outbox_store(&bench->outbox, &which) == TT_OUTBOX_DROPPED) {
            bench->fate[which.sequence] = 'd';
        }
        tt_outbox_settle(&bench->outbox);
    }
    bench->flash.budget = budget;
    return tt_outbox_settle(&bench->outbox) == TT_OK;
}

// Until the power goes, or the day ends.
static void live(struct use *use)
{
    bool alive = true;
    for (int i = draw(use, 60); alive && i > 0; i--) {
        send_any(use);
        if (draw(use, 3) > 0) { alive = store(&use->bench); }
        if (alive && draw(use, 12) == 0) { alive = fail_for_a_while(use); }
        if (alive && draw(use, 5) == 0) { alive = send_on(use, draw(use, 8)); }
    }
}

static void random_use(void)
{
    enum { RUNS = 3000, STARTS = 5 };
    static struct use use;
    for (uint32_t run = 1; run <= RUNS; run++) {
        memset(&use, 0, sizeof use);
        use.random = run;
        struct fake_flash *const flash = &use.bench.flash;
        const uint32_t block_bytes = 256U << draw(&use, 4);
        fake_flash_init(flash, block_bytes, (uint32_t)(2 + draw(&use, 20)), 1U << draw(&use, 6));
        power_on(&use.bench, 1, 1);
        for (uint32_t boot = 2; boot < 2 + STARTS; boot++) {
            flash->budget = draw(&use, 6000);
            flash->torn = draw(&use, 3) == 0 ? -1 : draw(&use, (int)block_bytes);
            live(&use);
            flash->budget = FAKE_FLASH_EVER;
            power_on(&use.bench, boot, use.bench.outbox.next_sequence);
        }
        CHECK(send_on(&use, MESSAGES));
        CHECK(tt_outbox_telemetry_empty(&use.bench.outbox));
        for (int32_t i = 1; i <= MESSAGES; i++) {
            CHECK(use.bench.fate[i] != 's' || use.received[i]);
        }
    }
}

int main(void)
{
    RUN(order, "RAM and flash together are one lane, in order");
    RUN(oldest_first, "the oldest messages give way when flash is full");
    RUN(yielding, "a message that yields gives way itself");
    RUN(urgent, "urgent messages survive, in order");
    RUN(too_many_urgent, "of urgent messages alone the oldest give way");
    RUN(too_long, "what flash could never hold is refused when it is sent");
    RUN(expiry, "a message expires by the clock, or by uptime where there was none");
    RUN(failing_flash, "flash that fails for long costs no more than two segments of messages");
    RUN(owed_marks, "marks that flash did not take are made up for");
    RUN(power_cuts,
        "a power cut anywhere while messages give way loses and doubles nothing stored");
    RUN(random_use, "power cuts and flash that fails, at random, lose nothing and change no order");
    return 0;
}
