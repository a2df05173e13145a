// When telemetry goes from RAM to flash, and who hears of it. Flash is left alone while messages
// get through.
#include <string.h>

#include "../port/error.gen.h"
#include "abi.gen.h"
#include "link_state.h"

enum {
    AWAY_MS = 5000,    // how long a connection may be gone before RAM is not trusted any more
    RETRY_MS = 60000,  // after a flash that could not be written
    STEP_MESSAGES = 64 // at a time, so that the connection is not forgotten meanwhile
};

static void log_dropped(const struct tt_link *link, int32_t dropped)
{
    char text[64];
    struct tt_writer line = tt_writer_of(text, sizeof text);
    tt_writer_text(&line, "the outbox is full: messages dropped: ");
    tt_writer_decimal(&line, dropped);
    link->config.port->log(link->config.port->ctx, TT_LOG_WARNING, text, line.len);
}

// Moves what waits in RAM to flash. Returns when to go on.
static int64_t store(struct tt_link *link, int64_t now_ms)
{
    static const char failed[] = "the outbox cannot be written: telemetry waits in RAM only";
    const struct tt_port *const port = link->config.port;
    int32_t dropped = 0;
    int64_t next_ms = now_ms;
    // A segment once begun to be given up is gone before anything else happens.
    for (int stored = 0; stored < STEP_MESSAGES;) {
        struct tt_telemetry message;
        const enum tt_outbox_fate fate = tt_outbox_store(link->config.outbox, &message);
        if (fate == TT_OUTBOX_NOTHING) {
            next_ms = INT64_MAX;
            break;
        }
        if (fate == TT_OUTBOX_FAILED) {
            port->log(port->ctx, TT_LOG_ERROR, failed, sizeof failed - 1);
            next_ms = now_ms + RETRY_MS;
            link->store_at_ms = next_ms;
            break;
        }
        if (fate == TT_OUTBOX_STORED) {
            tt_hub_tell(&link->hub, TT_NOTICE_STORED, &message);
            tt_hub_put(&link->hub, TT_EVENT_STORED, message.sequence);
            stored++;
        } else {
            tt_hub_tell(&link->hub, TT_NOTICE_DROPPED, &message);
            dropped++;
        }
    }
    if (dropped > 0) { log_dropped(link, dropped); }
    return next_ms;
}

int64_t tt_link_store(struct tt_link *link, int64_t now_ms)
{
    struct tt_outbox *const outbox = link->config.outbox;
    if (link->phase == TT_LINK_CONNECTED || link->resting) {
        link->away_ms = INT64_MAX;
    } else if (link->away_ms == INT64_MAX) {
        link->away_ms = now_ms + AWAY_MS;
    }
    const bool owes = tt_outbox_owes(outbox);
    if (outbox->journal.block == NULL || (tt_queue_empty(&outbox->telemetry) && !owes)) {
        return INT64_MAX;
    }
    if (now_ms < link->store_at_ms) { return link->store_at_ms; }
    if (owes && tt_outbox_settle(outbox) < 0) {
        link->store_at_ms = now_ms + RETRY_MS;
        return link->store_at_ms;
    }
    if (tt_queue_empty(&outbox->telemetry)) { return INT64_MAX; }
    // What is behind messages on flash would come before them after a restart.
    const bool due = now_ms >= link->away_ms || !tt_outbox_flash_empty(outbox) ||
                     tt_queue_bytes(&outbox->telemetry) > outbox->telemetry.size / 2;
    return due ? store(link, now_ms) : link->away_ms;
}

// Messages RAM would lose. What flash does not take is lost with it, as told.
static void store_all(struct tt_link *link, int64_t now_ms)
{
    struct tt_outbox *const outbox = link->config.outbox;
    if (outbox->journal.block == NULL) { return; }
    if (tt_outbox_owes(outbox)) { tt_outbox_settle(outbox); }
    while (store(link, now_ms) == now_ms) {}
}

bool tt_link_leave(struct tt_link *link, int64_t now_ms, int64_t *next_ms)
{
    // Longer than leaving takes, or as long as whoever asked for a restart wants to wait: then the
    // connection is not worth it.
    enum { SLEEP_MS = 70000, RESTART_MS = 5000 };
    const struct tt_port *const port = link->config.port;
    struct tt_outbox *const outbox = link->config.outbox;
    const uint32_t seconds = atomic_load(&outbox->leave_s);
    if (seconds == 0) { return false; }
    if (link->leave_by_ms == 0) { link->leave_by_ms = now_ms + outbox->leave_patience_ms; }
    const bool sent = tt_link_idle(link) && (tt_hub_quiet(&link->hub) || !tt_link_connected(link));
    if (!link->lent && !sent && now_ms < link->leave_by_ms) {
        if (link->leave_by_ms < *next_ms) { *next_ms = link->leave_by_ms; }
        return false;
    }
    link->lent = true; // it leaves, and dials no more
    const bool leaves = link->phase == TT_LINK_CONNECTED || link->phase == TT_LINK_LEAVING;
    const int64_t last_ms =
        link->leave_by_ms + (seconds == TT_OUTBOX_RESTART ? RESTART_MS : SLEEP_MS);
    if (leaves && now_ms < last_ms) {
        if (link->phase == TT_LINK_CONNECTED && !link->hub.draining) { *next_ms = now_ms; }
        if (last_ms < *next_ms) { *next_ms = last_ms; }
        return false;
    }
    store_all(link, now_ms);
    tt_link_stop(link);
    if (seconds == TT_OUTBOX_RESTART) {
        port->restart(port->ctx, TT_RESTART_REQUESTED);
    } else {
        port->sleep(port->ctx, seconds);
    }
    return true;
}
