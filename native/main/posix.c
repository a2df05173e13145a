// A device on a computer: its runtime over the POSIX port, started again as often as it asks for
// it.

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/dps.h"
#include "../core/software_key.h"
#include "../core/trust.h"
#include "../core/uploader.h"
#include "../engine/wasm3.h"
#include "../port/error.gen.h"
#include "../port/posix/flash.h"
#include "posix/loops.h"
#include "posix/options.h"

enum { FLASH_BLOCK_BYTES = 4096, TRUST_BLOCKS = 8, FAULT_PAUSE_MS = 1000 };

static struct tt_posix posix; // file scope for the signal handler's sake
static _Atomic bool stopped;

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stopped, true);
    tt_posix_wake(&posix);
}

static void pin_changed(void *device, uint16_t channel, int level)
{
    tt_app_pin_changed(tt_device_app(device), channel, level);
}

// From power on to power off; false when the device could not be started.
static bool run_once(const struct tt_options *options, const struct tt_block *block,
                     const struct tt_block *trust_block, void *memory)
{
    static struct tt_posix_pins pins;
    static struct tt_wasm3 wasm3;
    const struct tt_port port = tt_posix_port(&posix);
    const struct tt_engine engine = tt_wasm3_engine(&wasm3);
    if (tt_posix_pins_open(&pins, &port, options->board, options->pins_path) < 0) {
        fprintf(stderr, "error: board '%s' has more pins than this port\n", options->board->name);
        return false;
    }
    const struct tt_board_io io = tt_posix_pins_io(&pins);
    struct tt_device_config config = {
        .port = &port,
        .board = options->board,
        .io = &io,
        .block = block,
        .outbox = block,
        .outbox_first_block = options->board->store_blocks,
        .uploader = options->board->upload_bytes > 0 ? &tt_uploader : NULL,
        .engine = &engine,
        .wasm = options->wasm,
        .wasm_len = options->wasm_len,
        .link = {.connection = options->connection,
                 .tls = true,
                 .ca = options->ca,
                 .ca_len = options->ca_len},
    };
    const char *why = "";
    static struct tt_dps dps;
    dps = (struct tt_dps){.calls = &tt_dps_calls};
    if (options->connection.id_scope.len > 0) { config.link.dps = &dps; }
    static struct tt_trust trust;
    trust = (struct tt_trust){
        .calls = &tt_trust_calls, .block = trust_block, .key = options->update_key};
    if (trust_block != NULL) { config.link.trust = &trust; }
    static struct tt_software_key key;
    struct tt_key_slot slot;
    if (options->key != NULL) {
        if (tt_software_key_open(&key, &port, options->key, options->key_len, &slot, &why) < 0) {
            fprintf(stderr, "error: %s\n", why);
            return false;
        }
        config.link.key_slot = &slot;
        config.link.certificate = options->certificate;
        config.link.certificate_len = options->certificate_len;
    }
    struct tt_loops loops = {.posix = &posix, .pins = &pins, .stopped = &stopped};
    loops.until_ms = options->for_ms;
    loops.device = tt_device_start(memory, tt_device_memory(options->board), &config,
                                   tt_posix_uptime_ms(&posix), &why);
    if (loops.device == NULL) {
        fprintf(stderr, "error: the device cannot start: %s\n", why);
        return false;
    }
    pins.changed = pin_changed;
    pins.changed_ctx = loops.device;
    tt_loops_run(&loops);
    tt_device_stop(loops.device);
    return true;
}

// Whether the device asked to be started again, and may be. A fault that comes back at once must
// not take the whole computer.
static bool again(struct tt_options *options)
{
    const int reason = tt_posix_restart_reason(&posix);
    if (options->for_ms != INT64_MAX) { options->for_ms -= tt_posix_uptime_ms(&posix); }
    tt_posix_reset(&posix);
    while (reason == TT_RESTART_FAULT && tt_posix_uptime_ms(&posix) < FAULT_PAUSE_MS &&
           !atomic_load(&stopped)) {
        tt_posix_wait_app(&posix, FAULT_PAUSE_MS);
    }
    tt_posix_reset(&posix);
    return reason != 0 && options->for_ms > 0 && !atomic_load(&stopped);
}

static bool open_flash(struct tt_posix_flash *flash, const char *path, uint32_t blocks)
{
    const int err = tt_posix_flash_open(flash, path, FLASH_BLOCK_BYTES, blocks);
    if (err < 0) {
        fprintf(stderr, "error: the flash %s %s\n", path,
                err == TT_EBUSY      ? "is another device's at the moment"
                : err == TT_EINVALID ? "has another size than this board's; name another file"
                                     : "cannot be opened or made");
    }
    return err >= 0;
}

static bool run_on(struct tt_options *options, struct tt_posix_flash *flash,
                   const struct tt_block *trust_block)
{
    const struct tt_block block = tt_posix_flash_block(flash);
    void *memory = malloc(tt_device_memory(options->board));
    bool good = memory != NULL;
    do {
        good = good && run_once(options, &block, trust_block, memory);
    } while (good && again(options));
    free(memory);
    return good;
}

static int run(struct tt_options *options)
{
    struct tt_posix_flash flash;
    const struct tt_board *board = options->board;
    if (!open_flash(&flash, options->flash_path, board->store_blocks + board->outbox_blocks)) {
        return 1;
    }
    bool good = true;
    if (options->trust_path == NULL) {
        good = run_on(options, &flash, NULL);
    } else {
        struct tt_posix_flash trust;
        good = open_flash(&trust, options->trust_path, TRUST_BLOCKS);
        if (good) {
            const struct tt_block trust_block = tt_posix_flash_block(&trust);
            good = run_on(options, &flash, &trust_block);
            tt_posix_flash_close(&trust);
        }
    }
    tt_posix_flash_close(&flash);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct tt_options options;
    const enum tt_options_result result = tt_options_parse(&options, argc, argv);
    if (result != TT_OPTIONS_RUN) { return result == TT_OPTIONS_HELP ? 0 : 1; }
    if (tt_posix_open(&posix, options.log_level) < 0) { return 1; }
    // A second signal ends the process at once.
    const struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN); // a closed stderr ends no device
    const int status = run(&options);
    tt_options_free(&options);
    return status;
}
