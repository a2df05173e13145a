// How one promise is checked, between the contract's own files: a function that says why not, or
// NULL.
#pragma once

#include "contract.h"

// NULL: kept. A text that begins with TT_CONTRACT_LACKS: the port has no such thing.
typedef const char *tt_contract_case(const struct tt_contract *contract);

struct tt_contract_promise {
    const char *title;
    tt_contract_case *check;
};

// A result with this first byte is TT_CONTRACT_UNSUPPORTED; the reason follows.
#define TT_CONTRACT_LACKS "\1"

extern const struct tt_contract_promise tt_contract_loop[];
extern const size_t tt_contract_loop_count;
extern const struct tt_contract_promise tt_contract_stream[];
extern const size_t tt_contract_stream_count;
extern const struct tt_contract_promise tt_contract_flash[];
extern const size_t tt_contract_flash_count;
extern const struct tt_contract_promise tt_contract_pins[];
extern const size_t tt_contract_pins_count;
