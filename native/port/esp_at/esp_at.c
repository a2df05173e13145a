// The modem's connections as struct tt_stream, and the loop between the pipe and the commands.

#include "esp_at.h"

#include <string.h>

#include "../error.gen.h"
#include "esp_at_state.h"

enum { TURNS_MAX = 64, SCRATCH = 32, WAIT_MAX_MS = 60000 };

static bool is_host(const char *host)
{
    size_t len = 0;
    for (; host[len] != 0; len++) {
        const char byte = host[len];
        const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                           (byte >= 'A' && byte <= 'Z') || byte == '.' || byte == '-' ||
                           byte == '_' || byte == ':';
        if (!plain || len >= TT_ESP_AT_HOST_MAX - 1) { return false; }
    }
    return len > 0;
}

static bool is_text(const char *text, size_t max)
{
    size_t len = 0;
    for (; text != NULL && text[len] != 0; len++) {
        const uint8_t byte = (uint8_t)text[len];
        if (byte < 0x20 || byte == 0x7f || len >= max) { return false; }
    }
    return true;
}

int tt_esp_at_init(struct tt_esp_at *modem, const struct tt_esp_at_config *config)
{
    memset(modem, 0, sizeof *modem);
    modem->config = *config;
    modem->again_ms = INT64_MAX;
    modem->join_ms = INT64_MAX;
    modem->epoch_ms[0] = TT_EUNSET;
    for (size_t i = 0; i < TT_ESP_AT_LINKS; i++) {
        modem->links[i].modem = modem;
    }
    return is_text(config->network, TT_ESP_AT_NAME_MAX) &&
                   is_text(config->password, TT_ESP_AT_PASSWORD_MAX)
               ? TT_OK
               : TT_EINVALID;
}

static bool read_data(struct tt_esp_at *modem)
{
    struct tt_esp_at_link *const link = modem->into;
    uint8_t scratch[SCRATCH];
    const size_t room = link != NULL ? (size_t)(TT_ESP_AT_RECEIVE_MAX - link->received) : SCRATCH;
    const size_t cap = room < modem->data_left ? room : modem->data_left;
    if (cap == 0) { return false; } // of a modem that does not wait to be asked: the pipe backs up
    uint8_t *const at = link != NULL ? link->receive + link->received : scratch;
    const int got = modem->config.pipe.read(modem->config.pipe.ctx, at, cap);
    if (got <= 0) { return false; }
    modem->data_left -= (uint32_t)got;
    if (link != NULL) { link->received = (uint16_t)(link->received + got); }
    return true;
}

static bool read_some(struct tt_esp_at *modem)
{
    if (modem->data_left > 0) { return read_data(modem); }
    char byte;
    const int got = modem->config.pipe.read(modem->config.pipe.ctx, (uint8_t *)&byte, 1);
    if (got <= 0) { return false; }
    tt_esp_at_hear(modem, byte);
    return true;
}

static size_t give(struct tt_esp_at *modem, const void *data, size_t len)
{
    const int taken = modem->config.pipe.write(modem->config.pipe.ctx, data, len);
    return taken > 0 ? (size_t)taken : 0;
}

static void write_some(struct tt_esp_at *modem)
{
    while (modem->flush_left > 0) {
        char padding[SCRATCH];
        memset(padding, '\n', sizeof padding);
        const size_t taken =
            give(modem, padding, modem->flush_left < SCRATCH ? modem->flush_left : (size_t)SCRATCH);
        if (taken == 0) { return; }
        modem->flush_left -= (uint32_t)taken;
    }
    if (modem->out_at < modem->out_len) {
        modem->out_at = (uint16_t)(modem->out_at + give(modem, modem->out + modem->out_at,
                                                        (size_t)(modem->out_len - modem->out_at)));
    }
    struct tt_esp_at_link *const link = modem->about;
    if (modem->prompted && modem->out_at == modem->out_len && link->sent < link->sending) {
        link->sent = (uint16_t)(link->sent + give(modem, link->send + link->sent,
                                                  (size_t)(link->sending - link->sent)));
    }
}

// Until nothing moves any more. A modem that talks without end gets its turn and no more.
static void work(struct tt_esp_at *modem)
{
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        bool heard = false;
        for (int i = 0; i < TT_ESP_AT_RECEIVE_MAX && read_some(modem); i++) {
            heard = true;
        }
        const enum tt_esp_at_command before = modem->command;
        tt_esp_at_say_next(modem);
        write_some(modem);
        if (!heard && modem->command == before) { return; }
    }
}

void tt_esp_at_step(struct tt_esp_at *modem, int64_t now_ms)
{
    modem->now_ms = now_ms;
    work(modem);
    tt_esp_at_look_at_time(modem);
    work(modem);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int32_t tt_esp_at_wait_ms(const struct tt_esp_at *modem, int64_t now_ms)
{
    int64_t until_ms = now_ms + WAIT_MAX_MS;
    if (modem->command != TT_ESP_AT_NONE) {
        until_ms = sooner(until_ms, sooner(modem->until_ms, modem->again_ms));
    } else if (modem->step < TT_ESP_AT_UP) {
        until_ms = sooner(until_ms, modem->begin_ms);
    } else {
        until_ms = sooner(until_ms, modem->join_ms);
        if (modem->joined) { until_ms = sooner(until_ms, modem->ask_time_ms); }
        for (size_t i = 0; i < TT_ESP_AT_LINKS; i++) {
            if (modem->links[i].live) { until_ms = sooner(until_ms, modem->ask_waiting_ms); }
        }
    }
    return until_ms > now_ms ? (int32_t)(until_ms - now_ms) : 0;
}

bool tt_esp_at_joined(const struct tt_esp_at *modem)
{
    return modem->step == TT_ESP_AT_UP && modem->joined;
}

bool tt_esp_at_back(struct tt_esp_at *modem)
{
    const bool back = modem->back && tt_esp_at_joined(modem);
    if (back) { modem->back = false; }
    return back;
}

int64_t tt_esp_at_epoch_ms(const struct tt_esp_at *modem, int64_t now_ms)
{
    const int64_t epoch_ms = modem->epoch_ms[atomic_load(&modem->epoch_complete)];
    return epoch_ms < 0 ? TT_EUNSET : epoch_ms + now_ms;
}

static int stream_read(void *ctx, uint8_t *out, size_t cap)
{
    struct tt_esp_at_link *const link = ctx;
    const size_t part = link->received < cap ? link->received : cap;
    if (part > 0) {
        memcpy(out, link->receive, part);
        link->received = (uint16_t)(link->received - part);
        memmove(link->receive, link->receive + part, link->received);
        work(link->modem);
        return (int)part;
    }
    const bool coming =
        link->more || link->asked > 0 || (link->modem->into == link && link->modem->data_left > 0);
    return link->error != TT_OK && cap > 0 && !coming && link->received == 0 ? link->error : 0;
}

static int stream_write(void *ctx, const uint8_t *data, size_t len)
{
    struct tt_esp_at_link *const link = ctx;
    if (link->error != TT_OK && link->phase == TT_ESP_AT_ENDED) { return link->error; }
    if (link->phase != TT_ESP_AT_OPEN) { return 0; }
    const size_t room = (size_t)(TT_ESP_AT_SEND_MAX - link->to_send);
    const size_t part = len < room ? len : room;
    memcpy(link->send + link->to_send, data, part);
    link->to_send = (uint16_t)(link->to_send + part);
    work(link->modem);
    return (int)part;
}

// The number stays taken until the modem has let go of it; what was written is sent before.
static void stream_close(void *ctx)
{
    struct tt_esp_at_link *const link = ctx;
    link->closed = true;
    link->more = false;
    link->received = 0;
    if (link->modem->into == link) { link->modem->into = NULL; }
    tt_esp_at_free_closed(link);
    work(link->modem);
}

int tt_esp_at_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out)
{
    struct tt_esp_at *const modem = ctx;
    if (!is_host(host)) { return TT_EINVALID; }
    for (size_t i = 0; i < TT_ESP_AT_LINKS; i++) {
        struct tt_esp_at_link *const link = &modem->links[i];
        if (link->phase != TT_ESP_AT_FREE) { continue; }
        link->phase = TT_ESP_AT_DIALING;
        link->more = false;
        link->closed = false;
        link->error = TT_OK;
        link->port = port;
        link->received = 0;
        link->asked = 0;
        link->to_send = 0;
        link->sending = 0;
        link->sent = 0;
        memcpy(link->host, host, strlen(host) + 1);
        *out = (struct tt_stream){
            .ctx = link, .read = stream_read, .write = stream_write, .close = stream_close};
        work(modem);
        return TT_OK;
    }
    return TT_EFULL;
}
