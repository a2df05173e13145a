#include "sim_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../error.gen.h"

static int64_t epoch_ms(void *ctx);
static void random_bytes(void *ctx, uint8_t *out, size_t len);
static void restart(void *ctx, enum tt_restart_reason reason);
static void write_log(void *ctx, enum tt_log_level level, const char *text, size_t len);
static int open_stream(void *ctx, const char *host, uint16_t port, struct tt_stream *out);
static void wake(void *ctx);
static void notice(void *ctx, const struct tt_notice *notice);
static void fall_asleep(void *ctx, uint32_t seconds);
static void condition(void *ctx, struct tt_condition *out);

void tt_sim_port_init(struct tt_sim_port *port)
{
    port->events.len = 0;
    port->net.events = &port->events;
    port->epoch_base_ms = TT_EUNSET;
    port->starved = NULL;
}

static void feed(struct tt_sim_port *port)
{
    if (port->starved) { *port->starved = port->fuel; }
    port->starved = NULL;
}

void tt_sim_port_starve(struct tt_sim_port *port, int64_t *event_fuel)
{
    feed(port);
    port->starved = event_fuel;
    port->fuel = *event_fuel;
    *event_fuel = 0;
}

void tt_sim_port_reset(struct tt_sim_port *port)
{
    feed(port);
    tt_sim_net_reset(&port->net);
    port->woken = false;
    port->restarting = 0;
}

struct tt_port tt_sim_port_functions(struct tt_sim_port *port)
{
    return (struct tt_port){
        .ctx = port,
        .epoch_ms = epoch_ms,
        .random = random_bytes,
        .restart = restart,
        .log = write_log,
        .connect = open_stream,
        .wake_app = wake,
        .wake_link = wake,
        .condition = condition,
        .sleep = fall_asleep,
        .notice = notice,
    };
}

static int64_t epoch_ms(void *ctx)
{
    const struct tt_sim_port *port = ctx;
    return port->epoch_base_ms < 0 ? TT_EUNSET : port->epoch_base_ms + port->uptime_ms;
}

// SplitMix64 (Steele, Lea, Flood 2014): a full-period generator whose whole state is one number.
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    struct tt_sim_port *port = ctx;
    if (!port->seeded) {
        for (size_t at = 0; at < len; at += 256) { // getentropy's limit
            if (getentropy(out + at, len - at < 256 ? len - at : 256) != 0) {
                abort(); // going on without randomness would be worse
            }
        }
        return;
    }
    for (size_t at = 0; at < len;) {
        uint64_t bits = next_random(&port->random_state);
        for (int i = 0; i < 8 && at < len; i++, at++, bits >>= 8) {
            out[at] = (uint8_t)bits;
        }
    }
}

static void restart(void *ctx, enum tt_restart_reason reason)
{
    struct tt_sim_port *port = ctx;
    if (port->restarting == 0) {
        port->restarting = (int)reason;
        tt_sim_event(&port->events, TT_SIM_RESTART, (int32_t)reason, 0, NULL, 0);
    }
}

static void fall_asleep(void *ctx, uint32_t seconds)
{
    struct tt_sim_port *port = ctx;
    if (port->restarting != 0) { return; }
    port->restarting = TT_RESTART_REQUESTED;
    tt_sim_event(&port->events, TT_SIM_RESTART, TT_RESTART_REQUESTED, (int32_t)seconds, NULL, 0);
}

// A guest may log without end in one event: nobody can take the lines over before it is stopped.
static void write_log(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    struct tt_sim_port *port = ctx;
    if (port->events.len >= TT_SIM_LOG_BYTES) {
        port->unlogged++;
        return;
    }
    if (port->unlogged > 0) {
        char dropped[64];
        const int dropped_len = snprintf(dropped, sizeof dropped, "%lu log lines were dropped here",
                                         (unsigned long)port->unlogged);
        port->unlogged = 0;
        tt_sim_event(&port->events, TT_SIM_LOG, TT_LOG_WARNING, 0, dropped, (size_t)dropped_len);
    }
    tt_sim_event(&port->events, TT_SIM_LOG, (int32_t)level, 0, text, len);
}

static int open_stream(void *ctx, const char *host, uint16_t port_number, struct tt_stream *out)
{
    struct tt_sim_port *port = ctx;
    return tt_sim_net_connect(&port->net, host, port_number, out);
}

static void wake(void *ctx)
{
    struct tt_sim_port *port = ctx;
    port->woken = true;
}

static void notice(void *ctx, const struct tt_notice *notice)
{
    struct tt_sim_port *port = ctx;
    if (notice->kind == TT_NOTICE_CRASHED) { feed(port); }
    tt_sim_event(&port->events, TT_SIM_NOTICE, (int32_t)notice->kind, notice->code, notice->text,
                 notice->text_len);
}

// The computer's memory does not run out as a device's does.
static void condition(void *ctx, struct tt_condition *out)
{
    const struct tt_sim_port *port = ctx;
    *out = (struct tt_condition){.reset = port->reset, .least_free_bytes = -1};
}
