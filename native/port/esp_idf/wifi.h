// A Wi-Fi station as struct tt_network: several networks, tried in turn; TCP by BSD sockets; the
// time of day by SNTP.
#pragma once

#include "../network.h"

enum { TT_WIFI_NETWORKS_MAX = 8 };

// NUL-terminated, the caller's. An empty password: an open network.
struct tt_wifi {
    const char *ssid;     // 1 to 32 bytes
    const char *password; // 8 to 63 characters, or 64 hex digits
};

// networks live as long as the network, and so does what they point to; beyond
// TT_WIFI_NETWORKS_MAX they are ignored. Secrets are never logged.
struct tt_network tt_esp_wifi(const struct tt_wifi *networks, size_t count);
