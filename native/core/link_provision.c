// When a device asks DPS for its hub, and what becomes of the answer. The protocol is in dps.c.
#include "abi.gen.h"
#include "link_state.h"

// So many refusals in a row make a hub doubtful: keys change, devices move to other hubs.
enum { REFUSALS_MAX = 3 };

bool tt_link_wants_dps(const struct tt_link *link)
{
    const struct tt_dps *dps = link->config.dps;
    return dps != NULL && (dps->hub.len == 0 || link->refusals >= REFUSALS_MAX);
}

void tt_link_count_refusal(struct tt_link *link, bool refused)
{
    if (link->provisioning) {
        // DPS does not answer, or knows nothing better: the hub gets one more chance, then DPS.
        link->refusals = REFUSALS_MAX - 1;
    } else if (refused && link->refusals < REFUSALS_MAX) {
        link->refusals++;
    }
}

void tt_link_assigned(struct tt_link *link)
{
    const struct tt_dps *dps = link->config.dps;
    link->refusals = 0;
    link->unkept = true;
    tt_link_set_names(link, dps->hub, dps->device_id);
    if (link->config.port->notice != NULL) {
        const struct tt_notice notice = {TT_NOTICE_PROVISIONED, 0, dps->hub.data, dps->hub.len};
        link->config.port->notice(link->config.port->ctx, &notice);
    }
}

void tt_link_keep_assignment(struct tt_link *link)
{
    if (!link->unkept) { return; }
    const struct tt_delivery record = {
        .kind = TT_INBOX_KEEP,
        .name = TT_INBOX_DPS,
        .name_len = sizeof TT_INBOX_DPS - 1,
        .payload = link->config.dps->record,
        .payload_len = link->config.dps->record_len,
    };
    link->unkept = tt_inbox_put(link->config.inbox, &record) == TT_EFULL;
    if (!link->unkept && link->config.port->wake_app != NULL) {
        link->config.port->wake_app(link->config.port->ctx);
    }
}
