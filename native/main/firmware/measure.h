// The figures a firmware takes of itself on the way: by looking at notices and at what goes out.
#pragma once

#include "../../core/engine.h"
#include "../../port/network.h"
#include "../../port/os.h"

// Puts itself between the port and its network; `port` is complete afterwards. network NULL: none.
void tt_measure_port(struct tt_port *port, const struct tt_network *network);
// Puts itself before the engine's calls.
void tt_measure_engine(struct tt_engine *engine);
// What there is to know now. Arenas' figures are added by whoever has them.
void tt_measure_read(struct tt_figures *out);
