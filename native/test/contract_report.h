// Collects what the port contract reports, for the programs that hold a port to it.
#pragma once

#include "../port/contract/contract.h"
#include "check.h"

struct contract_report {
    int kept;
    int unsupported;
    int broken;
    const char *unsupported_titles[64];
    const char *broken_titles[64];
};

static inline void contract_note(void *ctx, enum tt_contract_outcome outcome, const char *promise,
                                 const char *why)
{
    struct contract_report *report = ctx;
    static const char *const words[] = {"kept", "unsupported", "BROKEN"};
    printf("  %s: %s%s%s\n", words[outcome], promise, *why != 0 ? ": " : "", why);
    if (outcome == TT_CONTRACT_KEPT) {
        report->kept++;
    } else if (outcome == TT_CONTRACT_UNSUPPORTED) {
        report->unsupported_titles[report->unsupported++] = promise;
    } else {
        report->broken_titles[report->broken++] = promise;
    }
}

// Whether one of the count titles contains the words.
static inline bool contract_names(const char *const *titles, int count, const char *words)
{
    for (int i = 0; i < count; i++) {
        if (strstr(titles[i], words) != NULL) { return true; }
    }
    return false;
}

// One pin of each kind, channels 0 to 4.
static const struct tt_board_pin contract_board_pins[] = {
    {.name = "led", .kind = TT_PIN_OUTPUT, .safe = 0, .channel = 0},
    {.name = "button", .kind = TT_PIN_INPUT, .channel = 1},
    {.name = "knob", .kind = TT_PIN_ANALOG, .channel = 2},
    {.name = "buzzer", .kind = TT_PIN_PWM, .channel = 3},
    {.name = "i2c0", .kind = TT_PIN_I2C, .channel = 4},
};
enum { CONTRACT_BOARD_PINS = 5 };
