// A validating scanner: one pass, one bit of memory for each level of nesting.
#include "json.h"

#include <string.h>

#include "../port/error.gen.h"

struct scanner {
    const char *at;
    const char *end;
};

static void skip_space(struct scanner *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')) {
        scan->at++;
    }
}

static bool skip_char(struct scanner *scan, char c)
{
    if (scan->at < scan->end && *scan->at == c) {
        scan->at++;
        return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool skip_digits(struct scanner *scan)
{
    const char *const first = scan->at;
    while (scan->at < scan->end && is_digit(*scan->at)) {
        scan->at++;
    }
    return scan->at > first;
}

static bool skip_number(struct scanner *scan)
{
    skip_char(scan, '-');
    const bool zero = skip_char(scan, '0');
    if (!zero && !skip_digits(scan)) { return false; }
    if (skip_char(scan, '.') && !skip_digits(scan)) { return false; }
    if (skip_char(scan, 'e') || skip_char(scan, 'E')) {
        if (!skip_char(scan, '+')) { skip_char(scan, '-'); }
        return skip_digits(scan);
    }
    return !(zero && scan->at < scan->end && is_digit(*scan->at)); // 01
}

static bool skip_hex4(struct scanner *scan)
{
    if (scan->end - scan->at < 4) { return false; }
    for (int i = 0; i < 4; i++, scan->at++) {
        const char c = *scan->at;
        if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) { return false; }
    }
    return true;
}

// The string at scan->at; *inside is what stands between its quotes.
static bool skip_string(struct scanner *scan, struct tt_range *inside)
{
    if (!skip_char(scan, '"')) { return false; }
    const char *const first = scan->at;
    while (scan->at < scan->end && *scan->at != '"') {
        const unsigned char c = (unsigned char)*scan->at++;
        if (c < 0x20) { return false; }
        if (c == '\\') {
            if (scan->at == scan->end) { return false; }
            const char escape = *scan->at++;
            if (escape == 'u' ? !skip_hex4(scan) : strchr("\"\\/bfnrt", escape) == NULL) {
                return false;
            }
            if (escape == 0) {
                return false; // strchr finds the end of its own text
            }
        }
    }
    *inside = (struct tt_range){first, (size_t)(scan->at - first)};
    return skip_char(scan, '"');
}

static bool skip_word(struct scanner *scan, const char *word)
{
    const size_t len = strlen(word);
    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0) { return false; }
    scan->at += len;
    return true;
}

static bool skip_scalar(struct scanner *scan)
{
    struct tt_range inside;
    switch (*scan->at) {
    case '"':
        return skip_string(scan, &inside) && (inside.len == 0 || tt_range_is_text(inside));
    case 't':
        return skip_word(scan, "true");
    case 'f':
        return skip_word(scan, "false");
    case 'n':
        return skip_word(scan, "null");
    default:
        return skip_number(scan);
    }
}

// A member's name and its colon.
static bool skip_name(struct scanner *scan, struct tt_range *name)
{
    skip_space(scan);
    if (!skip_string(scan, name) || (name->len > 0 && !tt_range_is_text(*name))) { return false; }
    skip_space(scan);
    return skip_char(scan, ':');
}

// One value of any kind, without recursion. Nesting is remembered in bits: 1 an object, 0 an array.
static bool skip_value(struct scanner *scan)
{
    uint64_t objects = 0;
    unsigned depth = 0;
    struct tt_range name;
    for (;;) {
        // A value is due here.
        skip_space(scan);
        if (scan->at == scan->end) { return false; }
        const bool opens_object = *scan->at == '{';
        if (opens_object || *scan->at == '[') {
            if (depth == TT_JSON_DEPTH_MAX) { return false; }
            objects = objects << 1 | (opens_object ? 1 : 0);
            depth++;
            scan->at++;
            skip_space(scan);
            if (!skip_char(scan, opens_object ? '}' : ']')) {
                if (opens_object && !skip_name(scan, &name)) { return false; }
                continue;
            }
            objects >>= 1;
            depth--;
        } else if (!skip_scalar(scan)) {
            return false;
        }
        // A value is over: close what ends here, or go on to the next.
        for (;;) {
            if (depth == 0) { return true; }
            skip_space(scan);
            if (skip_char(scan, ',')) {
                if ((objects & 1) != 0 && !skip_name(scan, &name)) { return false; }
                break;
            }
            if (!skip_char(scan, (objects & 1) != 0 ? '}' : ']')) { return false; }
            objects >>= 1;
            depth--;
        }
    }
}

static struct scanner scanner_of(struct tt_range json)
{
    return (struct scanner){json.data, json.data + json.len};
}

bool tt_json_valid(struct tt_range json)
{
    if (json.len == 0) { return false; }
    struct scanner scan = scanner_of(json);
    if (!skip_value(&scan)) { return false; }
    skip_space(&scan);
    return scan.at == scan.end;
}

// The character at *i of a string's inside that the scanner saw, escapes resolved; -1 for one that
// is not ASCII, or a control character.
static int next_ascii(struct tt_range raw, size_t *i)
{
    const unsigned char c = (unsigned char)raw.data[(*i)++];
    if (c != '\\') { return c < 0x20 || c > 0x7e ? -1 : c; }
    const char escape = raw.data[(*i)++];
    if (escape == '"' || escape == '\\' || escape == '/') { return escape; }
    if (escape != 'u') { return -1; }
    unsigned code = 0;
    for (int n = 0; n < 4; n++) {
        const unsigned char digit = (unsigned char)raw.data[(*i)++];
        code = code << 4 | (digit <= '9' ? digit - 0x30u : (digit | 0x20u) - 0x57u);
    }
    return code < 0x20 || code > 0x7e ? -1 : (int)code;
}

// Compares a raw name with an ASCII one.
static bool name_is(struct tt_range raw, const char *name)
{
    size_t i = 0;
    for (; i < raw.len && *name != 0; name++) {
        if (next_ascii(raw, &i) != *name) { return false; }
    }
    return i == raw.len && *name == 0;
}

bool tt_json_write_ascii(struct tt_writer *out, struct tt_range value)
{
    struct scanner scan = scanner_of(value);
    struct tt_range inside;
    if (value.len == 0 || !skip_string(&scan, &inside) || scan.at != scan.end) { return false; }
    for (size_t i = 0; i < inside.len;) {
        const int c = next_ascii(inside, &i);
        if (c < 0) { return false; }
        tt_writer_u8(out, (uint8_t)c);
    }
    return !out->full;
}

int tt_json_member(struct tt_range json, const char *name, struct tt_range *value)
{
    if (!tt_json_valid(json)) { return TT_EINVALID; }
    struct scanner scan = scanner_of(json);
    skip_space(&scan);
    if (!skip_char(&scan, '{')) { return TT_EINVALID; }
    int found = TT_ENOTFOUND;
    struct tt_range raw;
    while (skip_name(&scan, &raw)) { // fails at once for {}
        skip_space(&scan);
        const char *const first = scan.at;
        skip_value(&scan);
        if (name_is(raw, name)) {
            *value = (struct tt_range){first, (size_t)(scan.at - first)};
            found = TT_OK;
        }
        skip_space(&scan);
        if (!skip_char(&scan, ',')) { break; }
    }
    return found;
}
