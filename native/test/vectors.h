// Reads the wire cases of test/vectors/*.json: an array of flat objects, each on a line of its own.
#pragma once

#include "../core/json.h"
#include "../port/error.gen.h"
#include "check.h"

struct vectors {
    FILE *file;
    int count;
    char line[8192];
};

static inline struct vectors vectors_open(const char *path)
{
    struct vectors vectors = {.file = fopen(path, "r")};
    if (vectors.file == NULL) {
        fprintf(stderr, "%s: not found; run this from the top of the repository\n", path);
        exit(1);
    }
    return vectors;
}

// The next case, or false at the end. A line that is no case must be a bracket.
static inline bool vectors_next(struct vectors *vectors, struct tt_range *item)
{
    while (fgets(vectors->line, sizeof vectors->line, vectors->file) != NULL) {
        size_t len = strcspn(vectors->line, "\n");
        CHECK(vectors->line[len] == '\n');
        if (vectors->line[0] == '[' || vectors->line[0] == ']') { continue; }
        len -= vectors->line[len - 1] == ',' ? 1 : 0;
        *item = (struct tt_range){vectors->line, len};
        CHECK(tt_json_valid(*item));
        vectors->count++;
        return true;
    }
    fclose(vectors->file);
    return false;
}

static inline bool vector_has(struct tt_range item, const char *name)
{
    struct tt_range value;
    return tt_json_member(item, name, &value) == TT_OK;
}

// A string member without its quotes, of the escapes only \" \\ \n and \r resolved; empty when
// absent.
static inline struct tt_range vector_text(struct tt_range item, const char *name, char *out,
                                          size_t cap)
{
    struct tt_range value;
    out[0] = 0;
    if (tt_json_member(item, name, &value) != TT_OK) { return (struct tt_range){out, 0}; }
    CHECK(value.data[0] == '"' && value.len - 2 < cap);
    size_t len = 0;
    for (size_t i = 1; i + 1 < value.len; i++) {
        const bool escaped = value.data[i] == '\\';
        const char c = value.data[i += escaped ? 1 : 0];
        out[len++] = escaped && c == 'n' ? '\n' : escaped && c == 'r' ? '\r' : c;
    }
    out[len] = 0;
    return (struct tt_range){out, len};
}

// An integer member, or true and false as 1 and 0; -1 when absent.
static inline int64_t vector_integer(struct tt_range item, const char *name)
{
    struct tt_range value;
    if (tt_json_member(item, name, &value) != TT_OK) { return -1; }
    if (value.data[0] == 't' || value.data[0] == 'f') { return value.data[0] == 't' ? 1 : 0; }
    int64_t number;
    CHECK(tt_range_integer(value, &number));
    return number;
}

static inline bool vector_is(struct tt_range item, const char *name, const char *text)
{
    char value[256];
    return tt_range_is(vector_text(item, name, value, sizeof value), text);
}
