// Plug and Play in the core: the model id in an app's image, and components' properties on their
// way to the hub.
#include "../core/module.h"
#include "../core/reported.h"
#include "fake_board.h"

enum { IMAGE_MAX = 2048 };

struct image {
    uint8_t bytes[IMAGE_MAX];
    size_t len;
};

// The guest "least" with a custom section of this name and content behind it.
static struct image with_section(const char *name, const char *content, size_t content_len)
{
    static const char *const guest_name = "least";
    const struct guest *const guest = guest_named(guest_name);
    struct image image = {.len = guest->len};
    memcpy(image.bytes, guest->wasm, guest->len);
    const size_t name_len = strlen(name);
    const size_t size = 1 + name_len + content_len;
    image.bytes[image.len++] = 0;
    image.bytes[image.len++] = (uint8_t)(0x80 | (size & 0x7F));
    image.bytes[image.len++] = (uint8_t)(size >> 7);
    image.bytes[image.len++] = (uint8_t)name_len;
    memcpy(image.bytes + image.len, name, name_len);
    image.len += name_len;
    memcpy(image.bytes + image.len, content, content_len);
    image.len += content_len;
    return image;
}

static void says_its_model(void)
{
    static const char id[] = "dtmi:com:example:Thermostat_2;1";
    const struct image image = with_section("tinytwin.model", id, sizeof id - 1);
    char why[TT_MODULE_WHY_MAX];
    CHECK_INT(tt_module_check(image.bytes, image.len, &board, why), TT_OK);
    const struct tt_range found = tt_module_model_id(image.bytes, image.len);
    CHECK_BYTES(found.data, found.len, id, sizeof id - 1);
}

static void has_none(void)
{
    static const char id[] = "dtmi:a;1";
    const struct guest *const guest = guest_named("least");
    CHECK_INT(tt_module_model_id(guest->wasm, guest->len).len, 0);
    const struct image other = with_section("tinytwin.modem", id, sizeof id - 1);
    CHECK_INT(tt_module_model_id(other.bytes, other.len).len, 0);
}

static void refuses(const char *content, size_t len)
{
    const struct image image = with_section("tinytwin.model", content, len);
    char why[TT_MODULE_WHY_MAX];
    CHECK_INT(tt_module_check(image.bytes, image.len, &board, why), TT_EINVALID);
    CHECK(strcmp(why, "the app's model id is malformed") == 0);
}

static void refuses_what_is_no_id(void)
{
    char longest[TT_MODULE_MODEL_ID_MAX + 1];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "dtmi:", 5);
    refuses("", 0);
    refuses("dtmi:", 5);
    refuses("dtmi:a&DeviceClientType=x;1", 27);
    refuses("dtmi:a;1\n", 9);
    refuses("dtmi:a\0;1", 9);
    refuses("model:a;1", 9);
    refuses(longest, sizeof longest);
    const struct image image = with_section("tinytwin.model", longest, sizeof longest - 1);
    char why[TT_MODULE_WHY_MAX];
    CHECK_INT(tt_module_check(image.bytes, image.len, &board, why), TT_OK);
}

static void survives_any_cut(void)
{
    const struct image image = with_section("tinytwin.model", "dtmi:a;1", 8);
    for (size_t len = 0; len <= image.len; len++) {
        // On the heap at its exact length, so that reading too far is seen.
        uint8_t *const exact = malloc(len > 0 ? len : 1);
        memcpy(exact, image.bytes, len);
        char why[TT_MODULE_WHY_MAX];
        tt_module_check(exact, len, &board, why);
        CHECK_INT(tt_module_model_id(exact, len).len, len == image.len ? 8 : 0);
        free(exact);
    }
}

static struct tt_reported reported;
static uint8_t table[512];

static struct tt_range range(const char *text)
{
    return (struct tt_range){text, strlen(text)};
}

static void set(const char *name, const char *value)
{
    CHECK_INT(tt_reported_set(&reported, range(name), range(value)), TT_OK);
}

// What is written next into `cap` bytes.
static void writes(size_t cap, size_t count, const char *expected)
{
    char out[512];
    struct tt_writer writer = tt_writer_of(out, cap);
    CHECK_INT(tt_reported_write(&reported, &writer), count);
    CHECK_BYTES(out, writer.len, expected, strlen(expected));
    CHECK(!writer.full);
}

static void empties(void)
{
    tt_reported_init(&reported, table, sizeof table);
}

static void one_object_for_each_component(void)
{
    empties();
    set("a.x", "1");
    set("n", "2");
    set("b.x", "3");
    set("a.y", "{\"z\":4}");
    writes(512, 4,
           "{\"a\":{\"__t\":\"c\",\"x\":1,\"y\":{\"z\":4}},\"n\":2,\"b\":{\"__t\":\"c\",\"x\":3}}");
    tt_reported_settle(&reported);
    CHECK(!tt_reported_waiting(&reported));
}

static void last_value_wins(void)
{
    empties();
    set("a.x", "1");
    set("a.y", "2");
    set("a.x", "3");
    writes(512, 2, "{\"a\":{\"__t\":\"c\",\"y\":2,\"x\":3}}");
}

static void the_rest_comes_later(void)
{
    empties();
    set("a.x", "1");
    set("a.y", "2");
    set("n", "5");
    // {"a":{"__t":"c","x":1}} has 23 bytes; with y it would be 29.
    writes(28, 1, "{\"a\":{\"__t\":\"c\",\"x\":1}}");
    tt_reported_settle(&reported);
    writes(28, 1, "{\"a\":{\"__t\":\"c\",\"y\":2}}");
    tt_reported_settle(&reported);
    writes(28, 1, "{\"n\":5}");
}

static void every_room(void)
{
    for (size_t cap = 0; cap < 64; cap++) {
        empties();
        set("n", "5");
        set("a.x", "1");
        set("a.y", "2");
        char *const out = malloc(cap > 0 ? cap : 1);
        struct tt_writer writer = tt_writer_of(out, cap);
        const size_t count = tt_reported_write(&reported, &writer);
        const size_t needed[] = {0, 7, 29, 35};
        CHECK_INT(writer.len, needed[count]);
        CHECK_INT(count, cap < 7 ? 0 : cap < 29 ? 1 : cap < 35 ? 2 : 3);
        free(out);
    }
}

static void what_fits_nowhere_goes(void)
{
    empties();
    set("a.x", "\"0123456789\"");
    set("a.y", "1");
    writes(24, 0, "");
    tt_reported_drop(&reported);
    writes(24, 1, "{\"a\":{\"__t\":\"c\",\"y\":1}}");
}

int main(void)
{
    RUN(says_its_model, "an image says which model it is of");
    RUN(has_none, "an image without the section has no model");
    RUN(refuses_what_is_no_id, "a model id that could be no DTMI is refused");
    RUN(survives_any_cut, "an image cut anywhere has no model and reads nothing beyond");
    RUN(one_object_for_each_component, "a component's properties are in one object with its mark");
    RUN(last_value_wins, "of two values of one property of a component the last wins");
    RUN(the_rest_comes_later, "what does not fit with the component waits for the next patch");
    RUN(every_room, "whatever the room, what is written is whole");
    RUN(what_fits_nowhere_goes, "a component's property that fits no packet can be dropped");
    return 0;
}
