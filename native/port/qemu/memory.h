// Memory of an emulated machine that is a file to whoever runs it: first the flash, then the panel.
// src/firmware/machine.ts has the same layout; the machine's port says where it begins.
#pragma once

#ifndef TT_QEMU_MEMORY
#error "port.cmake of an emulated machine defines TT_QEMU_MEMORY, the address of that memory"
#endif

enum { TT_QEMU_PANEL_OFFSET = 0x800000 };
