// Between the files of the upload: its course (upload.c) and what is asked of hub and storage
// (upload_requests.c).
#pragma once

#include "upload.h"

// The course.
void tt_upload_enter(struct tt_upload *upload, enum tt_upload_phase phase);
void tt_upload_failed(struct tt_upload *upload, int err, const char *why, int64_t now_ms);
void tt_upload_finish(struct tt_upload *upload, int result, const char *why);
void tt_upload_next_block(struct tt_upload *upload);

// The requests; each begins one, whose answer the course waits for.
// Reads what the hub answered: where the blob goes. NULL, or why not.
const char *tt_upload_take_permission(struct tt_upload *upload, struct tt_range json);
void tt_upload_ask_permission(struct tt_upload *upload, int64_t now_ms);
void tt_upload_ask_notification(struct tt_upload *upload, bool success, const char *words,
                                int64_t now_ms);
void tt_upload_ask_put(struct tt_upload *upload, int64_t now_ms);
void tt_upload_ask_commit(struct tt_upload *upload, int64_t now_ms);
