// Reading and writing hub topics. No topic is copied: results are ranges of what came in.
#include "topic.h"

#include <string.h>

#include "../port/error.gen.h"

const char tt_topic_methods_filter[] = "$iothub/methods/POST/#";
const char tt_topic_responses_filter[] = "$iothub/twin/res/#";
const char tt_topic_desired_filter[] = "$iothub/twin/PATCH/properties/desired/#";

static bool skip(struct tt_range *rest, const char *prefix)
{
    const size_t len = strlen(prefix);
    if (rest->len < len || memcmp(rest->data, prefix, len) != 0) { return false; }
    *rest = (struct tt_range){rest->data + len, rest->len - len};
    return true;
}

// The part before the next separator, which is taken off with it; the whole rest without one.
static struct tt_range take_until(struct tt_range *rest, char separator, bool *found)
{
    const char *at = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);
    const size_t len = at == NULL ? rest->len : (size_t)(at - rest->data);
    const struct tt_range part = {rest->data, len};
    const size_t gone = at == NULL ? len : len + 1;
    *found = at != NULL;
    *rest = (struct tt_range){rest->data + gone, rest->len - gone};
    return part;
}

bool tt_topic_next_property(struct tt_range *rest, struct tt_range *key, struct tt_range *value)
{
    bool found;
    while (rest->len > 0) {
        struct tt_range pair = take_until(rest, '&', &found);
        if (pair.len == 0) {
            continue; // "a=1&&b=2", "?&$rid=1"
        }
        *key = take_until(&pair, '=', &found);
        *value = found ? pair : (struct tt_range){NULL, 0};
        return true;
    }
    return false;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

int tt_topic_decode(struct tt_range text, char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++, len++) {
        char c = text.data[i];
        if (c == '%') {
            const int high = text.len - i > 2 ? hex_digit(text.data[i + 1]) : -1;
            const int low = text.len - i > 2 ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) { return TT_EINVALID; }
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (len == cap) { return TT_EFULL; }
        out[len] = c;
    }
    return (int)len;
}

// "$rid" and "$version" may arrive with their '$' encoded.
static bool key_is(struct tt_range key, const char *name)
{
    char plain[16];
    const int len = tt_topic_decode(key, plain, sizeof plain);
    return len >= 0 && tt_range_is((struct tt_range){plain, (size_t)len}, name);
}

static void read_query(struct tt_topic *topic, struct tt_range query)
{
    struct tt_range key;
    struct tt_range value;
    skip(&query, "?");
    while (tt_topic_next_property(&query, &key, &value)) {
        int64_t version;
        if (key_is(key, "$rid")) {
            topic->rid = value;
        } else if (key_is(key, "$version") && tt_range_integer(value, &version) && version >= 0) {
            topic->version = version;
        }
    }
}

static bool is_module(struct tt_range id)
{
    return id.len > 0 && memchr(id.data, '/', id.len) != NULL;
}

struct tt_topic tt_topic_parse(struct tt_range text, struct tt_range id)
{
    static const struct tt_topic unknown = {.kind = TT_TOPIC_UNKNOWN, .version = -1};
    struct tt_topic topic = unknown;
    bool found;
    if (skip(&text, "$iothub/methods/POST/")) {
        topic.kind = TT_TOPIC_METHOD;
        topic.name = take_until(&text, '/', &found);
        read_query(&topic, text);
        return topic.name.len > 0 && topic.rid.len > 0 ? topic : unknown;
    }
    if (skip(&text, "$iothub/twin/res/")) {
        topic.kind = TT_TOPIC_RESPONSE;
        const struct tt_range status = take_until(&text, '/', &found);
        int64_t number;
        if (status.len != 3 || !tt_range_integer(status, &number) || number < 100) {
            return unknown;
        }
        topic.status = (int32_t)number;
        read_query(&topic, text);
        return topic.rid.len > 0 ? topic : unknown;
    }
    if (skip(&text, "$iothub/twin/PATCH/properties/desired/")) {
        topic.kind = TT_TOPIC_DESIRED;
        read_query(&topic, text);
        return topic;
    }
    if (skip(&text, "devices/") && text.len > id.len && memcmp(text.data, id.data, id.len) == 0) {
        text = (struct tt_range){text.data + id.len, text.len - id.len};
        topic.kind = TT_TOPIC_MESSAGE;
        if (skip(&text, "/inputs/") && is_module(id)) {
            topic.name = take_until(&text, '/', &found);
            topic.properties = text;
            return topic.name.len > 0 && topic.name.len <= TT_TOPIC_NAME_MAX ? topic : unknown;
        }
        if (skip(&text, "/messages/devicebound")) {
            if (text.len > 0 && !skip(&text, "/")) { return unknown; }
            topic.properties = text;
            return topic;
        }
    }
    return unknown;
}

static void write_range(struct tt_writer *writer, struct tt_range range)
{
    tt_writer_bytes(writer, range.data, range.len);
}

void tt_topic_begin_telemetry(struct tt_writer *writer, struct tt_range id)
{
    tt_writer_text(writer, "devices/");
    write_range(writer, id);
    tt_writer_text(writer, "/messages/events/");
}

void tt_topic_end_telemetry(struct tt_writer *writer, bool bag, uint32_t boot, int32_t sequence)
{
    tt_writer_text(writer, bag ? "&$.mid=" : "$.mid=");
    tt_writer_decimal(writer, boot);
    tt_writer_u8(writer, '-');
    tt_writer_decimal(writer, sequence);
}

void tt_topic_write_twin_get(struct tt_writer *writer, uint32_t rid)
{
    tt_writer_text(writer, "$iothub/twin/GET/?$rid=");
    tt_writer_decimal(writer, rid);
}

void tt_topic_write_reported(struct tt_writer *writer, uint32_t rid)
{
    tt_writer_text(writer, "$iothub/twin/PATCH/properties/reported/?$rid=");
    tt_writer_decimal(writer, rid);
}

void tt_topic_write_method_reply(struct tt_writer *writer, int32_t status, struct tt_range rid)
{
    tt_writer_text(writer, "$iothub/methods/res/");
    tt_writer_decimal(writer, status);
    tt_writer_text(writer, "/?$rid=");
    write_range(writer, rid);
}

void tt_topic_write_messages_filter(struct tt_writer *writer, struct tt_range id)
{
    tt_writer_text(writer, "devices/");
    write_range(writer, id);
    tt_writer_text(writer, is_module(id) ? "/inputs/#" : "/messages/devicebound/#");
}

bool tt_topic_device_id(struct tt_range id)
{
    if (id.len > TT_TOPIC_NAME_MAX) { return false; }
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.data[i];
        if (c <= ' ' || c > '~' || c == '/' || c == '+' || c == '#' || c == '?') { return false; }
    }
    return id.len > 0;
}
