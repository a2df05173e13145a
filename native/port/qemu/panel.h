// What a test sees and touches while QEMU runs: pins and figures at a fixed place in the machine's
// memory. src/firmware/panel.ts has the same layout.
#pragma once

#include "../chip.h"
#include "memory.h"

enum { TT_PANEL_CHANNELS = 64 };

struct tt_panel {
    // Outputs and PWM duties are the device's to write, levels and millivolts the test's.
    uint32_t value[TT_PANEL_CHANNELS];
    uint32_t hz[TT_PANEL_CHANNELS]; // PWM
    struct tt_figures figures;
    uint32_t reset_reason; // why it was reset last, as backup registers would hold it; power: 0
};

static volatile struct tt_panel *const tt_panel =
    (volatile struct tt_panel *)(TT_QEMU_MEMORY + TT_QEMU_PANEL_OFFSET);

// struct tt_chip's.
void tt_panel_show(const struct tt_figures *figures);
enum tt_reset_reason tt_panel_reset_reason(void);
// Before a reset that is no loss of power.
void tt_panel_resets(enum tt_reset_reason why);
