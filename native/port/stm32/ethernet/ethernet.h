// The chip's Ethernet controller over RMII as a driver for the lwIP port. Its handler masks itself
// and wakes; the frames are fetched on the link loop.
#pragma once

#include <stdbool.h>

#include "../../wires.h"

struct netif;

void tt_stm32_ethernet_use(const struct tt_ethernet_wires *wires); // the caller's for ever
// As struct tt_lwip_driver has them. init: TT_EIO when the PHY gives no clock.
int tt_stm32_ethernet_init(struct netif *netif, void (*wake)(void));
void tt_stm32_ethernet_receive(struct netif *netif);
bool tt_stm32_ethernet_linked(void);
