// One field after the other; what they mean is decided where it is used.
#include "settings.h"

#include <string.h>

#include "../port/error.gen.h"
#include "slot.h"

static const char damaged[] = "the settings are damaged; write them again";

// The next field, taken off the reader. False at the end, or for one that is cut.
static bool next_field(struct tt_reader *reader, struct tt_range *name, struct tt_range *value)
{
    if (tt_reader_left(reader) == 0) { return false; }
    name->len = tt_reader_u8(reader);
    name->data = (const char *)tt_reader_take(reader, name->len);
    value->len = tt_reader_u16(reader);
    value->data = (const char *)tt_reader_take(reader, value->len);
    reader->cut = tt_reader_u8(reader) != 0 || reader->cut;
    return !reader->cut;
}

int tt_settings_read(struct tt_settings *settings, const uint8_t *partition, size_t size,
                     const char **why)
{
    struct tt_slot slot;
    *why = damaged;
    const int err = tt_slot_open(partition, size, TT_SLOT_SETTINGS, &slot);
    if (err < 0) { return err; }
    *settings = (struct tt_settings){.port = 0};
    struct tt_range connection = {"", 0};
    struct tt_range port = {NULL, 0};
    const struct {
        const char *name;
        struct tt_range *value;
    } fields[] = {
        {"connection", &connection},
        {"ca", &settings->ca},
        {"certificate", &settings->certificate},
        {"key", &settings->key},
        {"updateKey", &settings->update_key},
        {"address", &settings->address},
        {"port", &port},
        {"health", &settings->health},
    };
    struct tt_reader reader = tt_reader_of(slot.data, slot.len);
    struct tt_range name;
    struct tt_range value;
    while (next_field(&reader, &name, &value)) {
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            if (tt_range_is(name, fields[i].name)) { *fields[i].value = value; }
        }
    }
    int64_t number = 0;
    if (reader.cut || (port.len > 0 && !tt_range_integer(port, &number)) || number < 0 ||
        number > UINT16_MAX) {
        return TT_EINVALID;
    }
    settings->port = (uint16_t)number;
    return tt_connection_parse(connection.data, connection.len, &settings->connection, why);
}

int tt_settings_wifi(const uint8_t *partition, size_t size, size_t index, const char **ssid,
                     const char **password)
{
    struct tt_slot slot;
    if (tt_slot_open(partition, size, TT_SLOT_SETTINGS, &slot) < 0) { return TT_ENOTFOUND; }
    struct tt_reader reader = tt_reader_of(slot.data, slot.len);
    struct tt_range name;
    struct tt_range value;
    while (next_field(&reader, &name, &value)) {
        if (!tt_range_is(name, "wifi")) { continue; }
        const char *const end = memchr(value.data, 0, value.len);
        if (end == NULL || index-- > 0) { continue; }
        *ssid = value.data;
        *password = end + 1; // at most the NUL behind the value
        return TT_OK;
    }
    return TT_ENOTFOUND;
}

// PEM is read with the NUL behind it.
static size_t bytes_of(struct tt_range value)
{
    return value.len > 0 ? value.len + 1 : 0;
}

int tt_settings_key(const struct tt_settings *settings, const struct tt_port *port,
                    struct tt_software_key *key, struct tt_key_slot *slot, const char **why)
{
    return tt_software_key_open(key, port, (const uint8_t *)settings->key.data,
                                bytes_of(settings->key), slot, why);
}

void tt_settings_apply(const struct tt_settings *settings, struct tt_link_config *link)
{
    link->connection = settings->connection;
    link->address = settings->address.len > 0 ? settings->address.data : NULL;
    link->tcp_port = settings->port;
    link->tls = true;
    link->ca = (const uint8_t *)settings->ca.data;
    link->ca_len = bytes_of(settings->ca);
    link->certificate = (const uint8_t *)settings->certificate.data;
    link->certificate_len = bytes_of(settings->certificate);
}
