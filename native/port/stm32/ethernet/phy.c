// MDIO by polling; IEEE 802.3 clause 22.

#include "phy.h"

#include "../registers/eth.h"

enum {
    POLLS_MAX = 100000,
    RESETS_MAX = 1000, // half a second is a PHY's right
    CONTROL = 0,
    STATUS = 1,
    OURS = 4,
    PARTNERS = 5,
    CONTROL_RESET = 1 << 15,
    CONTROL_NEGOTIATE = 1 << 12 | 1 << 9,
    STATUS_LINKED = 1 << 2,
    STATUS_NEGOTIATED = 1 << 5,
    CAN_FAST_FULL = 1 << 8,
    CAN_FAST = 1 << 7,
    CAN_FULL = 1 << 6,
};

static uint8_t address;
static uint32_t clock_range;

// The management clock is at most 2.5 MHz. RM0090 §33.4.1.
static uint32_t range_for(uint32_t core_hz)
{
    if (core_hz < 35000000) { return 2; }
    if (core_hz < 60000000) { return 3; }
    if (core_hz < 100000000) { return 0; }
    return core_hz < 150000000 ? 1 : 4;
}

static bool command(uint32_t which, uint32_t more)
{
    TT_ETH_MAC->macmiiar =
        (uint32_t)address << Ethernet_MAC_MACMIIAR_PA_AT | which << Ethernet_MAC_MACMIIAR_MR_AT |
        clock_range << Ethernet_MAC_MACMIIAR_CR_AT | Ethernet_MAC_MACMIIAR_MB | more;
    for (int i = 0; i < POLLS_MAX; i++) {
        if ((TT_ETH_MAC->macmiiar & Ethernet_MAC_MACMIIAR_MB) == 0) { return true; }
    }
    return false;
}

static uint32_t read(uint32_t which)
{
    return command(which, 0) ? TT_ETH_MAC->macmiidr & 0xFFFF : 0;
}

static void write(uint32_t which, uint32_t value)
{
    TT_ETH_MAC->macmiidr = value;
    command(which, Ethernet_MAC_MACMIIAR_MW);
}

void tt_phy_start(uint8_t at, uint32_t core_hz)
{
    address = at;
    clock_range = range_for(core_hz);
    write(CONTROL, CONTROL_RESET);
    for (int i = 0; i < RESETS_MAX && (read(CONTROL) & CONTROL_RESET) != 0; i++) {}
    write(CONTROL, CONTROL_NEGOTIATE);
}

struct tt_phy_link tt_phy_look(void)
{
    read(STATUS); // a link that was lost meanwhile is shown once
    const uint32_t status = read(STATUS);
    const uint32_t up = STATUS_LINKED | STATUS_NEGOTIATED;
    if (status == 0xFFFF || (status & up) != up) { return (struct tt_phy_link){0}; }
    const uint32_t both = read(OURS) & read(PARTNERS);
    const bool fast = (both & (CAN_FAST_FULL | CAN_FAST)) != 0;
    return (struct tt_phy_link){
        .up = true,
        .fast = fast,
        .full_duplex = (both & (fast ? CAN_FAST_FULL : CAN_FULL)) != 0,
    };
}
