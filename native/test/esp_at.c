// The ESP-AT driver against a modem that is a script: what is said to it, what it answers, and when
// it does not.
#include "../port/esp_at/esp_at.h"

#include "../port/error.gen.h"
#include "check.h"

enum { WIRE_MAX = 8192 };

// The wire: what the modem has said and nobody has read, and what it was told.
static struct {
    char in[WIRE_MAX];
    size_t in_len;
    size_t in_at;
    char out[WIRE_MAX];
    size_t out_len;
    size_t room;    // bytes it still takes
    size_t portion; // most bytes of one read
    int resets;
} wire;

static struct tt_esp_at modem;
static int64_t now_ms;

static int wire_read(void *ctx, uint8_t *out, size_t cap)
{
    (void)ctx;
    size_t part = wire.in_len - wire.in_at;
    if (part > cap) { part = cap; }
    if (part > wire.portion) { part = wire.portion; }
    memcpy(out, wire.in + wire.in_at, part);
    wire.in_at += part;
    return (int)part;
}

static int wire_write(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    const size_t part = len < wire.room ? len : wire.room;
    CHECK(wire.out_len + part <= sizeof wire.out);
    memcpy(wire.out + wire.out_len, data, part);
    wire.out_len += part;
    wire.room -= part;
    return (int)part;
}

static void step(void)
{
    tt_esp_at_step(&modem, now_ms);
}

static void modem_says_bytes(const void *bytes, size_t len)
{
    if (wire.in_at == wire.in_len) { wire.in_at = wire.in_len = 0; }
    CHECK(wire.in_len + len <= sizeof wire.in);
    memcpy(wire.in + wire.in_len, bytes, len);
    wire.in_len += len;
    step();
}

static void modem_says(const char *text)
{
    modem_says_bytes(text, strlen(text));
}

// What the modem was told since the last look, whole.
static void told(const char *text)
{
    if (wire.out_len != strlen(text) || memcmp(wire.out, text, wire.out_len) != 0) {
        printf("told: %.*s\nwanted: %s\n", (int)wire.out_len, wire.out, text);
        CHECK(!"what the modem was told");
    }
    wire.out_len = 0;
}

static void later(int64_t ms)
{
    now_ms += ms;
    step();
}

static void reset_line(void *ctx)
{
    (void)ctx;
    wire.resets++;
}

static void begin_with(const char *network, const char *password, void (*reset)(void *ctx))
{
    memset(&wire, 0, sizeof wire);
    wire.room = SIZE_MAX;
    wire.portion = SIZE_MAX;
    now_ms = 1000;
    const struct tt_esp_at_config config = {
        .pipe = {.read = wire_read, .write = wire_write},
        .network = network,
        .password = password,
        .reset = reset,
    };
    CHECK_INT(tt_esp_at_init(&modem, &config), TT_OK);
    step();
}

static void answered(const char *command, const char *answer)
{
    told(command);
    modem_says(answer);
}

// Asked for once, and then every six hours.
static void told_time(void)
{
    if (tt_esp_at_epoch_ms(&modem, now_ms) == TT_EUNSET) {
        answered("AT+SYSTIMESTAMP?\r\n", "+SYSTIMESTAMP:1764347000\r\n\r\nOK\r\n");
    }
    told("");
}

static void bring_up(void)
{
    answered("AT\r\n", "AT\r\n\r\nOK\r\n");
    answered("AT+RST\r\n", "AT+RST\r\n\r\nOK\r\n\x01\xff\xfe rl\r\nready\r\n");
    answered("ATE0\r\n", "ATE0\r\n\r\nOK\r\n");
    answered("AT+SYSSTORE=0\r\n", "\r\nOK\r\n");
    answered("AT+CWMODE=1\r\n", "\r\nOK\r\n");
    answered("AT+CIPMUX=1\r\n", "\r\nOK\r\n");
    answered("AT+CIPDINFO=0\r\n", "\r\nOK\r\n");
    answered("AT+CIPRECVTYPE=5,1\r\n", "\r\nOK\r\n");
    answered("AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"\r\n", "\r\nOK\r\n");
    answered("AT+CWJAP=\"home\",\"secret\"\r\n", "WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n");
    told_time();
}

static void begin(void)
{
    begin_with("home", "secret", NULL);
    bring_up();
    CHECK(tt_esp_at_back(&modem));
}

static struct tt_stream open_stream(int id)
{
    struct tt_stream stream;
    char text[96];
    CHECK_INT(tt_esp_at_connect(&modem, "hub.example", 8883, &stream), TT_OK);
    snprintf(text, sizeof text, "AT+CIPSTART=%d,\"TCP\",\"hub.example\",8883\r\n", id);
    told(text);
    CHECK_INT(stream.write(stream.ctx, (const uint8_t *)"x", 1), 0);
    snprintf(text, sizeof text, "%d,CONNECT\r\n\r\nOK\r\n", id);
    modem_says(text);
    told("");
    return stream;
}

static int put(struct tt_stream stream, const char *text)
{
    return stream.write(stream.ctx, (const uint8_t *)text, strlen(text));
}

static void got(struct tt_stream stream, const char *text)
{
    uint8_t bytes[1024];
    const int len = stream.read(stream.ctx, bytes, sizeof bytes);
    CHECK_INT(len, strlen(text));
    CHECK(memcmp(bytes, text, (size_t)len) == 0);
}

static int read_error(struct tt_stream stream)
{
    uint8_t byte;
    return stream.read(stream.ctx, &byte, 1);
}

static void comes_up(void)
{
    begin_with("home", "secret", NULL);
    CHECK(!tt_esp_at_joined(&modem));
    CHECK_INT(tt_esp_at_epoch_ms(&modem, now_ms), TT_EUNSET);
    bring_up();
    CHECK(tt_esp_at_joined(&modem));
    CHECK(tt_esp_at_back(&modem));
    CHECK(!tt_esp_at_back(&modem));
    CHECK_INT(tt_esp_at_epoch_ms(&modem, now_ms + 500), INT64_C(1764347000500));
}

static void takes_names_as_they_are(void)
{
    begin_with("a\"b,c\\", "p,\"\\", NULL);
    modem.step = TT_ESP_AT_CLOCK;
    wire.out_len = 0;
    modem_says("OK\r\n");
    answered("AT+CWJAP=\"a\\\"b\\,c\\\\\",\"p\\,\\\"\\\\\"\r\n", "OK\r\n");
}

static void refuses_names_that_cannot_be(void)
{
    struct tt_esp_at_config config = {.pipe = {.read = wire_read, .write = wire_write}};
    config.network = "two\r\nlines";
    CHECK_INT(tt_esp_at_init(&modem, &config), TT_EINVALID);
    config.network = "123456789012345678901234567890123";
    CHECK_INT(tt_esp_at_init(&modem, &config), TT_EINVALID);
    begin();
    struct tt_stream stream;
    CHECK_INT(tt_esp_at_connect(&modem, "a\",80\r\nAT+RST", 1, &stream), TT_EINVALID);
    CHECK_INT(tt_esp_at_connect(&modem, "", 1, &stream), TT_EINVALID);
}

static void an_old_modem_is_asked_the_old_way(void)
{
    begin_with(NULL, NULL, NULL);
    answered("AT\r\n", "OK\r\n");
    answered("AT+RST\r\n", "OK\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n");
    answered("ATE0\r\n", "OK\r\n");
    answered("AT+CIPMUX=1\r\n", "OK\r\n");
    answered("AT+CIPDINFO=0\r\n", "ERROR\r\n");
    answered("AT+CIPRECVTYPE=5,1\r\n", "ERROR\r\n");
    answered("AT+CIPRECVMODE=1\r\n", "OK\r\n");
    answered("AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"\r\n", "OK\r\n");
    told("AT+SYSTIMESTAMP?\r\n");
    CHECK(tt_esp_at_joined(&modem));
}

static void sends(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    CHECK_INT(put(stream, "hello"), 5);
    told("AT+CIPSEND=0,5\r\n");
    CHECK_INT(put(stream, " and more"), 9); // goes with the next command
    modem_says("\r\nOK\r\n\r\n> ");
    told("hello");
    modem_says("\r\nRecv 5 bytes\r\n\r\nSEND OK\r\n");
    told("AT+CIPSEND=0,9\r\n");
    modem_says("OK\r\n>");
    told(" and more");
    modem_says("SEND OK\r\n");
    told("");
}

static void a_full_buffer_takes_nothing_more(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    static uint8_t bytes[TT_ESP_AT_SEND_MAX + 100];
    CHECK_INT(stream.write(stream.ctx, bytes, sizeof bytes), TT_ESP_AT_SEND_MAX);
    CHECK_INT(stream.write(stream.ctx, bytes, 1), 0);
    told("AT+CIPSEND=0,1024\r\n");
    wire.room = 1000; // a pipe that is slow
    modem_says("OK\r\n>");
    CHECK_INT(wire.out_len, 1000);
    wire.room = SIZE_MAX;
    step();
    CHECK_INT(wire.out_len, TT_ESP_AT_SEND_MAX);
    modem_says("SEND OK\r\n");
    CHECK_INT(stream.write(stream.ctx, bytes, 1), 1);
}

static void fetches(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    modem_says("+IPD,0,5\r\n");
    answered("AT+CIPRECVDATA=0,512\r\n", "+CIPRECVDATA:5,OK\r\n\n\r\nOK\r\n");
    told("");
    got(stream, "OK\r\n\n");
    CHECK_INT(read_error(stream), 0);
}

static void words_split_anywhere_are_the_same(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    wire.portion = 1;
    static const char all[] = "\r\n+IPD,0,3\r\n";
    for (size_t i = 0; i < sizeof all - 1; i++) {
        modem_says_bytes(all + i, 1);
    }
    static const char data[] = "+CIPRECVDATA:3,\r\n>\r\nOK\r\n";
    for (size_t i = 0; i < sizeof data - 1; i++) {
        modem_says_bytes(data + i, 1);
    }
    got(stream, "\r\n>");
}

static void what_is_full_is_fetched_again(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    uint8_t bytes[TT_ESP_AT_RECEIVE_MAX];
    memset(bytes, 'a', sizeof bytes);
    modem_says("+IPD,0,600\r\n");
    told("AT+CIPRECVDATA=0,512\r\n");
    modem_says("+CIPRECVDATA:512,");
    modem_says_bytes(bytes, sizeof bytes);
    modem_says("\r\nOK\r\n");
    told(""); // nobody has read: the rest stays in the modem, and TCP's window closes
    CHECK_INT(stream.read(stream.ctx, bytes, 300), 300);
    answered("AT+CIPRECVDATA=0,300\r\n", "+CIPRECVDATA:88,");
    modem_says_bytes(bytes, 88);
    modem_says("\r\nOK\r\n");
    told("");
    CHECK_INT(stream.read(stream.ctx, bytes, sizeof bytes), 300);
}

static void the_last_bytes_come_before_the_end(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    modem_says("+IPD,0,3\r\n0,CLOSED\r\n");
    CHECK_INT(read_error(stream), 0);
    answered("AT+CIPRECVDATA=0,512\r\n", "+CIPRECVDATA:3,abc\r\nOK\r\n");
    got(stream, "abc");
    CHECK_INT(read_error(stream), TT_ECLOSED);
    CHECK_INT(put(stream, "x"), TT_ECLOSED);
    stream.close(stream.ctx);
    told(""); // the modem has let go of it already
    open_stream(0);
}

static void refusals_are_told_apart(void)
{
    begin();
    struct tt_stream stream;
    CHECK_INT(tt_esp_at_connect(&modem, "nowhere", 1, &stream), TT_OK);
    answered("AT+CIPSTART=0,\"TCP\",\"nowhere\",1\r\n", "DNS Fail\r\n\r\nERROR\r\n");
    CHECK_INT(read_error(stream), TT_ENOTFOUND);
    stream.close(stream.ctx);
    CHECK_INT(tt_esp_at_connect(&modem, "10.0.0.1", 1, &stream), TT_OK);
    answered("AT+CIPSTART=0,\"TCP\",\"10.0.0.1\",1\r\n", "ERROR\r\n0,CLOSED\r\n");
    CHECK_INT(read_error(stream), TT_EREFUSED);
    CHECK_INT(put(stream, "x"), TT_EREFUSED);
    stream.close(stream.ctx);
    told("");
}

static void a_failed_send_ends_the_stream(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    put(stream, "lost");
    answered("AT+CIPSEND=0,4\r\n", "OK\r\n>");
    answered("lost", "SEND FAIL\r\n");
    CHECK_INT(put(stream, "x"), TT_EIO);
    CHECK_INT(read_error(stream), TT_EIO);
    stream.close(stream.ctx);
    answered("AT+CIPCLOSE=0\r\n", "0,CLOSED\r\n\r\nOK\r\n");
    told("");
}

static void what_was_announced_is_given_although_the_peer_closed(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    put(stream, "bytes");
    answered("AT+CIPSEND=0,5\r\n", "0,CLOSED\r\nOK\r\n>");
    answered("bytes", "SEND FAIL\r\n");
    CHECK_INT(put(stream, "x"), TT_ECLOSED);
    stream.close(stream.ctx);
    CHECK_INT(modem.links[0].phase, TT_ESP_AT_FREE);
}

static void closing_sends_what_was_written_first(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    put(stream, "bye");
    stream.close(stream.ctx);
    answered("AT+CIPSEND=0,3\r\n", "OK\r\n>");
    answered("bye", "SEND OK\r\n");
    CHECK_INT(modem.links[0].phase, TT_ESP_AT_OPEN); // still the modem's
    answered("AT+CIPCLOSE=0\r\n", "0,CLOSED\r\nOK\r\n");
    CHECK_INT(modem.links[0].phase, TT_ESP_AT_FREE);
}

static void closed_before_it_was_open(void)
{
    begin();
    struct tt_stream stream;
    CHECK_INT(tt_esp_at_connect(&modem, "hub", 1, &stream), TT_OK);
    told("AT+CIPSTART=0,\"TCP\",\"hub\",1\r\n");
    stream.close(stream.ctx);
    modem_says("0,CONNECT\r\nOK\r\n");
    answered("AT+CIPCLOSE=0\r\n", "0,CLOSED\r\nOK\r\n");
    CHECK_INT(modem.links[0].phase, TT_ESP_AT_FREE);
}

static void several_streams_take_turns(void)
{
    begin();
    struct tt_stream a = open_stream(0);
    struct tt_stream b = open_stream(1);
    struct tt_stream c = open_stream(2);
    struct tt_stream none;
    CHECK_INT(tt_esp_at_connect(&modem, "hub", 1, &none), TT_EFULL);
    put(a, "1");
    put(b, "2");
    put(a, "3");
    answered("AT+CIPSEND=0,1\r\n", "OK\r\n>");
    answered("1", "SEND OK\r\n");
    answered("AT+CIPSEND=1,1\r\n", "OK\r\n>");
    answered("2", "SEND OK\r\n");
    answered("AT+CIPSEND=0,1\r\n", "OK\r\n>");
    answered("3", "SEND OK\r\n");
    modem_says("+IPD,2,1\r\n");
    answered("AT+CIPRECVDATA=2,512\r\n", "+CIPRECVDATA:1,z\r\nOK\r\n");
    CHECK_INT(read_error(a), 0);
    got(c, "z");
}

static void busy_is_asked_again(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    put(stream, "x");
    answered("AT+CIPSEND=0,1\r\n", "busy p...\r\n");
    told("");
    later(200);
    answered("AT+CIPSEND=0,1\r\n", "OK\r\n>");
    answered("x", "SEND OK\r\n");
}

static void a_dead_modem_is_started_again(void)
{
    begin_with("home", "secret", reset_line);
    bring_up();
    struct tt_stream stream = open_stream(0);
    put(stream, "x");
    told("AT+CIPSEND=0,1\r\n");
    CHECK_INT(tt_esp_at_wait_ms(&modem, now_ms), 15000);
    later(15000);
    CHECK_INT(read_error(stream), TT_EIO);
    CHECK(!tt_esp_at_joined(&modem));
    CHECK_INT(wire.resets, 1);
    stream.close(stream.ctx);
    told("");
    later(500);
    bring_up();
    CHECK(tt_esp_at_back(&modem));
    open_stream(0);
}

static void a_modem_that_never_answers_is_asked_less_and_less(void)
{
    begin_with("home", "secret", reset_line);
    int asked = 0;
    for (int64_t until_ms = now_ms + 600000; now_ms < until_ms;) {
        const int32_t wait_ms = tt_esp_at_wait_ms(&modem, now_ms);
        CHECK(wait_ms > 0);
        asked += wire.out_len > 0;
        wire.out_len = 0;
        later(wait_ms);
    }
    CHECK(wire.resets >= 30 && wire.resets <= 40);
    CHECK(asked > 90);
}

// Without a reset line it may still wait for the bytes of a CIPSEND from before our own restart.
static void padding_ends_an_old_send(void)
{
    begin_with("home", "secret", NULL);
    for (int i = 0; i < 3; i++) {
        told("AT\r\n");
        later(500);
    }
    CHECK_INT(wire.out_len, TT_ESP_AT_SEND_MAX);
    CHECK_INT(strspn(wire.out, "\n"), TT_ESP_AT_SEND_MAX);
    wire.out_len = 0;
    modem_says("SEND OK\r\n");
    later(500);
    bring_up();
}

static void a_modem_that_restarts_by_itself_loses_its_streams(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    modem_says("\x1b\x80 ets Jan  8\r\nready\r\n");
    CHECK_INT(read_error(stream), TT_EIO);
    CHECK(!tt_esp_at_joined(&modem));
    told("ATE0\r\n");
    stream.close(stream.ctx);
    CHECK_INT(modem.links[0].phase, TT_ESP_AT_FREE);
}

static void a_lost_network_comes_back(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    modem_says("0,CLOSED\r\nWIFI DISCONNECT\r\n");
    CHECK_INT(read_error(stream), TT_ECLOSED);
    stream.close(stream.ctx);
    CHECK_INT(tt_esp_at_connect(&modem, "hub", 1, &stream), TT_OK);
    CHECK_INT(read_error(stream), TT_EIO); // no route
    stream.close(stream.ctx);
    told("");
    CHECK_INT(tt_esp_at_wait_ms(&modem, now_ms), 15000);
    later(15000);
    answered("AT+CWJAP=\"home\",\"secret\"\r\n", "+CWJAP:3\r\n\r\nERROR\r\n");
    CHECK(!tt_esp_at_back(&modem));
    later(15000);
    answered("AT+CWJAP=\"home\",\"secret\"\r\n", "WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n");
    CHECK(tt_esp_at_back(&modem));
    open_stream(0);
}

static void a_notice_that_was_lost_is_asked_for(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    later(15000);
    answered("AT+CIPRECVLEN?\r\n", "+CIPRECVLEN:2,0,0,0,0\r\n\r\nOK\r\n");
    answered("AT+CIPRECVDATA=0,512\r\n", "+CIPRECVDATA:2,hi\r\nOK\r\n");
    got(stream, "hi");
}

// An old modem that does not wait to be asked: what nobody has read backs up on the pipe.
static void data_that_comes_unasked_is_taken_as_there_is_room(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    static char bytes[700];
    memset(bytes, 'b', sizeof bytes);
    modem_says("+IPD,0,700:");
    modem_says_bytes(bytes, sizeof bytes);
    CHECK_INT(wire.in_len - wire.in_at, 700 - TT_ESP_AT_RECEIVE_MAX);
    uint8_t out[1024];
    CHECK_INT(stream.read(stream.ctx, out, sizeof out), TT_ESP_AT_RECEIVE_MAX);
    CHECK_INT(stream.read(stream.ctx, out, sizeof out), 700 - TT_ESP_AT_RECEIVE_MAX);
    modem_says("\r\n+IPD,2,3:abc+IPD,9,2:xy+IPD,0,2:hi"); // the first two are nobody's
    got(stream, "hi");
}

static void hostile_numbers_are_not_believed(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    modem_says("+IPD,0,99999999999999999999:\r\n+IPD,0,4294967297:\r\n+IPD,-1,5\r\n+IPD,0\r\n");
    modem_says("+SYSTIMESTAMP:99999999999999999999\r\n+SYSTIMESTAMP:12\r\n+CIPRECVLEN:\r\n");
    modem_says("+CIPRECVDATA:\r\n7,CLOSED\r\nSEND OK\r\nERROR\r\n>\r\nOK\r\n");
    CHECK_INT(read_error(stream), 0);
    CHECK_INT(tt_esp_at_epoch_ms(&modem, now_ms), INT64_C(1764347000000));
    modem_says("+IPD,0,1\r\n");
    told("AT+CIPRECVDATA=0,512\r\n");
    modem_says("+CIPRECVDATA:513,"); // more than was asked for
    CHECK_INT(read_error(stream), TT_EIO);
    CHECK(!tt_esp_at_joined(&modem));
}

static void done_before_it_was_given_the_bytes_is_a_lie(void)
{
    begin();
    struct tt_stream stream = open_stream(0);
    put(stream, "four");
    told("AT+CIPSEND=0,4\r\n");
    wire.room = 2;
    modem_says("OK\r\n>SEND OK\r\n");
    CHECK_INT(put(stream, "x"), TT_EIO);
}

static void a_line_without_end_is_cut(void)
{
    begin();
    for (int i = 0; i < 100; i++) {
        modem_says("0123456789012345678901234567890123456789012345678901234567890123456789");
    }
    modem_says("\r\nWIFI DISCONNECT\r\n");
    CHECK(!tt_esp_at_joined(&modem));
}

int main(void)
{
    RUN(comes_up, "brings the modem up, joins the network, learns the time");
    RUN(takes_names_as_they_are, "a network's name and password may hold any printable character");
    RUN(refuses_names_that_cannot_be, "names that would be commands are refused");
    RUN(an_old_modem_is_asked_the_old_way, "what an older modem cannot do is done without");
    RUN(sends, "bytes are announced, given at the prompt, and followed by what came meanwhile");
    RUN(a_full_buffer_takes_nothing_more,
        "a full buffer takes nothing more, a slow pipe loses nothing");
    RUN(fetches, "bytes that were announced are fetched; words among them are bytes");
    RUN(words_split_anywhere_are_the_same, "words and data may be split anywhere");
    RUN(what_is_full_is_fetched_again, "what nobody reads stays in the modem");
    RUN(the_last_bytes_come_before_the_end, "the peer's last bytes are read before its end");
    RUN(refusals_are_told_apart, "an unknown name and a refused connection are told apart");
    RUN(a_failed_send_ends_the_stream, "SEND FAIL ends the stream: nobody knows what was sent");
    RUN(what_was_announced_is_given_although_the_peer_closed,
        "announced bytes are given although the peer has closed");
    RUN(closing_sends_what_was_written_first, "closing sends what was written first");
    RUN(closed_before_it_was_open, "a stream may be closed while it is being opened");
    RUN(several_streams_take_turns, "several streams take turns; one too many is refused");
    RUN(busy_is_asked_again, "a busy modem is asked again");
    RUN(a_dead_modem_is_started_again, "a modem that does not answer is reset, its streams end");
    RUN(a_modem_that_never_answers_is_asked_less_and_less, "a dead modem is asked less and less");
    RUN(padding_ends_an_old_send, "padding ends a send from before our own restart");
    RUN(a_modem_that_restarts_by_itself_loses_its_streams,
        "a modem that restarts loses its streams");
    RUN(a_lost_network_comes_back,
        "without a network there is no route; it is joined again, and told");
    RUN(a_notice_that_was_lost_is_asked_for, "a notice that was lost is asked for");
    RUN(data_that_comes_unasked_is_taken_as_there_is_room,
        "unasked data is taken as there is room");
    RUN(hostile_numbers_are_not_believed, "hostile numbers are not believed");
    RUN(done_before_it_was_given_the_bytes_is_a_lie, "SEND OK before the bytes is a broken modem");
    RUN(a_line_without_end_is_cut, "a line without end is cut");
    return 0;
}
