// TCP over lwIP's raw calls: an Ethernet interface with DHCP, and struct tt_stream over it. It
// knows no driver and no operating system.
#pragma once

#include "../network.h"

struct netif;
struct tt_lwip_clock;

// How the interface reaches its wire. init fills hwaddr, mtu, linkoutput and flags, as lwIP's
// netif_init_fn does.
struct tt_lwip_driver {
    // wake: to be called from the interrupt handler when frames have arrived. TT_OK, or TT_EIO when
    // there is no such chip.
    int (*init)(struct netif *netif, void (*wake)(void));
    void (*receive)(struct netif *netif); // gives every frame that has arrived to netif->input
    bool (*linked)(void);                 // whether the cable is plugged in
    // NULL: the time of day comes from elsewhere. tt_lwip_sntp asks the internet.
    const struct tt_lwip_clock *clock;
};

// The time of day by SNTP (RFC 4330) from public servers; asks until one answers, then every six
// hours. An answer must come from the server asked and repeat what was random in the request. What
// it says is not signed: who trusts a certificate by it trusts the way to the server so far.
extern const struct tt_lwip_clock tt_lwip_sntp;

// There is one interface: the driver is lwIP's from here on.
struct tt_network tt_lwip_network(const struct tt_lwip_driver *driver);

// Of struct tt_network; a name is resolved by DNS.
int tt_lwip_connect(void *ctx, const char *host, uint16_t port, struct tt_stream *out);
