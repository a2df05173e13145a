// The kernel as this port uses it: two tasks and the idle one, all static, woken by notifications;
// no queues, no timers.
#pragma once

#include <stdint.h>

void tt_freertos_failed(const char *file, int line);
void tt_freertos_switched(const void *task);

// configCPU_CLOCK_HZ is the chip's and comes from the build.
#define configTICK_RATE_HZ                      1000
#define configUSE_PREEMPTION                    1
#define configUSE_PORT_OPTIMISED_TASK_SELECTION 1
#define configMAX_PRIORITIES                    4
#define configMINIMAL_STACK_SIZE                96 // words, of the idle task
#define configMAX_TASK_NAME_LEN                 8
#define configUSE_16_BIT_TICKS                  0
#define configIDLE_SHOULD_YIELD                 1
#define configUSE_IDLE_HOOK                     1
#define configUSE_TICK_HOOK                     1
#define configUSE_TASK_NOTIFICATIONS            1
#define configUSE_MUTEXES                       0
#define configUSE_TIMERS                        0
#define configUSE_CO_ROUTINES                   0
#define configUSE_TRACE_FACILITY                0
#define configSUPPORT_STATIC_ALLOCATION         1
#define configSUPPORT_DYNAMIC_ALLOCATION        0
#define configCHECK_FOR_STACK_OVERFLOW          2
#define configSTACK_DEPTH_TYPE                  uint32_t

#define INCLUDE_vTaskSuspend                1
#define INCLUDE_vTaskDelay                  1
#define INCLUDE_uxTaskGetStackHighWaterMark 1
#define INCLUDE_xTaskGetSchedulerState      1
#define INCLUDE_xTaskGetIdleTaskHandle      1

// Handlers that call the kernel have a priority numerically at or above the second.
#define configKERNEL_INTERRUPT_PRIORITY      0xF0
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x40

#define configASSERT(holds)                                                                        \
    do {                                                                                           \
        if (!(holds)) { tt_freertos_failed(__FILE__, __LINE__); }                                  \
    } while (0)
#define traceTASK_SWITCHED_IN() tt_freertos_switched(pxCurrentTCB)

// The names of the vector table.
#define vPortSVCHandler     SVC_Handler
#define xPortPendSVHandler  PendSV_Handler
#define xPortSysTickHandler SysTick_Handler
