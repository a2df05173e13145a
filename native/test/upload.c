// An upload against a server that says what the test wants, byte by byte if it likes, and then
// against answers that no server should give.
#include "../core/upload.h"

#include "../core/abi.gen.h"
#include "../port/error.gen.h"
#include "check.h"

enum { MEMORY = 8192, ANSWERS = 64 };

// Answers in turn to what is asked; the last of them to all that follows.
struct world {
    const char *answers[ANSWERS];
    size_t count;
    size_t asked; // answers begun
    size_t at;    // in the current one
    size_t piece; // bytes a read gives at most
    size_t written;
    char last[4096]; // of the current request
    bool open;
    bool ends;  // a connection is closed behind its answer
    int refuse; // what open says
    int opened;
    int released;

    struct tt_port port;
    struct tt_inbox inbox;
    uint32_t inbox_memory[512];
    uint64_t memory[MEMORY / 8];
    struct tt_upload *upload;
    int64_t now_ms;
    int result; // of the UPLOADED event; 1: none came
    char why[128];
    uint32_t size;
};

static int world_read(void *ctx, uint8_t *out, size_t cap)
{
    struct world *world = ctx;
    if (world->written == 0) { return 0; }
    const size_t which = world->asked < world->count ? world->asked : world->count - 1;
    const char *const answer = world->answers[which];
    const size_t left = strlen(answer) - world->at;
    if (left == 0) { return world->ends ? TT_ECLOSED : 0; }
    size_t len = left < cap ? left : cap;
    len = len < world->piece ? len : world->piece;
    memcpy(out, answer + world->at, len);
    world->at += len;
    return (int)len;
}

static int world_write(void *ctx, const uint8_t *data, size_t len)
{
    struct world *world = ctx;
    if (world->at > 0) { // the next request
        world->asked++;
        world->at = 0;
        world->written = 0;
    }
    for (size_t i = 0; i < len && world->written < sizeof world->last - 1; i++) {
        world->last[world->written++] = (char)data[i];
    }
    world->last[world->written] = 0;
    return (int)len;
}

static void world_close(void *ctx)
{
    struct world *world = ctx;
    CHECK(world->open);
    world->open = false;
    if (world->written > 0) { world->asked++; }
    world->written = 0;
    world->at = 0;
}

static void world_hub(void *ctx, struct tt_range *host, struct tt_range *device_id)
{
    (void)ctx;
    *host = (struct tt_range){"hub.test", 8};
    *device_id = (struct tt_range){"d1", 2};
}

static int world_open(void *ctx, struct tt_range host, bool hub, struct tt_stream *out,
                      const char **why)
{
    struct world *world = ctx;
    CHECK(!world->open && host.len > 0);
    CHECK(hub == tt_range_is(host, "hub.test"));
    world->opened++;
    if (world->refuse < 0) {
        *why = "refused";
        return world->refuse;
    }
    world->open = true;
    *out = (struct tt_stream){world, world_read, world_write, world_close};
    return TT_OK;
}

static void world_release(void *ctx)
{
    ((struct world *)ctx)->released++;
}

static const char *world_reason(void *ctx)
{
    (void)ctx;
    return NULL;
}

static int world_authorize(void *ctx, char *out, size_t cap)
{
    (void)ctx;
    CHECK(cap >= 5);
    memcpy(out, "token", 5);
    return 5;
}

static const struct tt_https_way way = {.hub = world_hub,
                                        .open = world_open,
                                        .release = world_release,
                                        .reason = world_reason,
                                        .authorize = world_authorize};

static void world_log(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx, (void)level;
    if (getenv("UPLOAD_LOG")) { printf("%.*s\n", (int)len, text); }
}

static void world_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0x80, len);
}

static void start(struct world *world, const char *const *answers, size_t count, uint32_t size)
{
    *world = (struct world){.count = count, .piece = 4096, .result = 1, .size = size};
    memcpy(world->answers, answers, count * sizeof *answers);
    world->port = (struct tt_port){.ctx = world, .log = world_log, .random = world_random};
    tt_inbox_init(&world->inbox, world->inbox_memory, sizeof world->inbox_memory);
    world->upload = tt_upload_init(world->memory, MEMORY, &world->port, &world->inbox, &way, world);
    CHECK(world->upload != NULL);
    struct tt_upload_file file = {.size = (int32_t)size, .name_len = 5};
    memcpy(file.name, "a.txt", 5);
    CHECK_INT(tt_upload_begin(world->upload, &file), TT_OK);
    CHECK_INT(tt_upload_begin(world->upload, &file), TT_EBUSY);
}

static void run_app(struct world *world)
{
    struct tt_delivery event;
    while (tt_inbox_peek(&world->inbox, &event)) {
        if (event.kind == TT_EVENT_UPLOADED) {
            world->result = event.id;
            snprintf(world->why, sizeof world->why, "%.*s", (int)event.name_len, event.name);
        }
        uint32_t at;
        uint32_t cap;
        if (event.kind == TT_EVENT_PART && tt_upload_wants(world->upload, &at, &cap)) {
            CHECK(cap > 0 && at + cap <= world->size);
            uint8_t *const into = tt_upload_claim(world->upload);
            memset(into, 'x', cap);
            tt_upload_give(world->upload, cap);
        }
        tt_inbox_pop(&world->inbox);
    }
}

// As long as it takes, but not for ever.
static void run(struct world *world)
{
    for (int turn = 0; turn < 20000 && world->result == 1; turn++) {
        const int64_t next_ms = tt_upload_step(world->upload, world->now_ms);
        run_app(world);
        if (next_ms != INT64_MAX && next_ms > world->now_ms) {
            world->now_ms += next_ms - world->now_ms > 100 ? 100 : next_ms - world->now_ms;
        }
    }
}

#define OK_EMPTY   "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
#define TOLD       "HTTP/1.1 204 No Content\r\n\r\n"
#define JSON(text) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" text

static const char permission[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 133\r\n\r\n"
    "{\"correlationId\":\"c1\",\"hostName\":\"blob.test\",\"containerName\":\"files\","
    "\"blobName\":\"d1\\/a.txt\",\"sasToken\":\"?sig=a%2Bb\\u0026se=2026\"}     ";

static void a_whole_upload(void)
{
    static const char *const answers[] = {permission, OK_EMPTY, OK_EMPTY, OK_EMPTY, TOLD};
    for (size_t piece = 1; piece < 200; piece += 99) {
        struct world world;
        start(&world, answers, 5, 5000);
        world.piece = piece;
        run(&world);
        CHECK_INT(world.result, TT_OK);
        CHECK(world.released > 0 && !world.open);
        CHECK(strstr(world.last, "\"correlationId\":\"c1\",\"isSuccess\":true") != NULL);
        CHECK(strstr(world.last, "Authorization: token\r\n") != NULL);
    }
}

static void sizeof_memory(void)
{
    static uint64_t memory[MEMORY / 8];
    struct world world = {0};
    CHECK(sizeof(struct tt_upload) + TT_UPLOAD_BLOCK_MIN <= MEMORY);
    CHECK(tt_upload_init(memory, sizeof(struct tt_upload) + TT_UPLOAD_BLOCK_MIN - 1, &world.port,
                         &world.inbox, &way, &world) == NULL);
    printf("# of %d bytes an upload keeps %zu, its blocks have %zu\n", MEMORY,
           sizeof(struct tt_upload), MEMORY - sizeof(struct tt_upload));
}

// Each is the hub's answer to the request for a permission.
static void bad_permissions(void)
{
    static char long_sas[3000];
    snprintf(
        long_sas, sizeof long_sas,
        JSON("{\"correlationId\":\"c\",\"hostName\":\"b\",\"containerName\":\"f\",\"blobName\":"
             "\"n\",\"sasToken\":\"?%0900d\"}"),
        7);
    static char long_id[1000];
    snprintf(long_id, sizeof long_id,
             JSON("{\"correlationId\":\"%065d\",\"hostName\":\"b\",\"containerName\":\"f\","
                  "\"blobName\":\"n\",\"sasToken\":\"?s\"}"),
             7);
#define PERMISSION(id, host, container, blob, sas)                                                 \
    JSON("{\"correlationId\":" id ",\"hostName\":" host ",\"containerName\":" container            \
         ",\"blobName\":" blob ",\"sasToken\":" sas "}")
    static const char *const bad[] = {
        JSON(""),
        JSON("no JSON"),
        JSON("[]"),
        JSON("{}"),
        JSON("{\"correlationId\":\"c\"}"),
        PERMISSION("1", "\"b\"", "\"f\"", "\"n\"", "\"?s\""),
        PERMISSION("\"\"", "\"b\"", "\"f\"", "\"n\"", "\"?s\""),
        PERMISSION("\"c\"", "\"b/evil\"", "\"f\"", "\"n\"", "\"?s\""),
        PERMISSION("\"c\"", "\"user@b\"", "\"f\"", "\"n\"", "\"?s\""),
        PERMISSION("\"c\"", "\"b\\r\\nX: y\"", "\"f\"", "\"n\"", "\"?s\""),
        PERMISSION("\"c\"", "\"b\"", "\"f\"", "\"n\"", "\"s\""),
        PERMISSION("\"c\"", "\"b\"", "\"f\"", "\"n\"", "\"?\\u1234\""),
        PERMISSION("\"c\"", "\"b\"", "\"f\"", "\"n\"", "null"),
        PERMISSION("\"c\"", "\"b\"", "{}", "\"n\"", "\"?s\""),
        long_sas,
        long_id,
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "garbage\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct world world;
        start(&world, &bad[i], 1, 10);
        world.ends = true;
        check_case = bad[i];
        run(&world);
        CHECK_INT(world.result, TT_EPROTOCOL);
        CHECK_INT(world.asked, 8); // asked so often, then given up
        CHECK(!world.open);
    }
}

// A signature with what would end the request's line is never sent.
static void permission_that_ends_a_line(void)
{
    static const char *const bad[] = {
        PERMISSION("\"c\"", "\"b\"", "\"f\"", "\"n\"", "\"?s\\u000d\\u000aX: y\""),
        TOLD,
    };
    struct world world;
    start(&world, bad, 2, 10);
    world.ends = true;
    run(&world);
    CHECK_INT(world.result, TT_EINVALID);
    CHECK(strstr(world.last, "X: y") == NULL);
}

static void answers_cut_short(void)
{
    static const char *const good[] = {permission, OK_EMPTY, OK_EMPTY, TOLD};
    for (size_t which = 0; which < 4; which++) {
        for (size_t len = 0; len < strlen(good[which]); len += 7) {
            char text[512];
            snprintf(text, sizeof text, "%.*s", (int)len, good[which]);
            const char *answers[5];
            for (size_t i = 0, k = 0; i < 5; i++) {
                answers[i] = i == which ? text : good[k++];
            }
            struct world world;
            start(&world, answers, 5, 10);
            world.ends = true;
            run(&world);
            CHECK_INT(world.result, TT_OK);
        }
    }
}

static void silence(void)
{
    static const char *const answers[] = {"HTTP/1.1 ", permission, OK_EMPTY, OK_EMPTY, TOLD};
    struct world world;
    start(&world, answers, 5, 10);
    run(&world);
    CHECK_INT(world.result, TT_OK);
    CHECK(world.now_ms >= TT_HTTP_QUIET_MS);
}

static void a_full_inbox(void)
{
    static const char *const answers[] = {permission, OK_EMPTY, OK_EMPTY, TOLD};
    struct world world;
    start(&world, answers, 4, 10);
    const struct tt_delivery other = {.kind = TT_EVENT_TIMER, .name = ""};
    while (tt_inbox_put(&world.inbox, &other) == TT_OK) {}
    for (int i = 0; i < 100; i++) {
        tt_upload_step(world.upload, world.now_ms += 20);
    }
    CHECK_INT(world.result, 1);
    run(&world);
    CHECK_INT(world.result, TT_OK);
}

static void no_connection(void)
{
    static const char *const answers[] = {permission};
    struct world world;
    start(&world, answers, 1, 10);
    world.refuse = TT_EREFUSED;
    for (int i = 0; i < 10000; i++) {
        tt_upload_step(world.upload, world.now_ms += 100);
        run_app(&world);
    }
    CHECK_INT(world.result, 1); // as long as it takes
    CHECK(world.opened > 20 && world.opened < 60 && world.released > 10);
    tt_upload_cancel(world.upload, TT_ECLOSED);
    run(&world);
    CHECK_INT(world.result, TT_ECLOSED);
    CHECK(strcmp(world.why, "cancelled") == 0);
}

int main(void)
{
    RUN(a_whole_upload, "asks, puts, commits and tells, whatever pieces the answers come in");
    RUN(sizeof_memory, "has its place in 8 KiB");
    RUN(bad_permissions, "gives up after eight permissions that are none");
    RUN(permission_that_ends_a_line, "never sends a signature that would end a line");
    RUN(answers_cut_short, "asks again when an answer was cut short, wherever");
    RUN(silence, "asks again after 30 s of silence");
    RUN(a_full_inbox, "waits for room in the inbox and then tells all");
    RUN(no_connection, "tries as long as it takes, with pauses, until it is cancelled");
    return 0;
}
