// What is said to the modem: bringing it up, and one command at a time for whoever has work for it.

#include <string.h>

#include "../error.gen.h"
#include "esp_at_state.h"

enum {
    PROBE_MS = 500,
    PROBES_MAX = 3,
    COMMAND_MS = 5000,
    RESTART_MS = 5000, // until "ready"; a modem that does not say so is asked then
    START_MS = 20000,  // a name to be resolved, a peer that does not answer
    JOIN_MS = 30000,
    SEND_MS = 15000,
    JOIN_AGAIN_MS = 15000,
    ASK_TIME_MS = 1000, // until it knows
    ASK_WAITING_MS = 15000,
    BACKOFF_MS = 500,
    BACKOFFS_MAX = 5,                       // doublings
    FETCH_ROOM = TT_ESP_AT_RECEIVE_MAX / 2, // fewer bytes are not worth a command
};

static void say(struct tt_esp_at *modem, const char *text)
{
    const size_t len = strlen(text);
    if (len > sizeof modem->out - modem->out_len) { return; }
    memcpy(modem->out + modem->out_len, text, len);
    modem->out_len = (uint16_t)(modem->out_len + len);
}

static void say_number(struct tt_esp_at *modem, uint32_t value)
{
    char digits[11];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    say(modem, digits + at);
}

// The modem's rule for text in commands: a backslash before its own three characters.
static void say_quoted(struct tt_esp_at *modem, const char *text)
{
    say(modem, "\"");
    for (; *text != 0; text++) {
        if (*text == '"' || *text == ',' || *text == '\\') { say(modem, "\\"); }
        const char one[2] = {*text, 0};
        say(modem, one);
    }
    say(modem, "\"");
}

static void begin(struct tt_esp_at *modem, enum tt_esp_at_command command,
                  struct tt_esp_at_link *link, int32_t patience_ms)
{
    modem->command = command;
    modem->about = link;
    modem->until_ms = modem->now_ms + patience_ms;
    modem->again_ms = INT64_MAX;
    modem->prompted = false;
    modem->out_len = 0;
    modem->out_at = 0;
}

static void say_of_link(struct tt_esp_at *modem, const char *text)
{
    say(modem, text);
    say_number(modem, (uint32_t)(modem->about - modem->links));
}

static const struct {
    const char *text;
    int32_t patience_ms;
    bool own; // only where the network's name is ours to give
} steps[TT_ESP_AT_UP] = {
    [TT_ESP_AT_PROBE] = {"AT", PROBE_MS, false},
    [TT_ESP_AT_RESTART] = {"AT+RST", RESTART_MS, false},
    [TT_ESP_AT_ECHO] = {"ATE0", COMMAND_MS, false},
    [TT_ESP_AT_FORGET] = {"AT+SYSSTORE=0", COMMAND_MS, true}, // no password in its flash
    [TT_ESP_AT_STATION] = {"AT+CWMODE=1", COMMAND_MS, true},
    [TT_ESP_AT_MANY] = {"AT+CIPMUX=1", COMMAND_MS, false},
    [TT_ESP_AT_PLAIN_NOTICE] = {"AT+CIPDINFO=0", COMMAND_MS, false},
    [TT_ESP_AT_PASSIVE] = {"AT+CIPRECVTYPE=5,1", COMMAND_MS, false},
    [TT_ESP_AT_PASSIVE_OLD] = {"AT+CIPRECVMODE=1", COMMAND_MS, false},
    [TT_ESP_AT_CLOCK] = {"AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"", COMMAND_MS, false},
    [TT_ESP_AT_JOIN] = {"AT+CWJAP=", JOIN_MS, true},
};

static void say_step(struct tt_esp_at *modem)
{
    while (steps[modem->step].own && modem->config.network == NULL) {
        modem->step++;
        if (modem->step == TT_ESP_AT_UP) { return; }
    }
    begin(modem, TT_ESP_AT_SETUP, NULL, steps[modem->step].patience_ms);
    say(modem, steps[modem->step].text);
    if (modem->step == TT_ESP_AT_JOIN) {
        say_quoted(modem, modem->config.network);
        say(modem, ",");
        say_quoted(modem, modem->config.password != NULL ? modem->config.password : "");
    }
    say(modem, "\r\n");
}

static void say_start(struct tt_esp_at *modem, struct tt_esp_at_link *link)
{
    begin(modem, TT_ESP_AT_START, link, START_MS);
    link->phase = TT_ESP_AT_OPENING;
    say_of_link(modem, "AT+CIPSTART=");
    say(modem, ",\"TCP\",");
    say_quoted(modem, link->host);
    say(modem, ",");
    say_number(modem, link->port);
    say(modem, "\r\n");
}

static void say_send(struct tt_esp_at *modem, struct tt_esp_at_link *link)
{
    begin(modem, TT_ESP_AT_SEND, link, SEND_MS);
    link->sending = link->to_send;
    link->sent = 0;
    say_of_link(modem, "AT+CIPSEND=");
    say(modem, ",");
    say_number(modem, link->sending);
    say(modem, "\r\n");
}

static void say_fetch(struct tt_esp_at *modem, struct tt_esp_at_link *link)
{
    begin(modem, TT_ESP_AT_FETCH, link, COMMAND_MS);
    link->asked = (uint16_t)(TT_ESP_AT_RECEIVE_MAX - link->received);
    link->more = false; // news from here on says it again
    say_of_link(modem, "AT+CIPRECVDATA=");
    say(modem, ",");
    say_number(modem, link->asked);
    say(modem, "\r\n");
}

static void say_close(struct tt_esp_at *modem, struct tt_esp_at_link *link)
{
    begin(modem, TT_ESP_AT_CLOSE, link, COMMAND_MS);
    say_of_link(modem, "AT+CIPCLOSE=");
    say(modem, "\r\n");
}

static bool has_room(const struct tt_esp_at_link *link)
{
    return TT_ESP_AT_RECEIVE_MAX - link->received >= FETCH_ROOM;
}

// Nothing is sent for a user who does not read what waits: the modem does not take the next bytes
// before the peer has taken these, and a peer that waits for us to read would stop both for ever.
static bool wants_send(const struct tt_esp_at_link *link)
{
    return link->phase == TT_ESP_AT_OPEN && link->live && link->to_send > 0 &&
           (!link->more || has_room(link));
}

static bool wants_fetch(const struct tt_esp_at_link *link)
{
    return link->more && !link->closed && link->phase >= TT_ESP_AT_OPEN && has_room(link);
}

// What the link has for the modem to do; one that is sent to much is still fetched from.
static bool say_for(struct tt_esp_at *modem, struct tt_esp_at_link *link, bool fetch_first)
{
    if (link->phase == TT_ESP_AT_DIALING && !link->closed) {
        if (link->live) {
            say_close(modem, link); // left over from whoever had the number before
        } else if (!modem->joined) {
            tt_esp_at_end_link(link, TT_EIO); // no route; tt_esp_at_back says when there is one
            return false;
        } else {
            say_start(modem, link);
        }
    } else if (wants_fetch(link) && (fetch_first || !wants_send(link))) {
        say_fetch(modem, link);
    } else if (wants_send(link)) {
        say_send(modem, link);
    } else if (link->closed && link->live) {
        say_close(modem, link);
    } else {
        return false;
    }
    return true;
}

static bool any_live(const struct tt_esp_at *modem)
{
    for (size_t i = 0; i < TT_ESP_AT_LINKS; i++) {
        if (modem->links[i].live) { return true; }
    }
    return false;
}

void tt_esp_at_say_next(struct tt_esp_at *modem)
{
    if (modem->command != TT_ESP_AT_NONE || modem->now_ms < modem->begin_ms) { return; }
    if (modem->step == TT_ESP_AT_UP && modem->now_ms >= modem->join_ms) {
        modem->step = TT_ESP_AT_JOIN;
        modem->join_ms = INT64_MAX;
    }
    if (modem->step < TT_ESP_AT_UP) {
        say_step(modem);
        if (modem->command != TT_ESP_AT_NONE) { return; }
    }
    // The link after the last one's first, so that none waits for ever.
    for (size_t i = 0; i < TT_ESP_AT_LINKS; i++) {
        const size_t at = (modem->turn + i) % TT_ESP_AT_LINKS;
        if (!say_for(modem, &modem->links[at], modem->fetch_first)) { continue; }
        modem->turn = (uint8_t)(at + 1);
        modem->fetch_first = modem->command == TT_ESP_AT_SEND;
        return;
    }
    if (modem->joined && modem->now_ms >= modem->ask_time_ms) {
        begin(modem, TT_ESP_AT_ASK_TIME, NULL, COMMAND_MS);
        say(modem, "AT+SYSTIMESTAMP?\r\n");
        modem->ask_time_ms = modem->now_ms + ASK_TIME_MS;
    } else if (modem->now_ms >= modem->ask_waiting_ms && any_live(modem)) {
        // A notice may have been lost, and a modem that has died shows only when it is asked.
        begin(modem, TT_ESP_AT_ASK_WAITING, NULL, COMMAND_MS);
        say(modem, "AT+CIPRECVLEN?\r\n");
        modem->ask_waiting_ms = modem->now_ms + ASK_WAITING_MS;
    }
}

void tt_esp_at_free_closed(struct tt_esp_at_link *link)
{
    if (!link->closed || link->live || link->modem->about == link) { return; }
    link->phase = TT_ESP_AT_FREE;
    link->closed = false;
}

void tt_esp_at_end_link(struct tt_esp_at_link *link, int error)
{
    if (link->error == TT_OK) { link->error = error; }
    link->phase = TT_ESP_AT_ENDED;
    // What a CIPSEND has announced still has to come, or the modem would wait for ever.
    tt_esp_at_free_closed(link);
}

// Of the command on its way; what comes then is nobody's answer.
static struct tt_esp_at_link *end_command(struct tt_esp_at *modem)
{
    struct tt_esp_at_link *const link = modem->about;
    if (link != NULL) { link->asked = 0; }
    modem->command = TT_ESP_AT_NONE;
    modem->about = NULL;
    modem->again_ms = INT64_MAX;
    modem->prompted = false;
    modem->out_len = 0;
    modem->out_at = 0;
    return link;
}

static void opened(struct tt_esp_at_link *link)
{
    link->error = TT_OK;
    link->modem->ask_waiting_ms = link->modem->now_ms + ASK_WAITING_MS;
    if (!link->live) { // closed again between its two lines
        tt_esp_at_end_link(link, TT_ECLOSED);
        return;
    }
    link->phase = TT_ESP_AT_OPEN;
}

static void sent(struct tt_esp_at_link *link)
{
    if (link->phase != TT_ESP_AT_OPEN) { return; } // the peer closed meanwhile
    memmove(link->send, link->send + link->sending, (size_t)(link->to_send - link->sending));
    link->to_send = (uint16_t)(link->to_send - link->sending);
    link->sending = 0;
}

static void step_done(struct tt_esp_at *modem, bool well)
{
    modem->tries = 0;
    switch (modem->step) {
    case TT_ESP_AT_JOIN:
        if (!well) {
            modem->join_failures++;
            modem->join_ms = modem->now_ms + JOIN_AGAIN_MS;
        }
        modem->step = TT_ESP_AT_UP;
        break;
    case TT_ESP_AT_PASSIVE:
        modem->step = well ? TT_ESP_AT_CLOCK : TT_ESP_AT_PASSIVE_OLD;
        break;
    default:
        modem->step++; // what an old modem cannot do it can be without
    }
}

void tt_esp_at_succeeded(struct tt_esp_at *modem)
{
    const enum tt_esp_at_command command = modem->command;
    struct tt_esp_at_link *const link = end_command(modem);
    switch (command) {
    case TT_ESP_AT_SETUP:
        step_done(modem, true);
        break;
    case TT_ESP_AT_START:
        opened(link);
        break;
    case TT_ESP_AT_SEND:
        sent(link);
        break;
    case TT_ESP_AT_CLOSE:
        link->live = false;
        break;
    default:
        break;
    }
    if (link != NULL) { tt_esp_at_free_closed(link); }
}

void tt_esp_at_failed(struct tt_esp_at *modem, int error)
{
    const enum tt_esp_at_command command = modem->command;
    struct tt_esp_at_link *const link = end_command(modem);
    switch (command) {
    case TT_ESP_AT_SETUP:
        if (modem->step > TT_ESP_AT_RESTART) { step_done(modem, false); }
        break;
    case TT_ESP_AT_START:
        tt_esp_at_end_link(link, error);
        break;
    case TT_ESP_AT_SEND:
        // What of it has reached the peer nobody knows.
        if (link->phase == TT_ESP_AT_OPEN) { tt_esp_at_end_link(link, TT_EIO); }
        break;
    case TT_ESP_AT_CLOSE: // it has no such connection
        link->live = false;
        break;
    default: // nothing was there to fetch, or an old modem does not know the question
        break;
    }
    if (link != NULL) { tt_esp_at_free_closed(link); }
}

static void lose_links(struct tt_esp_at *modem)
{
    for (size_t i = 0; i < TT_ESP_AT_LINKS; i++) {
        struct tt_esp_at_link *const link = &modem->links[i];
        link->live = false;
        link->more = false;
        if (link->phase > TT_ESP_AT_DIALING) { tt_esp_at_end_link(link, TT_EIO); }
        tt_esp_at_free_closed(link);
    }
    modem->joined = false;
    modem->join_ms = INT64_MAX;
    modem->into = NULL;
    modem->data_left = 0;
    modem->line_len = 0;
}

void tt_esp_at_restart(struct tt_esp_at *modem)
{
    end_command(modem);
    lose_links(modem);
    if (modem->config.reset != NULL) {
        modem->config.reset(modem->config.ctx);
    } else {
        modem->flush_left = TT_ESP_AT_SEND_MAX;
    }
    modem->restarts++;
    modem->step = TT_ESP_AT_PROBE;
    const unsigned doublings = modem->tries < BACKOFFS_MAX ? modem->tries : BACKOFFS_MAX;
    modem->begin_ms = modem->now_ms + ((int64_t)BACKOFF_MS << doublings);
    if (modem->tries < UINT8_MAX) { modem->tries++; }
}

void tt_esp_at_rebooted(struct tt_esp_at *modem)
{
    if (modem->step < TT_ESP_AT_RESTART) { return; } // of a reset of ours
    if (modem->step > TT_ESP_AT_RESTART) { modem->restarts++; }
    end_command(modem);
    lose_links(modem);
    modem->step = TT_ESP_AT_ECHO;
}

static void unanswered(struct tt_esp_at *modem)
{
    if (modem->command == TT_ESP_AT_SETUP && modem->step == TT_ESP_AT_RESTART) {
        end_command(modem);
        modem->step = TT_ESP_AT_ECHO;
    } else if (modem->command == TT_ESP_AT_SETUP && modem->step == TT_ESP_AT_PROBE &&
               ++modem->probes < PROBES_MAX) {
        end_command(modem);
    } else {
        modem->probes = 0;
        tt_esp_at_restart(modem);
    }
}

void tt_esp_at_look_at_time(struct tt_esp_at *modem)
{
    if (modem->command == TT_ESP_AT_NONE) { return; }
    if (modem->now_ms >= modem->until_ms) {
        unanswered(modem);
    } else if (modem->now_ms >= modem->again_ms && modem->out_at == modem->out_len) {
        modem->again_ms = INT64_MAX;
        modem->out_at = 0;
    }
}
