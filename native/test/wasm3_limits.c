// What our patches to wasm3 promise: hostile or endless guests end in an error, never in a broken
// host. Each test fails without the patch it names. Modules are assembled here, byte by byte.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "wasm3.h"

enum { MODULE_MAX = 64 * 1024, STACK_BYTES = 4096, LIMIT_BYTES = 8192, PAGE_BYTES = 65536 };

enum opcode {
    UNREACHABLE = 0x00,
    BLOCK = 0x02,
    LOOP = 0x03,
    IF = 0x04,
    END = 0x0b,
    BR = 0x0c,
    BR_IF = 0x0d,
    BR_TABLE = 0x0e,
    CALL = 0x10,
    DROP = 0x1a,
    LOCAL_GET = 0x20,
    LOCAL_TEE = 0x22,
    I32_STORE8 = 0x3a,
    MEMORY_GROW = 0x40,
    I32_CONST = 0x41,
    I32_ADD = 0x6a,
    VOID = 0x40,
    I32 = 0x7f,
};

struct bytes {
    uint8_t data[MODULE_MAX];
    size_t len;
};

// A module, the runtime it is loaded into, and the function 0, exported as "f".
struct guest {
    struct bytes wasm;
    IM3Environment environment;
    IM3Runtime runtime;
    IM3Function f;
    M3Result refused; // what load or compile said, NULL when all is well
};

static void put(struct bytes *to, const uint8_t *data, size_t len)
{
    CHECK(to->len + len <= sizeof to->data);
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

static void put_leb(struct bytes *to, uint32_t value)
{
    do {
        uint8_t byte = value & 0x7f;
        value >>= 7;
        if (value != 0) { byte |= 0x80; }
        put(to, &byte, 1);
    } while (value != 0);
}

static void put_section(struct bytes *to, uint8_t id, const struct bytes *content)
{
    put(to, &id, 1);
    put_leb(to, (uint32_t)content->len);
    put(to, content->data, content->len);
}

static void section(struct bytes *to, uint8_t id, const uint8_t *data, size_t len)
{
    static struct bytes content;
    content.len = 0;
    put(&content, data, len);
    put_section(to, id, &content);
}

// (module (type (func (param i32) (result i32))) (func (export "f") (type 0) <body>)), with a page
// of memory. `body` is without the size and the locals' count, and ends with END. Returns its
// offset in the module.
static size_t assemble(struct bytes *wasm, const struct bytes *body)
{
    static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    static const uint8_t type[] = {1, 0x60, 1, I32, 1, I32};
    static const uint8_t function[] = {1, 0};
    static const uint8_t memory[] = {1, 0, 1};
    static const uint8_t export[] = {1, 1, 'f', 0, 0};
    wasm->len = 0;
    put(wasm, header, sizeof header);
    section(wasm, 1, type, sizeof type);
    section(wasm, 3, function, sizeof function);
    section(wasm, 5, memory, sizeof memory);
    section(wasm, 7, export, sizeof export);

    static struct bytes code;
    code.len = 0;
    put_leb(&code, 1);
    put_leb(&code, (uint32_t)body->len + 1);
    put_leb(&code, 0);
    put(&code, body->data, body->len);
    put_section(wasm, 10, &code);
    return wasm->len - body->len;
}

static void start(struct guest *guest, uint32_t stack_bytes, uint32_t memory_limit)
{
    IM3Module module = NULL;
    guest->f = NULL;
    guest->environment = m3_NewEnvironment();
    guest->runtime = m3_NewRuntime(guest->environment, stack_bytes, NULL);
    m3_SetMemoryLimit(guest->runtime, memory_limit);
    guest->refused =
        m3_ParseModule(guest->environment, &module, guest->wasm.data, (uint32_t)guest->wasm.len);
    CHECK(guest->refused == NULL);
    guest->refused = m3_LoadModule(guest->runtime, module);
    if (guest->refused != NULL) {
        m3_FreeModule(module);
        return;
    }
    guest->refused = m3_FindFunction(&guest->f, guest->runtime, "f");
}

static void stop(struct guest *guest)
{
    m3_FreeRuntime(guest->runtime);
    m3_FreeEnvironment(guest->environment);
}

static M3Result call(struct guest *guest, int32_t argument, int32_t *returned)
{
    const void *arguments[] = {&argument};
    const M3Result trap = m3_Call(guest->f, 1, arguments);
    if (trap == NULL && returned != NULL) {
        const void *returns[] = {returned};
        CHECK(m3_GetResults(guest->f, 1, returns) == NULL);
    }
    return trap;
}

#define BODY(...)                                                                                  \
    (&(struct bytes){.data = {__VA_ARGS__}, .len = sizeof((const uint8_t[]){__VA_ARGS__})})

static struct guest guest;

static void an_endless_loop_is_stopped_with_its_function_and_offset(void)
{
    const size_t body = assemble(&guest.wasm, BODY(LOOP, VOID, BR, 0, END, I32_CONST, 1, END));
    start(&guest, STACK_BYTES, 0);
    m3_SetFuel(guest.runtime, 1000);
    CHECK(call(&guest, 0, NULL) == m3Err_trapFuelExhausted);
    CHECK(m3_GetFuel(guest.runtime) == 0);
    const IM3BacktraceFrame frame = m3_GetBacktrace(guest.runtime)->frames;
    CHECK(frame != NULL && frame->next == NULL);
    CHECK(strcmp(m3_GetFunctionName(frame->function), "f") == 0);
    CHECK(frame->moduleOffset == body);
    stop(&guest);
}

// do { n += -1 } while (n != 0): n - 1 turns back.
static void fuel_is_counted_exactly_and_does_not_come_back_by_itself(void)
{
    assemble(&guest.wasm, BODY(LOOP, VOID, LOCAL_GET, 0, I32_CONST, 0x7f, I32_ADD, LOCAL_TEE, 0,
                               BR_IF, 0, END, LOCAL_GET, 0, END));
    start(&guest, STACK_BYTES, 0);
    m3_SetFuel(guest.runtime, 9);
    CHECK(call(&guest, 10, NULL) == NULL);
    CHECK(m3_GetFuel(guest.runtime) == 0);
    CHECK(call(&guest, 2, NULL) == m3Err_trapFuelExhausted);
    CHECK(call(&guest, 1, NULL) == NULL);
    m3_SetFuel(guest.runtime, 8);
    CHECK(call(&guest, 10, NULL) == m3Err_trapFuelExhausted);
    stop(&guest);
}

static void two_runtimes_do_not_share_fuel(void)
{
    static struct guest other;
    assemble(&guest.wasm, BODY(LOOP, VOID, BR, 0, END, I32_CONST, 1, END));
    assemble(&other.wasm, BODY(LOCAL_GET, 0, END));
    start(&guest, STACK_BYTES, 0);
    start(&other, STACK_BYTES, 0);
    m3_SetFuel(guest.runtime, 1);
    m3_SetFuel(other.runtime, 7);
    CHECK(call(&guest, 0, NULL) == m3Err_trapFuelExhausted);
    CHECK(m3_GetFuel(other.runtime) == 7);
    stop(&guest);
    stop(&other);
}

static void endless_recursion_is_stopped_by_fuel(void)
{
    assemble(&guest.wasm, BODY(LOCAL_GET, 0, CALL, 0, END));
    start(&guest, STACK_BYTES, 0);
    m3_SetFuel(guest.runtime, 5);
    CHECK(call(&guest, 0, NULL) == m3Err_trapFuelExhausted);
    stop(&guest);
}

// The Wasm stack given here is larger than the native one can follow.
static void deep_recursion_is_a_trap_whatever_the_stack(void)
{
    assemble(&guest.wasm, BODY(LOCAL_GET, 0, CALL, 0, END));
    start(&guest, 64 * 1024 * 1024, 0);
    CHECK(call(&guest, 0, NULL) == m3Err_trapStackOverflow);
    stop(&guest);
}

// f(n) = n != 0 ? f(n - 1) : 0
static void call_depth_is_counted_and_recovers_after_a_trap(void)
{
    assemble(&guest.wasm, BODY(LOCAL_GET, 0, IF, VOID, LOCAL_GET, 0, I32_CONST, 0x7f, I32_ADD, CALL,
                               0, DROP, END, I32_CONST, 0, END));
    start(&guest, STACK_BYTES, 0);
    m3_SetMaxCallDepth(guest.runtime, 4);
    CHECK(call(&guest, 4, NULL) == NULL);
    CHECK(call(&guest, 5, NULL) == m3Err_trapStackOverflow);
    CHECK(call(&guest, 4, NULL) == NULL);
    stop(&guest);
}

static void a_huge_br_table_is_refused(void)
{
    static const uint32_t counts[] = {0xffffffff, 0xfffffffb, 0x10000000, 1000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        static struct bytes body;
        body.len = 0;
        put(&body, (const uint8_t[]){LOCAL_GET, 0, BR_TABLE}, 3);
        put_leb(&body, counts[i]);
        for (int target = 0; target < 900; target++) {
            put_leb(&body, 0);
        }
        put(&body, (const uint8_t[]){END}, 1);
        assemble(&guest.wasm, &body);
        start(&guest, STACK_BYTES, 0);
        CHECK(guest.refused == m3Err_wasmMalformed);
        stop(&guest);
    }
}

// Run under AddressSanitizer, whose leak check is what fails without the patch.
static void a_br_table_that_does_not_compile_leaks_nothing(void)
{
    assemble(&guest.wasm, BODY(BLOCK, I32, LOCAL_GET, 0, BR_TABLE, 1, 0, 0, END, END));
    start(&guest, STACK_BYTES, 0);
    CHECK(guest.refused == m3Err_typeCountMismatch);
    stop(&guest);
}

static void nest(struct bytes *body, uint8_t opcode, int depth)
{
    body->len = 0;
    for (int i = 0; i < depth; i++) {
        if (opcode == IF) { put(body, (const uint8_t[]){LOCAL_GET, 0}, 2); }
        put(body, (const uint8_t[]){opcode, VOID}, 2);
    }
    for (int i = 0; i < depth; i++) {
        put(body, (const uint8_t[]){END}, 1);
    }
    put(body, (const uint8_t[]){LOCAL_GET, 0, END}, 3);
}

static void blocks_nest_to_a_limit(void)
{
    static const uint8_t opcodes[] = {BLOCK, LOOP, IF};
    for (size_t i = 0; i < sizeof opcodes; i++) {
        static struct bytes body;
        int32_t returned = 0;
        nest(&body, opcodes[i], 200);
        assemble(&guest.wasm, &body);
        start(&guest, STACK_BYTES, 0);
        CHECK(guest.refused == NULL && call(&guest, 7, &returned) == NULL && returned == 7);
        stop(&guest);

        nest(&body, opcodes[i], opcodes[i] == IF ? 12000 : 20000);
        assemble(&guest.wasm, &body);
        start(&guest, STACK_BYTES, 0);
        CHECK(guest.refused == m3Err_blocksNestedTooDeep);
        stop(&guest);
    }
}

static void memory_ends_at_the_limit_below_a_page(void)
{
    assemble(&guest.wasm, BODY(LOCAL_GET, 0, I32_CONST, 1, I32_STORE8, 0, 0, I32_CONST, 0, END));
    start(&guest, STACK_BYTES, LIMIT_BYTES);
    CHECK(call(&guest, LIMIT_BYTES - 1, NULL) == NULL);
    CHECK(call(&guest, LIMIT_BYTES, NULL) == m3Err_trapOutOfBoundsMemoryAccess);
    CHECK(call(&guest, -1, NULL) == m3Err_trapOutOfBoundsMemoryAccess);
    stop(&guest);
}

static void memory_does_not_grow_beyond_the_limit(void)
{
    int32_t returned = 0;
    assemble(&guest.wasm, BODY(LOCAL_GET, 0, MEMORY_GROW, 0, END));
    start(&guest, STACK_BYTES, LIMIT_BYTES);
    CHECK(call(&guest, 1, &returned) == NULL && returned == -1);
    CHECK(call(&guest, 0, &returned) == NULL && returned == 1);
    stop(&guest);

    start(&guest, STACK_BYTES, 2 * PAGE_BYTES);
    CHECK(call(&guest, 1, &returned) == NULL && returned == 1);
    CHECK(call(&guest, 1, &returned) == NULL && returned == -1);
    CHECK(call(&guest, -1, &returned) == NULL && returned == -1); // 2 + 0xffffffff wraps to 1
    stop(&guest);
}

// Freed with the runtime: AddressSanitizer's leak check fails without the patch.
static void the_backtrace_keeps_the_innermost_frames(void)
{
    assemble(&guest.wasm, BODY(LOCAL_GET, 0, IF, VOID, LOCAL_GET, 0, I32_CONST, 0x7f, I32_ADD, CALL,
                               0, DROP, END, UNREACHABLE, END));
    start(&guest, STACK_BYTES, 0);
    CHECK(call(&guest, 50, NULL) == m3Err_trapUnreachable);
    int count = 0;
    IM3BacktraceFrame frame = m3_GetBacktrace(guest.runtime)->frames;
    for (; frame != NULL; frame = frame->next) {
        CHECK(strcmp(m3_GetFunctionName(frame->function), "f") == 0);
        count++;
    }
    CHECK(count == 8);
    stop(&guest);
}

int main(void)
{
    RUN(an_endless_loop_is_stopped_with_its_function_and_offset,
        "an endless loop is stopped with its function and offset");
    RUN(fuel_is_counted_exactly_and_does_not_come_back_by_itself,
        "fuel is counted exactly and does not come back by itself");
    RUN(two_runtimes_do_not_share_fuel, "two runtimes do not share fuel");
    RUN(endless_recursion_is_stopped_by_fuel, "endless recursion is stopped by fuel");
    RUN(deep_recursion_is_a_trap_whatever_the_stack, "deep recursion is a trap whatever the stack");
    RUN(call_depth_is_counted_and_recovers_after_a_trap,
        "call depth is counted and recovers after a trap");
    RUN(a_huge_br_table_is_refused, "a huge br table is refused");
    RUN(a_br_table_that_does_not_compile_leaks_nothing,
        "a br table that does not compile leaks nothing");
    RUN(blocks_nest_to_a_limit, "blocks nest to a limit");
    RUN(memory_ends_at_the_limit_below_a_page, "memory ends at the limit below a page");
    RUN(memory_does_not_grow_beyond_the_limit, "memory does not grow beyond the limit");
    RUN(the_backtrace_keeps_the_innermost_frames, "the backtrace keeps the innermost frames");
    return EXIT_SUCCESS;
}
