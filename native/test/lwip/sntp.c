// SNTP over lwIP against an Ethernet segment of our own: DHCP, ARP, DNS and a time server that
// tells the truth, lies, or says nothing.
#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>

#include "../../port/error.gen.h"
#include "../../port/lwip/clock.h"
#include "../../port/lwip/network.h"
#include "../check.h"

enum {
    FRAME_MAX = 600,
    ETHERNET = 14,
    IP = 20,
    UDP = 8,
    PAYLOAD = ETHERNET + IP + UDP,
    DHCP_PORT = 67,
    DNS_PORT = 53,
    NTP_PORT = 123,
};

static const uint8_t device_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t router_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t device_ip[4] = {10, 0, 0, 5};
static const uint8_t router_ip[4] = {10, 0, 0, 1};

static int64_t now_ms;
static uint32_t random_state = 7;
static uint8_t arriving[4][FRAME_MAX];
static size_t arriving_len[4];
static size_t arriving_count;
static unsigned asked; // questions the time server got

// How the time server answers.
static struct {
    bool silent;
    bool forged;       // repeats another number than the request's
    uint8_t stratum;   // 0: kiss of death, RFC 4330 §8
    uint32_t ntp_s;    // seconds since 1900, as they stand in the packet
    uint32_t fraction; // of a second, 2^-32
} server;

static int64_t uptime(void)
{
    return now_ms;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        random_state = random_state * 1664525 + 1013904223;
        out[i] = (uint8_t)(random_state >> 24);
    }
}

static void write_log(void *ctx, enum tt_log_level level, const char *text, size_t len)
{
    (void)ctx;
    (void)level;
    (void)text;
    (void)len;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xFFFF);
}

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint8_t *next_frame(void)
{
    CHECK(arriving_count < 4);
    memset(arriving[arriving_count], 0, FRAME_MAX);
    return arriving[arriving_count];
}

static void send_frame(size_t len)
{
    arriving_len[arriving_count++] = len < 60 ? 60 : len;
}

static void ethernet(uint8_t *frame, unsigned type)
{
    memcpy(frame, device_mac, 6);
    memcpy(frame + 6, router_mac, 6);
    put16(frame + 12, type);
}

// Fills all before the payload; no UDP checksum, which IPv4 allows (RFC 768).
static void send_udp(uint8_t *frame, const uint8_t to[4], unsigned from_port, unsigned to_port,
                     size_t payload)
{
    ethernet(frame, 0x0800);
    uint8_t *const ip = frame + ETHERNET;
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(IP + UDP + payload));
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, router_ip, 4);
    memcpy(ip + 16, to, 4);
    uint32_t sum = 0;
    for (int i = 0; i < IP; i += 2) {
        sum += get16(ip + i);
    }
    sum = (sum & 0xFFFF) + (sum >> 16);
    put16(ip + 10, ~(sum + (sum >> 16)) & 0xFFFF);
    put16(ip + IP, from_port);
    put16(ip + IP + 2, to_port);
    put16(ip + IP + 4, (unsigned)(UDP + payload));
    send_frame(PAYLOAD + payload);
}

// RFC 2131: an offer for the discover, an acknowledgement for the request.
static void answer_dhcp(const uint8_t *question)
{
    static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};
    uint8_t *const frame = next_frame();
    uint8_t *const out = frame + PAYLOAD;
    memcpy(out, question, 44); // hlen, xid, chaddr
    out[0] = 2;
    memcpy(out + 16, device_ip, 4);
    memcpy(out + 236, cookie, 4);
    const bool discover = question[242] == 1; // option 53 comes first
    const uint8_t options[] = {53,  1,   discover ? 2 : 5,
                               54,  4,   10,
                               0,   0,   1,
                               51,  4,   0,
                               1,   0,   0,
                               1,   4,   255,
                               255, 255, 0,
                               3,   4,   10,
                               0,   0,   1,
                               6,   4,   10,
                               0,   0,   1,
                               255};
    memcpy(out + 240, options, sizeof options);
    send_udp(frame, device_ip, DHCP_PORT, 68, 240 + sizeof options);
}

// One question, one A record: the router is everybody.
static void answer_dns(const uint8_t *question, size_t len, unsigned port)
{
    uint8_t *const frame = next_frame();
    uint8_t *const out = frame + PAYLOAD;
    memcpy(out, question, len);
    put16(out + 2, 0x8180);
    put16(out + 6, 1);
    const uint8_t record[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 10, 0, 0, 1};
    memcpy(out + len, record, sizeof record);
    send_udp(frame, device_ip, DNS_PORT, port, len + sizeof record);
}

static void answer_ntp(const uint8_t *question, unsigned port)
{
    asked++;
    if (server.silent) { return; }
    uint8_t *const frame = next_frame();
    uint8_t *const out = frame + PAYLOAD;
    out[0] = 4 << 3 | 4; // version, mode: server
    out[1] = server.stratum;
    memcpy(out + 24, question + 40, 8); // originate timestamp: the request's transmit timestamp
    if (server.forged) { out[31] ^= 1; }
    put32(out + 40, server.ntp_s);
    put32(out + 44, server.fraction);
    send_udp(frame, device_ip, NTP_PORT, port, 48);
}

static err_t output(struct netif *netif, struct pbuf *packet)
{
    (void)netif;
    uint8_t frame[FRAME_MAX];
    const size_t len = pbuf_copy_partial(packet, frame, sizeof frame, 0);
    if (get16(frame + 12) == 0x0806) { // ARP request for the router; else its own probe
        if (memcmp(frame + 38, router_ip, 4) != 0) { return ERR_OK; }
        uint8_t *const reply = next_frame();
        ethernet(reply, 0x0806);
        memcpy(reply + ETHERNET, frame + ETHERNET, 6);
        put16(reply + 20, 2);
        memcpy(reply + 22, router_mac, 6);
        memcpy(reply + 28, router_ip, 4);
        memcpy(reply + 32, frame + 22, 10);
        send_frame(42);
        return ERR_OK;
    }
    const unsigned from = get16(frame + ETHERNET + IP);
    switch (get16(frame + ETHERNET + IP + 2)) {
    case DHCP_PORT:
        answer_dhcp(frame + PAYLOAD);
        break;
    case DNS_PORT:
        answer_dns(frame + PAYLOAD, len - PAYLOAD, from);
        break;
    case NTP_PORT:
        answer_ntp(frame + PAYLOAD, from);
        break;
    default:
        break;
    }
    return ERR_OK;
}

static int init(struct netif *netif, void (*wake)(void))
{
    (void)wake;
    memcpy(netif->hwaddr, device_mac, 6);
    netif->hwaddr_len = 6;
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    netif->linkoutput = output;
    netif->output = etharp_output;
    return TT_OK;
}

static void receive(struct netif *netif)
{
    while (arriving_count > 0) {
        uint8_t frame[FRAME_MAX];
        const size_t len = arriving_len[0];
        memcpy(frame, arriving[0], len);
        arriving_count--;
        memmove(arriving[0], arriving[1], sizeof arriving - sizeof arriving[0]);
        memmove(arriving_len, arriving_len + 1, sizeof arriving_len - sizeof arriving_len[0]);
        struct pbuf *const packet = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
        CHECK(packet != NULL);
        pbuf_take(packet, frame, (u16_t)len);
        if (netif->input(packet, netif) != ERR_OK) { pbuf_free(packet); }
    }
}

static bool linked(void)
{
    return true;
}

static struct tt_network network;

static void run_for(int64_t span_ms)
{
    for (const int64_t until_ms = now_ms + span_ms; now_ms < until_ms; now_ms += 10) {
        network.step();
    }
}

static void unknown_until_told(void)
{
    server.silent = true;
    CHECK_INT(network.epoch_ms(), TT_EUNSET);
    run_for(60000);
    CHECK(asked > 0);
    CHECK_INT(network.epoch_ms(), TT_EUNSET);
}

static void forged_answers_are_not_believed(void)
{
    server.silent = false;
    server.forged = true;
    server.stratum = 2;
    server.ntp_s = 3976214400u; // 2026-01-01
    const unsigned before = asked;
    run_for(600000);
    CHECK(asked > before);
    CHECK_INT(network.epoch_ms(), TT_EUNSET);
}

static void a_kiss_of_death_is_no_time(void)
{
    server.forged = false;
    server.stratum = 0;
    run_for(600000);
    CHECK_INT(network.epoch_ms(), TT_EUNSET);
}

static void the_time_goes_on_by_itself(void)
{
    server.stratum = 2;
    server.fraction = 0x80000000u;
    run_for(600000);
    const int64_t told = network.epoch_ms();
    CHECK(told >= INT64_C(1767225600500) && told < INT64_C(1767225600500) + 600000);
    now_ms += 1234;
    CHECK_INT(network.epoch_ms(), told + 1234);
}

// The 32-bit seconds of 1900 end in February 2036 (RFC 4330 §3).
static void knows_the_years_after_2036(void)
{
    server.ntp_s = 86400; // a day after the era's beginning, 2036-02-07T06:28:16Z
    server.fraction = 0;
    const unsigned before = asked;
    run_for(7 * 3600000);
    CHECK(asked > before);
    const int64_t told = network.epoch_ms();
    CHECK(told >= INT64_C(2085978496000) + 86400000 &&
          told < INT64_C(2085978496000) + 86400000 + 7 * 3600000);
}

int main(void)
{
    static const struct tt_lwip_driver driver = {init, receive, linked, &tt_lwip_sntp};
    static const struct tt_port port = {.random = random_bytes, .log = write_log};
    network = tt_lwip_network(&driver);
    CHECK_INT(network.start(&port, uptime, NULL), TT_OK);
    RUN(unknown_until_told, "the time is unknown until a server answers, and one is asked again");
    RUN(forged_answers_are_not_believed,
        "an answer that does not repeat the request's number is not believed");
    RUN(a_kiss_of_death_is_no_time, "a server that sends one away tells no time");
    RUN(the_time_goes_on_by_itself, "told once, the time goes on by the device's own clock");
    RUN(knows_the_years_after_2036, "the second era of NTP begins in 2036, not in 1900");
    return 0;
}
