// Making one connection: who calls, where to, over what; knows no policy.
#include <string.h>

#include "../port/error.gen.h"
#include "link_state.h"
#include "tls.h"
#include "trust.h"

enum { DEFAULT_PORT = 8883 };

// Whose certificate is expected, and where TCP goes: to `port` if it is not 0, else to the host's
// own, else to the default.
static const char *set_peer(struct tt_link *link, uint16_t default_port, uint16_t port)
{
    const struct tt_connection *connection = &link->config.connection;
    const struct tt_dps *const dps = link->provisioning ? link->config.dps : NULL;
    struct tt_range host = connection->gateway.len > 0 ? connection->gateway : link->host;
    if (dps != NULL) {
        host = connection->endpoint.len > 0 ? connection->endpoint : dps->calls->default_host;
    }
    struct tt_range name;
    link->tcp_port = default_port;
    tt_connection_split_host(host, &name, &link->tcp_port);
    memcpy(link->name, name.data, name.len);
    link->name[name.len] = 0;
    const char *const address = dps != NULL ? dps->address : link->config.address;
    if (port != 0) { link->tcp_port = port; }
    return address != NULL ? address : link->name;
}

void tt_link_set_names(struct tt_link *link, struct tt_range host, struct tt_range device_id)
{
    const struct tt_connection *connection = &link->config.connection;
    link->host = host;
    struct tt_writer id = tt_writer_of(link->id, sizeof link->id);
    tt_writer_bytes(&id, device_id.data, device_id.len);
    link->device_len = id.len;
    if (connection->module_id.len > 0) {
        tt_writer_text(&id, "/modules/");
        tt_writer_bytes(&id, connection->module_id.data, connection->module_id.len);
    }
    link->id_len = id.len;
    link->hub.id = (struct tt_range){link->id, link->id_len};
}

int tt_link_secure(struct tt_link *link, const char *name, const struct tt_stream *inner,
                   struct tt_tls **tls, struct tt_stream *out, const char **why)
{
    struct tt_trust *const trust = link->config.trust;
    const struct tt_range roots = trust != NULL ? trust->calls->load(trust) : (struct tt_range){0};
    const struct tt_tls_config config = {
        .port = link->config.port,
        .host = name,
        .ca = roots.len > 0 ? (const uint8_t *)roots.data : link->config.ca,
        .ca_len = roots.len > 0 ? roots.len : link->config.ca_len,
        .copy_ca = roots.len > 0,
        .key = link->config.connection.x509 ? link->config.key_slot : NULL,
        .certificate = link->config.certificate,
        .certificate_len = link->config.certificate_len,
        .build_epoch_ms = link->config.build_epoch_ms,
        .tls13 = link->config.tls13,
    };
    const int err = tt_tls_open(&config, inner, tls, out, why);
    if (trust != NULL) { trust->calls->release(trust); }
    if (err != TT_OK) { *tls = NULL; }
    return err;
}

int tt_link_connect(struct tt_link *link, uint16_t default_port, uint16_t tcp_port)
{
    const struct tt_port *port = link->config.port;
    link->hub.why = NULL;
    const int64_t epoch_ms = port->epoch_ms(port->ctx);
    if (epoch_ms < 0 || epoch_ms < link->config.build_epoch_ms) {
        link->hub.why = "the clock is not set: no certificate can be checked, no token signed";
        return TT_EUNSET;
    }
    const char *const address = set_peer(link, default_port, tcp_port);
    struct tt_stream stream;
    int err = port->connect(port->ctx, address, link->tcp_port, &stream);
    if (err != TT_OK) { return err; }
    if (link->config.tls) {
        err = tt_link_secure(link, link->name, &stream, &link->tls, &link->stream, &link->hub.why);
    } else {
        link->stream = stream;
    }
    return err;
}

int tt_link_dial(struct tt_link *link, int64_t now_ms)
{
    const struct tt_port *const port = link->config.port;
    link->provisioning = tt_link_wants_dps(link);
    const int err =
        tt_link_connect(link, DEFAULT_PORT,
                        link->provisioning ? link->config.dps->tcp_port : link->config.tcp_port);
    if (err != TT_OK) { return err; }
    return tt_link_open_session(link, port->epoch_ms(port->ctx) / 1000, now_ms);
}

void tt_link_hang_up(struct tt_link *link)
{
    if (link->stream.close != NULL) { link->stream.close(link->stream.ctx); }
    link->stream = (struct tt_stream){NULL, NULL, NULL, NULL};
    link->tls = NULL;
    tt_hub_closed(&link->hub);
}
