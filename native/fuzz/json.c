// Hostile JSON: what the scanner finds is within the text and well-formed itself.
#include <stdlib.h>
#include <string.h>

#include "../core/json.h"
#include "../port/error.gen.h"

static void require(int fact)
{
    if (!fact) { abort(); }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *const copy = malloc(len + 1);
    memcpy(copy, data, len);
    const struct tt_range text = {copy, len};
    const bool valid = tt_json_valid(text);
    static const char *const names[] = {"desired", "$version", ""};
    for (size_t i = 0; i < 3; i++) {
        struct tt_range value;
        const int err = tt_json_member(text, names[i], &value);
        require(valid || err == TT_EINVALID);
        if (err == TT_OK) {
            require(value.data >= text.data && value.data + value.len <= text.data + text.len);
            require(tt_json_valid(value));
            int64_t number;
            tt_range_integer(value, &number);
        }
    }
    // What is written as a string reads back, when the bytes are text.
    uint8_t *const out = malloc(len * 6 + 2);
    struct tt_writer writer = tt_writer_of(out, len * 6 + 2);
    tt_writer_json(&writer, copy, len);
    require(!writer.full);
    require(!tt_range_is_text(text) || tt_json_valid((struct tt_range){(char *)out, writer.len}));
    free(out);
    free(copy);
    return 0;
}
