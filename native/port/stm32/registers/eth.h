// Ethernet: MAC, and the DMA that feeds it. RM0090 chapter 33, RM0410 chapter 42.
#pragma once

#include "register.h"

// SVD: Ethernet_MAC
struct tt_eth_mac {
    uint32_t maccr;
    uint32_t macffr;
    uint32_t machthr;
    uint32_t machtlr;
    uint32_t macmiiar;
    uint32_t macmiidr;
    uint32_t macfcr;
    uint32_t macvlantr;
    uint32_t reserved0[3];
    uint32_t macpmtcsr;
    uint32_t reserved1;
    uint32_t macdbgr;
    uint32_t macsr;
    uint32_t macimr;
    uint32_t maca0hr;
    uint32_t maca0lr;
};
static_assert(offsetof(struct tt_eth_mac, maca0lr) == 0x44, "ETH");
#define TT_ETH_MAC TT_PERIPHERAL(tt_eth_mac, 0x40028000)

// SVD: Ethernet_DMA
struct tt_eth_dma {
    uint32_t dmabmr;
    uint32_t dmatpdr;
    uint32_t dmarpdr;
    uint32_t dmardlar;
    uint32_t dmatdlar;
    uint32_t dmasr;
    uint32_t dmaomr;
    uint32_t dmaier;
};
static_assert(offsetof(struct tt_eth_dma, dmaier) == 0x1C, "ETH");
#define TT_ETH_DMA TT_PERIPHERAL(tt_eth_dma, 0x40029000)

enum tt_eth_bits {
    Ethernet_MAC_MACCR_RE = 1 << 2,
    Ethernet_MAC_MACCR_TE = 1 << 3,
    Ethernet_MAC_MACCR_APCS = 1 << 7,
    Ethernet_MAC_MACCR_DM = 1 << 11,
    Ethernet_MAC_MACCR_FES = 1 << 14,
    Ethernet_MAC_MACCR_CSTF = 1 << 25,
    Ethernet_MAC_MACMIIAR_MB = 1 << 0,
    Ethernet_MAC_MACMIIAR_MW = 1 << 1,
    Ethernet_MAC_MACMIIAR_CR_AT = 2,
    Ethernet_MAC_MACMIIAR_MR_AT = 6,
    Ethernet_MAC_MACMIIAR_PA_AT = 11,
    Ethernet_DMA_DMABMR_SR = 1 << 0,
    Ethernet_DMA_DMABMR_PBL_AT = 8,
    Ethernet_DMA_DMABMR_FB = 1 << 16,
    Ethernet_DMA_DMABMR_AAB = 1 << 25,
    Ethernet_DMA_DMASR_RS = 1 << 6,
    Ethernet_DMA_DMASR_RBUS = 1 << 7,
    Ethernet_DMA_DMASR_NIS = 1 << 16,
    Ethernet_DMA_DMAOMR_SR = 1 << 1,
    Ethernet_DMA_DMAOMR_ST = 1 << 13,
    Ethernet_DMA_DMAOMR_FTF = 1 << 20,
    Ethernet_DMA_DMAOMR_TSF = 1 << 21,
    Ethernet_DMA_DMAOMR_RSF = 1 << 25,
    Ethernet_DMA_DMAIER_RIE = 1 << 6,
    Ethernet_DMA_DMAIER_NISE = 1 << 16,
};
