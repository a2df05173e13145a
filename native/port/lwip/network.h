// TCP over lwIP's raw calls: an Ethernet interface with DHCP, and struct tt_stream over it.
// Everything here is called on the link loop. It knows no driver and no operating system.
#pragma once

#include "../port.h"

struct netif;

// How the interface reaches its wire. init fills hwaddr, mtu, linkoutput and flags, as lwIP's
// netif_init_fn does.
struct tt_lwip_driver {
    int (*init)(struct netif *netif);     // TT_OK, or TT_EIO when there is no such chip
    void (*receive)(struct netif *netif); // gives every frame that has arrived to netif->input
    bool (*linked)(void);                 // whether the cable is plugged in
};

// Brings lwIP, the interface and DHCP up. clock and random as in struct tt_port, uptime in ms.
int tt_lwip_start(const struct tt_lwip_driver *driver, int64_t (*uptime_ms)(void),
                  const struct tt_port *port);
// Receives, runs what is due. True once for each time the network came back, with an address.
bool tt_lwip_step(void);
// Milliseconds until lwIP wants to be stepped again.
int32_t tt_lwip_wait_ms(void);

// struct tt_port's connect. A name is resolved by DNS. One stream at a time besides one that ends.
int tt_lwip_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out);
