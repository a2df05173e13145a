// HTTPS connections beside the link's own: the same keys, roots and clock, another stream.
#include <string.h>

#include "../port/error.gen.h"
#include "link_state.h"
#include "tls.h"

enum { HTTPS_PORT = 443 };

static void hub_of(void *ctx, struct tt_range *host, struct tt_range *device_id)
{
    const struct tt_link *const link = ctx;
    *host = link->host;
    *device_id = (struct tt_range){link->id, link->device_len};
}

static int open_stream(void *ctx, struct tt_range host, bool hub, struct tt_stream *out,
                       const char **why)
{
    struct tt_link *const link = ctx;
    const struct tt_link_config *const config = &link->config;
    struct tt_range range;
    uint16_t tcp_port = hub && config->https_port != 0 ? config->https_port : HTTPS_PORT;
    char name[TT_CONNECTION_HOST_MAX + 1];
    link->side_tls = NULL;
    if (!tt_connection_split_host(host, &range, &tcp_port) || range.len >= sizeof name) {
        *why = "a host's name cannot be one";
        return TT_EINVALID;
    }
    if (hub && config->https_port != 0) { tcp_port = config->https_port; }
    if (!tt_link_lend(link)) { return TT_EBUSY; }
    memcpy(name, range.data, range.len);
    name[range.len] = 0;
    struct tt_stream stream;
    const char *const address = hub && config->address != NULL ? config->address : name;
    const int err = config->port->connect(config->port->ctx, address, tcp_port, &stream);
    if (err < 0) {
        *why = "the host cannot be called";
        return err;
    }
    if (!config->tls) {
        *out = stream;
        return TT_OK;
    }
    return tt_link_secure(link, name, &stream, &link->side_tls, out, why);
}

static void release(void *ctx)
{
    struct tt_link *const link = ctx;
    link->side_tls = NULL;
    link->lent = false;
}

static const char *reason(void *ctx)
{
    const struct tt_link *const link = ctx;
    return link->side_tls != NULL ? tt_tls_reason(link->side_tls) : NULL;
}

static int authorize(void *ctx, char *out, size_t cap)
{
    const struct tt_link *const link = ctx;
    const struct tt_port *const port = link->config.port;
    const int64_t epoch_ms = port->epoch_ms(port->ctx);
    if (link->config.connection.x509) { return 0; }
    if (epoch_ms < 0 || epoch_ms < link->config.build_epoch_ms) { return TT_EUNSET; }
    return tt_link_sign(link, epoch_ms / 1000, out, cap);
}

const struct tt_https_way tt_link_https = {
    .hub = hub_of,
    .open = open_stream,
    .release = release,
    .reason = reason,
    .authorize = authorize,
};
