// Mirrors components/esp_adc/<chip>/include/adc_cali_schemes.h, of which each chip has one; which is the compile's option here.
#pragma once
#include "adc_cali.h"
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
typedef struct { adc_unit_t unit_id; adc_channel_t chan; adc_atten_t atten; adc_bitwidth_t bitwidth; } adc_cali_curve_fitting_config_t;
esp_err_t adc_cali_create_scheme_curve_fitting(const adc_cali_curve_fitting_config_t *config, adc_cali_handle_t *ret_handle);
#else
typedef struct { adc_unit_t unit_id; adc_atten_t atten; adc_bitwidth_t bitwidth; } adc_cali_line_fitting_config_t;
esp_err_t adc_cali_create_scheme_line_fitting(const adc_cali_line_fitting_config_t *config, adc_cali_handle_t *ret_handle);
#endif
