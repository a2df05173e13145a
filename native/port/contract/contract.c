// Runs every promise and reports it.

#include "contract.h"

#include "case.h"

static int run(const struct tt_contract *contract, const struct tt_contract_promise *promises,
               size_t count)
{
    int broken = 0;
    for (size_t i = 0; i < count; i++) {
        const char *why = promises[i].check(contract);
        enum tt_contract_outcome outcome = TT_CONTRACT_KEPT;
        if (why == NULL) {
            why = "";
        } else if (why[0] == TT_CONTRACT_LACKS[0]) {
            outcome = TT_CONTRACT_UNSUPPORTED;
            why++;
        } else {
            outcome = TT_CONTRACT_BROKEN;
            broken++;
        }
        contract->report(contract->ctx, outcome, promises[i].title, why);
    }
    return broken;
}

int tt_contract_run(const struct tt_contract *contract)
{
    return run(contract, tt_contract_loop, tt_contract_loop_count) +
           run(contract, tt_contract_stream, tt_contract_stream_count) +
           run(contract, tt_contract_flash, tt_contract_flash_count) +
           run(contract, tt_contract_pins, tt_contract_pins_count);
}
