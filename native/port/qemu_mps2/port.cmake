# How native/firmware builds for this port.
set(tt_os freertos)
set(tt_network lwip)
set(tt_folders port/qemu port/qemu_mps2)
set(tt_linker_script ${CMAKE_CURRENT_LIST_DIR}/mps2.ld)
set(tt_clock_hz 25000000)
set(tt_definitions TT_QEMU_MEMORY=0x21000000) # the machine's PSRAM
