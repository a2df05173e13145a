// The SPSC record queue: a ring of length-prefixed records that never wrap; knows no record's
// meaning.
#include "queue.h"

#include <string.h>

// A record is its length in a word of the machine's order and its bytes, padded to a word. A length
// of SKIP says that the next record begins at offset 0. head == tail means empty, so one word stays
// free.
enum { WORD = 4 };
static const uint32_t SKIP = UINT32_MAX;

static uint32_t get_word(const struct tt_queue *queue, uint32_t at)
{
    uint32_t word;
    memcpy(&word, queue->data + at, sizeof word);
    return word;
}

static void put_word(struct tt_queue *queue, uint32_t at, uint32_t word)
{
    memcpy(queue->data + at, &word, sizeof word);
}

static uint32_t record_bytes(size_t len)
{
    return WORD + (((uint32_t)len + WORD - 1) & ~(uint32_t)(WORD - 1));
}

void tt_queue_init(struct tt_queue *queue, void *memory, uint32_t size)
{
    queue->data = memory;
    queue->size = size;
    queue->reserved = 0;
    atomic_init(&queue->head, 0);
    atomic_init(&queue->tail, 0);
}

uint8_t *tt_queue_reserve(struct tt_queue *queue, size_t len)
{
    if (len > queue->size - TT_QUEUE_OVERHEAD) { return NULL; }
    const uint32_t need = record_bytes(len);
    const uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    const uint32_t head = atomic_load_explicit(&queue->head, memory_order_acquire);
    if (tail < head) {
        if (need >= head - tail) { return NULL; }
        queue->reserved = tail;
    } else if (need < queue->size - tail || (need == queue->size - tail && head != 0)) {
        queue->reserved = tail;
    } else if (need < head) {
        put_word(queue, tail, SKIP);
        queue->reserved = 0;
    } else {
        if (tail == head && head != 0) {
            // Empty, but cut in two by its ends: send the consumer back to the beginning.
            put_word(queue, tail, SKIP);
            atomic_store_explicit(&queue->tail, 0, memory_order_release);
        }
        return NULL;
    }
    return queue->data + queue->reserved + WORD;
}

void tt_queue_commit(struct tt_queue *queue, size_t len)
{
    put_word(queue, queue->reserved, (uint32_t)len);
    const uint32_t end = queue->reserved + record_bytes(len);
    atomic_store_explicit(&queue->tail, end == queue->size ? 0 : end, memory_order_release);
}

const uint8_t *tt_queue_peek(struct tt_queue *queue, size_t *len)
{
    uint32_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    const uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_acquire);
    if (head == tail) { return NULL; }
    if (get_word(queue, head) == SKIP) {
        head = 0;
        atomic_store_explicit(&queue->head, 0, memory_order_release);
        if (tail == 0) { return NULL; }
    }
    *len = get_word(queue, head);
    return queue->data + head + WORD;
}

void tt_queue_pop(struct tt_queue *queue)
{
    const uint32_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    const uint32_t end = head + record_bytes(get_word(queue, head));
    atomic_store_explicit(&queue->head, end == queue->size ? 0 : end, memory_order_release);
}

bool tt_queue_empty(const struct tt_queue *queue)
{
    const uint32_t head = atomic_load_explicit(&queue->head, memory_order_acquire);
    const uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_acquire);
    return head == tail || (tail == 0 && get_word(queue, head) == SKIP);
}

uint32_t tt_queue_bytes(const struct tt_queue *queue)
{
    const uint32_t head = atomic_load_explicit(&queue->head, memory_order_acquire);
    const uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_acquire);
    return tail >= head ? tail - head : queue->size - head + tail;
}
