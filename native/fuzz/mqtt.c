// Hostile bytes into the frame reader, in pieces, and every frame into the decoder.
#include <stdlib.h>
#include <string.h>

#include "../core/mqtt.h"
#include "../port/error.gen.h"

static void require(int fact)
{
    if (!fact) { abort(); }
}

// The first byte is the size of the pieces, the second that of the buffer; the rest is the wire.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2) { return 0; }
    const size_t piece = data[0] % 64 + 1;
    const size_t cap = 16 + data[1];
    uint8_t *const memory = malloc(cap); // exactly, so that a byte too far is seen
    struct tt_mqtt_stream stream;
    tt_mqtt_stream_init(&stream, memory, cap);
    uint64_t consumed = 0;
    for (size_t at = 2; at < len;) {
        size_t room;
        uint8_t *const into = tt_mqtt_stream_room(&stream, &room);
        require(room > 0);
        size_t take = piece < len - at ? piece : len - at;
        take = take < room ? take : room;
        memcpy(into, data + at, take);
        tt_mqtt_stream_add(&stream, take);
        at += take;
        struct tt_mqtt_frame frame;
        int got;
        while ((got = tt_mqtt_stream_peek(&stream, &frame)) == 1) {
            struct tt_mqtt_packet packet;
            const char *why = NULL;
            const int err = tt_mqtt_decode(&frame, &packet, &why);
            require(err == TT_OK || (err == TT_EPROTOCOL && why != NULL));
            consumed += frame.total;
            require(consumed <= at - 2);
            tt_mqtt_stream_drop(&stream, &frame);
        }
        if (got < 0) { break; }
    }
    free(memory);
    return 0;
}
