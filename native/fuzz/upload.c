// A hostile hub and a hostile storage: any bytes as their answers, in pieces, with time going on
// and an app that gives what it is asked for. Nothing may be written where it should not, and an
// upload that was cancelled ends.
#include <stdlib.h>
#include <string.h>

#include "../core/abi.gen.h"
#include "../core/upload.h"
#include "../port/error.gen.h"

enum { MEMORY = 8192, INBOX = 1024, TURNS = 60 };

struct peer {
    const uint8_t *data;
    size_t len;
    size_t at;
    size_t piece;
    bool open;
    struct tt_upload *upload;
};

static void require(int fact)
{
    if (!fact) { abort(); }
}

static int peer_read(void *ctx, uint8_t *out, size_t cap)
{
    struct peer *peer = ctx;
    if (peer->at == peer->len) { return TT_ECLOSED; }
    size_t len = peer->len - peer->at;
    len = len < cap ? len : cap;
    len = len < peer->piece ? len : peer->piece;
    memcpy(out, peer->data + peer->at, len);
    peer->at += len;
    return (int)len;
}

static int peer_write(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) { // all of it is ours to read
        volatile uint8_t byte = data[i];
        (void)byte;
    }
    return (int)len;
}

static void peer_close(void *ctx)
{
    struct peer *peer = ctx;
    require(peer->open);
    peer->open = false;
}

static void peer_hub(void *ctx, struct tt_range *host, struct tt_range *device_id)
{
    (void)ctx;
    *host = (struct tt_range){"hub.test", 8};
    *device_id = (struct tt_range){"d1", 2};
}

static int peer_open(void *ctx, struct tt_range host, bool hub, struct tt_stream *out,
                     const char **why)
{
    struct peer *peer = ctx;
    (void)hub, (void)why;
    require(!peer->open && host.len > 0 && host.len <= TT_HTTPS_HOST_MAX);
    peer->open = true;
    *out = (struct tt_stream){peer, peer_read, peer_write, peer_close};
    return TT_OK;
}

static void peer_release(void *ctx)
{
    (void)ctx;
}

static const char *peer_reason(void *ctx)
{
    (void)ctx;
    return NULL;
}

static int peer_authorize(void *ctx, char *out, size_t cap)
{
    (void)ctx, (void)cap;
    memcpy(out, "token", 5);
    return 5;
}

static void log_nothing(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx, (void)level, (void)text, (void)len;
}

static void no_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
}

static bool run_app(struct peer *peer, struct tt_inbox *inbox)
{
    bool ended = false;
    struct tt_delivery event;
    while (tt_inbox_peek(inbox, &event)) {
        uint32_t at;
        uint32_t cap;
        if (event.kind == TT_EVENT_PART && tt_upload_wants(peer->upload, &at, &cap)) {
            memset(tt_upload_claim(peer->upload), 'x', cap);
            tt_upload_give(peer->upload, cap);
        }
        ended = ended || event.kind == TT_EVENT_UPLOADED;
        tt_inbox_pop(inbox);
    }
    return ended;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct tt_https_way way = {.hub = peer_hub,
                                            .open = peer_open,
                                            .release = peer_release,
                                            .reason = peer_reason,
                                            .authorize = peer_authorize};
    static uint32_t inbox_memory[INBOX / 4];
    if (len < 1) { return 0; }
    const struct tt_port port = {.log = log_nothing, .random = no_random};
    struct peer peer = {.data = data + 1, .len = len - 1, .piece = data[0] % 64 + 1};
    struct tt_inbox inbox;
    tt_inbox_init(&inbox, inbox_memory, INBOX);
    void *const memory = malloc(MEMORY); // of this size, so that a byte too far is seen
    peer.upload = tt_upload_init(memory, MEMORY, &port, &inbox, &way, &peer);
    struct tt_upload_file file = {.size = 9000, .gzip = data[0] >= 128, .name_len = 1, .name = "a"};
    require(tt_upload_begin(peer.upload, &file) == TT_OK);
    int64_t now_ms = 0;
    bool ended = false;
    for (int turn = 0; turn < TURNS && !ended; turn++) {
        if (turn == TURNS / 2) { tt_upload_cancel(peer.upload, TT_ECLOSED); }
        const int64_t next_ms = tt_upload_step(peer.upload, now_ms);
        require(next_ms >= 0);
        ended = run_app(&peer, &inbox);
        now_ms += 60000;
    }
    require(ended || peer.upload->committed); // a file that is there is told of as long as it takes
    tt_upload_stop(peer.upload);
    require(!peer.open);
    free(memory);
    return 0;
}
