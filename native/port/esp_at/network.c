// The one modem of a firmware.

#include "network.h"

#include <string.h>

#include "../error.gen.h"

static struct tt_esp_at modem;
static const struct tt_esp_at_board *board;
static const struct tt_port *port;
static int64_t (*uptime_ms)(void);
static bool up;
static bool was_joined;
static bool knew; // the time
static uint32_t restarts_told;
static uint32_t failures_told;

static void say(enum tt_log_level level, const char *text)
{
    port->log(port->ctx, level, text, strlen(text));
}

static int start(const struct tt_port *of_port, int64_t (*clock)(void), void (*wake)(void))
{
    port = of_port;
    uptime_ms = clock;
    struct tt_esp_at_config config = {
        .network = board->network, .password = board->password, .reset = board->reset};
    if (board->open(wake, &config.pipe) < 0 || tt_esp_at_init(&modem, &config) < 0) {
        return TT_EIO;
    }
    up = true;
    return TT_OK;
}

static void tell(void)
{
    if (modem.restarts != restarts_told) {
        restarts_told = modem.restarts;
        say(TT_LOG_WARNING, "network: the modem is started anew");
    }
    if (modem.join_failures != failures_told) {
        failures_told = modem.join_failures;
        say(TT_LOG_WARNING, "network: the modem cannot join: wrong password, or out of reach");
    }
    const bool joined = tt_esp_at_joined(&modem);
    if (joined == was_joined) { return; }
    was_joined = joined;
    if (joined) {
        say(TT_LOG_INFO, "network: joined by the modem");
    } else {
        say(TT_LOG_WARNING, "network: lost by the modem");
    }
}

static int64_t epoch_ms(void)
{
    return up ? tt_esp_at_epoch_ms(&modem, uptime_ms()) : TT_EUNSET;
}

static bool step(void)
{
    if (!up) { return false; }
    tt_esp_at_step(&modem, uptime_ms());
    tell();
    const bool knows = epoch_ms() >= 0;
    const bool learned = knows && !knew; // who waited for the time need not wait longer
    knew = knows;
    return tt_esp_at_back(&modem) || learned;
}

static int32_t wait_ms(void)
{
    return up ? tt_esp_at_wait_ms(&modem, uptime_ms()) : INT32_MAX;
}

static int connect(void *ctx, const char *host, uint16_t tcp_port, struct tt_stream *out)
{
    (void)ctx;
    return up ? tt_esp_at_connect(&modem, host, tcp_port, out) : TT_EIO;
}

struct tt_network tt_esp_at_network(const struct tt_esp_at_board *of_board)
{
    board = of_board;
    return (struct tt_network){
        .start = start,
        .step = step,
        .wait_ms = wait_ms,
        .connect = connect,
        .epoch_ms = epoch_ms,
    };
}
