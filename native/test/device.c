// One device in exactly the memory it asks for: boots are counted, and what cannot start says why.
#include "../core/device.h"

#include "fake_board.h"

static struct bench bench;
static struct tt_board with_store;
static char message_id[32];

static void keep_message_id(void *ctx, const struct tt_notice *notice)
{
    (void)ctx;
    if (notice->kind != TT_NOTICE_QUEUED) { return; }
    CHECK(notice->text_len < sizeof message_id);
    memcpy(message_id, notice->text, notice->text_len);
    message_id[notice->text_len] = 0;
}

// The settings of a device that runs the guest `name` offline, on the fakes of the bench.
static struct tt_device_config configure(const char *name)
{
    const struct guest *const guest = guest_named(name);
    power_on(&bench, guest->wasm, guest->len);
    tt_app_stop(&bench.app);
    fake_port.notice = keep_message_id;
    with_store = board;
    with_store.store_blocks = 2;
    with_store.packet_bytes = 512;
    with_store.receive_bytes = 512;
    return (struct tt_device_config){.port = &fake_port,
                                     .board = &with_store,
                                     .io = &fake_io,
                                     .block = &fake_block,
                                     .engine = &bench.engine,
                                     .wasm = guest->wasm,
                                     .wasm_len = guest->len,
                                     .offline = true};
}

static struct tt_device *start(const struct tt_device_config *config, void **memory,
                               const char **why)
{
    const size_t size = tt_device_memory(config->board);
    *memory = malloc(size);
    memset(*memory, 0xA5, size);
    return tt_device_start(*memory, size, config, 0, why);
}

static void counts_boots(void)
{
    static const char *const expected[] = {"1-1", "2-1", "3-1"};
    const struct tt_device_config config = configure("least");
    for (int i = 0; i < 3; i++) {
        void *memory;
        const char *why = NULL;
        struct tt_device *const device = start(&config, &memory, &why);
        CHECK(device != NULL);
        struct tt_app *const app = tt_device_app(device);
        CHECK_INT(tt_app_step(app, 0), INT32_MAX);
        CHECK_INT(tt_abi_hub_send(app, (const uint8_t *)"{}", 2, NULL, 0, 0, 0), 1);
        CHECK(strcmp(message_id, expected[i]) == 0);
        tt_device_stop(device);
        free(memory);
    }
}

static void random_boots(void)
{
    struct tt_device_config config = configure("least");
    config.block = NULL;
    void *memory;
    const char *why = NULL;
    struct tt_device *const device = start(&config, &memory, &why);
    CHECK(device != NULL);
    CHECK_INT(tt_abi_hub_send(tt_device_app(device), NULL, 0, NULL, 0, 0, 0), 1);
    CHECK(strcmp(message_id, "16843009-1") == 0); // the fake's random bytes are all 1
    tt_device_stop(device);
    free(memory);
}

static void says_why(void)
{
    void *memory;
    const char *why = NULL;
    struct tt_device_config config = configure("needs_i2c");
    CHECK(start(&config, &memory, &why) == NULL);
    CHECK(strcmp(why,
                 "board 'bench' has no pin for i2c, which the app's import i2c.transfer needs") ==
          0);
    free(memory);

    config = configure("least");
    config.offline = false; // and without a connection
    CHECK(start(&config, &memory, &why) == NULL);
    CHECK(strcmp(why, "the settings of the connection to the hub are not valid") == 0);
    free(memory);

    config = configure("least");
    with_store.store_blocks = 3;
    CHECK(start(&config, &memory, &why) == NULL);
    CHECK(strcmp(why, "the store is larger than the flash") == 0);
    CHECK(tt_device_start(memory, tt_device_memory(&with_store) - 1, &config, 0, &why) == NULL);
    CHECK(strcmp(why, "the device has too little memory") == 0);
    free(memory);
}

static int broken_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    (void)ctx;
    (void)offset;
    (void)out;
    (void)len;
    return TT_EIO;
}

static void broken_flash(void)
{
    const struct tt_device_config config = configure("least");
    fake_block.read = broken_read;
    void *memory;
    const char *why = NULL;
    struct tt_device *const device = start(&config, &memory, &why);
    CHECK(device != NULL);
    CHECK(strstr(bench.log.bytes, "E the store cannot be read or written; nothing will be kept\n"));
    tt_device_stop(device);
    free(memory);
}

int main(void)
{
    RUN(counts_boots, "each start has a number of its own, and message ids begin with it");
    RUN(random_boots, "without a store the number is random");
    RUN(says_why, "a device that cannot start says why in one sentence");
    RUN(broken_flash, "a device with unreadable flash still runs its app");
    return 0;
}
