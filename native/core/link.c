// Policy above one connection: when to dial, give up, try again, renew the token; and who is told.
#include "../port/error.gen.h"
#include "abi.gen.h"
#include "link_state.h"
#include "post.h"
#include "tls.h"
#include "trust.h"

enum {
    CONNECT_MS = 30000,      // from dialling to CONNACK
    TAKE_MS = 30000,         // for a stream that takes no bytes
    LEAVE_MS = 5000,         // for DISCONNECT to leave the send buffer
    DRAIN_MS = 60000,        // longest wait of a renewal for what is in flight
    BACKOFF_FLOOR_MS = 250,  // so that a hub that refuses at once is not hammered
    BACKOFF_FIRST_MS = 1000, // window of the first wait; doubles with each failure
    BACKOFF_CAP_MS = 59000,  // with the floor within a minute
    BACKOFF_REFUSED = 4,     // a refusal waits at least as after so many failures
    STABLE_MS = 30000,       // a connection that lasted so long makes failures forgotten
    LINGER_MS = 2000,        // an ephemeral connection with nothing to do stays for what may come
    POLL_MS = 20,            // while a stream has no room, or the inbox none
    DEFAULT_TOKEN_S = 3600,
    DEFAULT_KEEP_ALIVE_S = 240,
    KEEP_ALIVE_MAX_S = 1177, // the hub's limit
};

static void log_host(const struct tt_link *link)
{
    char text[16 + TT_CONNECTION_HOST_MAX];
    struct tt_writer line = tt_writer_of(text, sizeof text);
    tt_writer_text(&line, "connected to ");
    tt_writer_bytes(&line, link->host.data, link->host.len);
    link->config.port->log(link->config.port->ctx, TT_LOG_INFO, text, line.len);
}

static void notice(const struct tt_link *link, enum tt_notice_kind kind, int32_t code,
                   const char *text, size_t len)
{
    if (link->config.port->notice != NULL) {
        const struct tt_notice what = {kind, code, text, len};
        link->config.port->notice(link->config.port->ctx, &what);
    }
}

size_t tt_link_memory(const struct tt_board *board)
{
    return (size_t)board->packet_bytes + board->receive_bytes + board->report_bytes;
}

static int32_t install_roots(void *trust, struct tt_range payload, struct tt_writer *answer)
{
    return ((struct tt_trust *)trust)->calls->install(trust, payload, answer);
}

int tt_link_start(struct tt_link *link, const struct tt_link_config *config, void *memory)
{
    const struct tt_board *board = config->board;
    *link = (struct tt_link){
        .config = *config, .phase = TT_LINK_WAITING, .visit_ms = INT64_MIN, .next_ms = INT64_MIN};
    link->away_ms = INT64_MAX;
    config->outbox->boot = config->boot;
    atomic_init(&link->up, false);
    if (config->token_ttl_s == 0) { link->config.token_ttl_s = DEFAULT_TOKEN_S; }
    if (config->keep_alive_s == 0) { link->config.keep_alive_s = DEFAULT_KEEP_ALIVE_S; }
    const struct tt_connection *const connection = &config->connection;
    const struct tt_dps *const dps = config->dps;
    const bool named = connection->host.len > 0 && connection->device_id.len > 0;
    if (tt_connection_wrong(connection) != NULL || named == (dps != NULL) ||
        (connection->id_scope.len > 0) != (dps != NULL) ||
        (connection->x509 ? config->key_slot == NULL : connection->key.len == 0) ||
        link->config.keep_alive_s > KEEP_ALIVE_MAX_S || board->receive_bytes < 128) {
        return TT_EINVALID;
    }
    uint8_t *const bytes = memory;
    const struct tt_hub_buffers buffers = {
        .tx = bytes,
        .tx_size = board->packet_bytes,
        .rx = bytes + board->packet_bytes,
        .rx_size = board->receive_bytes,
        .reported = bytes + board->packet_bytes + board->receive_bytes,
        .reported_size = board->report_bytes,
    };
    const struct tt_range unnamed = {link->id, 0};
    tt_hub_init(&link->hub, config->port, config->outbox, config->inbox, unnamed, config->boot,
                &buffers);
    tt_link_set_names(link, dps != NULL ? dps->hub : connection->host,
                      dps != NULL ? dps->device_id : connection->device_id);
    link->provisioning = tt_link_wants_dps(link);
    if (config->trust != NULL) {
        config->trust->calls->open(config->trust);
        link->hub.reserved =
            (struct tt_hub_reserved){config->trust, "tinytwin.trust", install_roots};
    }
    // A board too small for its own CONNECT is better found now than in the field.
    const int err = tt_link_open_session(link, INT32_MAX, 0);
    tt_hub_closed(&link->hub);
    return err;
}

// The app is told of a level, not of edges: a full inbox only delays the news.
static void tell_app(struct tt_link *link)
{
    const bool connected = tt_link_connected(link);
    if (link->told != connected && tt_hub_put(&link->hub, TT_EVENT_CONNECTION, connected ? 1 : 0)) {
        link->told = connected;
    }
}

static int64_t backoff(struct tt_link *link, int err, int64_t now_ms)
{
    const bool stable =
        link->phase == TT_LINK_CONNECTED && now_ms - link->connected_ms >= STABLE_MS;
    link->attempt = stable ? 0 : link->attempt;
    // By the hub or DPS, in words; a host that refuses TCP has none.
    const bool refused = err == TT_EREFUSED && link->hub.why != NULL &&
                         (link->phase == TT_LINK_POSTING ||
                          (link->phase == TT_LINK_CONNECTING && !link->hub.accepted));
    tt_link_count_refusal(link, refused);
    const bool other_key = refused && link->config.connection.second_key.len > 0;
    if (other_key) { link->second = !link->second; }
    // A key that was changed at the hub is found out at once; two that are refused are no hurry.
    const bool hurry = other_key && link->attempt == 0;
    if ((err == TT_EREFUSED || err == TT_EBUSY) && !hurry && link->attempt < BACKOFF_REFUSED) {
        link->attempt = BACKOFF_REFUSED;
    }
    uint32_t window = BACKOFF_CAP_MS;
    if (link->attempt < 6 && (uint32_t)BACKOFF_FIRST_MS << link->attempt < window) {
        window = (uint32_t)BACKOFF_FIRST_MS << link->attempt;
    }
    link->attempt += link->attempt < 16 ? 1 : 0;
    uint8_t random[4];
    link->config.port->random(link->config.port->ctx, random, sizeof random);
    struct tt_reader reader = tt_reader_of(random, sizeof random);
    const uint32_t high = tt_reader_u16(&reader);
    return BACKOFF_FLOOR_MS + (int64_t)((high << 16 | tt_reader_u16(&reader)) % window);
}

// Untrusted by the handshake; the device's own certificate is looked at before there is one. Roots
// that leave TLS no memory would keep the device away for ever.
static void give_up_roots(struct tt_link *link, int err)
{
    static const char words[] = "no connection with the new roots: those before are back";
    struct tt_trust *const trust = link->config.trust;
    const bool blamed = (err == TT_EUNTRUSTED && link->tls != NULL) || err == TT_EFULL;
    if (trust != NULL && blamed && trust->calls->tell(trust, false)) {
        link->config.port->log(link->config.port->ctx, TT_LOG_WARNING, words, sizeof words - 1);
    }
}

// Gives this connection, or this attempt at one, up; the next follows after a random wait.
static void give_up(struct tt_link *link, int err, int64_t now_ms)
{
    char text[224];
    struct tt_writer reason = tt_writer_of(text, sizeof text);
    tt_link_write_reason(link, err, &reason);
    int64_t wait_ms = backoff(link, err, now_ms);
    if (link->phase == TT_LINK_POSTING && link->config.post->least_ms > wait_ms) {
        wait_ms = link->config.post->least_ms;
    }
    notice(link, TT_NOTICE_DISCONNECTED, err, text, reason.len);
    tt_writer_text(&reason, "; next attempt in ");
    tt_writer_decimal(&reason, wait_ms);
    tt_writer_text(&reason, " ms");
    link->config.port->log(link->config.port->ctx, TT_LOG_WARNING, text, reason.len);

    give_up_roots(link, err);
    tt_link_hang_up(link);
    link->phase = TT_LINK_WAITING;
    link->next_ms = now_ms + wait_ms;
    link->renewing = false;
    link->hub.why = NULL;
    tell_app(link);
}

static void dial(struct tt_link *link, int64_t now_ms)
{
    const int err = tt_link_dial(link, now_ms);
    if (err != TT_OK) {
        give_up(link, err, now_ms);
        return;
    }
    link->phase = TT_LINK_CONNECTING;
    link->next_ms = now_ms + CONNECT_MS;
    link->taken_by_ms = INT64_MAX - 1; // until the first byte, the limit of CONNACK holds
}

static void connected(struct tt_link *link, int64_t now_ms)
{
    const int64_t ttl_ms = (int64_t)link->config.token_ttl_s * 1000;
    const int64_t margin_ms = ttl_ms / 8;
    const bool renewed = !link->config.connection.x509; // a certificate holds until it expires
    link->phase = TT_LINK_CONNECTED;
    link->quiet_ms = INT64_MAX;
    link->connected_ms = now_ms;
    link->refusals = 0;
    if (link->config.trust != NULL) { link->config.trust->calls->tell(link->config.trust, true); }
    link->renew_ms = renewed ? now_ms + ttl_ms - ttl_ms / 4 : INT64_MAX;
    link->drain_until_ms =
        renewed ? link->renew_ms + (margin_ms < DRAIN_MS ? margin_ms : DRAIN_MS) : INT64_MAX;
    if (link->renewing) {
        link->renewing = false;
        notice(link, TT_NOTICE_RENEWED, TT_OK, "", 0);
        return;
    }
    char text[96];
    struct tt_writer how = tt_writer_of(text, sizeof text);
    tt_writer_text(&how, link->tls == NULL ? "plain" : tt_tls_version(link->tls));
    if (link->tls != NULL) {
        tt_writer_u8(&how, ' ');
        tt_writer_text(&how, tt_tls_cipher(link->tls));
    }
    notice(link, TT_NOTICE_CONNECTED, TT_OK, text, how.len);
    link->connections++;
    if (link->config.health) { tt_link_report_health(link); }
    log_host(link);
    tell_app(link);
}

// TT_OK, or an error of the stream, one that takes no bytes for long included.
static int flush(struct tt_link *link, int64_t now_ms)
{
    struct tt_hub *hub = &link->hub;
    while (hub->tx_taken < hub->tx.len) {
        const int taken = link->stream.write(link->stream.ctx, hub->tx.data + hub->tx_taken,
                                             hub->tx.len - hub->tx_taken);
        if (taken < 0) { return taken; }
        if (taken == 0) {
            if (link->taken_by_ms == INT64_MAX) { link->taken_by_ms = now_ms + TAKE_MS; }
            if (now_ms < link->taken_by_ms) { return TT_OK; }
            hub->why = "the connection takes no bytes";
            return TT_ETIMEOUT;
        }
        hub->tx_taken += (size_t)taken;
        link->taken_by_ms = INT64_MAX;
    }
    hub->tx.len = 0;
    hub->tx_taken = 0;
    return TT_OK;
}

// All of a connection to DPS: TT_OK, also when it assigned a hub, or an error with hub.why.
static int provision(struct tt_link *link, int64_t now_ms)
{
    struct tt_hub *hub = &link->hub;
    struct tt_dps *dps = link->config.dps;
    for (;;) {
        size_t room;
        uint8_t *const into = tt_mqtt_stream_room(&hub->rx, &room);
        const int got = link->stream.read(link->stream.ctx, into, room);
        if (got < 0) { return got; }
        tt_mqtt_stream_add(&hub->rx, (size_t)got);
        const int err = dps->calls->step(dps, &hub->rx, &hub->tx, link->config.model_id, now_ms);
        if (err < 0) {
            hub->why = dps->why;
            return err;
        }
        if (dps->phase == TT_DPS_ASSIGNED) {
            tt_hub_disconnect(hub);
            tt_link_assigned(link);
            link->phase = TT_LINK_LEAVING;
            link->next_ms = now_ms + LEAVE_MS;
            return TT_OK;
        }
        const int flushed = flush(link, now_ms);
        if (flushed < 0 || got == 0) { return flushed; }
    }
}

static int read_all(struct tt_link *link, int64_t now_ms)
{
    struct tt_hub *hub = &link->hub;
    if (tt_hub_holding(hub)) {
        const int err = tt_hub_receive(hub, now_ms);
        if (err < 0) { return err; }
    }
    while (!tt_hub_holding(hub)) {
        size_t room;
        uint8_t *const into = tt_mqtt_stream_room(&hub->rx, &room);
        const int got = link->stream.read(link->stream.ctx, into, room);
        if (got <= 0) { return got; }
        tt_mqtt_stream_add(&hub->rx, (size_t)got);
        const int err = tt_hub_receive(hub, now_ms);
        if (err < 0) { return err; }
        if (link->phase == TT_LINK_CONNECTING && hub->accepted) { connected(link, now_ms); }
    }
    return TT_OK;
}

static int write_all(struct tt_link *link, int64_t now_ms)
{
    for (;;) {
        const bool all = tt_hub_send(&link->hub, now_ms);
        const int err = flush(link, now_ms);
        if (err < 0 || all || link->hub.tx.len > 0) { return err; }
    }
}

bool tt_link_lend(struct tt_link *link)
{
    if (link->config.board->connections >= 2) { return true; }
    link->lent = true;
    if (link->phase == TT_LINK_CONNECTING) {
        tt_link_hang_up(link);
        link->phase = TT_LINK_WAITING;
        link->next_ms = INT64_MIN;
    }
    return link->phase == TT_LINK_WAITING;
}

// Whether telemetry goes by HTTPS now: the app wants it so, and DPS, which needs MQTT, does not.
static bool by_https(const struct tt_link *link)
{
    return link->hub.over_https && link->config.post != NULL && !tt_link_wants_dps(link);
}

// When the outbox is next to be emptied by HTTPS; INT64_MAX: it is empty.
static int64_t post_ms(struct tt_link *link, int64_t now_ms)
{
    const struct tt_outbox *const outbox = link->config.outbox;
    link->resting = tt_outbox_telemetry_empty(outbox);
    if (link->resting) { return INT64_MAX; }
    const int64_t latest_ms = now_ms + (int64_t)link->hub.ephemeral_s * 1000;
    if (link->visit_ms > latest_ms) { link->visit_ms = latest_ms; } // of a longer interval before
    // Without flash to wait on, messages cannot be gathered beyond what RAM takes.
    const bool crowded = outbox->journal.block == NULL &&
                         tt_queue_bytes(&outbox->telemetry) > outbox->telemetry.size / 2;
    return crowded || link->visit_ms < link->next_ms ? link->next_ms : link->visit_ms;
}

static int64_t post(struct tt_link *link, int64_t now_ms)
{
    const struct tt_post_calls *const calls = link->config.post->calls;
    int err = TT_OK;
    if (link->phase == TT_LINK_WAITING) {
        link->phase = TT_LINK_POSTING;
        err = calls->dial(link);
    } else {
        tt_hub_send(&link->hub, now_ms); // sends nothing: what the app wishes is heard
    }
    if (err == TT_OK) { err = calls->step(link, by_https(link) && !link->lent, now_ms); }
    if (err < 0) {
        give_up(link, err, now_ms);
        return link->next_ms;
    }
    if (err == 0) { return calls->deadline(link->config.post, now_ms); }
    tt_link_hang_up(link);
    link->phase = TT_LINK_WAITING;
    link->next_ms = now_ms;
    if (tt_outbox_telemetry_empty(link->config.outbox)) {
        link->visit_ms = now_ms + (int64_t)link->hub.ephemeral_s * 1000;
    }
    return now_ms;
}

// Whether an ephemeral connection has done all it was made for, and waited for more.
static bool rests(struct tt_link *link, int64_t now_ms)
{
    const struct tt_hub *hub = &link->hub;
    const bool busy = hub->ephemeral_s == 0 || !hub->subscribed || !tt_hub_idle(hub) ||
                      !tt_hub_quiet(hub) || hub->twin_get_at_ms != INT64_MAX;
    if (busy) {
        link->quiet_ms = INT64_MAX;
    } else if (link->quiet_ms == INT64_MAX) {
        link->quiet_ms = now_ms;
    }
    return !busy && now_ms - link->quiet_ms >= LINGER_MS;
}

// One reconnect for each renewal, and for messages that were left to the hub: first what is in
// flight comes home, then DISCONNECT, and the session goes on in the next connection.
static void leave_when_due(struct tt_link *link, int64_t now_ms)
{
    struct tt_hub *hub = &link->hub;
    const bool room_again = hub->missed && tt_queue_empty(&link->config.inbox->queue);
    const bool rest = rests(link, now_ms);
    if (!hub->draining) {
        const bool new_roots = link->config.trust != NULL && link->config.trust->fresh;
        if (now_ms < link->renew_ms && !room_again && !link->lent && !hub->will_changed && !rest &&
            !new_roots && !by_https(link)) {
            return;
        }
        hub->draining = true;
        if (link->drain_until_ms - DRAIN_MS > now_ms) { link->drain_until_ms = now_ms + DRAIN_MS; }
    }
    if (tt_hub_quiet(hub) || now_ms >= link->drain_until_ms) {
        tt_hub_disconnect(hub);
        link->phase = TT_LINK_LEAVING;
        link->renewing = !link->lent && !rest && !by_https(link);
        link->visit_ms = by_https(link) ? now_ms : now_ms + (int64_t)hub->ephemeral_s * 1000;
        link->next_ms = now_ms + LEAVE_MS;
    }
}

// When CONNACK is due; DPS has limits of its own for what follows.
static int64_t connack_ms(const struct tt_link *link)
{
    const bool came = link->provisioning && link->config.dps->phase != TT_DPS_CONNECTING;
    return came ? INT64_MAX : link->next_ms;
}

static int64_t step(struct tt_link *link, int64_t now_ms)
{
    struct tt_hub *hub = &link->hub;
    if (link->phase == TT_LINK_WAITING) {
        tt_hub_send(hub, now_ms); // nothing is sent: replies nobody waits for go
        if (link->lent) { return INT64_MAX; }
        if (by_https(link)) {
            const int64_t due_ms = post_ms(link, now_ms);
            return now_ms < due_ms ? due_ms : post(link, now_ms);
        }
        link->resting = hub->ephemeral_s > 0 && now_ms < link->visit_ms && tt_hub_idle(hub);
        if (link->resting) { return link->visit_ms; }
        if (now_ms < link->next_ms) { return link->next_ms; }
        dial(link, now_ms);
    }
    if (link->phase == TT_LINK_POSTING) { return post(link, now_ms); }
    if (link->phase == TT_LINK_CONNECTING || link->phase == TT_LINK_CONNECTED) {
        int err = link->provisioning ? provision(link, now_ms) : read_all(link, now_ms);
        if (!link->provisioning) {
            err = err < 0 ? err : write_all(link, now_ms);
            err = err < 0 ? err : tt_hub_check(hub, now_ms);
        }
        if (err == TT_OK && link->phase == TT_LINK_CONNECTING && now_ms >= connack_ms(link)) {
            hub->why = "no CONNACK within 30 s";
            err = TT_ETIMEOUT;
        }
        if (err < 0) {
            give_up(link, err, now_ms);
        } else if (link->phase == TT_LINK_CONNECTED) {
            leave_when_due(link, now_ms);
        } else if (link->phase == TT_LINK_CONNECTING && by_https(link)) {
            tt_link_hang_up(link);
            link->phase = TT_LINK_WAITING;
            link->next_ms = now_ms;
            return now_ms;
        }
    }
    if (link->phase == TT_LINK_LEAVING) {
        const int err = flush(link, now_ms);
        if (err == TT_OK && hub->tx.len > 0 && now_ms < link->next_ms) { return now_ms + POLL_MS; }
        tt_link_hang_up(link);
        link->phase = TT_LINK_WAITING;
        link->next_ms = now_ms;
        if (!link->renewing && !link->provisioning) { notice(link, TT_NOTICE_LEFT, TT_OK, "", 0); }
        return now_ms;
    }
    if (link->phase == TT_LINK_WAITING) { return link->next_ms; }
    if (hub->tx.len > 0 || tt_hub_holding(hub)) { return now_ms + POLL_MS; }
    if (link->phase == TT_LINK_CONNECTING) {
        const int64_t dps_ms =
            link->provisioning ? link->config.dps->calls->deadline(link->config.dps) : INT64_MAX;
        return dps_ms < connack_ms(link) ? dps_ms : connack_ms(link);
    }
    int64_t policy_ms = hub->draining ? link->drain_until_ms : link->renew_ms;
    if (!hub->draining && link->quiet_ms != INT64_MAX && link->quiet_ms + LINGER_MS < policy_ms) {
        policy_ms = link->quiet_ms + LINGER_MS;
    }
    const int64_t hub_ms = tt_hub_deadline(hub);
    return hub_ms < policy_ms ? hub_ms : policy_ms;
}

int32_t tt_link_step(struct tt_link *link, int64_t now_ms)
{
    if (link->phase == TT_LINK_STOPPED) { return INT32_MAX; }
    if (atomic_load_explicit(&link->up, memory_order_relaxed) &&
        atomic_exchange(&link->up, false)) {
        link->attempt = 0;
        if (link->phase == TT_LINK_WAITING) { link->next_ms = now_ms; }
    }
    int64_t next_ms = step(link, now_ms);
    if (tt_link_leave(link, now_ms, &next_ms)) { return INT32_MAX; }
    tt_link_keep_assignment(link);
    const int64_t store_ms = tt_link_store(link, now_ms);
    if (store_ms < next_ms) { next_ms = store_ms; }
    const struct tt_link_side *const side = &link->config.side;
    if (side->step != NULL) {
        const bool lent = link->lent;
        const int64_t side_ms = side->step(side->ctx, now_ms);
        if (side_ms < next_ms) { next_ms = side_ms; }
        if (link->lent != lent) { next_ms = now_ms; } // to leave, or to dial again
    }
    if (link->told != tt_link_connected(link)) { tell_app(link); }
    return next_ms <= now_ms               ? 0
           : next_ms - now_ms >= INT32_MAX ? INT32_MAX
                                           : (int32_t)(next_ms - now_ms);
}

bool tt_link_connected(const struct tt_link *link)
{
    return link->phase == TT_LINK_CONNECTED || link->renewing;
}

bool tt_link_idle(const struct tt_link *link)
{
    return tt_hub_idle(&link->hub);
}

void tt_link_up(struct tt_link *link)
{
    atomic_store(&link->up, true);
}

void tt_link_stop(struct tt_link *link)
{
    if (link->phase == TT_LINK_CONNECTED) {
        tt_hub_disconnect(&link->hub);
        flush(link, link->connected_ms);
    }
    if (link->phase != TT_LINK_STOPPED) {
        if (link->config.side.stop != NULL) { link->config.side.stop(link->config.side.ctx); }
        tt_link_hang_up(link);
    }
    link->phase = TT_LINK_STOPPED;
    link->renewing = false;
}
