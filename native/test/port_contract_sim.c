// Holds the simulator's port to the contract, with an echo server in memory and time that jumps.

#include "../port/error.gen.h"
#include "../port/sim/flash.h"
#include "../port/sim/pins.h"
#include "../port/sim/sim_port.h"
#include "contract_report.h"

enum { ECHO_PORT = 7, CLOSED_PORT = 9, ECHO_BYTES = 65536, HEADER_BYTES = 16 };

// The simulator's side: answers the port's events while the link loop waits.
struct simulator {
    struct tt_sim_port port;
    int32_t stream; // the one that is served, 0: none
    bool hung_up;
    size_t echo_len;
    uint8_t echo[ECHO_BYTES];
};

static int32_t number_at(const uint8_t *bytes)
{
    return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24);
}

static void open_asked_for(struct simulator *simulator, int32_t id, int32_t port, const char *host,
                           size_t host_len)
{
    const bool known = host_len == 4 && memcmp(host, "echo", 4) == 0;
    if (!known || port != ECHO_PORT) {
        tt_sim_net_ended(&simulator->port.net, id, known ? TT_EREFUSED : TT_ENOTFOUND);
        return;
    }
    simulator->stream = id;
    simulator->hung_up = false;
    simulator->echo_len = 0;
    tt_sim_net_opened(&simulator->port.net, id);
}

static void written(struct simulator *simulator, const uint8_t *data, size_t len)
{
    const uint8_t *hang_up = memchr(data, TT_CONTRACT_HANG_UP, len);
    const size_t part = hang_up == NULL ? len : (size_t)(hang_up - data);
    memcpy(simulator->echo + simulator->echo_len, data, part);
    simulator->echo_len += part;
    simulator->hung_up = simulator->hung_up || hang_up != NULL;
}

// Handles one event and returns its length, or 0 when there is no room for what it brings.
static size_t handle(struct simulator *simulator, const uint8_t *event)
{
    const int32_t kind = number_at(event);
    const int32_t id = number_at(event + 4);
    const size_t len = (size_t)number_at(event + 12);
    const uint8_t *payload = event + HEADER_BYTES;
    if (kind == TT_SIM_CONNECT) {
        open_asked_for(simulator, id, number_at(event + 8), (const char *)payload, len);
    } else if (kind == TT_SIM_WRITE && id == simulator->stream) {
        if (len > ECHO_BYTES - simulator->echo_len) { return 0; }
        written(simulator, payload, len);
    } else if (kind == TT_SIM_CLOSE && id == simulator->stream) {
        simulator->stream = 0;
        simulator->echo_len = 0;
    }
    return HEADER_BYTES + len;
}

static void serve(struct simulator *simulator)
{
    struct tt_sim_buffer *events = &simulator->port.events;
    size_t at = 0;
    while (at < events->len) {
        const size_t taken = handle(simulator, events->data + at);
        if (taken == 0) { break; }
        at += taken;
    }
    events->len -= at;
    if (at > 0) { memmove(events->data, events->data + at, events->len); }
    const size_t sent = tt_sim_net_receive(&simulator->port.net, simulator->stream, simulator->echo,
                                           simulator->echo_len);
    simulator->echo_len -= sent;
    memmove(simulator->echo, simulator->echo + sent, simulator->echo_len);
    if (simulator->hung_up && simulator->echo_len == 0) {
        tt_sim_net_ended(&simulator->port.net, simulator->stream, TT_ECLOSED);
    }
}

static int64_t uptime_ms(void *ctx)
{
    const struct simulator *simulator = ctx;
    return simulator->port.uptime_ms;
}

// Waiting is time that jumps, or does not when something was there to be done.
static void wait_for(void *ctx, int32_t timeout_ms)
{
    struct simulator *simulator = ctx;
    const bool busy = simulator->port.woken || simulator->port.events.len > 0;
    simulator->port.woken = false;
    serve(simulator);
    if (!busy) { simulator->port.uptime_ms += timeout_ms; }
}

static int no_device(void *ctx, uint16_t pin, uint8_t address, const uint8_t *tx, size_t tx_len,
                     uint8_t *rx, size_t rx_len)
{
    (void)ctx, (void)address, (void)tx, (void)tx_len, (void)rx, (void)rx_len;
    return pin == 4 ? TT_EIO : TT_ENOTFOUND;
}

static void keeps_every_promise(void)
{
    static struct simulator simulator;
    tt_sim_port_init(&simulator.port);
    simulator.port.seeded = true;
    simulator.port.random_state = 7;
    const struct tt_port port = tt_sim_port_functions(&simulator.port);
    static uint8_t cells[4 * 512];
    struct tt_sim_flash flash = {.bytes = cells, .block_bytes = 512, .block_count = 4};
    const struct tt_block block = tt_sim_flash_block(&flash);
    int32_t values[CONTRACT_BOARD_PINS * TT_SIM_PIN_VALUES] = {0};
    const uint8_t hooks[CONTRACT_BOARD_PINS] = {0};
    struct tt_sim_pins pins = {
        .values = values, .hooks = hooks, .count = CONTRACT_BOARD_PINS, .i2c = no_device};
    const struct tt_board_io io = tt_sim_pins_io(&pins);
    struct contract_report report = {0};
    const struct tt_contract contract = {.port = &port,
                                         .loop = &simulator,
                                         .uptime_ms = uptime_ms,
                                         .wait_app = wait_for,
                                         .wait_link = wait_for,
                                         .echo_host = "echo",
                                         .echo_port = ECHO_PORT,
                                         .refusing_port = CLOSED_PORT,
                                         .unknown_host = "nobody",
                                         .patience_ms = 1000,
                                         .block = &block,
                                         .scratch_block = 1,
                                         .io = &io,
                                         .pins = contract_board_pins,
                                         .pin_count = CONTRACT_BOARD_PINS,
                                         .report = contract_note,
                                         .ctx = &report};
    CHECK_INT(tt_contract_run(&contract), 0);
    CHECK_INT(report.unsupported, 0);
    CHECK_INT(report.kept, 27);
    tt_sim_buffer_free(&simulator.port.events);
}

int main(void)
{
    RUN(keeps_every_promise, "the simulator's port keeps every promise of the contract");
    return 0;
}
