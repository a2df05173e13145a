// A device on a chip of the ESP32 family, with Wi-Fi.

#include "../core/settings.h"
#include "../port/error.gen.h"
#include "../port/esp_idf/chip.h"
#include "../port/esp_idf/wifi.h"
#include "board.gen.h"
#include "firmware/firmware.h"

void app_main(void)
{
    static struct tt_wifi networks[TT_WIFI_NETWORKS_MAX];
    static struct tt_chip chip;
    static struct tt_network network;
    chip = tt_esp_chip();
    const uint8_t *const settings = chip.flash_at(TT_BOARD_SETTINGS_OFFSET);
    size_t count = 0;
    while (settings != NULL && count < TT_WIFI_NETWORKS_MAX &&
           tt_settings_wifi(settings, TT_BOARD_SETTINGS_BYTES, count, &networks[count].ssid,
                            &networks[count].password) == TT_OK) {
        count++;
    }
    network = tt_esp_wifi(networks, count);
    tt_firmware_run(&chip, &network);
}
