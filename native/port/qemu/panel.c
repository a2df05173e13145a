// What of the panel is the chip's: figures, and why the machine was reset.

#include "panel.h"

void tt_panel_show(const struct tt_figures *figures)
{
    tt_panel->figures = *figures;
}

enum tt_reset_reason tt_panel_reset_reason(void)
{
    static uint32_t reason;
    if (reason == TT_RESET_UNKNOWN) {
        reason = tt_panel->reset_reason;
        if (reason == TT_RESET_UNKNOWN || reason > TT_RESET_BROWNOUT) { reason = TT_RESET_POWER; }
        tt_panel->reset_reason = TT_RESET_UNKNOWN;
    }
    return (enum tt_reset_reason)reason;
}

void tt_panel_resets(enum tt_reset_reason why)
{
    tt_panel->reset_reason = why;
}
