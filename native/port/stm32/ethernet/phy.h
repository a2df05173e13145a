// The PHY behind the MAC's management wires: clause 22 registers only, which every maker's has.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tt_phy_link {
    bool up;
    bool fast; // 100 Mbit/s
    bool full_duplex;
};

// Resets it and starts negotiation, at this address. Nothing waits for a cable.
void tt_phy_start(uint8_t address, uint32_t core_hz);
struct tt_phy_link tt_phy_look(void);
