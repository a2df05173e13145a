// What a guest module asks of its board, read from the Wasm before any engine sees it. Runs
// nothing.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "bytes.h"

enum {
    TT_MODULE_BYTES_MAX = 512 * 1024,
    TT_MODULE_WHY_MAX = 192, // bytes of a refusal with its NUL
    TT_MODULE_MODEL_ID_MAX = 128,
};

// TT_OK when the module imports only what this firmware and this board have, declares one memory
// of one page, has no start section and exports what abi.ts says. Else *why is one sentence, cut at
// TT_MODULE_WHY_MAX: TT_EUNSUPPORTED for an import that is missing here, TT_EINVALID for the rest.
// A model id that is none is TT_EINVALID too. Function bodies are not looked at; the build
// validates them.
int tt_module_check(const uint8_t *wasm, size_t len, const struct tt_board *board,
                    char why[TT_MODULE_WHY_MAX]);

// The id of the interface the app was written against (custom section "tinytwin.model"), inside
// wasm, which tt_module_check has taken; empty when there is none.
struct tt_range tt_module_model_id(const uint8_t *wasm, size_t len);
