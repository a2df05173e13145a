// An ESP-AT modem at one of the chip's serial ports, which joins the first network of the settings.

#include "../../../port/esp_at/network.h"

#include "../../../core/settings.h"
#include "../../../port/error.gen.h"
#include "../../../port/stm32/clock.h"
#include "../../../port/stm32/flash.h"
#include "../../../port/stm32/gpio.h"
#include "../../../port/stm32/usart.h"
#include "../network.h"
#include "board.gen.h"

enum {
    RECEIVE_RING = 1024, // more than the modem says unasked, and one answer with data
    SEND_RING = 256,
    RESET_US = 2000,
};

static const struct tt_uart_wires wires = TT_BOARD_MODEM;

static int open_modem(void (*wake)(void), struct tt_stream *pipe)
{
    static uint8_t receive[RECEIVE_RING];
    static uint8_t send[SEND_RING];
    static struct tt_stm32_usart usart = {
        .receive = {.bytes = receive, .size = RECEIVE_RING},
        .send = {.bytes = send, .size = SEND_RING},
    };
    *pipe = tt_stm32_usart_stream(&usart);
    return tt_stm32_usart_open(&usart, &wires, wake);
}

static void reset_modem(void *ctx)
{
    (void)ctx;
    tt_stm32_pin_write(wires.reset_pin, false);
    tt_stm32_pin_output(wires.reset_pin);
    tt_stm32_delay_us(RESET_US);
    tt_stm32_pin_input(wires.reset_pin, TT_PULL_UP); // the modem's own resistor lets it go
}

const struct tt_network *tt_stm32_network(void)
{
    static struct tt_esp_at_board board;
    static struct tt_network network;
    board.open = open_modem;
    tt_settings_wifi(tt_stm32_flash_at(TT_BOARD_SETTINGS_OFFSET), TT_BOARD_SETTINGS_BYTES, 0,
                     &board.network, &board.password); // none: the modem joins what it knows
    board.reset = wires.reset_pin != TT_NO_PIN ? reset_modem : NULL;
    network = tt_esp_at_network(&board);
    return &network;
}
