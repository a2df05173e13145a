// Which network is tried when, what the driver's events mean, and who hears of it.
#include "wifi.h"

#include <esp_event.h>
#include <esp_netif.h>
#include <esp_netif_sntp.h>
#include <esp_wifi.h>
#include <nvs_flash.h>
#include <stdatomic.h>
#include <string.h>

#include "../error.gen.h"
#include "../sockets/sockets.h"

enum {
    STREAM_POLL_MS = 20, // while a connection is open: sockets wake nobody
    IDLE_POLL_MS = 1000,
    RETRY_FIRST_MS = 500, // doubles with each round through the networks
    RETRY_MAX_MS = 30000,
};

// What the events' task tells the link loop.
enum { LOST = 1, ADDRESS = 2, STARTED = 4 };

static const struct tt_wifi *networks;
static size_t network_count;
static size_t chosen;
static unsigned failures; // since there was an address
static int64_t connect_at_ms;
static bool clock_started;
static _Atomic unsigned news;
static const struct tt_port *port;
static int64_t (*uptime_ms)(void);
static void (*wake)(void);
static struct tt_sockets sockets;

static void say(enum tt_log_level level, const char *text, const char *more)
{
    char line[96];
    const size_t len = strlen(text);
    const size_t more_len = strnlen(more, 32);
    memcpy(line, text, len);
    memcpy(line + len, more, more_len);
    port->log(port->ctx, level, line, len + more_len);
}

static void tell(unsigned what)
{
    atomic_fetch_or(&news, what);
    wake();
}

static void happened(void *ctx, esp_event_base_t base, int32_t id, void *data)
{
    (void)ctx;
    (void)data;
    if (base == IP_EVENT && id == IP_EVENT_STA_GOT_IP) { tell(ADDRESS); }
    if (base == IP_EVENT && id == IP_EVENT_STA_LOST_IP) { tell(LOST); }
    if (base == WIFI_EVENT && id == WIFI_EVENT_STA_START) { tell(STARTED); }
    if (base == WIFI_EVENT && id == WIFI_EVENT_STA_DISCONNECTED) { tell(LOST); }
}

static esp_err_t open_storage(void)
{
    const esp_err_t err = nvs_flash_init();
    if (err != ESP_ERR_NVS_NO_FREE_PAGES && err != ESP_ERR_NVS_NEW_VERSION_FOUND) { return err; }
    // Only the radio's calibration is in there, which it makes anew.
    const esp_err_t erased = nvs_flash_erase();
    return erased == ESP_OK ? nvs_flash_init() : erased;
}

static void use(const struct tt_wifi *network)
{
    wifi_config_t config = {0};
    const size_t ssid_len = strnlen(network->ssid, sizeof config.sta.ssid);
    const size_t password_len = strnlen(network->password, sizeof config.sta.password);
    memcpy(config.sta.ssid, network->ssid, ssid_len);
    memcpy(config.sta.password, network->password, password_len);
    config.sta.threshold.authmode = password_len == 0 ? WIFI_AUTH_OPEN : WIFI_AUTH_WPA2_PSK;
    config.sta.pmf_cfg.capable = true;
    esp_wifi_set_config(WIFI_IF_STA, &config);
    memset(&config, 0, sizeof config);
}

static esp_err_t start_driver(void)
{
    const wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
    esp_err_t err = open_storage();
    if (err == ESP_OK) { err = esp_netif_init(); }
    if (err == ESP_OK) { err = esp_event_loop_create_default(); }
    if (err == ESP_OK && esp_netif_create_default_wifi_sta() == NULL) { err = ESP_ERR_NO_MEM; }
    if (err == ESP_OK) { err = esp_wifi_init(&config); }
    if (err == ESP_OK) { err = esp_wifi_set_storage(WIFI_STORAGE_RAM); }
    if (err == ESP_OK) {
        err = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, happened, NULL);
    }
    if (err == ESP_OK) {
        err = esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, happened, NULL);
    }
    if (err == ESP_OK) { err = esp_wifi_set_mode(WIFI_MODE_STA); }
    if (err == ESP_OK) { err = esp_wifi_start(); }
    return err;
}

static int start(const struct tt_port *for_port, int64_t (*clock)(void), void (*woken)(void))
{
    port = for_port;
    uptime_ms = clock;
    wake = woken;
    connect_at_ms = INT64_MAX;
    tt_sockets_init(&sockets, clock);
    if (network_count == 0) {
        say(TT_LOG_ERROR, "network: the settings name no Wi-Fi", "");
        return TT_OK; // the device works, and says so to nobody
    }
    return start_driver() == ESP_OK ? TT_OK : TT_EIO;
}

// After one network the next, and after all of them a pause.
static void lost(int64_t now_ms)
{
    if (failures++ == 0) { say(TT_LOG_WARNING, "network: no Wi-Fi ", networks[chosen].ssid); }
    chosen = (chosen + 1) % network_count;
    const size_t round = failures / network_count;
    int64_t wait_ms = RETRY_MAX_MS;
    if (round < 6) { wait_ms = (int64_t)RETRY_FIRST_MS << round; }
    connect_at_ms = now_ms + (chosen == 0 ? wait_ms : 0);
}

static void start_clock(void)
{
    if (clock_started) { return; }
    esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG("pool.ntp.org");
    clock_started = esp_netif_sntp_init(&config) == ESP_OK;
}

static bool step(void)
{
    const unsigned heard = atomic_exchange(&news, 0);
    const int64_t now_ms = uptime_ms();
    if (heard & STARTED) { connect_at_ms = now_ms; }
    if (heard & ADDRESS) {
        failures = 0;
        say(TT_LOG_INFO, "network: Wi-Fi ", networks[chosen].ssid);
        start_clock();
    } else if (heard & LOST) {
        lost(now_ms);
    }
    if (now_ms >= connect_at_ms) {
        connect_at_ms = INT64_MAX;
        use(&networks[chosen]);
        esp_wifi_connect();
    }
    return (heard & ADDRESS) != 0;
}

static int32_t wait_ms(void)
{
    struct pollfd polled[TT_SOCKETS_MAX];
    int64_t timeout_ms = IDLE_POLL_MS;
    if (tt_sockets_polled(&sockets, polled, &timeout_ms) > 0 && timeout_ms > STREAM_POLL_MS) {
        timeout_ms = STREAM_POLL_MS;
    }
    const int64_t until_ms = connect_at_ms - uptime_ms();
    if (until_ms < timeout_ms) { timeout_ms = until_ms; }
    return timeout_ms < 0 ? 0 : (int32_t)timeout_ms;
}

static int open_stream(void *ctx, const char *host, uint16_t tcp_port, struct tt_stream *out)
{
    (void)ctx;
    return tt_sockets_connect(&sockets, host, tcp_port, out);
}

struct tt_network tt_esp_wifi(const struct tt_wifi *of_networks, size_t count)
{
    networks = of_networks;
    network_count = count < TT_WIFI_NETWORKS_MAX ? count : TT_WIFI_NETWORKS_MAX;
    return (struct tt_network){
        .start = start, .step = step, .wait_ms = wait_ms, .connect = open_stream};
}
