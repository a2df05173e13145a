// One field after the other, each of them once.
#include "connection.h"

#include <string.h>

#include "../port/error.gen.h"
#include "crypto.h"
#include "topic.h"

static bool same_name(struct tt_range name, const char *lower)
{
    size_t i = 0;
    for (; i < name.len && lower[i] != 0; i++) {
        const char c = name.data[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != lower[i]) { return false; }
    }
    return i == name.len && lower[i] == 0;
}

// The part before the separator, which is taken off with it; all when there is none.
static struct tt_range take(struct tt_range *rest, char separator, bool *found)
{
    const char *const at = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);
    const size_t len = at == NULL ? rest->len : (size_t)(at - rest->data);
    const struct tt_range part = {rest->data, len};
    const size_t gone = at == NULL ? len : len + 1;
    *found = at != NULL;
    *rest = (struct tt_range){rest->data + gone, rest->len - gone};
    return part;
}

bool tt_connection_split_host(struct tt_range host, struct tt_range *name, uint16_t *port)
{
    bool found;
    *name = take(&host, ':', &found);
    int64_t number = 0;
    if (name->len == 0 || (found && !tt_range_integer(host, &number))) { return false; }
    if (found && (number < 1 || number > UINT16_MAX)) { return false; }
    *port = found ? (uint16_t)number : *port;
    return true;
}

int tt_connection_key(struct tt_range base64, uint8_t out[TT_CONNECTION_KEY_MAX])
{
    const int len = tt_crypto_base64_decode(base64.data, base64.len, out, TT_CONNECTION_KEY_MAX);
    return len > 0 ? len : TT_EINVALID;
}

static bool key_wrong(struct tt_range base64)
{
    uint8_t key[TT_CONNECTION_KEY_MAX];
    const bool wrong = base64.len > 0 && tt_connection_key(base64, key) < 0;
    tt_crypto_forget(key, sizeof key);
    return wrong;
}

static bool host_wrong(struct tt_range host)
{
    struct tt_range name;
    uint16_t port;
    return host.len > TT_CONNECTION_HOST_MAX ||
           (host.len > 0 && !tt_connection_split_host(host, &name, &port));
}

// What user names and topics of DPS hold as it stands.
static bool plain(struct tt_range text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.data[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && memchr("-._:", c, 4) == NULL) { return false; }
    }
    return text.len <= TT_TOPIC_NAME_MAX;
}

static bool id_wrong(struct tt_range id)
{
    return id.len > 0 && !tt_topic_device_id(id);
}

const char *tt_connection_wrong(const struct tt_connection *connection)
{
    return host_wrong(connection->host) || host_wrong(connection->gateway) ||
                   host_wrong(connection->endpoint)
               ? "a host is no name of at most 128 characters with or without a port from 1 to "
                 "65535"
           : id_wrong(connection->device_id) || id_wrong(connection->module_id) ||
                   !plain(connection->id_scope) || !plain(connection->registration_id)
               ? "an id is not 1 to 128 characters that it may have"
           : key_wrong(connection->key) || key_wrong(connection->second_key)
               ? "a key is not 1 to 64 bytes of base64"
               : NULL;
}

static const char *missing(const struct tt_connection *connection)
{
    const bool dps = connection->id_scope.len > 0;
    const struct tt_range *where = dps ? &connection->registration_id : &connection->host;
    const bool mixed = dps ? connection->host.len > 0 || connection->device_id.len > 0
                           : connection->group || connection->registration_id.len > 0;
    return mixed             ? "it mixes fields for a hub and for DPS"
           : where->len == 0 ? dps ? "it has no RegistrationId" : "it has no HostName"
           : !dps && connection->device_id.len == 0 ? "it has no DeviceId"
           : (connection->key.len > 0) == connection->x509
               ? "it wants either a SharedAccessKey or x509=true"
               : NULL;
}

struct parts {
    struct tt_connection connection;
    struct tt_range x509;
    struct tt_range group_key;
};

// Where the value of a field goes; NULL for a name that is not known.
static struct tt_range *part_of(struct parts *parts, struct tt_range name)
{
    static const struct {
        char name[21];
        uint8_t offset;
    } fields[] = {
        {"hostname", offsetof(struct parts, connection.host)},
        {"gatewayhostname", offsetof(struct parts, connection.gateway)},
        {"deviceid", offsetof(struct parts, connection.device_id)},
        {"moduleid", offsetof(struct parts, connection.module_id)},
        {"sharedaccesskey", offsetof(struct parts, connection.key)},
        {"x509", offsetof(struct parts, x509)},
        {"idscope", offsetof(struct parts, connection.id_scope)},
        {"registrationid", offsetof(struct parts, connection.registration_id)},
        {"globalendpoint", offsetof(struct parts, connection.endpoint)},
        {"groupsharedaccesskey", offsetof(struct parts, group_key)},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (same_name(name, fields[i].name)) {
            return (struct tt_range *)(void *)((char *)parts + fields[i].offset);
        }
    }
    return NULL;
}

static const char *read_fields(struct tt_range line, struct parts *parts)
{
    bool found;
    while (line.len > 0) {
        struct tt_range value = take(&line, ';', &found);
        // Keys end in '=' themselves: the first one counts.
        const struct tt_range name = take(&value, '=', &found);
        if (!found) { return "a field has no '='"; }
        struct tt_range *const part = part_of(parts, name);
        if (part != NULL && part->data != NULL) { return "it names a field twice"; }
        if (part != NULL && value.len == 0) { return "a field is empty"; }
        if (part != NULL) { *part = value; }
    }
    return NULL;
}

// Why not, or NULL.
static const char *parse_line(struct tt_range line, struct tt_connection *out)
{
    struct parts parts = {.x509 = {NULL, 0}};
    const char *why = read_fields(line, &parts);
    *out = parts.connection;
    if (why != NULL) { return why; }
    out->x509 = same_name(parts.x509, "true");
    if (parts.x509.len > 0 && !out->x509 && !same_name(parts.x509, "false")) {
        return "x509 is neither true nor false";
    }
    out->group = parts.group_key.len > 0;
    if (out->group && out->key.len > 0) { return "it has a SharedAccessKey and a group's"; }
    if (out->group) { out->key = parts.group_key; }
    why = missing(out);
    return why != NULL ? why : tt_connection_wrong(out);
}

static bool same(struct tt_range a, struct tt_range b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static struct tt_range trimmed(struct tt_range text)
{
    while (text.len > 0 && strchr("\r\n", text.data[text.len - 1]) != NULL) {
        text.len--; // strchr finds the NUL of its own text as well: that one goes too
    }
    return text;
}

// The second line's key; why not, or NULL.
static const char *add_second(struct tt_range line, struct tt_connection *out)
{
    struct tt_connection other;
    const char *const why = parse_line(line, &other);
    if (why != NULL) { return why; }
    const struct tt_connection *const both[] = {out, &other};
    static const uint8_t offsets[] = {
        offsetof(struct tt_connection, host),      offsetof(struct tt_connection, gateway),
        offsetof(struct tt_connection, device_id), offsetof(struct tt_connection, module_id),
        offsetof(struct tt_connection, id_scope),  offsetof(struct tt_connection, registration_id),
        offsetof(struct tt_connection, endpoint),
    };
    bool alike = !out->x509 && !other.x509 && out->group == other.group;
    for (size_t i = 0; i < sizeof offsets; i++) {
        struct tt_range parts[2];
        for (size_t n = 0; n < 2; n++) {
            memcpy(&parts[n], (const char *)both[n] + offsets[i], sizeof parts[n]);
        }
        alike = alike && same(parts[0], parts[1]);
    }
    if (!alike) { return "its two lines differ in more than their key"; }
    out->second_key = other.key;
    return NULL;
}

int tt_connection_parse(const char *text, size_t len, struct tt_connection *out, const char **why)
{
    struct tt_range rest = trimmed((struct tt_range){text, len});
    bool two;
    const struct tt_range first = trimmed(take(&rest, '\n', &two));
    *why = parse_line(first, out);
    if (*why == NULL && two) { *why = add_second(rest, out); }
    return *why == NULL ? TT_OK : TT_EINVALID;
}
