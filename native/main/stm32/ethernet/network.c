// lwIP over the chip's Ethernet controller; the time by SNTP.

#include "../../../port/lwip/network.h"

#include "../../../port/stm32/ethernet/ethernet.h"
#include "../network.h"
#include "board.gen.h"

const struct tt_network *tt_stm32_network(void)
{
    static const struct tt_ethernet_wires wires = TT_BOARD_ETHERNET;
    static const struct tt_lwip_driver driver = {
        .init = tt_stm32_ethernet_init,
        .receive = tt_stm32_ethernet_receive,
        .linked = tt_stm32_ethernet_linked,
        .clock = &tt_lwip_sntp,
    };
    static struct tt_network network;
    tt_stm32_ethernet_use(&wires);
    network = tt_lwip_network(&driver);
    return &network;
}
