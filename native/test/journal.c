// The journal on a NOR flash in memory: limits, order, a power cut at every byte, and random use
// against a model.
#include "../core/journal.h"

#include "../port/error.gen.h"
#include "fake_flash.h"

// Message n of every test: its id, body and properties follow from n alone.
struct sample {
    uint8_t body[256];
    uint8_t properties[64];
    struct tt_telemetry message;
};

static const struct tt_telemetry *sample_of(struct sample *sample, int n, uint32_t room)
{
    const uint32_t body_len = (uint32_t)(n * 7 % 50) % (room + 1);
    const uint32_t left = room - body_len;
    // The same properties a few times in a row, none at times.
    const uint32_t properties_len = (uint32_t)(n / 3 * 5 % 23) % (left + 1);
    for (uint32_t i = 0; i < body_len; i++) {
        sample->body[i] = (uint8_t)(n + (int)i * 3);
    }
    memset(sample->properties, 'a' + n / 3 % 26, properties_len);
    sample->message = (struct tt_telemetry){.boot = 1 + (uint32_t)n / 40,
                                            .sequence = 1 + n % 40 + n / 40 * 2,
                                            .options = (uint8_t)(n % 11 == 0 ? 2 : 0),
                                            .expires_s = n % 5 == 0 ? 1800000000u + n : 0,
                                            .body = sample->body,
                                            .body_len = body_len,
                                            .properties = sample->properties,
                                            .properties_len = properties_len};
    return &sample->message;
}

static uint32_t room_of(const struct tt_journal *journal)
{
    const size_t most = tt_journal_message_max(journal);
    return most > 60 ? 60 : (uint32_t)most;
}

static bool is_sample(const struct tt_journal *journal, const struct tt_telemetry *found, int n)
{
    struct sample sample;
    uint8_t bytes[256];
    const struct tt_telemetry *const wanted = sample_of(&sample, n, room_of(journal));
    if (found->boot != wanted->boot || found->sequence != wanted->sequence) { return false; }
    CHECK_INT(found->options, wanted->options);
    CHECK_INT(found->expires_s, wanted->expires_s);
    CHECK_INT(found->body_len, wanted->body_len);
    CHECK_INT(found->properties_len, wanted->properties_len);
    CHECK_INT(tt_journal_read(journal, found->body_at, bytes, found->body_len), TT_OK);
    CHECK(memcmp(bytes, wanted->body, wanted->body_len) == 0);
    CHECK_INT(tt_journal_read(journal, found->properties_at, bytes, found->properties_len), TT_OK);
    CHECK(memcmp(bytes, wanted->properties, wanted->properties_len) == 0);
    return true;
}

// What must be on flash: messages first to last - 1, one after the other. With power gone in the
// middle of something, low and high are what may be there besides.
struct model {
    int first;
    int last;
    int low;  // given up, but back after a restart as long as their segment is there
    int high; // last, or one more while a message is being appended
};

// Appends message model->last, giving up the oldest where there is no room.
static int append(struct tt_journal *journal, struct model *model)
{
    struct sample sample;
    const struct tt_telemetry *const message = sample_of(&sample, model->last, room_of(journal));
    model->high = model->last + 1;
    int err;
    while ((err = tt_journal_append(journal, message)) == TT_EFULL) {
        CHECK(model->first < model->last);
        CHECK(is_sample(journal, tt_journal_peek(journal), model->first));
        tt_journal_pop(journal, false);
        model->first++;
    }
    if (err < 0) { return err; }
    model->last = model->high;
    model->low = model->first;
    return TT_OK;
}

static int pop(struct tt_journal *journal, struct model *model)
{
    if (model->first == model->last) {
        CHECK(tt_journal_peek(journal) == NULL);
        return TT_OK;
    }
    CHECK(is_sample(journal, tt_journal_peek(journal), model->first));
    model->first++;
    const int err = tt_journal_pop(journal, true);
    if (err == TT_OK) { model->low = model->first; }
    return err;
}

// Reads all of a journal that was just opened: it holds what the model says. The model is then what
// was found.
static void check_all(struct tt_journal *journal, struct model *model)
{
    struct tt_journal reader = *journal;
    const struct tt_telemetry *found = tt_journal_peek(&reader);
    int n = model->low;
    while (found != NULL && n < model->high && !is_sample(&reader, found, n)) {
        n++;
    }
    CHECK(found == NULL ? model->first == model->last : n <= model->first);
    const int first = found == NULL ? model->last : n;
    const int count = (int)tt_journal_count(&reader);
    while ((found = tt_journal_peek(&reader)) != NULL) {
        CHECK(n < model->high && is_sample(&reader, found, n));
        tt_journal_pop(&reader, false);
        n++;
    }
    const int last = first == model->last && n < first ? first : n;
    CHECK(last >= model->last);
    CHECK_INT(count, last - first);
    *model = (struct model){first, last, first, last};
}

enum { STEPS = 60 };

// Mostly more comes than goes, so that the ring is full for the second half.
static int run_step(struct tt_journal *journal, struct model *model, int step)
{
    return step % 5 == 3 ? pop(journal, model) : append(journal, model);
}

static void open_fine(struct tt_journal *journal, struct fake_flash *flash)
{
    CHECK_INT(tt_journal_open(journal, &flash->block, 1, flash->block.block_count - 1, 40), TT_OK);
}

// The programs of reading on a copy must not reach the flash that is looked at.
static void check_copy(const struct fake_flash *flash, struct model *model)
{
    static struct fake_flash copy;
    struct tt_journal journal;
    copy = *flash;
    copy.block.ctx = &copy;
    copy.budget = FAKE_FLASH_EVER;
    open_fine(&journal, &copy);
    check_all(&journal, model);
}

static void cut_at(struct fake_flash *flash, uint32_t block_bytes, uint32_t granule, long budget,
                   int torn, bool *survived)
{
    struct tt_journal journal;
    struct model model = {0};
    fake_flash_init(flash, block_bytes, 5, granule);
    open_fine(&journal, flash);
    flash->budget = budget;
    flash->torn = torn;
    flash->random = (uint32_t)budget;
    int err = TT_OK;
    int step = 0;
    while (err == TT_OK && step < STEPS) {
        err = run_step(&journal, &model, step++);
        if (flash->budget <= 0) { err = TT_EIO; }
    }
    *survived = err == TT_OK;
    check_copy(flash, &model);
    flash->budget = FAKE_FLASH_EVER;
    open_fine(&journal, flash);
    for (; step < STEPS + 20; step++) {
        CHECK_INT(run_step(&journal, &model, step), TT_OK);
        if (step % 9 == 0) { open_fine(&journal, flash); }
    }
    check_copy(flash, &model);
}

static void power_cuts(void)
{
    static const struct {
        uint32_t granule;
        uint32_t block_bytes;
        long stride;
    } kinds[] = {{1, 256, 2}, {4, 256, 1}, {8, 256, 3}, {16, 512, 5}, {256, 2048, 61}};
    static struct fake_flash flash;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const int torn[] = {0, 20, (int)kinds[k].block_bytes / 2, (int)kinds[k].block_bytes, -1};
        for (size_t t = 0; t < sizeof torn / sizeof torn[0]; t++) {
            long cuts = 0;
            for (bool survived = false; !survived; cuts++) {
                cut_at(&flash, kinds[k].block_bytes, kinds[k].granule, cuts * kinds[k].stride,
                       torn[t], &survived);
            }
            CHECK(cuts > 200);
        }
    }
}

// Anything in any order, with the power gone at any time.
static void random_use(void)
{
    static const struct {
        uint32_t granule;
        uint32_t block_bytes;
        uint32_t blocks;
    } kinds[] = {{1, 256, 2},   {4, 512, 8},    {8, 256, 30},
                 {32, 1024, 3}, {256, 4096, 5}, {4, 256, 1}};
    static struct fake_flash flash;
    uint32_t random = 7;
    int cuts = 0;
    for (int round = 0; cuts < 10000; round++) {
        const size_t k = (size_t)round % (sizeof kinds / sizeof kinds[0]);
        struct tt_journal journal;
        struct model model = {0};
        fake_flash_init(&flash, kinds[k].block_bytes, kinds[k].blocks + 1, kinds[k].granule);
        open_fine(&journal, &flash);
        for (int life = 0; life < 100; life++, cuts++) {
            flash.random = random;
            flash.torn = (int)(fake_flash_random(&random) % (kinds[k].block_bytes + 2)) - 1;
            flash.budget = fake_flash_random(&random) % 1500;
            const uint32_t appends = fake_flash_random(&random) % 10; // of ten steps
            int err = TT_OK;
            while (err == TT_OK && flash.budget > 0) {
                const bool adds = fake_flash_random(&random) % 10 < appends;
                if (!adds && model.first == model.last) { break; }
                err = adds ? append(&journal, &model) : pop(&journal, &model);
            }
            flash.budget = FAKE_FLASH_EVER;
            open_fine(&journal, &flash);
            check_copy(&flash, &model);
        }
    }
}

static void limits(void)
{
    static struct fake_flash flash;
    static uint8_t body[4096];
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 8, 4);
    CHECK_INT(tt_journal_open(&journal, NULL, 0, 0, 100), TT_OK);
    CHECK(tt_journal_peek(&journal) == NULL && tt_journal_message_max(&journal) == 0);
    struct tt_telemetry message = {.boot = 1, .sequence = 1, .body = body, .body_len = 1};
    CHECK_INT(tt_journal_append(&journal, &message), TT_EINVALID);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 8, 4000), TT_OK);
    const size_t most = tt_journal_message_max(&journal);
    CHECK(most >= 4000);
    message.body_len = most + 1;
    CHECK_INT(tt_journal_append(&journal, &message), TT_EINVALID);
    message.body_len = most;
    message.expires_s = 1;
    CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
    CHECK_INT(tt_journal_peek(&journal)->body_len, most);
    // Larger messages make larger segments.
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 8, 9000), TT_OK);
    CHECK(tt_journal_message_max(&journal) >= 9000);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 8, 65536), TT_OK);
    CHECK(tt_journal_message_max(&journal) < 16384);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 3, 6, 100), TT_EINVALID);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 0, 100), TT_EINVALID);
    flash.block.program_bytes = 3;
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 8, 100), TT_EINVALID);
    flash.block.program_bytes = 2048;
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 8, 100), TT_EINVALID);
}

static struct tt_telemetry typical(int32_t sequence)
{
    static const uint8_t body[48] = "{\"celsius\":93.25,\"brewing\":false,\"seconds\":12}";
    static const uint8_t bag[] = "$.ct=application%2Fjson&$.ce=utf-8";
    return (struct tt_telemetry){.boot = 9,
                                 .sequence = sequence,
                                 .body = body,
                                 .body_len = sizeof body,
                                 .properties = bag,
                                 .properties_len = sizeof bag - 1};
}

static void room(void)
{
    static struct fake_flash flash;
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 16, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 16, 4000), TT_OK);
    int32_t held = 0;
    struct tt_telemetry message = typical(1);
    while (tt_journal_append(&journal, &message) == TT_OK) {
        message = typical(++held + 1);
    }
    CHECK_INT(tt_journal_count(&journal), held);
    CHECK_INT(held, 16 * 67); // 61 bytes each, all told
    CHECK(tt_journal_bytes(&journal) <= tt_journal_size(&journal));
}

static void wear(void)
{
    static struct fake_flash flash;
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 16, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 16, 4000), TT_OK);
    for (int32_t i = 1; i <= 16 * 67 * 3; i++) {
        const struct tt_telemetry message = typical(i);
        CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
        CHECK_INT(tt_journal_pop(&journal, true), TT_OK);
    }
    for (int block = 0; block < 16; block++) {
        CHECK_INT(flash.erases[block], 3);
    }
}

static void failed_write(void)
{
    static struct fake_flash flash;
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 4, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 1000), TT_OK);
    for (int32_t i = 1; i <= 3; i++) {
        const struct tt_telemetry message = typical(i);
        // The second fails with all of it on flash: it may not come back.
        flash.fail_once = i == 2;
        CHECK_INT(tt_journal_append(&journal, &message), i == 2 ? TT_EIO : TT_OK);
        if (i == 2) { CHECK_INT(tt_journal_append(&journal, &message), TT_OK); }
    }
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 1000), TT_OK);
    for (int32_t i = 1; i <= 3; i++) {
        CHECK_INT(tt_journal_peek(&journal)->sequence, i);
        CHECK_INT(tt_journal_pop(&journal, true), TT_OK);
    }
    CHECK(tt_journal_peek(&journal) == NULL);
}

static void damage(void)
{
    static struct fake_flash flash;
    struct tt_journal journal;
    fake_flash_init(&flash, 256, 4, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    for (int32_t i = 1; i <= 6; i++) {
        struct tt_telemetry message = typical(i);
        message.properties_len = 0;
        CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
    }
    flash.bytes[16 + 4 + 68 + 20] ^= 1; // the second message's body
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    // What is behind it in its block goes with it, since its length is not to be trusted.
    static const int32_t left[] = {1, 4, 5, 6};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        CHECK_INT(tt_journal_peek(&journal)->sequence, left[i]);
        CHECK_INT(tt_journal_pop(&journal, true), TT_OK);
    }
    CHECK(tt_journal_peek(&journal) == NULL && tt_journal_count(&journal) == 0);
}

static void through(void)
{
    static struct fake_flash flash;
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 4, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    for (int32_t i = 1; i <= 5; i++) {
        const struct tt_telemetry message = typical(i);
        CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
    }
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    tt_journal_pop_through(&journal, 8, 3);
    CHECK_INT(tt_journal_peek(&journal)->sequence, 1);
    tt_journal_pop_through(&journal, 9, 3);
    CHECK_INT(tt_journal_peek(&journal)->sequence, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    CHECK_INT(tt_journal_peek(&journal)->sequence, 4);
}

static void torn(void)
{
    static struct fake_flash flash;
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 4, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    struct tt_telemetry message = typical(1);
    CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
    message = typical(2);
    flash.budget = 20;
    CHECK_INT(tt_journal_append(&journal, &message), TT_EIO);
    flash.budget = FAKE_FLASH_EVER;
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    message = typical(3);
    CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
    CHECK_INT(flash.erases[0] + flash.erases[1], 2);
    CHECK_INT(tt_journal_peek(&journal)->sequence, 1);
    CHECK_INT(tt_journal_pop(&journal, true), TT_OK);
    CHECK_INT(tt_journal_peek(&journal)->sequence, 3);
}

static void stale(void)
{
    static struct fake_flash flash;
    static uint8_t old[4096];
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 4, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    for (int32_t i = 1; i <= 67 * 7; i++) {
        const struct tt_telemetry message = typical(i);
        CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
        if (i > 67) { CHECK_INT(tt_journal_pop(&journal, true), TT_OK); }
        if (i == 67 * 2) { memcpy(old, flash.bytes + 4096, sizeof old); }
    }
    memcpy(flash.bytes + 4096, old, sizeof old);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    CHECK_INT(tt_journal_peek(&journal)->sequence, 67 * 6 + 1);
    CHECK_INT(tt_journal_count(&journal), 67);
}

// As if the device were many years old.
static void wraps(void)
{
    static struct fake_flash flash;
    struct tt_journal journal;
    fake_flash_init(&flash, 4096, 4, 4);
    CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
    journal.head.sequence = UINT32_MAX - 2;
    journal.head.count = UINT32_MAX - 100;
    journal.tail = journal.head;
    journal.used = 1;
    for (int32_t i = 1; i <= 67 * 6; i++) {
        const struct tt_telemetry message = typical(i);
        CHECK_INT(tt_journal_append(&journal, &message), TT_OK);
        if (i > 67) { CHECK_INT(tt_journal_pop(&journal, true), TT_OK); }
        if (i % 50 == 0) {
            CHECK_INT(tt_journal_open(&journal, &flash.block, 0, 4, 60), TT_OK);
            CHECK_INT(tt_journal_peek(&journal)->sequence, i > 67 ? i - 66 : 1);
            CHECK_INT(tt_journal_count(&journal), i > 67 ? 67 : i);
        }
    }
}

int main(void)
{
    RUN(limits,
        "a message over the limit is refused, one at the limit kept, a strange flash refused");
    RUN(room, "a typical message takes at most 62 bytes of flash, all told");
    RUN(wear, "all blocks are erased equally often, and only when the ring comes round to them");
    RUN(failed_write, "a write that fails is not kept twice when it succeeded all the same");
    RUN(damage, "a flipped bit costs no more than the rest of its block");
    RUN(torn, "what is torn is not written over");
    RUN(stale, "a block of an earlier round is not taken for one of this");
    RUN(through, "messages up to a given one are forgotten for good");
    RUN(wraps, "numbers that wrap change nothing");
    RUN(power_cuts, "a power cut at any byte or erase loses nothing stored and spoils nothing");
    RUN(random_use, "10,000 power cuts in random use agree with the model");
    return 0;
}
