// Wi-Fi and TCP through a modem that speaks Espressif's ESP-AT commands (2.0 and later), over a
// pipe of bytes. Sans I/O: it knows no UART, no clock and no operating system. Link loop only.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../stream.h"

enum {
    TT_ESP_AT_LINKS = 3,         // connections at once, those that are being closed included
    TT_ESP_AT_RECEIVE_MAX = 512, // bytes a connection holds that were fetched and not yet read
    TT_ESP_AT_SEND_MAX = 1024,   // bytes a connection holds that the modem has not taken
    TT_ESP_AT_LINE_MAX = 96,     // longer lines are cut: nothing that matters is longer
    TT_ESP_AT_COMMAND_MAX = 256,
    TT_ESP_AT_HOST_MAX = 128,
    TT_ESP_AT_NAME_MAX = 32, // characters of a network's name
    TT_ESP_AT_PASSWORD_MAX = 64,
};

struct tt_esp_at_config {
    // To and from the modem; read and write never block. Its close is not called, and an error from
    // it is taken as silence. Bytes written may be lost on the wire, so may bytes read.
    struct tt_stream pipe;
    // The network to join, NUL-terminated, the caller's. NULL: the modem joins by itself what it
    // was told once.
    const char *network;
    const char *password; // NULL or "": an open network. Never logged
    // Pulls the modem's reset line for some milliseconds; NULL: there is no such line, so the
    // command that restarts it must do.
    void (*reset)(void *ctx);
    void *ctx;
};

enum tt_esp_at_phase {
    TT_ESP_AT_FREE,
    TT_ESP_AT_DIALING, // CIPSTART is to be sent
    TT_ESP_AT_OPENING, // and was
    TT_ESP_AT_OPEN,
    TT_ESP_AT_ENDED, // by the peer or by an error
};

struct tt_esp_at;

struct tt_esp_at_link {
    struct tt_esp_at *modem;
    enum tt_esp_at_phase phase;
    bool more;   // bytes may wait in the modem
    bool closed; // by the user
    bool live;   // the modem holds a connection of this number
    int error;   // what ended it, else TT_OK; TT_ECLOSED: the peer
    uint16_t port;
    uint16_t received; // bytes in `receive`
    uint16_t asked;    // bytes of the CIPRECVDATA on its way
    uint16_t to_send;  // bytes in `send`
    uint16_t sending;  // of these, announced by the CIPSEND on its way
    uint16_t sent;     // of these, written to the pipe
    char host[TT_ESP_AT_HOST_MAX];
    uint8_t receive[TT_ESP_AT_RECEIVE_MAX];
    uint8_t send[TT_ESP_AT_SEND_MAX];
};

enum tt_esp_at_step { // of bringing the modem up, in order
    TT_ESP_AT_PROBE,
    TT_ESP_AT_RESTART,
    TT_ESP_AT_ECHO,
    TT_ESP_AT_FORGET,
    TT_ESP_AT_STATION,
    TT_ESP_AT_MANY,
    TT_ESP_AT_PLAIN_NOTICE,
    TT_ESP_AT_PASSIVE,     // ESP-AT 3
    TT_ESP_AT_PASSIVE_OLD, // ESP-AT 2
    TT_ESP_AT_CLOCK,
    TT_ESP_AT_JOIN,
    TT_ESP_AT_UP,
};

enum tt_esp_at_command {
    TT_ESP_AT_NONE,
    TT_ESP_AT_SETUP, // what `step` says
    TT_ESP_AT_START,
    TT_ESP_AT_SEND,
    TT_ESP_AT_FETCH,
    TT_ESP_AT_CLOSE,
    TT_ESP_AT_ASK_TIME,
    TT_ESP_AT_ASK_WAITING,
};

struct tt_esp_at {
    struct tt_esp_at_config config;
    struct tt_esp_at_link links[TT_ESP_AT_LINKS];
    enum tt_esp_at_step step;
    enum tt_esp_at_command command;
    struct tt_esp_at_link *about; // whom the command is about, or NULL
    int64_t now_ms;               // of the last step
    int64_t until_ms;             // of the command, then the modem is taken for dead
    int64_t again_ms;             // the command, after "busy"; INT64_MAX: it was heard
    int64_t begin_ms;             // no command before
    int64_t join_ms;              // when to join again by our own; INT64_MAX: no need
    int64_t ask_time_ms;
    int64_t ask_waiting_ms;
    // At start of the clock of now_ms, or TT_EUNSET. The app's loop, which asks, may come between
    // any two instructions of the link's: it reads the one that is complete, the other is written.
    int64_t epoch_ms[2];
    _Atomic uint8_t epoch_complete;
    uint32_t restarts;      // for those who watch
    uint32_t join_failures; // alike
    uint32_t flush_left;    // bytes that end a CIPSEND the modem may still wait for
    uint8_t tries;          // restarts in a row that led nowhere
    uint8_t probes;         // unanswered, in a row
    uint8_t turn;           // the link that is served first
    bool fetch_first;       // of a link that wants both, so that neither starves the other
    bool joined;
    bool back;     // the network has come (back) and nobody was told
    bool prompted; // the modem waits for the bytes of CIPSEND

    uint16_t out_len;
    uint16_t out_at;
    char out[TT_ESP_AT_COMMAND_MAX];

    // What is being read.
    struct tt_esp_at_link *into; // of data; NULL: nobody wants it
    uint32_t data_left;
    uint16_t line_len;
    char line[TT_ESP_AT_LINE_MAX + 1];
};

// Fills *modem. config is copied, what it points to is not. The modem is taken from whatever state
// it is in; no byte is sent before the first step. TT_OK, or TT_EINVALID for a network's name or a
// password that is too long or has control characters.
int tt_esp_at_init(struct tt_esp_at *modem, const struct tt_esp_at_config *config);

// Reads what has come, sends what can go. Call when the pipe has bytes or room, after the streams
// were used, and after tt_esp_at_wait_ms at the latest.
void tt_esp_at_step(struct tt_esp_at *modem, int64_t now_ms);
int32_t tt_esp_at_wait_ms(const struct tt_esp_at *modem, int64_t now_ms);

bool tt_esp_at_joined(const struct tt_esp_at *modem);
// True once for each time the network came (back).
bool tt_esp_at_back(struct tt_esp_at *modem);
// Milliseconds since 1970 by the modem's SNTP, or TT_EUNSET.
int64_t tt_esp_at_epoch_ms(const struct tt_esp_at *modem, int64_t now_ms);

// As struct tt_port's connect; ctx is the modem. TT_EFULL when all links are in use, TT_EINVALID
// for a host that cannot be said in a command. The stream fails with TT_EIO while no network is
// joined.
int tt_esp_at_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out);
