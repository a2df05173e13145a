// Mirrors components/freertos/FreeRTOS-Kernel/include/freertos/task.h and esp_additions' idf_additions.h.
#pragma once
#include "FreeRTOS.h"
typedef struct tskTaskControlBlock *TaskHandle_t;
typedef void (*TaskFunction_t)(void *);
TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t code, const char *name, uint32_t stack_depth, void *parameters, UBaseType_t priority, StackType_t *stack, StaticTask_t *task, BaseType_t core);
void vTaskDelete(TaskHandle_t task);
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks);
BaseType_t xTaskNotifyGive(TaskHandle_t task);
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken);
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task);
