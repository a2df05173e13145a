// Single conversions of ADC1, in millivolts by the chip's own reference.
#pragma once

#include "../wires.h"

int tt_stm32_analog_open(const struct tt_wire *wire); // TT_OK, or TT_EUNSUPPORTED for another ADC
// Or TT_ETIMEOUT when the converter does not end.
int tt_stm32_analog_millivolts(const struct tt_wire *wire);
