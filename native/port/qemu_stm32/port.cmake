# How native/firmware builds for an STM32 that QEMU emulates: the port of the chip, and what stands in for the parts QEMU has no model of.
include(${native}/port/stm32/port.cmake)
list(APPEND tt_folders port/qemu_stm32)
