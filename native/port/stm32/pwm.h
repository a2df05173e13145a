// PWM outputs of the timers; the channels of one timer share its frequency.
#pragma once

#include "../wires.h"

int tt_stm32_pwm_open(const struct tt_wire *wire); // TT_OK or TT_EUNSUPPORTED
// TT_EINVALID for 0 and for what the timer cannot count: above a quarter of its clock.
int tt_stm32_pwm_frequency(const struct tt_wire *wire, uint32_t hz);
int tt_stm32_pwm_duty(const struct tt_wire *wire, uint16_t duty); // 0 low .. 65535 high
