#include "http_telemetry.h"

#include <string.h>

#include "../port/error.gen.h"
#include "topic.h"

enum { TARGET_MAX = 3 * TT_TOPIC_ID_MAX + 64, DAY_S = 86400 };

static const char app_prefix[] = "iothub-app-";

static const struct {
    const char *key;
    const char *header;
} system_headers[] = {
    {"$.ct", "iothub-contenttype"},    {"$.ce", "iothub-contentencoding"}, {"$.sub", "dt-subject"},
    {"$.cid", "IoTHub-CorrelationId"}, {"$.uid", "IoTHub-UserId"},         {"$.to", "IoTHub-To"},
    {"$.ifid", "iothub-interface-id"},
};

static void write_two(struct tt_writer *out, uint32_t number)
{
    tt_writer_u8(out, (uint8_t)('0' + number / 10 % 10));
    tt_writer_u8(out, (uint8_t)('0' + number % 10));
}

// "2026-01-01T00:00:00Z" (ISO 8601), of the Gregorian calendar counted from 1 March of year 0,
// where a leap day is the last of its year.
static void write_time(struct tt_writer *out, uint32_t epoch_s)
{
    const uint32_t days = epoch_s / DAY_S + 719468;
    const uint32_t era = days / 146097;
    const uint32_t of_era = days % 146097;
    const uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint32_t march_month = (5 * of_year + 2) / 153;
    const uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    const uint32_t second = epoch_s % DAY_S;
    tt_writer_decimal(out, (int64_t)era * 400 + year_of_era + (month <= 2 ? 1 : 0));
    tt_writer_u8(out, '-');
    write_two(out, month);
    tt_writer_u8(out, '-');
    write_two(out, of_year - (153 * march_month + 2) / 5 + 1);
    tt_writer_u8(out, 'T');
    write_two(out, second / 3600);
    tt_writer_u8(out, ':');
    write_two(out, second / 60 % 60);
    tt_writer_u8(out, ':');
    write_two(out, second % 60);
    tt_writer_u8(out, 'Z');
}

// A module's id has two slashes, which part its path; all else in an id is encoded.
static void write_target(struct tt_writer *out, struct tt_range id)
{
    tt_writer_text(out, "/devices/");
    for (size_t i = 0; i < id.len; i++) {
        if (id.data[i] == '/') {
            tt_writer_u8(out, '/');
        } else {
            tt_writer_percent(out, id.data + i, 1);
        }
    }
    tt_writer_text(out, "/messages/events?api-version=2021-04-12");
}

void tt_http_write_telemetry(struct tt_writer *out, const struct tt_http_telemetry *message)
{
    char text[TARGET_MAX];
    struct tt_writer target = tt_writer_of(text, sizeof text);
    write_target(&target, message->id);
    if (target.full) { out->full = true; }
    tt_http_write_request(out, "POST", (struct tt_range){text, target.len}, message->host,
                          message->body_len);
    tt_writer_text(out, "IoTHub-MessageId: ");
    tt_writer_decimal(out, message->boot);
    tt_writer_u8(out, '-');
    tt_writer_decimal(out, message->sequence);
    tt_writer_text(out, "\r\n");
    if (message->expires_s > 0) {
        tt_writer_text(out, "IoTHub-Expiry: ");
        write_time(out, message->expires_s);
        tt_writer_text(out, "\r\n");
    }
}

// RFC 9110 §5.6.2; '%' is one of them.
static bool is_token(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

// RFC 9110 §5.5 without what is beyond ASCII.
static bool is_value(char c)
{
    return c >= 0x20 && c < 0x7f;
}

// Decoded if that is all of characters `may` allows, with no blank at its ends, which a reader
// would take away.
static void write_decoded(struct tt_writer *out, struct tt_range text, bool (*may)(char))
{
    char *const at = (char *)out->data + out->len;
    const int len = tt_topic_decode(text, at, out->cap - out->len);
    bool fits = len >= 0 && (len == 0 || (at[0] != ' ' && at[len - 1] != ' '));
    for (int i = 0; fits && i < len; i++) {
        fits = may(at[i]);
    }
    if (fits) {
        out->len += (size_t)len;
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ' ' && may(text.data[i])) {
            tt_writer_u8(out, (uint8_t)text.data[i]);
        } else {
            tt_writer_percent(out, text.data + i, 1);
        }
    }
}

// The header of a system property, NULL for one that has none, app_prefix for what is the app's.
static const char *header_of(struct tt_range key, const struct tt_writer *out)
{
    char *const at = (char *)out->data + out->len; // decoded there for the moment
    const int len = tt_topic_decode(key, at, out->cap - out->len);
    const struct tt_range name = len < 0 ? key : (struct tt_range){at, (size_t)len};
    if (name.len < 2 || memcmp(name.data, "$.", 2) != 0) { return app_prefix; }
    for (size_t i = 0; i < sizeof system_headers / sizeof system_headers[0]; i++) {
        if (tt_range_is(name, system_headers[i].key)) { return system_headers[i].header; }
    }
    return NULL;
}

void tt_http_write_bag(struct tt_writer *out, struct tt_range bag)
{
    struct tt_range key;
    struct tt_range value;
    while (tt_topic_next_property(&bag, &key, &value)) {
        const char *const header = key.len > 0 ? header_of(key, out) : NULL;
        if (header == NULL) { continue; }
        tt_writer_text(out, header);
        if (header == app_prefix) { write_decoded(out, key, is_token); }
        tt_writer_text(out, ": ");
        write_decoded(out, value, is_value);
        tt_writer_text(out, "\r\n");
    }
}
