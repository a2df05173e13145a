// The topics of Azure IoT Hub, device side: building the ones sent, reading the ones received.
#pragma once

#include "bytes.h"

enum tt_topic_kind {
    TT_TOPIC_UNKNOWN,
    TT_TOPIC_MESSAGE,  // devices/{id}/messages/devicebound/{bag}, of a module
                       // devices/{id}/inputs/{name}/{bag}
    TT_TOPIC_METHOD,   // $iothub/methods/POST/{name}/?$rid=R
    TT_TOPIC_RESPONSE, // $iothub/twin/res/{status}/?$rid=R[&$version=N]
    TT_TOPIC_DESIRED,  // $iothub/twin/PATCH/properties/desired/?$version=N
};

// Ranges point into the topic. Parameters come in any order, unknown ones are passed over.
struct tt_topic {
    enum tt_topic_kind kind;
    struct tt_range name;       // METHOD; MESSAGE: the module's input, else empty
    struct tt_range properties; // MESSAGE: the property bag as received
    struct tt_range rid;        // METHOD and RESPONSE; opaque, never empty
    int32_t status;             // RESPONSE
    int64_t version;            // RESPONSE and DESIRED; -1 when the topic has none
};

// `id` is how topics name the client: "d1", or "d1/modules/m1" for a module.
// What is not one of the four, or lacks what its kind must have, is TT_TOPIC_UNKNOWN.
struct tt_topic tt_topic_parse(struct tt_range topic, struct tt_range id);

// The next `key=value` of a query or property bag, taken off the front of *rest; false at its end.
// Both are still percent-encoded. Without '=' the value has no data (null), with it may be empty.
bool tt_topic_next_property(struct tt_range *rest, struct tt_range *key, struct tt_range *value);
// Decodes %XX into out: the decoded length, TT_EFULL, or TT_EINVALID for a broken escape.
int tt_topic_decode(struct tt_range text, char *out, size_t cap);

// devices/{id}/messages/events/, then the caller's property bag if there is one, then
// [&]$.mid=<boot>-<sequence>.
void tt_topic_begin_telemetry(struct tt_writer *writer, struct tt_range id);
void tt_topic_end_telemetry(struct tt_writer *writer, bool bag, uint32_t boot, int32_t sequence);
void tt_topic_write_twin_get(struct tt_writer *writer, uint32_t rid);
void tt_topic_write_reported(struct tt_writer *writer, uint32_t rid);
void tt_topic_write_method_reply(struct tt_writer *writer, int32_t status, struct tt_range rid);
// The filter for cloud-to-device messages or a module's inputs; the other three are constants.
void tt_topic_write_messages_filter(struct tt_writer *writer, struct tt_range id);
extern const char tt_topic_methods_filter[];
extern const char tt_topic_responses_filter[];
extern const char tt_topic_desired_filter[];

enum {
    TT_TOPIC_NAME_MAX = 128, // a device id, a module id
    TT_TOPIC_ID_MAX = TT_TOPIC_NAME_MAX + sizeof "/modules/" - 1 + TT_TOPIC_NAME_MAX,
};

// Device ids the topics can carry: 1 to 128 printable ASCII characters without space / + # and ?.
bool tt_topic_device_id(struct tt_range id); // and of module ids
