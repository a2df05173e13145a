// What the modem says: lines, and the announcements after which bytes of data come.

#include <string.h>

#include "../error.gen.h"
#include "esp_at_state.h"

enum {
    BUSY_AGAIN_MS = 200,
    JOIN_AGAIN_MS = 15000, // the modem tries by itself first
    DATA_MAX = 65535,
    NUMBER_DIGITS_MAX = 12,
    ASK_TIME_AGAIN_MS = 6 * 3600 * 1000,
};

#define EPOCH_MIN_S INT64_C(1700000000) // what a modem says before SNTP has answered is less
#define EPOCH_MAX_S INT64_C(4102444800)

static bool starts(const struct tt_esp_at *modem, const char *text)
{
    const size_t len = strlen(text);
    return modem->line_len >= len && memcmp(modem->line, text, len) == 0;
}

static bool is(const struct tt_esp_at *modem, const char *text)
{
    return strcmp(modem->line, text) == 0;
}

// The number at *at, which is moved behind it; -1 when there is none.
static int64_t number(const char **at)
{
    int64_t value = 0;
    int digits = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, digits++) {
        if (digits == NUMBER_DIGITS_MAX) { return -1; }
        value = value * 10 + (**at - '0');
    }
    return digits > 0 ? value : -1;
}

static struct tt_esp_at_link *link_of(struct tt_esp_at *modem, int64_t id)
{
    return id >= 0 && id < TT_ESP_AT_LINKS ? &modem->links[id] : NULL;
}

// "+IPD,<id>,<len>", with more behind it where the modem is talkative.
static void announced(struct tt_esp_at *modem, bool data)
{
    const char *at = modem->line + 5;
    struct tt_esp_at_link *const link = link_of(modem, number(&at));
    const bool comma = *at++ == ',';
    const int64_t len = comma ? number(&at) : -1;
    if (!comma || len < 0 || len > DATA_MAX) { return; }
    const bool wanted = link != NULL && link->live && !link->closed;
    if (data) {
        modem->into = wanted ? link : NULL;
        modem->data_left = (uint32_t)len;
    } else if (wanted && len > 0) {
        link->more = true;
    }
}

// "+CIPRECVDATA:<len>" or, from old modems, "+CIPRECVDATA,<len>". False: it is something else.
static bool fetched(struct tt_esp_at *modem)
{
    const char *at = modem->line + 13;
    const int64_t len = number(&at);
    if (len < 0 || *at != 0) { return false; }
    struct tt_esp_at_link *const link = modem->command == TT_ESP_AT_FETCH ? modem->about : NULL;
    const bool whole = link != NULL && link->asked > 0;
    if (len > DATA_MAX || (whole && len > link->asked)) {
        tt_esp_at_restart(modem); // bytes nobody can tell from words
        return true;
    }
    if (whole) {
        link->more = len == link->asked;
        link->asked = 0; // said once for each command
    }
    modem->into = whole && !link->closed ? link : NULL;
    modem->data_left = (uint32_t)len;
    return true;
}

// "+CIPRECVLEN:<bytes of link 0>,<of link 1>,…"
static void waiting(struct tt_esp_at *modem)
{
    const char *at = modem->line + 12;
    for (int i = 0; i < TT_ESP_AT_LINKS; i++) {
        const int64_t len = number(&at);
        if (len > 0 && modem->links[i].live) { modem->links[i].more = true; }
        if (*at++ != ',') { return; }
    }
}

static void time_told(struct tt_esp_at *modem)
{
    const char *at = modem->line + 14;
    const int64_t seconds = number(&at);
    if (seconds < EPOCH_MIN_S || seconds > EPOCH_MAX_S) { return; }
    const uint8_t next = 1 - atomic_load(&modem->epoch_complete);
    modem->epoch_ms[next] = seconds * 1000 - modem->now_ms;
    atomic_store(&modem->epoch_complete, next);
    modem->ask_time_ms = modem->now_ms + ASK_TIME_AGAIN_MS;
}

static void left(struct tt_esp_at *modem)
{
    modem->joined = false;
    modem->join_ms = modem->now_ms + JOIN_AGAIN_MS;
}

static void joined(struct tt_esp_at *modem)
{
    modem->joined = true;
    modem->back = true;
    modem->join_ms = INT64_MAX;
}

// "<id>,CONNECT" and "<id>,CLOSED".
static void link_said(struct tt_esp_at *modem, struct tt_esp_at_link *link)
{
    const char *const what = modem->line + 2;
    if (strcmp(what, "CONNECT") == 0) {
        link->live = true;
    } else if (strcmp(what, "CLOSED") == 0) {
        link->live = false;
        // While it is opened, the command's own end says more.
        if (link->phase == TT_ESP_AT_OPEN) { tt_esp_at_end_link(link, TT_ECLOSED); }
    }
}

static void end_of_command(struct tt_esp_at *modem)
{
    if (is(modem, "OK")) {
        // Of CIPSEND it is only the first half, of RST it comes before the restart.
        const bool whole = modem->command != TT_ESP_AT_SEND &&
                           !(modem->command == TT_ESP_AT_SETUP && modem->step == TT_ESP_AT_RESTART);
        if (whole) { tt_esp_at_succeeded(modem); }
    } else if (is(modem, "SEND OK")) {
        if (modem->command != TT_ESP_AT_SEND || !modem->prompted) { return; }
        if (modem->about->sent < modem->about->sending) {
            tt_esp_at_restart(modem); // it cannot have sent what it was not given
        } else {
            tt_esp_at_succeeded(modem);
        }
    } else if (is(modem, "SEND FAIL") || is(modem, "SEND Canceled")) {
        if (modem->command == TT_ESP_AT_SEND) { tt_esp_at_failed(modem, TT_EIO); }
    } else if (is(modem, "ERROR") || is(modem, "FAIL")) {
        tt_esp_at_failed(modem, TT_EREFUSED);
    } else if (is(modem, "DNS Fail")) {
        if (modem->command == TT_ESP_AT_START) { modem->about->error = TT_ENOTFOUND; }
    } else if (starts(modem, "ALREADY CONNECT")) {
        if (modem->command == TT_ESP_AT_START) { modem->about->live = true; }
    } else if (starts(modem, "busy ")) {
        if (modem->command != TT_ESP_AT_NONE && !modem->prompted) {
            modem->again_ms = modem->now_ms + BUSY_AGAIN_MS;
        }
    }
}

static void line_ended(struct tt_esp_at *modem)
{
    modem->line[modem->line_len] = 0;
    const bool of_link = modem->line_len > 2 && modem->line[1] == ',';
    struct tt_esp_at_link *const link = of_link ? link_of(modem, modem->line[0] - '0') : NULL;
    if (link != NULL) {
        link_said(modem, link);
    } else if (is(modem, "ready")) {
        tt_esp_at_rebooted(modem);
    } else if (is(modem, "WIFI GOT IP")) {
        joined(modem);
    } else if (is(modem, "WIFI DISCONNECT")) {
        left(modem);
    } else if (starts(modem, "+IPD,")) {
        announced(modem, false);
    } else if (starts(modem, "+CIPRECVLEN:")) {
        waiting(modem);
    } else if (starts(modem, "+SYSTIMESTAMP:")) {
        time_told(modem);
    } else {
        end_of_command(modem);
    }
}

// True when the byte ends an announcement, and data follows it.
static bool announces(struct tt_esp_at *modem, char byte)
{
    if (byte != ':' && byte != ',') { return false; }
    modem->line[modem->line_len] = 0;
    if (byte == ':' && starts(modem, "+IPD,")) {
        announced(modem, true);
        return true;
    }
    return modem->line_len > 13 && starts(modem, "+CIPRECVDATA") && fetched(modem);
}

void tt_esp_at_hear(struct tt_esp_at *modem, char byte)
{
    if (byte == '\n') {
        if (modem->line_len > 0 && modem->line[modem->line_len - 1] == '\r') { modem->line_len--; }
        if (modem->line_len > 0) { line_ended(modem); }
        modem->line_len = 0;
        return;
    }
    const bool first = modem->line_len == 0;
    if (first && (byte == ' ' || byte == '\r' || byte == 0)) { return; }
    if (first && byte == '>' && modem->command == TT_ESP_AT_SEND) {
        modem->prompted = true;
        modem->again_ms = INT64_MAX;
        return;
    }
    if (announces(modem, byte)) {
        modem->line_len = 0;
    } else if (modem->line_len < TT_ESP_AT_LINE_MAX) {
        modem->line[modem->line_len++] = byte;
    }
}
