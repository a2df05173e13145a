// SMSC LAN9118 by its FIFOs, as QEMU emulates it at 0x40200000. LAN9118 data sheet, revision 1.5.

#include "lan9118.h"

#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <string.h>

#include "../error.gen.h"
#include "registers.h"

#define CHIP(offset) TT_MPS2_REGISTER(0x40200000 + (offset))
#define RX_DATA      CHIP(0x00)
#define TX_DATA      CHIP(0x20)
#define RX_STATUS    CHIP(0x40)
#define TX_STATUS    CHIP(0x48)
#define IRQ_CFG      CHIP(0x54)
#define INT_STS      CHIP(0x58)
#define INT_EN       CHIP(0x5C)
#define BYTE_TEST    CHIP(0x64)
#define FIFO_INT     CHIP(0x68)
#define RX_CFG       CHIP(0x6C)
#define TX_CFG       CHIP(0x70)
#define RX_FIFO_INF  CHIP(0x7C)
#define TX_FIFO_INF  CHIP(0x80)
#define MAC_CMD      CHIP(0xA4)
#define MAC_DATA     CHIP(0xA8)

enum {
    IRQ = 13,
    IRQ_PRIORITY = 0x80, // below what the kernel masks
    INT_RX_STATUS = 1 << 3,
    RX_ERROR = 1 << 15,
    CRC_LEN = 4,
    // Registers of the MAC, and of the PHY behind it.
    MAC_CR = 1,
    MAC_ADDRH = 2,
    MAC_ADDRL = 3,
    MAC_MII_ACC = 6,
    MAC_MII_DATA = 7,
    MAC_CR_FULL_DUPLEX = 1 << 20,
    MAC_CR_TRANSMIT = 1 << 3,
    MAC_CR_RECEIVE = 1 << 2,
    MII_PHY_1 = 1 << 11,
    MII_STATUS = 1 << 6, // register 1
    MII_BUSY = 1,
    MII_LINKED = 1 << 2,
    POLLS_MAX = 10000, // a chip that is never ready must not hang the device
};

static void (*wake)(void);

static bool mac_ready(void)
{
    for (int i = 0; i < POLLS_MAX; i++) {
        if (MAC_CMD >> 31 == 0) { return true; }
    }
    return false;
}

static uint32_t mac_read(uint32_t which)
{
    if (!mac_ready()) { return 0; }
    MAC_CMD = 0xC0000000 | which;
    return mac_ready() ? MAC_DATA : 0;
}

static void mac_write(uint32_t which, uint32_t value)
{
    if (!mac_ready()) { return; }
    MAC_DATA = value;
    MAC_CMD = 0x80000000 | which;
    mac_ready();
}

static uint32_t phy_status(void)
{
    mac_write(MAC_MII_ACC, MII_PHY_1 | MII_STATUS | MII_BUSY);
    for (int i = 0; i < POLLS_MAX && (mac_read(MAC_MII_ACC) & MII_BUSY) != 0; i++) {}
    return mac_read(MAC_MII_DATA);
}

bool tt_lan9118_linked(void)
{
    phy_status(); // a link that was lost meanwhile is shown once
    return (phy_status() & MII_LINKED) != 0;
}

void Ethernet_Handler(void);
void Ethernet_Handler(void)
{
    INT_EN = 0; // the level stays until the link loop has fetched the frames
    wake();
}

// The chip takes words; a pbuf may end within one.
static void put(const struct pbuf *frame)
{
    uint32_t word = 0;
    unsigned filled = 0;
    for (; frame != NULL; frame = frame->next) {
        const uint8_t *const bytes = frame->payload;
        size_t i = 0;
        for (; filled == 0 && i + 4 <= frame->len; i += 4) {
            memcpy(&word, bytes + i, 4);
            TX_DATA = word;
        }
        for (word = filled == 0 ? 0 : word; i < frame->len; i++) {
            word |= (uint32_t)bytes[i] << filled;
            filled += 8;
            if (filled == 32) {
                TX_DATA = word;
                word = 0;
                filled = 0;
            }
        }
    }
    if (filled > 0) { TX_DATA = word; }
}

static err_t transmit(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    const uint32_t len = frame->tot_len;
    if ((TX_FIFO_INF & 0xFFFF) < len + 16) { return ERR_MEM; } // TCP sends it again
    TX_DATA = 1 << 13 | 1 << 12 | len;                         // first and last segment, no offset
    TX_DATA = len << 16 | len;
    put(frame);
    // Status words that nobody takes would fill their FIFO.
    for (int i = 0; i < POLLS_MAX && (TX_FIFO_INF >> 16 & 0xFF) != 0; i++) {
        (void)TX_STATUS;
    }
    return ERR_OK;
}

// The frame's words leave the FIFO whether or not there is a pbuf for them.
static void take(struct pbuf *frame, uint32_t len)
{
    uint32_t at = 0;
    struct pbuf *part = frame;
    uint16_t in_part = 0;
    for (uint32_t words = (len + 3) / 4; words > 0; words--) {
        uint32_t word = RX_DATA;
        for (int i = 0; i < 4 && part != NULL && at < frame->tot_len; i++, at++, word >>= 8) {
            ((uint8_t *)part->payload)[in_part++] = (uint8_t)word;
            if (in_part == part->len) {
                part = part->next;
                in_part = 0;
            }
        }
    }
}

void tt_lan9118_receive(struct netif *netif)
{
    INT_STS = UINT32_MAX; // cleared first, fetched then: what comes meanwhile shows again
    while ((RX_FIFO_INF >> 16 & 0xFF) != 0) {
        const uint32_t status = RX_STATUS;
        const uint32_t len = status >> 16 & 0x3FFF; // with the CRC
        struct pbuf *frame = NULL;
        if ((status & RX_ERROR) == 0 && len > CRC_LEN) {
            frame = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL);
        }
        take(frame, len);
        if (frame != NULL && netif->input(frame, netif) != ERR_OK) { pbuf_free(frame); }
    }
    INT_EN = INT_RX_STATUS;
}

int tt_lan9118_init(struct netif *netif, void (*woken)(void))
{
    wake = woken;
    (void)RX_DATA; // the first access after reset wakes the chip
    if (BYTE_TEST != 0x87654321) { return TT_EIO; }
    const uint32_t low = mac_read(MAC_ADDRL);
    const uint32_t high = mac_read(MAC_ADDRH);
    for (int i = 0; i < 4; i++) {
        netif->hwaddr[i] = (uint8_t)(low >> 8 * i);
    }
    netif->hwaddr[4] = (uint8_t)high;
    netif->hwaddr[5] = (uint8_t)(high >> 8);
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->mtu = 1500;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    INT_EN = 0;
    INT_STS = UINT32_MAX;
    FIFO_INT = 0; // an interrupt from the first frame on
    RX_CFG = 0;
    TX_CFG = 2;      // transmitter on
    IRQ_CFG = 0x111; // enabled, active high, push-pull
    mac_write(MAC_CR, MAC_CR_FULL_DUPLEX | MAC_CR_TRANSMIT | MAC_CR_RECEIVE);
    TT_NVIC_PRIORITY[IRQ] = IRQ_PRIORITY;
    TT_NVIC_PENDING_CLEAR = 1U << IRQ;
    TT_NVIC_ENABLE = 1U << IRQ;
    INT_EN = INT_RX_STATUS;
    return TT_OK;
}
