// Writing MQTT packets.
#include <string.h>

#include "mqtt.h"

static size_t length_size(uint32_t remaining)
{
    return remaining < 128 ? 1 : remaining < 16384 ? 2 : remaining < 2097152 ? 3 : 4;
}

static void write_length(struct tt_writer *writer, uint32_t remaining)
{ // [MQTT-2.2.3]
    do {
        const uint8_t digit = remaining & 0x7f;
        remaining >>= 7;
        tt_writer_u8(writer, remaining > 0 ? digit | 0x80 : digit);
    } while (remaining > 0);
}

static void write_string(struct tt_writer *writer, struct tt_range text)
{
    if (text.len > UINT16_MAX) {
        writer->full = true;
        return;
    }
    tt_writer_u16(writer, (uint16_t)text.len);
    tt_writer_bytes(writer, text.data, text.len);
}

// Makes sure of the room for a packet with so many bytes after its fixed header, and writes that.
static void begin(struct tt_writer *writer, uint8_t header, size_t remaining)
{
    if (writer->full || remaining > TT_MQTT_REMAINING_MAX ||
        1 + length_size((uint32_t)remaining) + remaining > writer->cap - writer->len) {
        writer->full = true;
        return;
    }
    tt_writer_u8(writer, header);
    write_length(writer, (uint32_t)remaining);
}

void tt_mqtt_write_connect(struct tt_writer *writer, const struct tt_mqtt_connect *connect)
{
    const bool with_username = connect->username.len > 0;
    const bool with_password = connect->password.len > 0;
    const size_t longest = connect->client_id.len > connect->username.len ? connect->client_id.len
                                                                          : connect->username.len;
    const bool with_will = connect->will_topic.len > 0;
    if (longest > UINT16_MAX || connect->password.len > UINT16_MAX ||
        connect->will_topic.len > UINT16_MAX || connect->will_message.len > UINT16_MAX) {
        writer->full = true;
        return;
    }
    const size_t remaining =
        10 + 2 + connect->client_id.len +
        (with_will ? 4 + connect->will_topic.len + connect->will_message.len : 0) +
        (with_username ? 2 + connect->username.len : 0) +
        (with_password ? 2 + connect->password.len : 0);
    begin(writer, TT_MQTT_CONNECT << 4, remaining);
    write_string(writer, (struct tt_range){"MQTT", 4}); // [MQTT-3.1.2-1]
    tt_writer_u8(writer, 4);                            // [MQTT-3.1.2-2]
    const unsigned flags = (with_username ? 0x80u : 0) | (with_password ? 0x40u : 0) |
                           (with_will ? 0x0cu : 0) | // [MQTT-3.1.2-9]; QoS 1
                           (connect->clean_session ? 0x02u : 0);
    tt_writer_u8(writer, (uint8_t)flags);
    tt_writer_u16(writer, connect->keep_alive_s);
    write_string(writer, connect->client_id); // [MQTT-3.1.3-1]: this order
    if (with_will) {
        write_string(writer, connect->will_topic);
        write_string(writer, connect->will_message);
    }
    if (with_username) { write_string(writer, connect->username); }
    if (with_password) { write_string(writer, connect->password); }
}

static uint8_t publish_header(uint8_t qos, bool duplicate, bool retain)
{
    return (uint8_t)(TT_MQTT_PUBLISH << 4 | (duplicate ? 0x08 : 0) | qos << 1 | (retain ? 1 : 0));
}

void tt_mqtt_write_publish(struct tt_writer *writer, const struct tt_mqtt_publish *publish)
{
    if (publish->topic.len > UINT16_MAX || publish->payload.len > TT_MQTT_REMAINING_MAX) {
        writer->full = true;
        return;
    }
    const size_t id_len = publish->qos > 0 ? 2 : 0;
    begin(writer, publish_header(publish->qos, publish->duplicate, publish->retain),
          2 + publish->topic.len + id_len + publish->payload.len);
    write_string(writer, publish->topic);
    if (publish->qos > 0) { tt_writer_u16(writer, publish->packet_id); }
    tt_writer_bytes(writer, publish->payload.data, publish->payload.len);
}

struct tt_mqtt_open_publish tt_mqtt_begin_publish(struct tt_writer *writer)
{
    const struct tt_mqtt_open_publish open = {.start = writer->len};
    static const uint8_t room[TT_MQTT_HEADER_MAX + 2];
    tt_writer_bytes(writer, room, sizeof room); // fixed header at its longest, topic length
    return open;
}

void tt_mqtt_begin_payload(struct tt_writer *writer, struct tt_mqtt_open_publish *open, uint8_t qos,
                           uint16_t packet_id)
{
    open->topic_end = writer->len;
    open->qos = qos;
    if (qos > 0) { tt_writer_u16(writer, packet_id); }
}

bool tt_mqtt_end_publish(struct tt_writer *writer, const struct tt_mqtt_open_publish *open,
                         bool duplicate)
{
    const size_t after_header = open->start + TT_MQTT_HEADER_MAX;
    const size_t topic_len = writer->full ? 0 : open->topic_end - after_header - 2;
    if (writer->full || topic_len > UINT16_MAX ||
        writer->len - after_header > TT_MQTT_REMAINING_MAX) {
        writer->len = open->start;
        writer->full = false;
        return false;
    }
    const uint32_t remaining = (uint32_t)(writer->len - after_header);
    const size_t header_len = 1 + length_size(remaining);
    // The header was given its longest form: close the gap.
    uint8_t *const at = writer->data + open->start;
    memmove(at + header_len, at + TT_MQTT_HEADER_MAX, remaining);
    writer->len -= TT_MQTT_HEADER_MAX - header_len;

    struct tt_writer header = tt_writer_of(at, header_len + 2);
    tt_writer_u8(&header, publish_header(open->qos, duplicate, false));
    write_length(&header, remaining);
    tt_writer_u16(&header, (uint16_t)topic_len);
    return true;
}

void tt_mqtt_write_puback(struct tt_writer *writer, uint16_t packet_id)
{
    begin(writer, TT_MQTT_PUBACK << 4, 2);
    tt_writer_u16(writer, packet_id);
}

void tt_mqtt_write_subscribe(struct tt_writer *writer, uint16_t packet_id, uint8_t qos,
                             const struct tt_range *filters, size_t count)
{
    size_t remaining = 2;
    for (size_t i = 0; i < count; i++) {
        remaining += 2 + filters[i].len + 1;
    }
    begin(writer, TT_MQTT_SUBSCRIBE << 4 | 2, remaining); // [MQTT-3.8.1-1]
    tt_writer_u16(writer, packet_id);
    for (size_t i = 0; i < count; i++) {
        write_string(writer, filters[i]);
        tt_writer_u8(writer, qos);
    }
}

void tt_mqtt_write_pingreq(struct tt_writer *writer)
{
    begin(writer, TT_MQTT_PINGREQ << 4, 0);
}

void tt_mqtt_write_disconnect(struct tt_writer *writer)
{
    begin(writer, TT_MQTT_DISCONNECT << 4, 0);
}
