// The hub's topics against the shared wire cases.
#include "../core/topic.h"
#include "vectors.h"

static void check_read(struct tt_range item)
{
    char text[3][512];
    const struct tt_topic topic = tt_topic_parse(vector_text(item, "read", text[0], 512),
                                                 vector_text(item, "device", text[1], 512));
    static const char *const kinds[] = {"unknown", "message", "method", "response", "desired"};
    CHECK(vector_is(item, "kind", kinds[topic.kind]));
    CHECK(tt_range_is(topic.name, vector_text(item, "method", text[2], 512).data));
    CHECK(tt_range_is(topic.rid, vector_text(item, "rid", text[2], 512).data));
    CHECK(tt_range_is(topic.properties, vector_text(item, "properties", text[2], 512).data));
    CHECK_INT(topic.status, vector_has(item, "status") ? vector_integer(item, "status") : 0);
    CHECK_INT(topic.version, vector_integer(item, "version"));
}

static void write_topic(struct tt_range item, struct tt_writer *out)
{
    char text[2][512];
    const struct tt_range device = vector_text(item, "device", text[0], 512);
    if (vector_is(item, "write", "telemetry")) {
        const struct tt_range bag = vector_text(item, "bag", text[1], 512);
        tt_topic_begin_telemetry(out, device);
        tt_writer_bytes(out, bag.data, bag.len);
        tt_topic_end_telemetry(out, bag.len > 0, (uint32_t)vector_integer(item, "boot"),
                               (int32_t)vector_integer(item, "sequence"));
    } else if (vector_is(item, "write", "get")) {
        tt_topic_write_twin_get(out, (uint32_t)vector_integer(item, "requestId"));
    } else if (vector_is(item, "write", "reported")) {
        tt_topic_write_reported(out, (uint32_t)vector_integer(item, "requestId"));
    } else if (vector_is(item, "write", "reply")) {
        tt_topic_write_method_reply(out, (int32_t)vector_integer(item, "status"),
                                    vector_text(item, "rid", text[1], 512));
    } else {
        CHECK(vector_is(item, "write", "filter"));
        tt_topic_write_messages_filter(out, device);
    }
}

static void shared_cases(void)
{
    struct vectors vectors = vectors_open("test/vectors/topics.json");
    struct tt_range item;
    while (vectors_next(&vectors, &item)) {
        char name[256];
        char text[2][512];
        check_case = vector_text(item, "name", name, sizeof name).data;
        uint8_t bytes[512];
        struct tt_writer out = tt_writer_of(bytes, sizeof bytes);
        if (vector_has(item, "read")) {
            check_read(item);
        } else if (vector_has(item, "write")) {
            write_topic(item, &out);
            CHECK(tt_range_is((struct tt_range){(char *)bytes, out.len},
                              vector_text(item, "topic", text[0], 512).data));
        } else if (vector_has(item, "encode")) {
            const struct tt_range plain = vector_text(item, "encode", text[0], 512);
            tt_writer_percent(&out, plain.data, plain.len);
            CHECK(tt_range_is((struct tt_range){(char *)bytes, out.len},
                              vector_text(item, "text", text[1], 512).data));
        } else {
            const int len = tt_topic_decode(vector_text(item, "decode", text[0], 512),
                                            (char *)bytes, sizeof bytes);
            if (vector_integer(item, "refuse") == 1) {
                CHECK_INT(len, TT_EINVALID);
            } else {
                CHECK(len >= 0);
                CHECK(tt_range_is((struct tt_range){(char *)bytes, (size_t)len},
                                  vector_text(item, "text", text[1], 512).data));
            }
        }
    }
    CHECK(vectors.count >= 40);
}

static void property_bag(void)
{
    struct tt_range rest = {"a=1&&b&c=&=d", 12};
    struct tt_range key;
    struct tt_range value;
    CHECK(tt_topic_next_property(&rest, &key, &value));
    CHECK(tt_range_is(key, "a") && tt_range_is(value, "1"));
    CHECK(tt_topic_next_property(&rest, &key, &value));
    CHECK(tt_range_is(key, "b") && value.data == NULL);
    CHECK(tt_topic_next_property(&rest, &key, &value));
    CHECK(tt_range_is(key, "c") && value.data != NULL && value.len == 0);
    CHECK(tt_topic_next_property(&rest, &key, &value));
    CHECK(tt_range_is(key, "") && tt_range_is(value, "d"));
    CHECK(!tt_topic_next_property(&rest, &key, &value));
}

static void decode_without_room(void)
{
    char out[2];
    CHECK_INT(tt_topic_decode((struct tt_range){"ab", 2}, out, sizeof out), 2);
    CHECK_INT(tt_topic_decode((struct tt_range){"abc", 3}, out, sizeof out), TT_EFULL);
}

static void device_ids(void)
{
    char long_id[129];
    memset(long_id, 'a', sizeof long_id);
    CHECK(tt_topic_device_id((struct tt_range){"coffee-1", 8}));
    CHECK(tt_topic_device_id((struct tt_range){long_id, 128}));
    CHECK(!tt_topic_device_id((struct tt_range){long_id, 129}));
    CHECK(!tt_topic_device_id((struct tt_range){"", 0}));
    CHECK(!tt_topic_device_id((struct tt_range){"a/b", 3}));
    CHECK(!tt_topic_device_id((struct tt_range){"a#", 2}));
    CHECK(!tt_topic_device_id((struct tt_range){"a+b", 3}));
    CHECK(!tt_topic_device_id((struct tt_range){"a b", 3}));
}

int main(void)
{
    RUN(shared_cases, "each shared topic is read or written as it stands");
    RUN(property_bag, "a property without = is null, with an empty value empty");
    RUN(decode_without_room, "decoding says when it does not fit");
    RUN(device_ids, "a device id that no topic can carry is refused");
    return 0;
}
