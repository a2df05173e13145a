// How the register headers beside this file are written, which test/stm32 checks against ST's SVD
// files: a struct's members are the registers in order, named as the reference manuals do, in small
// letters; `reserved` fills gaps. An enum's NAME = 1 << n is a bit; NAME_AT = n where a wider field
// begins. The line above a struct says which peripheral of the SVD files it is.
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define TT_PERIPHERAL(type, address) ((volatile struct type *)(uintptr_t)(address))
