// The promises about clocks, randomness, the log and waiting.

#include <string.h>

#include "../error.gen.h"
#include "case.h"

static const char no_clock[] = TT_CONTRACT_LACKS "the port has no clock";
static const int64_t year_2024_ms = INT64_C(1704067200000);
static const int64_t year_2100_ms = INT64_C(4102444800000);

static const char *epoch_is_unset_or_plausible(const struct tt_contract *contract)
{
    const int64_t now_ms = contract->port->epoch_ms(contract->port->ctx);
    if (now_ms == TT_EUNSET) { return NULL; }
    if (now_ms < 0) { return "an error other than TT_EUNSET"; }
    if (now_ms < year_2024_ms) { return "a time before 2024: answer TT_EUNSET until it was set"; }
    return now_ms < year_2100_ms ? NULL : "a time after 2100: is it in milliseconds?";
}

static const char *uptime_never_goes_back(const struct tt_contract *contract)
{
    int64_t before_ms = contract->uptime_ms(contract->loop);
    if (before_ms < 0) { return no_clock; }
    for (int i = 0; i < 1000; i++) {
        const int64_t now_ms = contract->uptime_ms(contract->loop);
        if (now_ms < before_ms) { return "it went back"; }
        before_ms = now_ms;
    }
    return NULL;
}

static bool all_equal(const uint8_t *bytes, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if (bytes[i] != bytes[0]) { return false; }
    }
    return true;
}

static const char *random_is_not_constant(const struct tt_contract *contract)
{
    if (contract->port->random == NULL) {
        return TT_CONTRACT_LACKS "no source of randomness: without one there is no TLS";
    }
    // 30 bytes, so that a generator of words must cut its last one.
    uint8_t first[32];
    uint8_t second[32];
    memset(first, 0x5a, sizeof first);
    memset(second, 0x5a, sizeof second);
    contract->port->random(contract->port->ctx, first + 1, 30);
    contract->port->random(contract->port->ctx, second + 1, 30);
    contract->port->random(contract->port->ctx, second, 0);
    if (first[0] != 0x5a || first[31] != 0x5a || second[0] != 0x5a || second[31] != 0x5a) {
        return "it wrote outside the bytes it was given";
    }
    // Each fails by chance once in 2^232 runs or less.
    if (all_equal(first + 1, 30)) { return "all bytes are the same"; }
    return memcmp(first, second, sizeof first) == 0 ? "twice the same bytes" : NULL;
}

static const char *log_takes_any_bytes(const struct tt_contract *contract)
{
    static const char text[] = {'c', 'o', 'n', 't', 'r', 'a', 'c', 't', '\n', 0, (char)0xff};
    for (int level = TT_LOG_DEBUG; level <= TT_LOG_ERROR; level++) {
        contract->port->log(contract->port->ctx, (enum tt_log_level)level, text, sizeof text);
    }
    contract->port->log(contract->port->ctx, TT_LOG_INFO, text, 0);
    return NULL;
}

typedef void wait_function(void *loop, int32_t timeout_ms);

static const char *wait_ends(const struct tt_contract *contract, wait_function *wait)
{
    const int64_t began_ms = contract->uptime_ms(contract->loop);
    if (began_ms < 0) { return no_clock; }
    // A wait may end early for nothing, but not time and again.
    for (int i = 0; i < 1000 && contract->uptime_ms(contract->loop) < began_ms + 50; i++) {
        wait(contract->loop, 10);
    }
    const int64_t took_ms = contract->uptime_ms(contract->loop) - began_ms;
    if (took_ms < 50) { return "1000 waits of 10 ms took less than 50 ms"; }
    return took_ms > 2000 ? "waits of 10 ms last for seconds" : NULL;
}

static const char *app_wait_ends(const struct tt_contract *contract)
{
    return wait_ends(contract, contract->wait_app);
}

static const char *link_wait_ends(const struct tt_contract *contract)
{
    return wait_ends(contract, contract->wait_link);
}

static const char *wake_is_kept(const struct tt_contract *contract, void (*wake)(void *ctx),
                                wait_function *wait)
{
    if (wake == NULL) { return TT_CONTRACT_LACKS "one thread steps both loops"; }
    const int64_t began_ms = contract->uptime_ms(contract->loop);
    if (began_ms < 0) { return no_clock; }
    wait(contract->loop, 0); // forgets a wake that came before
    wake(contract->port->ctx);
    wait(contract->loop, 5000);
    const int64_t took_ms = contract->uptime_ms(contract->loop) - began_ms;
    return took_ms >= 4000 ? "a wake just before the wait was lost" : NULL;
}

static const char *app_wake_is_kept(const struct tt_contract *contract)
{
    return wake_is_kept(contract, contract->port->wake_app, contract->wait_app);
}

static const char *link_wake_is_kept(const struct tt_contract *contract)
{
    return wake_is_kept(contract, contract->port->wake_link, contract->wait_link);
}

static const char *restart_is_there(const struct tt_contract *contract)
{
    return contract->port->restart == NULL ? "restart is NULL" : NULL;
}

const struct tt_contract_promise tt_contract_loop[] = {
    {"epoch_ms is TT_EUNSET or a time after 2024", epoch_is_unset_or_plausible},
    {"uptime never goes back", uptime_never_goes_back},
    {"random fills exactly what it is given, never the same twice", random_is_not_constant},
    {"log takes any bytes at any level", log_takes_any_bytes},
    {"the app loop's wait ends with its time", app_wait_ends},
    {"the link loop's wait ends with its time", link_wait_ends},
    {"wake_app ends a wait that begins after it", app_wake_is_kept},
    {"wake_link ends a wait that begins after it", link_wake_is_kept},
    {"restart is there", restart_is_there},
};
const size_t tt_contract_loop_count = sizeof tt_contract_loop / sizeof tt_contract_loop[0];
