// What a firmware measures of itself, in units of the chip's counter where no other is named.
#pragma once

#include <stdint.h>

// src/firmware/panel.ts reads the same words in the same order.
struct tt_figures {
    uint32_t uptime_ms;
    uint32_t app_counts; // while the loop had the processor
    uint32_t link_counts;
    uint32_t connect_counts; // of the link loop, from its start or the last loss to the connection
    uint32_t app_stack_free; // bytes, least ever
    uint32_t link_stack_free;
    uint32_t tls_peak_bytes;
    uint32_t vm_peak_bytes;
    uint32_t refused;        // allocations
    uint32_t late_ms;        // longest the app loop came after the time it wanted
    uint32_t publish_counts; // of the link loop, from a message in the outbox to its TLS record
    uint32_t reset_reason;   // enum tt_reset_reason
    uint32_t collect_counts; // of the app loop, the last collection of the guest's garbage
};
