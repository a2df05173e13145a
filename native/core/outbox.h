// From the app loop to the link loop: telemetry, replies to methods, reported properties, done
// marks.
#pragma once

#include "queue.h"

struct tt_board;

struct tt_outbox {
    struct tt_queue telemetry;
    struct tt_queue replies; // replies and done marks, in order
    struct tt_queue reports;
    int32_t next_sequence;   // app's; the next telemetry message's number, from 1
    _Atomic bool twin_asked; // set by the app, cleared by the link
};

struct tt_telemetry {
    int32_t sequence;
    const uint8_t *properties; // property bag, already percent-encoded
    size_t properties_len;
    const uint8_t *body;
    size_t body_len;
};

struct tt_reply {
    bool done; // true: message `request` was handled and is to be acknowledged; no status or body
    int32_t request; // the inbox record's id
    int32_t status;
    const uint8_t *body;
    size_t body_len;
};

struct tt_report {
    const char *name;
    size_t name_len;
    const uint8_t *value; // JSON
    size_t value_len;
};

size_t tt_outbox_memory(const struct tt_board *board); // bytes tt_outbox_init needs
void tt_outbox_init(struct tt_outbox *outbox, const struct tt_board *board, void *memory);

// App side. TT_EFULL when there is no room now; TT_EINVALID when it could never fit.
int tt_outbox_send(struct tt_outbox *outbox, const uint8_t *body, size_t body_len,
                   const uint8_t *properties, size_t properties_len); // the sequence number
int tt_outbox_reply(struct tt_outbox *outbox, int32_t request, int32_t status, const uint8_t *body,
                    size_t body_len);
int tt_outbox_done(struct tt_outbox *outbox, int32_t message);
int tt_outbox_report(struct tt_outbox *outbox, const char *name, size_t name_len,
                     const uint8_t *value, size_t value_len);
// A guest that was restarted knows nothing: the link is to GET the twin again and deliver DESIRED
// 0.
void tt_outbox_ask_twin(struct tt_outbox *outbox);

// Link side. Peeks stay valid until the pop of the same lane.
bool tt_outbox_peek_telemetry(struct tt_outbox *outbox, struct tt_telemetry *out);
void tt_outbox_pop_telemetry(struct tt_outbox *outbox);
bool tt_outbox_peek_reply(struct tt_outbox *outbox, struct tt_reply *out);
void tt_outbox_pop_reply(struct tt_outbox *outbox);
bool tt_outbox_peek_report(struct tt_outbox *outbox, struct tt_report *out);
void tt_outbox_pop_report(struct tt_outbox *outbox);
// True once for each tt_outbox_ask_twin.
bool tt_outbox_twin_asked(struct tt_outbox *outbox);
