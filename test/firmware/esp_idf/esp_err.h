// Mirrors components/esp_common/include/esp_err.h of ESP-IDF: what of it the port names.
#pragma once
typedef int esp_err_t;
#define ESP_OK 0
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERR_TIMEOUT 0x107
#define ESP_ERROR_CHECK(call) ((void)(call))
