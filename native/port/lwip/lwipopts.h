// lwIP as this port uses it: raw calls on the link loop alone, one TCP connection, DHCP. No
// threads, no locks.
#pragma once

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET          0
#define LWIP_NETCONN         0

#define LWIP_IPV4                  1
#define LWIP_IPV6                  0
#define LWIP_ARP                   1
#define LWIP_ETHERNET              1
#define LWIP_ICMP                  1
#define LWIP_RAW                   0
#define LWIP_UDP                   1
#define LWIP_TCP                   1
#define LWIP_DHCP                  1
#define LWIP_DNS                   1
#define LWIP_DHCP_DOES_ACD_CHECK   0 // its probes would delay the first address by seconds
#define LWIP_NETIF_STATUS_CALLBACK 1
#define IP_REASSEMBLY              0
#define IP_FRAG                    0
#define LWIP_STATS                 0
#define LWIP_NOASSERT              1

#ifndef MEM_ALIGNMENT // a test on a 64-bit computer wants 8
#define MEM_ALIGNMENT 4
#endif
#define MEM_SIZE                5120 // bytes: what is sent and not yet acknowledged, and DHCP's state
#define MEMP_NUM_TCP_PCB        3    // one alive, two that linger
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_UDP_PCB        3 // DHCP, DNS, SNTP
#define MEMP_NUM_TCP_SEG        10
#define MEMP_NUM_PBUF           8
#define MEMP_NUM_ARP_QUEUE      2
#define ARP_TABLE_SIZE          4
#define DNS_TABLE_SIZE          1
#define DNS_MAX_SERVERS         1
// The window fits in the pool, so that a peer can never fill it with what nobody reads.
#define PBUF_POOL_SIZE   4
#define TCP_MSS          1460
#define TCP_WND          (2 * TCP_MSS)
#define TCP_SND_BUF      (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 10
#define TCP_QUEUE_OOSEQ  0

// The client of sntp.c. What a request says of the time is random instead, so that an answer that
// repeats it cannot be guessed.
#define SNTP_SERVER_DNS     1
#define SNTP_MAX_SERVERS    2
#define SNTP_CHECK_RESPONSE 2
#define SNTP_UPDATE_DELAY   21600000 // ms between questions once one was answered
#define SNTP_RETRY_TIMEOUT  15000    // ms, doubled ten times at most
#define SNTP_SUPPRESS_DELAY_CHECK
#define SNTP_SET_SYSTEM_TIME_US(epoch_s, us) tt_lwip_time_told(epoch_s, us)
#define SNTP_GET_SYSTEM_TIME(epoch_s, us)                                                          \
    do {                                                                                           \
        (epoch_s) = tt_lwip_random();                                                              \
        (us) = tt_lwip_random() % 1000000;                                                         \
    } while (0)
