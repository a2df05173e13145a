// The chip's address space as memory of a test: what the drivers' headers take instead of real
// addresses. Included before all else where the drivers are compiled for this computer.
#pragma once

#include <stdint.h>

#define TT_ADDRESS(address) tt_registers_at((uint32_t)(address))

uintptr_t tt_registers_at(uint32_t address);
