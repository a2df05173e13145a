// The promises about connect and the streams it makes.

#include <string.h>

#include "../error.gen.h"
#include "case.h"

// Most bytes a port and a peer that does not read may hold between them.
enum { BACKLOG_MAX = 64 * 1024 * 1024, STREAMS_IN_TURN = 20 };

static bool is_error(int result)
{
    return result < 0 && result >= TT_EUNSET;
}

// Opens a stream, or says why the checks that need one cannot run.
static const char *open_stream(const struct tt_contract *contract, const char *host, uint16_t port,
                               struct tt_stream *stream)
{
    memset(stream, 0, sizeof *stream);
    const int result = contract->port->connect(contract->port->ctx, host, port, stream);
    if (result == TT_EUNSUPPORTED) { return TT_CONTRACT_LACKS "the port has no network"; }
    if (result != TT_OK) { return "connect did not return TT_OK"; }
    if (stream->read == NULL || stream->write == NULL || stream->close == NULL) {
        return "connect left a function of the stream empty";
    }
    if (contract->uptime_ms(contract->loop) >= 0) { return NULL; }
    stream->close(stream->ctx);
    return TT_CONTRACT_LACKS "the port has no clock";
}

static const char *closed(struct tt_stream *stream, const char *why)
{
    stream->close(stream->ctx);
    return why;
}

struct deadline {
    const struct tt_contract *contract;
    int64_t until_ms;
};

static struct deadline deadline_in(const struct tt_contract *contract, int32_t ms)
{
    return (struct deadline){contract, contract->uptime_ms(contract->loop) + ms};
}

// Waits a little for the streams; false when the time is over.
static bool wait_more(const struct deadline *deadline)
{
    const struct tt_contract *contract = deadline->contract;
    const int64_t left_ms = deadline->until_ms - contract->uptime_ms(contract->loop);
    if (left_ms <= 0) { return false; }
    contract->wait_link(contract->loop, left_ms < 100 ? (int32_t)left_ms : 100);
    return true;
}

static uint8_t pattern(uint32_t at)
{
    const uint8_t byte = (uint8_t)(at * 31 + (at >> 8));
    return byte == TT_CONTRACT_HANG_UP ? 0xaa : byte;
}

// Writes all of it, or says what went wrong.
static const char *write_all(const struct tt_contract *contract, struct tt_stream *stream,
                             const uint8_t *data, size_t len)
{
    const struct deadline deadline = deadline_in(contract, contract->patience_ms);
    while (len > 0) {
        const int taken = stream->write(stream->ctx, data, len);
        if (taken < 0) { return "write failed on a good connection"; }
        if ((size_t)taken > len) { return "write took more than it was given"; }
        data += taken;
        len -= (size_t)taken;
        if (len > 0 && taken == 0 && !wait_more(&deadline)) { return "write never had room"; }
    }
    return NULL;
}

// Reads exactly the next len bytes of the pattern.
static const char *read_pattern(const struct tt_contract *contract, struct tt_stream *stream,
                                uint32_t from, uint32_t len)
{
    struct deadline deadline = deadline_in(contract, contract->patience_ms);
    uint32_t at = from;
    while (at < from + len) {
        uint8_t bytes[512 + 1];
        const uint32_t cap = from + len - at < 512 ? from + len - at : 512;
        bytes[cap] = 0x5a;
        const int got = stream->read(stream->ctx, bytes, cap);
        if (got < 0) { return "read failed on a good connection"; }
        if ((uint32_t)got > cap || bytes[cap] != 0x5a) { return "read gave more than asked for"; }
        for (int i = 0; i < got; i++) {
            if (bytes[i] != pattern(at++)) { return "other bytes came back than were written"; }
        }
        if (got > 0) { deadline = deadline_in(contract, contract->patience_ms); }
        if (got == 0 && !wait_more(&deadline)) { return "the bytes never came back"; }
    }
    return NULL;
}

static const char *write_pattern(const struct tt_contract *contract, struct tt_stream *stream,
                                 uint32_t len)
{
    uint8_t bytes[200];
    for (uint32_t i = 0; i < len && i < sizeof bytes; i++) {
        bytes[i] = pattern(i);
    }
    return write_all(contract, stream, bytes, len < sizeof bytes ? len : sizeof bytes);
}

static const char *bytes_come_back(const struct tt_contract *contract)
{
    struct tt_stream stream;
    const char *why = open_stream(contract, contract->echo_host, contract->echo_port, &stream);
    if (why != NULL) { return why; }
    why = write_pattern(contract, &stream, 200);
    if (why == NULL) { why = read_pattern(contract, &stream, 0, 200); }
    return closed(&stream, why);
}

static const char *nothing_is_zero(const struct tt_contract *contract)
{
    struct tt_stream stream;
    const char *why = open_stream(contract, contract->echo_host, contract->echo_port, &stream);
    if (why != NULL) { return why; }
    uint8_t byte = 0;
    if (stream.read(stream.ctx, &byte, 1) != 0) {
        return closed(&stream, "read before anything was written is not 0");
    }
    why = write_pattern(contract, &stream, 5);
    if (why == NULL) { why = read_pattern(contract, &stream, 0, 5); }
    if (why == NULL && stream.read(stream.ctx, &byte, 1) != 0) {
        why = "read is not 0 though all was read";
    }
    if (why == NULL && stream.write(stream.ctx, &byte, 0) != 0) { why = "a write of 0 is not 0"; }
    return closed(&stream, why);
}

static const char *arrival_ends_the_wait(const struct tt_contract *contract)
{
    struct tt_stream stream;
    const char *why = open_stream(contract, contract->echo_host, contract->echo_port, &stream);
    if (why != NULL) { return why; }
    why = write_pattern(contract, &stream, 1);
    const int64_t began_ms = contract->uptime_ms(contract->loop);
    uint8_t byte = 0;
    int got = 0;
    for (int i = 0; why == NULL && got == 0 && i < 20; i++) {
        contract->wait_link(contract->loop, 5000);
        got = stream.read(stream.ctx, &byte, 1);
    }
    if (why == NULL && got != 1) { why = "20 waits ended before the byte was there"; }
    if (why == NULL && contract->uptime_ms(contract->loop) - began_ms >= 4000) {
        why = "the link loop slept on though a byte had come";
    }
    return closed(&stream, why);
}

static const char *no_room_is_zero(const struct tt_contract *contract)
{
    struct tt_stream stream;
    const char *why = open_stream(contract, contract->echo_host, contract->echo_port, &stream);
    if (why != NULL) { return why; }
    why = write_pattern(contract, &stream, 1); // connected from here on
    if (why == NULL) { why = read_pattern(contract, &stream, 0, 1); }
    uint32_t written = 0;
    int idle = 0; // turns in which nothing was taken: the peer, too, has stopped by then
    while (why == NULL && idle < 3) {
        uint8_t bytes[1024];
        for (uint32_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = pattern(written + i);
        }
        const int taken = stream.write(stream.ctx, bytes, sizeof bytes);
        if (taken < 0 || taken > (int)sizeof bytes) { why = "write failed when it had no room"; }
        if (taken == 0) { contract->wait_link(contract->loop, 50); }
        idle = taken == 0 ? idle + 1 : 0;
        written += taken < 0 ? 0 : (uint32_t)taken;
        if (written > BACKLOG_MAX) { why = "write takes without end what nobody reads"; }
    }
    if (why == NULL) { why = read_pattern(contract, &stream, 0, written); }
    return closed(&stream, why);
}

// The first error, or 0 when the deadline is over. Bytes that arrive are thrown away.
static int end_before(const struct deadline *deadline, struct tt_stream *stream)
{
    do {
        uint8_t bytes[64];
        const int got = stream->read(stream->ctx, bytes, sizeof bytes);
        if (got < 0) { return got; }
    } while (wait_more(deadline));
    return 0;
}

static int await_end(const struct tt_contract *contract, struct tt_stream *stream)
{
    const struct deadline deadline = deadline_in(contract, contract->patience_ms);
    return end_before(&deadline, stream);
}

static const char *end_is_told(const struct tt_contract *contract)
{
    struct tt_stream stream;
    const char *why = open_stream(contract, contract->echo_host, contract->echo_port, &stream);
    if (why != NULL) { return why; }
    const uint8_t hang_up = TT_CONTRACT_HANG_UP;
    why = write_pattern(contract, &stream, 100);
    if (why == NULL) { why = write_all(contract, &stream, &hang_up, 1); }
    if (why == NULL) { why = read_pattern(contract, &stream, 0, 100); }
    if (why == NULL && await_end(contract, &stream) != TT_ECLOSED) {
        why = "the end of the stream is not TT_ECLOSED";
    }
    uint8_t byte = 0;
    if (why == NULL && stream.read(stream.ctx, &byte, 1) != TT_ECLOSED) {
        why = "TT_ECLOSED was told only once";
    }
    return closed(&stream, why);
}

static const char *writing_to_the_gone_fails(const struct tt_contract *contract)
{
    struct tt_stream stream;
    const char *why = open_stream(contract, contract->echo_host, contract->echo_port, &stream);
    if (why != NULL) { return why; }
    const uint8_t hang_up = TT_CONTRACT_HANG_UP;
    why = write_all(contract, &stream, &hang_up, 1);
    if (why == NULL && await_end(contract, &stream) != TT_ECLOSED) { why = "no TT_ECLOSED"; }
    const struct deadline deadline = deadline_in(contract, contract->patience_ms);
    int taken = 0;
    while (why == NULL && taken >= 0) {
        // What is on its way when the peer goes may still be taken.
        taken = stream.write(stream.ctx, &hang_up, 1);
        if (taken >= 0 && !wait_more(&deadline)) { why = "writes to a peer that is gone go on"; }
    }
    if (why == NULL && !is_error(taken)) { why = "write returned no TT_E code"; }
    return closed(&stream, why);
}

static const char *failure_comes_from_the_stream(const struct tt_contract *contract,
                                                 const char *host, uint16_t port)
{
    const struct deadline deadline = deadline_in(contract, contract->patience_ms);
    struct tt_stream stream;
    const char *why = open_stream(contract, host, port, &stream);
    if (why != NULL) { return why; }
    const int result = end_before(&deadline, &stream);
    if (result == 0) { return closed(&stream, "no error within the bound"); }
    if (!is_error(result)) { return closed(&stream, "read returned no TT_E code"); }
    uint8_t byte = 0;
    if (!is_error(stream.write(stream.ctx, &byte, 1))) {
        return closed(&stream, "read failed and write did not");
    }
    return closed(&stream, NULL);
}

static const char *refusal_is_told(const struct tt_contract *contract)
{
    return failure_comes_from_the_stream(contract, contract->echo_host, contract->refusing_port);
}

static const char *unknown_name_is_told(const struct tt_contract *contract)
{
    if (contract->unknown_host == NULL) { return TT_CONTRACT_LACKS "the tester named no name"; }
    return failure_comes_from_the_stream(contract, contract->unknown_host, contract->echo_port);
}

static const char *close_frees(const struct tt_contract *contract)
{
    for (int i = 0; i < STREAMS_IN_TURN; i++) {
        struct tt_stream stream;
        // Every other one is closed while it is still being connected.
        const char *why = open_stream(contract, contract->echo_host, contract->echo_port, &stream);
        if (why != NULL) { return why; }
        if (i % 2 == 0) { why = write_pattern(contract, &stream, 50); }
        stream.close(stream.ctx);
        if (why != NULL) { return why; }
    }
    return bytes_come_back(contract);
}

const struct tt_contract_promise tt_contract_stream[] = {
    {"what is written comes back unchanged", bytes_come_back},
    {"read is 0 when nothing is there", nothing_is_zero},
    {"bytes that arrive end the link loop's wait", arrival_ends_the_wait},
    {"write is 0 when there is no room, and nothing is lost", no_room_is_zero},
    {"read is TT_ECLOSED at the end, after the last byte", end_is_told},
    {"write to a peer that is gone is an error", writing_to_the_gone_fails},
    {"a refused connection is an error of the stream", refusal_is_told},
    {"a name that does not resolve is an error of the stream", unknown_name_is_told},
    {"close frees all, also while connecting", close_frees},
};
const size_t tt_contract_stream_count = sizeof tt_contract_stream / sizeof tt_contract_stream[0];
