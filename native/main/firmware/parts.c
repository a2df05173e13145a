// Finds app, code and store at the places the board gives them.

#include "parts.h"

#include <string.h>

#include "../../engine/wasm3.h"
#include "../../port/error.gen.h"
#include "../../port/mcu/code.h"
#include "board.gen.h"
#include "slots.h"

static struct tt_wasm3 wasm3;
static const struct tt_port *port;

void tt_parts_say(const struct tt_port *to, enum tt_log_level level, const char *text,
                  const char *why)
{
    char line[224];
    const size_t len = strlen(text);
    const size_t why_len = why != NULL ? strlen(why) : 0;
    memcpy(line, text, len);
    const size_t part = why_len < sizeof line - len ? why_len : sizeof line - len;
    if (why != NULL) { memcpy(line + len, why, part); }
    to->log(to->ctx, level, line, len + part);
}

// wasm3, whose code is in flash: where another app's is in the way, it is erased and compiled
// again.
static int load(void *ctx, const uint8_t *wasm, size_t wasm_len,
                const struct tt_engine_limits *limits, tt_import_call *call, void *host,
                const char **why)
{
    const struct tt_engine engine = tt_wasm3_engine(ctx);
    int err = engine.load(ctx, wasm, wasm_len, limits, call, host, why);
    if (err < 0 || !tt_code_stale()) { return err; }
    engine.unload(ctx);
    tt_code_erase();
    tt_parts_say(port, TT_LOG_INFO, "compiled code written to flash", NULL);
    err = engine.load(ctx, wasm, wasm_len, limits, call, host, why);
    if (err < 0 || !tt_code_stale()) { return err; }
    engine.unload(ctx);
    *why = "the flash does not keep compiled code";
    return TT_EINVALID;
}

bool tt_parts_open(struct tt_parts *parts, const struct tt_chip *chip,
                   const struct tt_port *for_port)
{
    port = for_port;
    unsigned damaged = 0;
    const int found = tt_slots_find(chip, &parts->app, &damaged);
    if (damaged > 0) {
        tt_parts_say(port, TT_LOG_WARNING, "an app slot is damaged and passed over", NULL);
    }
    if (found < 0) {
        tt_parts_say(port, TT_LOG_ERROR, "no app in its slots: flash one", NULL);
        return false;
    }
    parts->store = chip->flash(TT_BOARD_STORE_OFFSET, TT_BOARD_STORE_BYTES);
    if (TT_BOARD_OUTBOX_BYTES > 0) {
        parts->outbox = chip->flash(TT_BOARD_OUTBOX_OFFSET, TT_BOARD_OUTBOX_BYTES);
    }
    parts->engine = tt_wasm3_engine(&wasm3);
    if (TT_BOARD_CODE_BYTES > 0) {
        const struct tt_block code = chip->flash(TT_BOARD_CODE_OFFSET, TT_BOARD_CODE_BYTES);
        tt_code_use(&code, chip->flash_at(TT_BOARD_CODE_OFFSET));
        parts->engine.load = load;
    }
    return true;
}
