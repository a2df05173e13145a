// The linker leaves out what the board's tables say no to.
#include "identity.h"

#include "../../core/dps.h"
#include "../../core/trust.h"
#include "board.gen.h"

bool tt_identity_apply(const struct tt_settings *settings, const struct tt_port *port,
                       const struct tt_chip *chip, struct tt_link_config *link, const char **why)
{
    tt_settings_apply(settings, link);
    if (TT_BOARD_TRUST && settings->update_key.len == TT_TRUST_KEY_LEN) {
        static struct tt_block partition;
        static struct tt_trust trust;
        partition = chip->flash(TT_BOARD_TRUST_OFFSET, TT_BOARD_TRUST_BYTES);
        trust = (struct tt_trust){.calls = &tt_trust_calls,
                                  .block = &partition,
                                  .key = (const uint8_t *)settings->update_key.data};
        link->trust = &trust;
    }
    if (link->connection.id_scope.len > 0) {
        *why = "this board's firmware has no DPS; add dps to network.identity in its board.json";
        if (!TT_BOARD_DPS) { return false; }
        static struct tt_dps dps = {.calls = TT_BOARD_DPS ? &tt_dps_calls : NULL};
        link->dps = &dps;
    }
    if (link->connection.x509) {
        *why = "this board's firmware has no private keys; add certificate to network.identity in "
               "its board.json";
        if (!TT_BOARD_CERTIFICATE) { return false; }
        static struct tt_software_key key;
        static struct tt_key_slot slot;
        if (tt_settings_key(settings, port, &key, &slot, why) < 0) { return false; }
        link->key_slot = &slot;
    }
    return true;
}
