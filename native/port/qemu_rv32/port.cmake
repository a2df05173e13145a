# How native/firmware builds for this port.
set(tt_os bare)
set(tt_network none)
set(tt_folders port/qemu port/qemu_rv32)
set(tt_linker_script ${CMAKE_CURRENT_LIST_DIR}/virt.ld)
set(tt_definitions TT_QEMU_MEMORY=0x81000000) # the second half of the machine's RAM
