// A hostile modem: whatever it says, and whatever the streams are used for meanwhile, nothing is
// written outside, nothing hangs, and no stream gives more than it was asked for.
#include <stdlib.h>
#include <string.h>

#include "../port/error.gen.h"
#include "../port/esp_at/esp_at.h"

// The input: a byte below 0xf0 is what the modem says; the others are acts of the user or of time.
enum { CONNECT = 0xf0, WRITE, READ, CLOSE, LATER, MUCH_LATER, ESCAPE, OK, PROMPT, SENT, UP };

struct wire {
    uint8_t sink[TT_ESP_AT_SEND_MAX];
    const uint8_t *bytes;
    size_t len;
};

static void require(int fact)
{
    if (!fact) { abort(); }
}

static int wire_read(void *ctx, uint8_t *out, size_t cap)
{
    struct wire *const wire = ctx;
    const size_t part = wire->len < cap ? wire->len : cap;
    if (part == 0) { return 0; }
    memcpy(out, wire->bytes, part);
    wire->bytes += part;
    wire->len -= part;
    return (int)part;
}

static int wire_write(void *ctx, const uint8_t *data, size_t len)
{
    struct wire *const wire = ctx;
    require(len <= sizeof wire->sink);
    memcpy(wire->sink, data, len); // a byte that is not there is seen by the sanitizer
    return (int)len;
}

static void say(struct tt_esp_at *modem, struct wire *wire, const void *bytes, size_t len,
                int64_t now_ms)
{
    wire->bytes = bytes;
    wire->len = len;
    for (int i = 0; wire->len > 0 && i < 8; i++) {
        tt_esp_at_step(modem, now_ms);
    }
}

static void say_text(struct tt_esp_at *modem, struct wire *wire, const char *text, int64_t now_ms)
{
    say(modem, wire, text, strlen(text), now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct wire wire = {0};
    struct tt_esp_at *const modem = malloc(sizeof *modem);
    const struct tt_esp_at_config config = {
        .pipe = {.ctx = &wire, .read = wire_read, .write = wire_write},
        .network = "n",
        .password = "p",
    };
    require(tt_esp_at_init(modem, &config) == TT_OK);
    struct tt_stream streams[TT_ESP_AT_LINKS] = {0};
    int64_t now_ms = 1;
    for (size_t i = 0; i < len; i++) {
        struct tt_stream *const stream = &streams[i + 1 < len ? data[i + 1] % TT_ESP_AT_LINKS : 0];
        uint8_t bytes[600];
        switch (data[i]) {
        case CONNECT:
            if (stream->read == NULL) {
                const int err = tt_esp_at_connect(modem, "hub", 8883, stream);
                require(err == TT_OK || err == TT_EFULL);
            }
            break;
        case WRITE:
            memset(bytes, 'w', sizeof bytes);
            if (stream->read != NULL) {
                require(stream->write(stream->ctx, bytes, sizeof bytes) <= (int)sizeof bytes);
            }
            break;
        case READ:
            if (stream->read != NULL) { require(stream->read(stream->ctx, bytes, 7) <= 7); }
            break;
        case CLOSE:
            if (stream->read != NULL) {
                stream->close(stream->ctx);
                stream->read = NULL;
            }
            break;
        case LATER:
        case MUCH_LATER:
            now_ms += data[i] == LATER ? 250 : 20000;
            tt_esp_at_step(modem, now_ms);
            break;
        case OK:
            say_text(modem, &wire, "OK\r\n", now_ms);
            break;
        case PROMPT:
            say_text(modem, &wire, "OK\r\n>", now_ms);
            break;
        case SENT:
            say_text(modem, &wire, "SEND OK\r\n", now_ms);
            break;
        case UP:
            say_text(
                modem, &wire,
                "OK\r\nready\r\nOK\r\nOK\r\nOK\r\nOK\r\nOK\r\nOK\r\nOK\r\nWIFI GOT IP\r\nOK\r\n",
                now_ms);
            break;
        default:
            say(modem, &wire, data + i, 1, now_ms);
        }
        require(tt_esp_at_wait_ms(modem, now_ms) >= 0);
    }
    free(modem);
    return 0;
}
