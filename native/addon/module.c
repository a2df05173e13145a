// The addon's door: one class, one device an object.
#include "sim_device.h"

NAPI_MODULE_INIT()
{
    const napi_value class = sim_device_class(env);
    napi_set_named_property(env, exports, "Device", class);
    return exports;
}
