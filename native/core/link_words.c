// The link's words: what it says of itself in CONNECT, and why a connection ended.
#include <string.h>

#include "../port/error.gen.h"
#include "crypto.h"
#include "link_state.h"
#include "sas.h"
#include "tls.h"

static const char client_query[] = "/?api-version=2021-04-12&DeviceClientType=tinytwin";

enum {
    CLIENT_MAX = TT_TOPIC_NAME_MAX + 1 + TT_TOPIC_NAME_MAX,
    MODEL_ID_MAX = 256, // 128 characters, of which at most every other one is escaped
    USERNAME_MAX = TT_CONNECTION_HOST_MAX + 1 + CLIENT_MAX + sizeof client_query + MODEL_ID_MAX,
    PASSWORD_MAX = 3 * (TT_CONNECTION_HOST_MAX + TT_TOPIC_ID_MAX) + 200,
};

// "d1", or "d1/m1": the module's id follows on "/modules/".
static void write_client(struct tt_writer *out, const struct tt_link *link)
{
    tt_writer_bytes(out, link->id, link->device_len);
    const struct tt_range module = link->config.connection.module_id;
    if (module.len > 0) {
        tt_writer_u8(out, '/');
        tt_writer_bytes(out, module.data, module.len);
    }
}

static void write_username(struct tt_writer *out, const struct tt_link *link)
{
    tt_writer_bytes(out, link->host.data, link->host.len);
    tt_writer_u8(out, '/');
    write_client(out, link);
    tt_writer_text(out, client_query);
    if (link->config.model_id != NULL) {
        tt_writer_text(out, "&model-id=");
        tt_writer_percent(out, link->config.model_id, strlen(link->config.model_id));
    }
}

// A token by the key whose turn it is, into out; nothing of the key stays. Its length, or an error.
static int sign(const struct tt_link *link, const struct tt_sas *what, int64_t now_s, char *out,
                size_t cap)
{
    const struct tt_connection *connection = &link->config.connection;
    uint8_t key[TT_CONNECTION_KEY_MAX];
    int key_len = tt_connection_key(link->second ? connection->second_key : connection->key, key);
    if (key_len < 0) { return key_len; }
    if (connection->group) {
        uint8_t derived[TT_SAS_DERIVED_LEN];
        tt_sas_derive(key, (size_t)key_len, connection->registration_id, derived);
        memcpy(key, derived, sizeof derived);
        key_len = sizeof derived;
        tt_crypto_forget(derived, sizeof derived);
    }
    struct tt_sas sas = *what;
    sas.key = key;
    sas.key_len = (size_t)key_len;
    const int len = tt_sas_sign(&sas, now_s + link->config.token_ttl_s, out, cap);
    tt_crypto_forget(key, sizeof key);
    return len;
}

int tt_link_sign(const struct tt_link *link, int64_t now_s, char *out, size_t cap)
{
    const struct tt_sas token = {
        .scope = link->host, .kind = "devices", .id = {link->id, link->id_len}};
    return sign(link, &token, now_s, out, cap);
}

static int open_hub(struct tt_link *link, struct tt_range password, int64_t now_ms)
{
    char client_text[CLIENT_MAX];
    struct tt_writer client = tt_writer_of(client_text, sizeof client_text);
    write_client(&client, link);
    char username[USERNAME_MAX];
    struct tt_writer user = tt_writer_of(username, sizeof username);
    write_username(&user, link);
    if (user.full) {
        link->hub.why = "the host name or an id is too long";
        return TT_EINVALID;
    }
    const struct tt_hub_will *const will = &link->hub.will;
    char topic_text[TT_TOPIC_ID_MAX + 40 + TT_HUB_WILL_MAX];
    struct tt_writer topic = tt_writer_of(topic_text, sizeof topic_text);
    if (will->len > 0) { // the hub takes one for the telemetry topic only [A4]
        tt_topic_begin_telemetry(&topic, (struct tt_range){link->id, link->id_len});
        tt_writer_bytes(&topic, will->text, will->properties_len);
    }
    const struct tt_mqtt_connect connect = {
        .will_topic = {topic_text, topic.len},
        .will_message = {will->text + will->properties_len,
                         (size_t)(will->len - will->properties_len)},
        .client_id = {client_text, client.len},
        .username = {username, user.len},
        .password = password,
        .keep_alive_s = link->config.keep_alive_s,
        .clean_session = false, // the hub keeps subscriptions and messages while we are away
    };
    return tt_hub_open(&link->hub, &connect, now_ms);
}

int tt_link_open_session(struct tt_link *link, int64_t now_s, int64_t now_ms)
{
    const struct tt_connection *connection = &link->config.connection;
    struct tt_dps *const dps = link->provisioning ? link->config.dps : NULL;
    char text[PASSWORD_MAX];
    int len = 0; // none with X.509
    if (!connection->x509) {
        const struct tt_sas registration = {.scope = connection->id_scope,
                                            .kind = "registrations",
                                            .id = connection->registration_id,
                                            .policy = "registration"};
        len = dps != NULL ? sign(link, &registration, now_s, text, sizeof text)
                          : tt_link_sign(link, now_s, text, sizeof text);
        if (len < 0) {
            link->hub.why = "the host name or an id is too long";
            return TT_EINVALID;
        }
    }
    const struct tt_range password = {text, (size_t)len};
    int err;
    if (dps != NULL) {
        err = dps->calls->open(dps, &link->hub.tx, password, now_ms);
        link->hub.why = err < 0 ? dps->why : NULL;
    } else {
        err = open_hub(link, password, now_ms);
    }
    tt_crypto_forget(text, sizeof text);
    return err;
}

static const char *class_of(const struct tt_link *link, int err)
{
    if (link->tls != NULL && tt_tls_reason(link->tls) != NULL) { return "tls: "; }
    switch (err) {
    case TT_EUNTRUSTED: // by a stream that has TLS of its own, such as a modem's
        return "tls: ";
    case TT_EPROTOCOL:
        return "protocol: ";
    case TT_EREFUSED:
        return link->hub.why != NULL ? "auth: " : "network: ";
    case TT_EBUSY:
        return "throttled: ";
    case TT_EUNSET:
        return "clock: ";
    case TT_EINVALID:
    case TT_EFULL:
        return "device: ";
    default:
        return "network: ";
    }
}

static const char *words_of(const struct tt_link *link, int err)
{
    if (link->tls != NULL && tt_tls_reason(link->tls) != NULL) { return tt_tls_reason(link->tls); }
    if (link->hub.why != NULL) { return link->hub.why; }
    switch (err) {
    case TT_ECLOSED:
        return link->phase == TT_LINK_CONNECTED ? "the connection was closed"
                                                : "the connection was closed before CONNACK";
    case TT_EREFUSED:
        return "the host refused the connection";
    case TT_ENOTFOUND:
        return "the host name is not known";
    case TT_EUNTRUSTED:
        return "the server's certificate is not trusted";
    case TT_ETIMEOUT:
        return "no connection in time";
    default:
        return "the connection broke";
    }
}

void tt_link_write_reason(const struct tt_link *link, int err, struct tt_writer *out)
{
    tt_writer_text(out, class_of(link, err));
    tt_writer_text(out, words_of(link, err));
}
