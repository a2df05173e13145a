// One file on its way to the hub's blob container (reference A10): permission from the hub, blocks
// to storage, the list of them, and word to the hub how it went. It knows no flash and no guest:
// the app's side is asked for the file's bytes part by part. A cut costs the block on its way, an
// expired permission is asked for anew, both go on with the blocks not yet confirmed.
#pragma once

#include <stdatomic.h>

#include "../port/port.h"
#include "gzip.h"
#include "https.h"
#include "inbox.h"

enum {
    TT_UPLOAD_NAME_MAX = 128,       // bytes of a blob's name
    TT_UPLOAD_TARGET_MAX = 640,     // of path and signature of the blob
    TT_UPLOAD_CORRELATION_MAX = 64, // the hub's own are shorter
    TT_UPLOAD_WORK_BYTES = 1536,    // a request's head, or what is to be compressed
    TT_UPLOAD_BLOCK_MIN = 2048,
    TT_UPLOAD_BLOCKS_MAX = 50000, // of a blob [Put Block List]
    TT_UPLOAD_TOLD_BLOCKS = 16,   // so often the app hears how far it is
    TT_UPLOAD_PART_MS = 300000,   // the app is given up that has no bytes for so long
};

// What is to be uploaded, and where an earlier run of it was.
struct tt_upload_file {
    int32_t size; // bytes; -1: until an empty part
    bool gzip;    // compressed; the blob gets the content encoding
    uint8_t name_len;
    uint8_t correlation_len; // of a permission that is to be given back first; 0: none
    uint32_t blocks;         // confirmed already
    uint32_t done;           // bytes of the file in them
    char name[TT_UPLOAD_NAME_MAX];
    char correlation[TT_UPLOAD_CORRELATION_MAX];
};

enum tt_upload_phase {
    TT_UPLOAD_IDLE,
    TT_UPLOAD_RETURN, // an old permission
    TT_UPLOAD_ASK,    // for a permission
    TT_UPLOAD_FILL,   // a block, by the app's side
    TT_UPLOAD_PUT,    // the block
    TT_UPLOAD_COMMIT, // the list of blocks
    TT_UPLOAD_TELL,   // the hub how it went
    TT_UPLOAD_END,    // the app how it went
};

struct tt_upload {
    // Shared: one side writes what the other reads after it was told so.
    _Atomic int begun;     // app: the file is set; link: it is over
    _Atomic int part;      // enum in upload.c
    _Atomic int cancelled; // app's: the error the upload is to end with
    struct tt_upload_file file;
    uint8_t *part_into; // link's, read by the app while a part is wanted
    uint32_t part_cap;  // of what is wanted, at least 1
    uint32_t part_at;   // place in the file
    uint32_t part_len;  // app's, of what was given

    // Link's own.
    const struct tt_port *port;
    struct tt_inbox *inbox;
    struct tt_https https;
    enum tt_upload_phase phase;
    bool asked;      // the phase's request is on its way
    bool committed;  // the blob is there; only the hub does not know yet
    bool restarted;  // once from the beginning, because storage had lost blocks
    bool denied;     // by storage, and no block came through since
    bool announced;  // the part that is wanted, to the app
    bool waiting;    // for next_ms
    bool file_ended; // an empty part came
    int64_t next_ms;
    int64_t part_by_ms; // a part that is not given by then never comes
    unsigned failures;  // in a row, for the wait
    unsigned refusals;  // of servers, in a row
    uint32_t given;     // bytes of the file in the block
    uint32_t listed;    // blocks of the list that went
    uint32_t told;      // blocks at the last word to the app
    size_t block_len;
    int result; // TT_OK, or why not
    char why[TT_HTTPS_WHY_MAX + 1];
    int32_t status;     // of the answer that decided, for the hub
    uint8_t target_len; // of "host[:port]" in front of the path in target
    uint16_t path_len;
    char target[TT_HTTPS_HOST_MAX + TT_UPLOAD_TARGET_MAX];
    struct tt_gzip gzip;
    uint8_t work[TT_UPLOAD_WORK_BYTES];
    uint32_t block_cap;
    uint8_t *block;
};

// memory: `bytes` of it, 8-byte aligned, for all that an upload needs but TLS; what the rest leaves
// is the size of its blocks. NULL when that is less than TT_UPLOAD_BLOCK_MIN. ctx is the way's.
struct tt_upload *tt_upload_init(void *memory, uint32_t bytes, const struct tt_port *port,
                                 struct tt_inbox *inbox, const struct tt_https_way *way, void *ctx);

// Link side. When it wants to be stepped again, INT64_MAX: when woken.
int64_t tt_upload_step(struct tt_upload *upload, int64_t now_ms);
// Closes what is open; the app's side hears nothing.
void tt_upload_stop(struct tt_upload *upload);
// What is being uploaded; its name, size and gzip, which do not change, may be read by the app.
const struct tt_upload_file *tt_upload_file(const struct tt_upload *upload);
bool tt_upload_idle(const struct tt_upload *upload);

// App side. Events tell of all that follows: PART, UPLOAD, UPLOADED.
// TT_OK, TT_EBUSY while another is under way, TT_EINVALID for an empty or too long name.
int tt_upload_begin(struct tt_upload *upload, const struct tt_upload_file *file);
// Whether bytes are wanted: *at is their place in the file, at most *cap of them.
bool tt_upload_wants(struct tt_upload *upload, uint32_t *at, uint32_t *cap);
// Where the wanted bytes go, NULL when none are wanted (any more); to be followed by
// tt_upload_give.
uint8_t *tt_upload_claim(struct tt_upload *upload);
// So many bytes were put there, at most *cap; none end a file of unknown size.
void tt_upload_give(struct tt_upload *upload, uint32_t len);
// The upload is to end with err, which is below 0.
void tt_upload_cancel(struct tt_upload *upload, int err);

// The payload of an UPLOAD event, for whoever goes on after a restart: confirmed blocks, then the
// permission.
struct tt_upload_progress {
    uint32_t blocks;
    uint8_t correlation_len;
    char correlation[TT_UPLOAD_CORRELATION_MAX];
};
