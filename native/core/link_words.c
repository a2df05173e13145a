// The link's words: what it says of itself in CONNECT, and why a connection ended.
#include <string.h>

#include "../port/error.gen.h"
#include "crypto.h"
#include "link_state.h"
#include "sas.h"
#include "tls.h"

static const char client_query[] = "/?api-version=2021-04-12&DeviceClientType=tinytwin";

enum {
    DEVICE_ID_MAX = 128,
    USERNAME_MAX = TT_LINK_HOST_MAX + 1 + DEVICE_ID_MAX + sizeof client_query,
    PASSWORD_MAX = 3 * (TT_LINK_HOST_MAX + DEVICE_ID_MAX) + 200,
};

static struct tt_range text_of(const char *text)
{
    return (struct tt_range){text, strlen(text)};
}

int tt_link_open_session(struct tt_link *link, int64_t now_s, int64_t now_ms)
{
    const struct tt_link_config *config = &link->config;
    char password[PASSWORD_MAX];
    const struct tt_sas sas = {
        .host = text_of(config->host),
        .device_id = text_of(config->device_id),
        .key = config->key,
        .key_len = config->key_len,
    };
    const int password_len =
        tt_sas_sign(&sas, now_s + config->token_ttl_s, password, sizeof password);
    char username[USERNAME_MAX];
    struct tt_writer user = tt_writer_of(username, sizeof username);
    tt_writer_text(&user, config->host);
    tt_writer_u8(&user, '/');
    tt_writer_text(&user, config->device_id);
    tt_writer_text(&user, client_query);
    if (user.full || password_len < 0) {
        link->hub.why = "host name or device id is too long";
        return TT_EINVALID;
    }
    const struct tt_mqtt_connect connect = {
        .client_id = text_of(config->device_id),
        .username = {username, user.len},
        .password = {password, (size_t)password_len},
        .keep_alive_s = config->keep_alive_s,
        .clean_session = false, // the hub keeps subscriptions and messages while we are away
    };
    const int err = tt_hub_open(&link->hub, &connect, now_ms);
    tt_crypto_forget(password, sizeof password);
    return err;
}

static const char *class_of(const struct tt_link *link, int err)
{
    if (link->tls != NULL && tt_tls_reason(link->tls) != NULL) { return "tls: "; }
    switch (err) {
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
