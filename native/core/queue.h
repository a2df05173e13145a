// A bounded single-producer single-consumer queue of byte records in the caller's memory; no locks.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tt_queue {
    uint8_t *data;
    uint32_t size;
    uint32_t reserved;     // producer's own: where the record being filled begins
    _Atomic uint32_t head; // consumer's
    _Atomic uint32_t tail; // producer's
};

enum { TT_QUEUE_OVERHEAD = 8 }; // bytes of `size` that the largest record cannot have

// memory stays the caller's and must be 4-byte aligned; size >= 16, a multiple of 4.
void tt_queue_init(struct tt_queue *queue, void *memory, uint32_t size);

// Producer: a record of len bytes, contiguous and 4-byte aligned, to be filled before
// tt_queue_commit; NULL when full, which a record of at most size - TT_QUEUE_OVERHEAD bytes meets
// only until the consumer has emptied the queue and peeked once more.
// Not committing leaves the queue as it was. len may shrink on commit.
uint8_t *tt_queue_reserve(struct tt_queue *queue, size_t len);
void tt_queue_commit(struct tt_queue *queue, size_t len);

// Consumer: the oldest record, contiguous and in place until tt_queue_pop; NULL when empty.
const uint8_t *tt_queue_peek(struct tt_queue *queue, size_t *len);
void tt_queue_pop(struct tt_queue *queue); // of what was peeked

bool tt_queue_empty(const struct tt_queue *queue);
// Bytes of `size` that are not free; on either side a moment old.
uint32_t tt_queue_bytes(const struct tt_queue *queue);
