// What a test sees and touches while QEMU runs: pins and figures at a fixed place in the machine's
// PSRAM, which is a file to the test. src/firmware/panel.ts has the same layout.
#pragma once

#include <stdint.h>

enum { TT_PANEL_CHANNELS = 64, TT_PANEL_ADDRESS = 0x21800000 };

struct tt_panel_figures {
    uint32_t uptime_ms;
    uint32_t app_counts; // of the 25 MHz counter, while the loop had the processor
    uint32_t link_counts;
    uint32_t
        connect_counts; // of the link loop, from its start or the last loss to the last connection
    uint32_t app_stack_free; // bytes, least ever
    uint32_t link_stack_free;
    uint32_t tls_peak_bytes;
    uint32_t vm_peak_bytes;
    uint32_t refused;        // allocations
    uint32_t late_ms;        // longest the app loop came after the time it wanted
    uint32_t publish_counts; // of the link loop, from a message in the outbox to its TLS record
};

struct tt_panel {
    // Outputs and PWM duties are the device's to write, levels and millivolts the test's.
    uint32_t value[TT_PANEL_CHANNELS];
    uint32_t hz[TT_PANEL_CHANNELS]; // PWM
    struct tt_panel_figures figures;
};

static volatile struct tt_panel *const tt_panel = (volatile struct tt_panel *)TT_PANEL_ADDRESS;
