// The SMSC LAN9118 Ethernet controller as a driver for the lwIP port. Its handler masks the chip
// and wakes; the frames are fetched on the link loop.
#pragma once

#include <stdbool.h>

struct netif;

// wake: called from the interrupt handler when frames have arrived.
int tt_lan9118_init(struct netif *netif, void (*wake)(void));
void tt_lan9118_receive(struct netif *netif);
bool tt_lan9118_linked(void);
