// How the register headers beside this file are written, which test/stm32 checks against ST's SVD
// files: a struct's members are the registers in order, named as the reference manuals do, in small
// letters; `reserved` fills gaps. An enum's NAME = 1 << n is a bit; NAME_AT = n where a wider field
// begins. The line above a struct says which peripheral of the SVD files it is.
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

// Where something of the chip's is in the address space; a test on a computer puts memory there.
#ifndef TT_ADDRESS
#define TT_ADDRESS(address) ((uintptr_t)(address))
#endif

#define TT_PERIPHERAL(type, address) ((volatile struct type *)TT_ADDRESS(address))
