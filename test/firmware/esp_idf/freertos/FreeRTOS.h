// Mirrors components/freertos/FreeRTOS-Kernel/include/freertos/FreeRTOS.h and its ports' portmacro.h.
#pragma once
#include <stddef.h>
#include <stdint.h>
typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;
typedef uint8_t StackType_t; // ESP-IDF counts stacks in bytes
typedef struct { void *opaque[90]; } StaticTask_t;
#define pdFALSE 0
#define pdTRUE 1
#define pdMS_TO_TICKS(ms) ((TickType_t)(ms))
#define portYIELD_FROM_ISR(woken) ((void)(woken))
#define CONFIG_FREERTOS_NUMBER_OF_CORES 1
BaseType_t xPortInIsrContext(void);
