// MAC and DMA with chained normal descriptors; frames are copied between them and pbufs. RM0090
// §33.6.

#include "ethernet.h"

#include <lwip/etharp.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <stdatomic.h>
#include <string.h>

#include "../../error.gen.h"
#include "../clock.h"
#include "../gpio.h"
#include "../interrupt.h"
#include "../limits.h"
#include "../registers/eth.h"
#include "../registers/gpio.h"
#include "../registers/rcc.h"
#include "../shared.h"
#include "phy.h"

enum {
    POLLS_MAX = 100000,
    RECEIVES = 4,
    SENDS = 2,
    FRAME_MAX = 1536, // a multiple of the burst
    CRC_LEN = 4,
    UNIQUE_ID_LEN = 12,
    BURST = 32,
    RX_FIRST = 1 << 9,
    RX_LAST = 1 << 8,
    RX_ERROR = 1 << 15,
    RX_CHAINED = 1 << 14,
    TX_LAST = 1 << 29,
    TX_FIRST = 1 << 28,
    TX_CHAINED = 1 << 20,
};

#define OWN 0x80000000U // the DMA's, until it is done

struct descriptor {
    volatile uint32_t status;
    volatile uint32_t control;
    volatile uint32_t buffer;
    volatile uint32_t next;
};

static struct {
    struct descriptor receive[RECEIVES];
    struct descriptor send[SENDS];
    uint8_t received[RECEIVES][FRAME_MAX];
    uint8_t sent[SENDS][FRAME_MAX];
} dma __attribute__((section(".dma"), aligned(32)));

static const struct tt_ethernet_wires *wires;
static void (*woken)(void);
static unsigned next_received;
static unsigned next_sent;
static struct tt_phy_link link;

static void barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

void tt_stm32_ethernet_use(const struct tt_ethernet_wires *of_board)
{
    wires = of_board;
}

void tt_stm32_ethernet_interrupt(void)
{
    TT_ETH_DMA->dmaier = 0; // the level stays until the link loop has fetched the frames
    woken();
}

static err_t transmit(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    struct descriptor *const to = &dma.send[next_sent];
    if ((to->status & OWN) != 0) { return ERR_MEM; } // TCP sends it again
    if (frame->tot_len > FRAME_MAX) { return ERR_BUF; }
    pbuf_copy_partial(frame, dma.sent[next_sent], frame->tot_len, 0);
    to->control = frame->tot_len;
    barrier();
    to->status = OWN | TX_LAST | TX_FIRST | TX_CHAINED;
    barrier();
    TT_ETH_DMA->dmatpdr = 0; // it may have stopped at a descriptor that was not its own
    next_sent = (next_sent + 1) % SENDS;
    return ERR_OK;
}

static struct pbuf *copy_of(unsigned which, uint32_t status)
{
    const uint32_t len = status >> 16 & 0x3FFF; // with the CRC
    const uint32_t whole = RX_FIRST | RX_LAST;
    if ((status & RX_ERROR) != 0 || (status & whole) != whole || len <= CRC_LEN ||
        len > FRAME_MAX) {
        return NULL;
    }
    struct pbuf *const frame = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_LEN), PBUF_POOL);
    if (frame != NULL) { pbuf_take(frame, dma.received[which], (u16_t)(len - CRC_LEN)); }
    return frame;
}

void tt_stm32_ethernet_receive(struct netif *netif)
{
    // Cleared first, fetched then: what comes meanwhile shows again.
    TT_ETH_DMA->dmasr = Ethernet_DMA_DMASR_RS | Ethernet_DMA_DMASR_RBUS | Ethernet_DMA_DMASR_NIS;
    for (int i = 0; i < RECEIVES; i++) {
        struct descriptor *const from = &dma.receive[next_received];
        const uint32_t status = from->status;
        if ((status & OWN) != 0) { break; }
        struct pbuf *const frame = copy_of(next_received, status);
        barrier();
        from->status = OWN;
        next_received = (next_received + 1) % RECEIVES;
        if (frame != NULL && netif->input(frame, netif) != ERR_OK) { pbuf_free(frame); }
    }
    barrier();
    TT_ETH_DMA->dmarpdr = 0; // it stops when no descriptor was left to it
    TT_ETH_DMA->dmaier = Ethernet_DMA_DMAIER_NISE | Ethernet_DMA_DMAIER_RIE;
    if ((dma.receive[next_received].status & OWN) == 0) { woken(); }
}

static void set_speed(void)
{
    const uint32_t rest =
        TT_ETH_MAC->maccr & ~(uint32_t)(Ethernet_MAC_MACCR_FES | Ethernet_MAC_MACCR_DM);
    TT_ETH_MAC->maccr = rest | (link.fast ? Ethernet_MAC_MACCR_FES : 0U) |
                        (link.full_duplex ? Ethernet_MAC_MACCR_DM : 0U);
}

bool tt_stm32_ethernet_linked(void)
{
    const struct tt_phy_link now = tt_phy_look();
    const bool other =
        now.up && (!link.up || now.fast != link.fast || now.full_duplex != link.full_duplex);
    link = now;
    if (other) { set_speed(); }
    return now.up;
}

static void connect_pins(void)
{
    for (size_t i = 0; i < sizeof wires->pins / sizeof wires->pins[0]; i++) {
        tt_stm32_pin_alternate(&wires->pins[i], false);
    }
    if (wires->power_pin != TT_NO_PIN) {
        tt_stm32_pin_write(wires->power_pin, true);
        tt_stm32_pin_output(wires->power_pin);
    }
}

// RMII is chosen while the MAC is held in reset. RM0090 §33.4.
static bool reset_controller(void)
{
    tt_stm32_change(&TT_RCC->apb2enr, 0, RCC_APB2ENR_SYSCFGEN);
    (void)TT_RCC->apb2enr;
    TT_RCC->ahb1rstr |= RCC_AHB1RSTR_ETHMACRST;
    TT_SYSCFG->pmc |= SYSCFG_PMC_MII_RMII_SEL;
    TT_RCC->ahb1rstr &= ~(uint32_t)RCC_AHB1RSTR_ETHMACRST;
    tt_stm32_change(&TT_RCC->ahb1enr, 0,
                    RCC_AHB1ENR_ETHMACEN | RCC_AHB1ENR_ETHMACTXEN | RCC_AHB1ENR_ETHMACRXEN);
    (void)TT_RCC->ahb1enr;
    TT_ETH_DMA->dmabmr |= Ethernet_DMA_DMABMR_SR;
    for (int i = 0; i < POLLS_MAX; i++) {
        if ((TT_ETH_DMA->dmabmr & Ethernet_DMA_DMABMR_SR) == 0) { return true; }
    }
    return false; // without the PHY's clock it never ends
}

static void chain(struct descriptor *descriptors, unsigned count, uint8_t (*buffers)[FRAME_MAX],
                  uint32_t status, uint32_t control)
{
    for (unsigned i = 0; i < count; i++) {
        descriptors[i].control = control;
        descriptors[i].buffer = (uint32_t)(uintptr_t)buffers[i];
        descriptors[i].next = (uint32_t)(uintptr_t)&descriptors[(i + 1) % count];
        descriptors[i].status = status;
    }
}

// Locally administered, of the chip's unique number: the same at every start, other on every chip
// with all but certainty. FNV-1a, 64 bits.
static void make_address(uint8_t address[ETH_HWADDR_LEN])
{
    const volatile uint8_t *const id =
        (const volatile uint8_t *)TT_ADDRESS(tt_stm32_limits.unique_id);
    uint64_t hash = 0xCBF29CE484222325U;
    for (int i = 0; i < UNIQUE_ID_LEN; i++) {
        hash = (hash ^ id[i]) * 0x100000001B3U;
    }
    for (int i = 0; i < ETH_HWADDR_LEN; i++) {
        address[i] = (uint8_t)(hash >> 8 * i);
    }
    address[0] = (uint8_t)((address[0] & 0xFC) | 0x02);
}

static void start_controller(const uint8_t address[ETH_HWADDR_LEN])
{
    chain(dma.receive, RECEIVES, dma.received, OWN, RX_CHAINED | FRAME_MAX);
    chain(dma.send, SENDS, dma.sent, TX_CHAINED, 0);
    barrier();
    TT_ETH_MAC->maccr = Ethernet_MAC_MACCR_APCS;
    TT_ETH_MAC->macffr = 0; // ours and broadcasts
    TT_ETH_MAC->maca0hr = (uint32_t)address[5] << 8 | address[4];
    TT_ETH_MAC->maca0lr = (uint32_t)address[3] << 24 | (uint32_t)address[2] << 16 |
                          (uint32_t)address[1] << 8 | address[0];
    TT_ETH_DMA->dmabmr = (uint32_t)BURST << Ethernet_DMA_DMABMR_PBL_AT | Ethernet_DMA_DMABMR_FB |
                         Ethernet_DMA_DMABMR_AAB;
    TT_ETH_DMA->dmardlar = (uint32_t)(uintptr_t)dma.receive;
    TT_ETH_DMA->dmatdlar = (uint32_t)(uintptr_t)dma.send;
    TT_ETH_DMA->dmaomr = Ethernet_DMA_DMAOMR_RSF | Ethernet_DMA_DMAOMR_TSF;
    TT_ETH_MAC->maccr |= Ethernet_MAC_MACCR_TE | Ethernet_MAC_MACCR_RE;
    TT_ETH_DMA->dmaomr |= Ethernet_DMA_DMAOMR_FTF;
    TT_ETH_DMA->dmaomr |= Ethernet_DMA_DMAOMR_ST | Ethernet_DMA_DMAOMR_SR;
    TT_ETH_DMA->dmaier = Ethernet_DMA_DMAIER_NISE | Ethernet_DMA_DMAIER_RIE;
}

int tt_stm32_ethernet_init(struct netif *netif, void (*wake)(void))
{
    woken = wake;
    connect_pins();
    if (!reset_controller()) { return TT_EIO; }
    tt_phy_start(wires->phy_address, tt_stm32_core_hz());
    make_address(netif->hwaddr);
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->mtu = 1500;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    start_controller(netif->hwaddr);
    tt_stm32_irq_on(TT_IRQ_ETH);
    return TT_OK;
}
