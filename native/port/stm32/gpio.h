// One pin of the chip. Pins are counted as wires.h does: PB3 is 16 + 3.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "../wires.h"

void tt_stm32_pin_output(uint8_t pin);
void tt_stm32_pin_input(uint8_t pin, enum tt_pull pull);
void tt_stm32_pin_analog(uint8_t pin);
// Connects the wire's unit. open_drain with the chip's own pull-up, as a bus wants it.
void tt_stm32_pin_alternate(const struct tt_wire *wire, bool open_drain);

void tt_stm32_pin_write(uint8_t pin, bool level);
bool tt_stm32_pin_read(uint8_t pin);
