// wasm3 behind the engine seam: what it refuses to load, how traps are told, and that it leaks
// nothing.
#include "../engine/wasm3.h"

#include "../core/abi.gen.h"
#include "check.h"
#include "guests.gen.h"

enum { N = 4096, FUEL = 100000 };

// The host of a guest "commands": event.read gives it the command, all other imports answer 0.
struct host {
    uint8_t command[9];
    int calls;
};

static const char *call_import(void *context, const struct tt_import *import,
                               const struct tt_guest_memory *memory, const uint64_t *args,
                               uint64_t *result)
{
    struct host *const host = context;
    host->calls++;
    CHECK_INT(memory->size, N);
    *result = 0;
    if (strcmp(import->module, "store") == 0) { *result = (uint32_t)TT_ENOTFOUND; }
    if (strcmp(import->name, "read") == 0) {
        memcpy(tt_guest_range(memory, args[1], sizeof host->command), host->command,
               sizeof host->command);
    }
    return strcmp(import->name, "restart") == 0 ? "the host said no" : NULL;
}

static struct tt_wasm3 wasm3;
static struct tt_engine engine;
static struct host host;
static const struct tt_engine_limits limits = {.memory_bytes = N, .stack_bytes = 4096};

static int load(const char *name, const char **why)
{
    engine = tt_wasm3_engine(&wasm3);
    host = (struct host){0};
    for (size_t i = 0; i < sizeof guests / sizeof guests[0]; i++) {
        if (strcmp(guests[i].name, name) != 0) { continue; }
        return engine.load(engine.ctx, guests[i].wasm, guests[i].len, &limits, call_import, &host,
                           why);
    }
    CHECK(!"no such guest");
    return 0;
}

static int command(char letter, int32_t a, int32_t b, struct tt_trap *trap)
{
    host.command[0] = (uint8_t)letter;
    for (int i = 0; i < 4; i++) {
        host.command[1 + i] = (uint8_t)((uint32_t)a >> 8 * i);
        host.command[5 + i] = (uint8_t)((uint32_t)b >> 8 * i);
    }
    return engine.call(engine.ctx, TT_GUEST_ON_EVENT, TT_EVENT_METHOD, 1, FUEL, trap);
}

static void traps(void)
{
    static const struct {
        char letter;
        int32_t a;
        int32_t b;
        const char *reason;
        const char *function;
    } cases[] = {
        {'u', 0, 0, "unreachable executed", "obey"},
        {'d', 1, 0, "division by zero", "obey"},
        {'d', INT32_MIN, -1, "integer overflow", "obey"},
        {'o', N - 3, 0, "memory access out of bounds", "obey"},
        {'o', N, 0, "memory access out of bounds", "obey"},
        {'o', -1, 0, "memory access out of bounds", "obey"},
        {'O', N - 7, 0, "memory access out of bounds", "obey"},
        {'l', 0, 0, "ran too long", "obey"},
        {'s', 0, 0, "stack overflow", "recurse"},
        {'i', 0, 0, "indirect call of another type", "obey"},
        {'i', 4, 0, "indirect call beyond the table", "obey"},
        {'i', -1, 0, "indirect call beyond the table", "obey"},
        {'R', 0, 0, "the host said no", "obey"},
    };
    const char *why = NULL;
    CHECK_INT(load("commands", &why), TT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tt_trap trap;
        CHECK_INT(command(cases[i].letter, cases[i].a, cases[i].b, &trap), TT_EREFUSED);
        CHECK_BYTES(trap.reason, strlen(trap.reason), cases[i].reason, strlen(cases[i].reason));
        CHECK_BYTES(trap.function, strlen(trap.function), cases[i].function,
                    strlen(cases[i].function));
        CHECK(trap.offset > 0);
    }
    engine.unload(engine.ctx);
}

static void bounds_of_memory(void)
{
    const char *why = NULL;
    struct tt_trap trap;
    CHECK_INT(load("commands", &why), TT_OK);
    CHECK_INT(command('o', N - 4, 0, &trap), TT_OK);
    CHECK_INT(command('O', N - 8, 0, &trap), TT_OK);
    CHECK_INT(command('m', 0, 0, &trap), TT_OK); // memory.grow fails
    CHECK_INT(command('o', N, 0, &trap), TT_EREFUSED);
    engine.unload(engine.ctx);
}

static void goes_on_after_a_trap(void)
{
    const char *why = NULL;
    struct tt_trap trap;
    CHECK_INT(load("commands", &why), TT_OK);
    CHECK_INT(command('s', 0, 0, &trap), TT_EREFUSED);
    CHECK_INT(command('i', 1, 0, &trap), TT_OK);
    CHECK_INT(engine.call(engine.ctx, TT_GUEST_START, 0, 0, FUEL, &trap), TT_OK);
    CHECK_INT(engine.call(engine.ctx, TT_GUEST_COLLECT, 0, 0, FUEL, &trap), TT_OK);
    CHECK_INT(engine.heap_bytes(engine.ctx), 100);
    engine.unload(engine.ctx);
    CHECK_INT(engine.heap_bytes(engine.ctx), 0);
}

static void refusals(void)
{
    const char *why = NULL;
    CHECK_INT(load("unknown_import", &why), TT_EUNSUPPORTED);
    CHECK_TEXT(why, strlen(why), "imports gpio.explode, which nobody has");
    CHECK_INT(load("wrong_signature", &why), TT_EINVALID);
    CHECK_TEXT(why, strlen(why), "imports gpio.write with another signature");
    CHECK_INT(load("global_import", &why), TT_EUNSUPPORTED);
    CHECK_TEXT(why, strlen(why), "imports env.level, a global");
    CHECK_INT(load("start_section", &why), TT_EINVALID);
    CHECK_TEXT(why, strlen(why), "has a start section");
    CHECK_INT(load("two_pages", &why), TT_EINVALID);
    CHECK_INT(load("no_export", &why), TT_EINVALID);
    CHECK_TEXT(why, strlen(why), "does not export start and on_event");
    CHECK_INT(load("wrong_export", &why), TT_EINVALID);
    CHECK_INT(load("data_beyond", &why), TT_EINVALID);
    CHECK_TEXT(why, strlen(why), "data segment out of bounds");
    CHECK_INT(
        engine.load(engine.ctx, (const uint8_t *)"\0asm", 4, &limits, call_import, &host, &why),
        TT_EINVALID);
    struct tt_trap trap;
    CHECK_INT(engine.call(engine.ctx, TT_GUEST_START, 0, 0, FUEL, &trap), TT_OK); // nothing loaded
}

static void reloads(void)
{
    const char *why = NULL;
    size_t first = 0;
    for (int i = 0; i < 100; i++) {
        struct tt_trap trap;
        CHECK_INT(load("commands", &why), TT_OK);
        if (i == 0) { first = tt_wasm3_heap_bytes(); }
        CHECK_INT(tt_wasm3_heap_bytes(), first);
        CHECK_INT(command('s', 0, 0, &trap), TT_EREFUSED);
        engine.unload(engine.ctx);
        CHECK_INT(tt_wasm3_heap_bytes(), 0);
    }
    CHECK(first > N);
}

static void steady(void)
{
    const char *why = NULL;
    struct tt_trap trap;
    CHECK_INT(load("commands", &why), TT_OK);
    const size_t before = tt_wasm3_heap_bytes();
    for (int i = 0; i < 10000; i++) {
        CHECK_INT(command('g', 1, 0, &trap), TT_OK);
    }
    CHECK_INT(tt_wasm3_heap_bytes(), before);
    CHECK_INT(engine.heap_bytes(engine.ctx), 10000);
    engine.unload(engine.ctx);
}

int main(void)
{
    RUN(traps, "every way a guest can fail is told with reason, function and offset");
    RUN(bounds_of_memory, "memory ends at the board's N and does not grow");
    RUN(goes_on_after_a_trap, "a guest can be called again after a trap");
    RUN(refusals, "a module with a missing or wrong import or export is refused by name");
    RUN(reloads, "a hundred loads and unloads leave nothing allocated");
    RUN(steady, "ten thousand calls allocate nothing");
    return 0;
}
