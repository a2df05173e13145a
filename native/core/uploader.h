// All that a device does by HTTPS, the upload of files before all: a table, so that a firmware
// whose main does not choose it has no byte of HTTP in it.
#pragma once

#include "app.h"
#include "link.h"
#include "post.h"

struct tt_uploader {
    // memory: the board's upload_bytes, 8-byte aligned. NULL when that is too little.
    struct tt_upload *(*open)(void *memory, struct tt_link *link, struct tt_inbox *inbox,
                              const struct tt_port *port, const struct tt_board *board);
    // Telemetry by HTTPS, at the end of the same memory; only after open found it enough.
    struct tt_post *(*post)(void *memory, const struct tt_board *board);
    // Of the link loop, see tt_link_side; ctx is the upload.
    int64_t (*step)(void *upload, int64_t now_ms);
    void (*stop)(void *upload);
    // Of the app loop.
    int (*begin)(struct tt_app *app, const char *name, size_t name_len, int32_t from, int32_t size,
                 int32_t options);
    int (*offset)(struct tt_app *app);
    int (*part)(struct tt_app *app, const uint8_t *data, size_t len);
    int (*cancel)(struct tt_app *app);
    // One gzip member, see gzip.h; for messages, which need the same code.
    int (*gzip)(const uint8_t *data, size_t len, uint8_t *out, size_t cap);
    // An upload from flash that power or a restart cut goes on.
    void (*resume)(struct tt_app *app);
    // One of its events came; false when it is not for the guest.
    bool (*delivered)(struct tt_app *app, const struct tt_delivery *event);
    // The guest is gone, and with it what only it could give.
    void (*abandon)(struct tt_app *app);
};

extern const struct tt_uploader tt_uploader;
