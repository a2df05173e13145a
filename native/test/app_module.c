// Which modules the app loop takes: what a board cannot run is refused, whatever its bytes.
#include "app_bench.h"

static void refuse(const char *name, int err, const char *why)
{
    const struct guest *const guest = guest_named(name);
    CHECK_INT(power_on(&bench, guest->wasm, guest->len), err);
    if (strcmp(tt_app_why(&bench.app), why) != 0) { printf("%s\n", tt_app_why(&bench.app)); }
    CHECK(strcmp(tt_app_why(&bench.app), why) == 0);
    CHECK_INT(bench.level[1], 1);
}

static void modules(void)
{
    refuse("unknown_import", TT_EUNSUPPORTED,
           "the app imports gpio.explode, which this firmware does not have");
    refuse("needs_i2c", TT_EUNSUPPORTED,
           "board 'bench' has no pin for i2c, which the app's import i2c.transfer needs");
    refuse("wrong_signature", TT_EINVALID,
           "the app imports gpio.write with another signature; build it with the SDK of this "
           "firmware");
    refuse("global_import", TT_EUNSUPPORTED,
           "the app imports env.level, which this firmware does not have");
    refuse("no_maximum", TT_EINVALID,
           "the app does not declare one memory of at most one page; build it with --maximumMemory "
           "1");
    refuse("two_pages", TT_EINVALID,
           "the app does not declare one memory of at most one page; build it with --maximumMemory "
           "1");
    refuse("start_section", TT_EINVALID,
           "the app has a start section; build it with --exportStart start");
    refuse("no_export", TT_EINVALID,
           "the app does not export start, on_event and memory; build it with tinytwin build");
    refuse("wrong_export", TT_EINVALID,
           "the app exports on_event with another type; build it with the SDK of this firmware");
    refuse("data_beyond", TT_EINVALID, "the app does not load: data segment out of bounds");
}

static void cut_modules(void)
{
    const struct guest *const guest = guest_named("commands");
    uint8_t *const copy = malloc(guest->len);
    char why[TT_MODULE_WHY_MAX];
    for (size_t len = 0; len < guest->len; len++) {
        // On the heap at its exact length, so that reading too far is seen.
        uint8_t *const cut = realloc(NULL, len + 1);
        memcpy(cut, guest->wasm, len);
        uint8_t *const exact = realloc(cut, len > 0 ? len : 1);
        tt_module_check(exact, len, &board, why);
        free(exact);
    }
    for (size_t at = 0; at < guest->len; at++) {
        memcpy(copy, guest->wasm, guest->len);
        copy[at] ^= 0xFF;
        tt_module_check(copy, guest->len, &board, why);
    }
    CHECK_INT(tt_module_check(guest->wasm, guest->len, &board, why), TT_OK);
    free(copy);
}

int main(void)
{
    RUN(modules, "a module the board cannot run is refused in one sentence");
    RUN(cut_modules, "a module cut or changed anywhere is read within its bytes");
    return 0;
}
