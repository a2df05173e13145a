// How a board with an STM32 reaches the internet; the port's build links one of the folders beside
// this file.
#pragma once

#include "../../port/network.h"

const struct tt_network *tt_stm32_network(void);
