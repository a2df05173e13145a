// Holds the template to the contract: it breaks nothing, and says of each thing that it is not
// there.

#include "../port/template/template.h"
#include "contract_report.h"

static void states_what_is_missing(void)
{
    static struct tt_template device;
    CHECK_INT(tt_template_open(&device), 0);
    const struct tt_port port = tt_template_port(&device);
    const struct tt_block block = tt_template_block(&device);
    const struct tt_board_io io = tt_template_io(&device);
    struct contract_report report = {0};
    const struct tt_contract contract = {
        .port = &port,
        .loop = &device,
        .uptime_ms = tt_template_uptime_ms,
        .wait_app = tt_template_wait_app,
        .wait_link = tt_template_wait_link,
        .echo_host = "127.0.0.1",
        .echo_port = 7,
        .refusing_port = 9,
        .patience_ms = 1000,
        .block = &block,
        .io = &io,
        .pins = contract_board_pins,
        .pin_count = CONTRACT_BOARD_PINS,
        .report = contract_note,
        .ctx = &report,
    };
    CHECK_INT(tt_contract_run(&contract), 0);
    // An unset epoch, a log that drops its lines and a noted restart are allowed answers.
    CHECK_INT(report.kept, 3);
    CHECK_INT(report.unsupported, 24);
    CHECK(contract_names(report.unsupported_titles, report.unsupported, "random"));
}

int main(void)
{
    RUN(states_what_is_missing, "the template states everything it has not, and pretends nothing");
    return 0;
}
