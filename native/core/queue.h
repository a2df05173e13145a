// A bounded single-producer single-consumer queue of byte records in the caller's memory; no locks.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tt_queue {
    uint8_t *data;
    uint32_t size;
    _Atomic uint32_t head; // consumer's
    _Atomic uint32_t tail; // producer's
};

// memory stays the caller's and must be 4-byte aligned; size >= 16, a multiple of 4.
void tt_queue_init(struct tt_queue *queue, void *memory, uint32_t size);

// Producer: a record of len bytes, contiguous, to be filled before tt_queue_commit; NULL when full.
// Not committing leaves the queue as it was. len may shrink on commit.
uint8_t *tt_queue_reserve(struct tt_queue *queue, size_t len);
void tt_queue_commit(struct tt_queue *queue, size_t len);

// Consumer: the oldest record, contiguous and in place until tt_queue_pop; NULL when empty.
const uint8_t *tt_queue_peek(const struct tt_queue *queue, size_t *len);
void tt_queue_pop(struct tt_queue *queue);

bool tt_queue_empty(const struct tt_queue *queue);
