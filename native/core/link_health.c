// How the device is, in its twin: said at each connection, for those who look after many of them.
#include <string.h>

#include "link_state.h"

static const char *reset_text(enum tt_reset_reason reset)
{
    switch (reset) {
    case TT_RESET_POWER:
        return "power";
    case TT_RESET_PIN:
        return "pin";
    case TT_RESET_SOFTWARE:
        return "software";
    case TT_RESET_WATCHDOG:
        return "watchdog";
    case TT_RESET_BROWNOUT:
        return "brownout";
    case TT_RESET_SLEEP:
        return "sleep";
    default:
        return NULL;
    }
}

static void put_number(struct tt_writer *text, const char *name, int64_t value)
{
    tt_writer_text(text, name);
    tt_writer_decimal(text, value);
}

void tt_link_report_health(struct tt_link *link)
{
    static const char name[] = "health";
    const struct tt_port *const port = link->config.port;
    struct tt_condition condition = {.reset = TT_RESET_UNKNOWN, .least_free_bytes = -1};
    if (port->condition != NULL) { port->condition(port->ctx, &condition); }
    char json[160];
    struct tt_writer text = tt_writer_of(json, sizeof json);
    put_number(&text, "{\"boot\":", link->config.boot);
    // The hub merges what is reported: what is not known now must not stay from earlier.
    tt_writer_text(&text, ",\"reset\":");
    const char *const reset = reset_text(condition.reset);
    if (reset != NULL) {
        tt_writer_json(&text, reset, strlen(reset));
    } else {
        tt_writer_text(&text, "null");
    }
    put_number(&text, ",\"reconnects\":", link->connections - 1);
    const struct tt_outbox *const outbox = link->config.outbox;
    put_number(&text, ",\"outbox\":",
               (int64_t)tt_journal_count(&outbox->journal) + tt_journal_count(&outbox->kept));
    tt_writer_text(&text, ",\"leastFreeBytes\":");
    if (condition.least_free_bytes >= 0) {
        tt_writer_decimal(&text, condition.least_free_bytes);
    } else {
        tt_writer_text(&text, "null");
    }
    tt_writer_u8(&text, '}');
    // Without room the app's own properties come first: the next connection says it.
    tt_reported_set(&link->hub.reported, (struct tt_range){name, sizeof name - 1},
                    (struct tt_range){json, text.len});
}
