// The interface: its cable, its address, lwIP's timers.

#include "network.h"

#include <lwip/dhcp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <string.h>

#include "../error.gen.h"
#include "clock.h"

enum { CABLE_POLL_MS = 500 };

static struct netif interface;
static const struct tt_lwip_driver *driver;
static const struct tt_port *port;
static int64_t (*uptime_ms)(void);
static void (*wake)(void);
static int64_t cable_ms; // when the cable is looked at next
static bool came_back;

u32_t sys_now(void)
{
    return (u32_t)uptime_ms();
}

uint32_t tt_lwip_random(void)
{
    uint32_t value;
    port->random(port->ctx, (uint8_t *)&value, sizeof value);
    return value;
}

static void say(enum tt_log_level level, const char *text, const char *more)
{
    char line[64];
    const size_t len = strlen(text);
    const size_t more_len = strlen(more);
    memcpy(line, text, len);
    memcpy(line + len, more, more_len);
    port->log(port->ctx, level, line, len + more_len);
}

static void status_changed(struct netif *netif)
{
    if (ip4_addr_isany_val(*netif_ip4_addr(netif))) { return; }
    say(TT_LOG_INFO, "network: address ", ip4addr_ntoa(netif_ip4_addr(netif)));
    came_back = true;
}

static err_t init(struct netif *netif)
{
    return driver->init(netif, wake) == TT_OK ? ERR_OK : ERR_IF;
}

static void look_at_cable(void)
{
    const bool linked = driver->linked();
    if (linked == (netif_is_link_up(&interface) != 0)) { return; }
    if (linked) {
        say(TT_LOG_INFO, "network: cable plugged in", "");
        netif_set_link_up(&interface);
        came_back = dhcp_supplied_address(&interface) != 0;
    } else {
        say(TT_LOG_WARNING, "network: no cable", "");
        netif_set_link_down(&interface);
    }
}

static int start(const struct tt_port *for_port, int64_t (*clock)(void), void (*woken)(void))
{
    uptime_ms = clock;
    port = for_port;
    wake = woken;
    lwip_init();
    if (netif_add_noaddr(&interface, NULL, init, ethernet_input) == NULL) { return TT_EIO; }
    netif_set_default(&interface);
    netif_set_status_callback(&interface, status_changed);
    netif_set_up(&interface);
    look_at_cable();
    if (driver->clock != NULL) { driver->clock->start(uptime_ms); }
    return dhcp_start(&interface) == ERR_OK ? TT_OK : TT_EIO;
}

static bool step(void)
{
    driver->receive(&interface);
    sys_check_timeouts();
    const int64_t now_ms = uptime_ms();
    if (now_ms >= cable_ms) {
        look_at_cable();
        cable_ms = now_ms + CABLE_POLL_MS;
    }
    const bool back = came_back;
    came_back = false;
    return back;
}

static int32_t wait_ms(void)
{
    const u32_t timers_ms = sys_timeouts_sleeptime();
    return timers_ms < CABLE_POLL_MS ? (int32_t)timers_ms : CABLE_POLL_MS;
}

struct tt_network tt_lwip_network(const struct tt_lwip_driver *by)
{
    driver = by;
    return (struct tt_network){
        .start = start,
        .step = step,
        .wait_ms = wait_ms,
        .connect = tt_lwip_connect,
        .epoch_ms = by->clock != NULL ? by->clock->epoch_ms : NULL,
    };
}
