// Hostile topics and property bags: results lie within the text, decoding never grows it.
#include <stdlib.h>
#include <string.h>

#include "../core/topic.h"

static void require(int fact)
{
    if (!fact) { abort(); }
}

static void within(struct tt_range part, struct tt_range whole)
{
    require(part.len == 0 || (part.data >= whole.data && part.len <= whole.len &&
                              part.data + part.len <= whole.data + whole.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *const copy = malloc(len + 1); // of this size, so that a byte too far is seen
    memcpy(copy, data, len);
    const struct tt_range text = {copy, len};
    const struct tt_topic topic = tt_topic_parse(text, (struct tt_range){"d1", 2});
    within(topic.name, text);
    within(topic.rid, text);
    within(topic.properties, text);
    require(topic.version >= -1 && topic.status >= 0 && topic.status <= 999);
    require(topic.kind != TT_TOPIC_METHOD || (topic.name.len > 0 && topic.rid.len > 0));

    struct tt_range rest = text;
    struct tt_range key;
    struct tt_range value;
    while (tt_topic_next_property(&rest, &key, &value)) {
        within(key, text);
        within(value, text);
        char out[32];
        require(tt_topic_decode(key, out, sizeof out) <= (int)sizeof out);
        require(tt_topic_decode(value, out, 0) <= 0);
    }
    tt_topic_device_id(text);
    free(copy);
    return 0;
}
