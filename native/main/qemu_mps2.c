// A device on QEMU's mps2-an385, with Ethernet.

#include "../port/lwip/network.h"
#include "../port/qemu/flash.h"
#include "../port/qemu/panel.h"
#include "../port/qemu/pins.h"
#include "../port/qemu_mps2/chip.h"
#include "../port/qemu_mps2/lan9118.h"
#include "firmware/firmware.h"

int main(void)
{
    static const struct tt_chip chip = {
        .epoch_ms = tt_mps2_epoch_ms,
        .random = tt_mps2_random,
        .reset = tt_mps2_reset,
        .write = tt_mps2_write,
        .counter = tt_mps2_counter,
        .counter_hz = TT_MPS2_COUNTER_HZ,
        .in_handler = tt_mps2_in_handler,
        .idle = tt_mps2_idle,
        .tick = tt_qemu_pins_tick,
        .feed = tt_mps2_feed,
        .reset_reason = tt_panel_reset_reason,
        .pins = tt_qemu_pins,
        .flash_at = tt_qemu_flash_at,
        .flash = tt_qemu_flash,
        .show = tt_panel_show,
    };
    static const struct tt_lwip_driver ethernet = {
        .init = tt_lan9118_init, .receive = tt_lan9118_receive, .linked = tt_lan9118_linked};
    static struct tt_network network;
    network = tt_lwip_network(&ethernet);
    tt_firmware_run(&chip, &network);
}
