// From the link loop to the app loop: what the hub sent, and what became of what was sent.
#pragma once

#include "queue.h"

// The link has a record for the device's store, which is the app loop's: name is its key.
enum { TT_INBOX_KEEP = -1 };
#define TT_INBOX_DPS "dps" // the key of what DPS assigned; keys of apps begin with a slash

// kind is an enum tt_event_kind: METHOD, MESSAGE, DESIRED, CONNECTION or STORED, with the same id;
// or TT_INBOX_KEEP.
struct tt_delivery {
    int32_t kind;
    int32_t id;
    const char *prefix; // put in front of the name when it is stored; never set by peek
    size_t prefix_len;
    const char *name; // METHOD: its name; MESSAGE: its property bag; else empty
    size_t name_len;
    const uint8_t *payload;
    size_t payload_len;
};

struct tt_inbox {
    struct tt_queue queue;
};

void tt_inbox_init(struct tt_inbox *inbox, void *memory, uint32_t size);
// Link side: TT_OK, TT_EFULL when there is no room now, TT_EINVALID when it could never fit.
int tt_inbox_put(struct tt_inbox *inbox, const struct tt_delivery *delivery);
// App side.
bool tt_inbox_peek(struct tt_inbox *inbox, struct tt_delivery *out);
void tt_inbox_pop(struct tt_inbox *inbox);
