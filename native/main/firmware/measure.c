// Time of the loops from a message in the outbox to its record on the wire, and of a whole
// connection.

#include "measure.h"

#include "../../port/error.gen.h"

static const struct tt_port *log_port;
static const struct tt_network *way;
static struct tt_stream tcp;
static uint32_t connecting_since;
static uint32_t connect_counts;
static uint32_t queued_since;
static uint32_t publish_counts;
static int (*call)(void *ctx, enum tt_guest_export which, int32_t a, int32_t b, int64_t fuel,
                   struct tt_trap *trap);
static uint32_t collect_counts;
static volatile bool queued; // a message whose record was not written yet

static int tcp_read(void *ctx, uint8_t *out, size_t cap)
{
    (void)ctx;
    return tcp.read(tcp.ctx, out, cap);
}

static int tcp_write(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    if (queued) {
        queued = false;
        publish_counts = tt_os_spent(TT_LOOP_LINK) - queued_since;
    }
    return tcp.write(tcp.ctx, data, len);
}

static void tcp_close(void *ctx)
{
    (void)ctx;
    tcp.close(tcp.ctx);
}

// The link has one stream at a time; its writes are looked at on their way.
static int connect_measured(void *ctx, const char *host, uint16_t tcp_port, struct tt_stream *out)
{
    *out = (struct tt_stream){.read = tcp_read, .write = tcp_write, .close = tcp_close};
    return way != NULL ? way->connect(ctx, host, tcp_port, &tcp) : TT_EUNSUPPORTED;
}

// QUEUED and CRASHED on the app loop, all else on the link loop.
static void noticed(void *ctx, const struct tt_notice *notice)
{
    (void)ctx;
    const uint32_t spent = tt_os_spent(TT_LOOP_LINK);
    if (notice->kind == TT_NOTICE_CONNECTED) {
        connect_counts = spent - connecting_since;
        log_port->log(log_port->ctx, TT_LOG_INFO, notice->text, notice->text_len);
    } else if (notice->kind == TT_NOTICE_DISCONNECTED) {
        connecting_since = spent;
    } else if (notice->kind == TT_NOTICE_QUEUED) {
        queued_since = spent;
        queued = true;
    }
}

void tt_measure_port(struct tt_port *port, const struct tt_network *network)
{
    log_port = port;
    way = network;
    port->connect = connect_measured;
    port->notice = noticed;
}

static int call_measured(void *ctx, enum tt_guest_export which, int32_t a, int32_t b, int64_t fuel,
                         struct tt_trap *trap)
{
    const uint32_t since = tt_os_spent(TT_LOOP_APP);
    const int result = call(ctx, which, a, b, fuel, trap);
    if (which == TT_GUEST_COLLECT) { collect_counts = tt_os_spent(TT_LOOP_APP) - since; }
    return result;
}

void tt_measure_engine(struct tt_engine *engine)
{
    call = engine->call;
    engine->call = call_measured;
}

void tt_measure_read(struct tt_figures *out)
{
    out->uptime_ms = (uint32_t)tt_os_uptime_ms();
    out->app_counts = tt_os_spent(TT_LOOP_APP);
    out->link_counts = tt_os_spent(TT_LOOP_LINK);
    out->connect_counts = connect_counts;
    out->app_stack_free = (uint32_t)tt_os_stack_free(TT_LOOP_APP);
    out->link_stack_free = (uint32_t)tt_os_stack_free(TT_LOOP_LINK);
    out->late_ms = tt_os_late_ms(TT_LOOP_APP);
    out->publish_counts = publish_counts;
    out->collect_counts = collect_counts;
}
