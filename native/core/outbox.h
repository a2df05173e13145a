// From the app loop to the link loop: telemetry, replies to methods, reported properties, done
// marks. Telemetry goes on to flash where it cannot leave; when is the link's business.
#pragma once

#include "journal.h"
#include "queue.h"

struct tt_board;
struct tt_writer;

// All in the journal is older than what waits in RAM, and all that is kept is older than the
// journal's. Journals are the link's alone.
struct tt_outbox {
    struct tt_queue telemetry;
    struct tt_queue replies; // replies and done marks, in order
    struct tt_queue reports;
    struct tt_journal journal;
    struct tt_journal kept;  // urgent messages of segments the journal had to give up
    uint32_t boot;           // of the messages in RAM
    uint32_t message_max;    // bytes of properties and body; 0: what the lane takes
    int32_t next_sequence;   // app's; the next telemetry message's number, from 1
    _Atomic bool twin_asked; // set by the app, cleared by the link
    // Set by the app, which is over then: the link is to let the device sleep for so long, or
    // restart it for TT_OUTBOX_RESTART. 0: the app runs.
    _Atomic uint32_t leave_s;
    uint32_t leave_patience_ms; // written before leave_s
};

enum { TT_OUTBOX_RESTART = INT32_MAX };

// How a message is to be treated.
struct tt_terms {
    uint8_t options;    // a set of enum tt_send_option, and TT_OUTBOX_UPTIME
    uint32_t expires_s; // seconds since 1970, with TT_OUTBOX_UPTIME since the start; 0: never
};

enum {
    TT_OUTBOX_UPTIME = 128, // expires_s is of a device that did not know the time
};

enum tt_outbox_fate {
    TT_OUTBOX_NOTHING, // the lane in RAM is empty
    TT_OUTBOX_STORED,  // a message is on flash now
    TT_OUTBOX_DROPPED, // one gave way
    TT_OUTBOX_FAILED,  // the flash cannot be written; all is as it was
};

enum tt_reply_kind {
    TT_REPLY_METHOD,
    TT_REPLY_DONE, // message `request` was handled and is to be acknowledged; no status or body
    TT_REPLY_WILL, // the body from `status` on, behind its properties, is the last will
    // `request` is the interval, seconds; 0: stay connected. `status` 1: telemetry by HTTPS alone
    TT_REPLY_EPHEMERAL,
};

// What the link must know in the order in which the app said it.
struct tt_reply {
    enum tt_reply_kind kind;
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

// Before both loops start: finds what an earlier start left on these blocks, of which an eighth, if
// there are four, is for urgent messages alone. message_max: the longest properties and body
// together. Errors are those of tt_journal_open; nothing is kept then.
int tt_outbox_open(struct tt_outbox *outbox, const struct tt_block *block, uint32_t first_block,
                   uint32_t block_count, size_t message_max);

// App side. TT_EFULL when there is no room now; TT_EINVALID when it could never fit.
// The result of tt_outbox_send is the sequence number.
int tt_outbox_send(struct tt_outbox *outbox, const uint8_t *body, size_t body_len,
                   const uint8_t *properties, size_t properties_len, struct tt_terms terms);
int tt_outbox_reply(struct tt_outbox *outbox, int32_t request, int32_t status, const uint8_t *body,
                    size_t body_len);
int tt_outbox_done(struct tt_outbox *outbox, int32_t message);
int tt_outbox_will(struct tt_outbox *outbox, const uint8_t *properties, size_t properties_len,
                   const uint8_t *body, size_t body_len);
int tt_outbox_ephemeral(struct tt_outbox *outbox, int32_t interval_s, bool over_https);
int tt_outbox_report(struct tt_outbox *outbox, const char *name, size_t name_len,
                     const uint8_t *value, size_t value_len);
// A guest that was restarted knows nothing: the link is to GET the twin again and deliver DESIRED
// 0.
void tt_outbox_ask_twin(struct tt_outbox *outbox);

// Link side. Peeks stay valid until the pop of the same lane.
// The oldest message, wherever it is.
bool tt_outbox_peek_telemetry(struct tt_outbox *outbox, struct tt_telemetry *out);
// TT_OK, or TT_EIO when a restart will bring it back.
int tt_outbox_pop_telemetry(struct tt_outbox *outbox);
// Whether there are such, and another try to put them away for good: TT_OK or TT_EIO.
bool tt_outbox_owes(const struct tt_outbox *outbox);
int tt_outbox_settle(struct tt_outbox *outbox);
// Properties or body of a peeked message into a packet. TT_EIO: its flash cannot be read.
int tt_outbox_write_properties(const struct tt_telemetry *message, struct tt_writer *out);
int tt_outbox_write_body(const struct tt_telemetry *message, struct tt_writer *out);
bool tt_outbox_expired(const struct tt_telemetry *message, int64_t epoch_ms, int64_t now_ms);
// Moves the oldest message in RAM to flash, or one out of its way when that is full: the message
// itself or the oldest, as their options say. *which gets the id of the one it happened to.
enum tt_outbox_fate tt_outbox_store(struct tt_outbox *outbox, struct tt_telemetry *which);
bool tt_outbox_telemetry_empty(const struct tt_outbox *outbox); // RAM and flash
bool tt_outbox_flash_empty(const struct tt_outbox *outbox);
bool tt_outbox_peek_reply(struct tt_outbox *outbox, struct tt_reply *out);
void tt_outbox_pop_reply(struct tt_outbox *outbox);
bool tt_outbox_peek_report(struct tt_outbox *outbox, struct tt_report *out);
void tt_outbox_pop_report(struct tt_outbox *outbox);
// True once for each tt_outbox_ask_twin.
bool tt_outbox_twin_asked(struct tt_outbox *outbox);

// Between the files of the outbox. Records in RAM begin with 32-bit words of the machine's order;
// they never leave it.
enum { TT_OUTBOX_WORD = 4 };
int32_t tt_outbox_word(const uint8_t *record, size_t index);
void tt_outbox_put(uint8_t *to, const void *from, size_t len); // also of nothing
// A record of the given words and bytes, or NULL with *err saying why.
uint8_t *tt_outbox_reserve(struct tt_queue *queue, const int32_t *words, size_t count, size_t first,
                           size_t second, int *err);
