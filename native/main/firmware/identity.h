// Who the device is, of its settings: a link's config, with what this board's firmware can do.
#pragma once

#include <stdbool.h>

#include "../../core/settings.h"
#include "../../port/chip.h"

// False, with *why in words, when the settings ask for what is not linked or hold no usable key.
bool tt_identity_apply(const struct tt_settings *settings, const struct tt_port *port,
                       const struct tt_chip *chip, struct tt_link_config *link, const char **why);
