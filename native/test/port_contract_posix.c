// Holds the POSIX port to the contract, over loopback sockets and a flash file of its own.

#include <stdlib.h>

#include "../port/posix/flash.h"
#include "../port/posix/pins.h"
#include "../port/posix/posix.h"
#include "contract_report.h"
#include "echo_server.h"

static void keeps_every_promise(void)
{
    static struct tt_posix posix;
    CHECK_INT(tt_posix_open(&posix, TT_LOG_ERROR), 0);
    const struct tt_port port = tt_posix_port(&posix);

    char path[] = "/tmp/tinytwin-contract-XXXXXX";
    const int file = mkstemp(path);
    CHECK(file >= 0);
    close(file);
    struct tt_posix_flash flash;
    CHECK_INT(tt_posix_flash_open(&flash, path, 4096, 4), 0);
    const struct tt_block block = tt_posix_flash_block(&flash);

    const struct tt_board board = {.pins = contract_board_pins, .pin_count = CONTRACT_BOARD_PINS};
    static struct tt_posix_pins pins;
    CHECK_INT(tt_posix_pins_open(&pins, &port, &board, NULL), 0);
    const struct tt_board_io io = tt_posix_pins_io(&pins);

    struct echo_server server;
    echo_start(&server);
    struct contract_report report = {0};
    const struct tt_contract contract = {
        .port = &port,
        .loop = &posix,
        .uptime_ms = tt_posix_uptime_ms,
        .wait_app = tt_posix_wait_app,
        .wait_link = tt_posix_wait_link,
        .echo_host = "localhost", // may be two addresses, of which only 127.0.0.1 listens
        .echo_port = server.port,
        .refusing_port = server.closed_port,
        .unknown_host = "no-such-host.invalid", // RFC 6761 §6.4
        .patience_ms = 20000,
        .block = &block,
        .scratch_block = 1,
        .io = &io,
        .pins = board.pins,
        .pin_count = board.pin_count,
        .report = contract_note,
        .ctx = &report,
    };
    CHECK_INT(tt_contract_run(&contract), 0);
    CHECK_INT(report.broken, 0);
    CHECK_INT(report.unsupported, 0);
    CHECK_INT(report.kept, 27);

    echo_stop(&server);
    tt_posix_flash_close(&flash);
    unlink(path);
    tt_posix_close(&posix);
}

int main(void)
{
    RUN(keeps_every_promise, "the POSIX port keeps every promise of the contract");
    return 0;
}
