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

enum { SCOPE_MAX = 32 };

// What user names and topics of DPS hold as it stands.
static bool plain(struct tt_range text, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.data[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && memchr("-._:", c, 4) == NULL) { return false; }
    }
    return text.len <= max;
}

static bool id_wrong(struct tt_range id)
{
    return id.len > 0 && !tt_topic_device_id(id);
}

const char *tt_connection_wrong(const struct tt_connection *connection)
{
    return host_wrong(connection->host)
               ? "HostName is not a name of at most 128 characters, with or without a port from 1 "
                 "to 65535"
           : host_wrong(connection->gateway)
               ? "GatewayHostName is not a name of at most 128 characters, with or without a port "
                 "from 1 to 65535"
           : host_wrong(connection->endpoint)
               ? "GlobalEndpoint is not a name with or without a port"
           : !plain(connection->id_scope, SCOPE_MAX)
               ? "IdScope is not 1 to 32 letters, digits and - . _ :"
           : !plain(connection->registration_id, TT_TOPIC_NAME_MAX)
               ? "RegistrationId is not 1 to 128 letters, digits and - . _ :"
           : id_wrong(connection->device_id) || id_wrong(connection->module_id)
               ? "DeviceId or ModuleId is not 1 to 128 characters that a topic can carry"
           : key_wrong(connection->key) || key_wrong(connection->second_key)
               ? "SharedAccessKey is not 1 to 64 bytes of base64"
               : NULL;
}

static int refuse(const char **why, const char *words)
{
    *why = words;
    return TT_EINVALID;
}

static const char *missing(const struct tt_connection *connection)
{
    const bool dps = connection->id_scope.len > 0;
    return dps && connection->host.len > 0 ? "the connection string has both IdScope and HostName"
           : dps && connection->registration_id.len == 0
               ? "the connection string has no RegistrationId"
           : !dps && connection->host.len == 0 ? "the connection string has no HostName"
           : dps != (connection->device_id.len == 0)
               ? dps ? "the connection string has both IdScope and DeviceId"
                     : "the connection string has no DeviceId"
           : !dps && connection->group
               ? "a GroupSharedAccessKey in a connection string is for DPS only"
           : connection->key.len == 0 && !connection->x509
               ? "the connection string has neither SharedAccessKey nor x509=true"
           : connection->key.len > 0 && connection->x509
               ? "the connection string has both x509=true and a key"
               : NULL;
}

static int parse_line(struct tt_range line, struct tt_connection *out, const char **why)
{
    struct tt_range x509 = {NULL, 0};
    struct tt_range group_key = {NULL, 0};
    *out = (struct tt_connection){.x509 = false};
    const struct {
        const char *name;
        struct tt_range *part;
    } fields[] = {
        {"hostname", &out->host},           {"gatewayhostname", &out->gateway},
        {"deviceid", &out->device_id},      {"moduleid", &out->module_id},
        {"sharedaccesskey", &out->key},     {"x509", &x509},
        {"idscope", &out->id_scope},        {"registrationid", &out->registration_id},
        {"globalendpoint", &out->endpoint}, {"groupsharedaccesskey", &group_key},
    };
    bool found;
    while (line.len > 0) {
        struct tt_range value = take(&line, ';', &found);
        // Keys end in '=' themselves: the first one counts.
        const struct tt_range name = take(&value, '=', &found);
        if (!found) { return refuse(why, "a field of the connection string has no '='"); }
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            if (!same_name(name, fields[i].name)) { continue; }
            if (fields[i].part->data != NULL) {
                return refuse(why, "the connection string names a field twice");
            }
            if (value.len == 0) { return refuse(why, "a field of the connection string is empty"); }
            *fields[i].part = value;
        }
    }
    out->x509 = same_name(x509, "true");
    if (x509.len > 0 && !out->x509 && !same_name(x509, "false")) {
        return refuse(why, "x509 in the connection string is neither true nor false");
    }
    out->group = group_key.len > 0;
    if (out->group && out->key.len > 0) {
        return refuse(why, "the connection string has a SharedAccessKey and a group's");
    }
    if (out->group) { out->key = group_key; }
    *why = missing(out);
    *why = *why == NULL ? tt_connection_wrong(out) : *why;
    return *why == NULL ? TT_OK : TT_EINVALID;
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

int tt_connection_parse(const char *text, size_t len, struct tt_connection *out, const char **why)
{
    struct tt_range rest = trimmed((struct tt_range){text, len});
    bool two;
    const struct tt_range first = trimmed(take(&rest, '\n', &two));
    const int err = parse_line(first, out, why);
    if (err < 0 || !two) { return err; }
    struct tt_connection other;
    const int other_err = parse_line(rest, &other, why);
    if (other_err < 0) { return other_err; }
    if (out->x509 || other.x509 || out->group != other.group || !same(out->host, other.host) ||
        !same(out->gateway, other.gateway) || !same(out->device_id, other.device_id) ||
        !same(out->module_id, other.module_id) || !same(out->id_scope, other.id_scope) ||
        !same(out->registration_id, other.registration_id) ||
        !same(out->endpoint, other.endpoint)) {
        return refuse(why, "the two lines of the connection string differ in more than their key");
    }
    out->second_key = other.key;
    return TT_OK;
}
