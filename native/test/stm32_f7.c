// What an STM32F767 does otherwise than an F429, on memory instead of registers: its clocks, its
// sectors, the second versions of serial port and I2C.
#include "stm32/chip.h"

#include "../port/error.gen.h"
#include "../port/stm32/cache.h"
#include "../port/stm32/clock.h"
#include "../port/stm32/i2c.h"
#include "../port/stm32/interrupt.h"
#include "../port/stm32/registers/flash.h"
#include "../port/stm32/registers/i2c.h"
#include "../port/stm32/registers/rcc.h"
#include "../port/stm32/registers/usart.h"
#include "../port/stm32/sectors.h"
#include "../port/stm32/usart.h"

// The caches are the core's.
void tt_stm32_flash_changed(uint32_t address, uint32_t len)
{
    (void)address;
    (void)len;
}

static void clocks(uint32_t address)
{
    (void)address;
    TT_RCC->cr |= RCC_CR_HSIRDY | RCC_CR_HSERDY | RCC_CR_PLLRDY;
    TT_PWR->csr |= PWR_CSR_ODRDY | PWR_CSR_ODSWRDY;
    TT_RCC->cfgr = (TT_RCC->cfgr & ~12U) | (TT_RCC->cfgr & 3) << 2;
}

static void start_clocks(void)
{
    const struct tt_stm32_clock wanted = {
        .core_hz = 216000000, .oscillator_hz = 8000000, .bypass = true};
    chip_reset(clocks);
    CHECK_INT(tt_stm32_clock_start(&wanted), TT_STM32_FROM_OSCILLATOR);
}

static void it_runs_at_216_mhz(void)
{
    start_clocks();
    CHECK_INT(TT_RCC->pllcfgr >> 6 & 511, 432);
    CHECK_INT(TT_RCC->pllcfgr >> 24 & 15, 9); // 48 MHz
    CHECK_INT(TT_FLASH->acr & 15, 7);
    CHECK_INT(tt_stm32_apb1_hz(), 54000000);
    CHECK_INT(tt_stm32_apb2_hz(), 108000000);
    CHECK((TT_PWR->cr & PWR_CR_ODSWEN) != 0);
}

static void its_sectors_are_twice_as_large(void)
{
    struct tt_stm32_sector sector;
    CHECK(tt_stm32_sector_at(0x8000, &sector));
    CHECK_INT(sector.bytes, 0x8000);
    CHECK_INT(sector.number, 1);
    CHECK(tt_stm32_sector_at(0x20000, &sector));
    CHECK_INT(sector.bytes, 0x20000);
    CHECK_INT(sector.number, 4);
    CHECK(tt_stm32_sector_at(0x1FFFFF, &sector));
    CHECK_INT(sector.bytes, 0x40000);
    CHECK_INT(sector.number, 11);
}

static void an_overrun_is_cleared_and_counted(void)
{
    static uint8_t receive[8];
    static uint8_t send[8];
    static struct tt_stm32_usart usart = {.receive = {.bytes = receive, .size = 8},
                                          .send = {.bytes = send, .size = 8}};
    const struct tt_uart_wires wires = {.tx = {.pin = 56, .unit = 3, .alternate = 7},
                                        .rx = {.pin = 57, .unit = 3, .alternate = 7},
                                        .baud = 115200};
    start_clocks();
    CHECK_INT(tt_stm32_usart_open(&usart, &wires, NULL), TT_OK);
    volatile struct tt_usart2 *const registers = TT_PERIPHERAL(tt_usart2, 0x40004800);
    CHECK_INT(registers->brr, 469); // of 54 MHz
    registers->isr = USART2_ISR_ORE;
    chip_irq = TT_IRQ_USART1 + 2;
    tt_stm32_usart_interrupt();
    CHECK_INT(usart.lost, 1);
    CHECK((registers->icr & USART2_ICR_ORECF) != 0);
}

static void a_bus_is_timed_and_bounded(void)
{
    const struct tt_channel_wires bus = {.wire = {.pin = 25, .unit = 1, .alternate = 4},
                                         .clock = {.pin = 24, .unit = 1, .alternate = 4},
                                         .hz = 100000};
    uint8_t out[2];
    start_clocks();
    volatile struct tt_i2c2 *const i2c = TT_PERIPHERAL(tt_i2c2, 0x40005400);
    CHECK_INT(tt_stm32_i2c_open(&bus), TT_OK);
    CHECK_INT(i2c->timingr >> 28, 5);   // ticks of 9 MHz
    CHECK_INT(i2c->timingr & 0xFF, 41); // 42 of them low, 42 high, and what its own edges take
    CHECK_INT(i2c->timingr >> 8 & 0xFF, 41);
    CHECK_INT(tt_stm32_i2c_transfer(&bus, 0x48, (const uint8_t *)"", 1, out, 2), TT_ETIMEOUT);
    i2c->isr = I2C2_ISR_NACKF;
    CHECK_INT(tt_stm32_i2c_transfer(&bus, 0x48, (const uint8_t *)"", 1, out, 2), TT_EIO);
    i2c->isr = I2C2_ISR_BUSY;
    CHECK_INT(tt_stm32_i2c_transfer(&bus, 0x48, NULL, 0, out, 2), TT_ETIMEOUT);
    // Everything is always ready: the bytes are those of the register.
    i2c->isr = I2C2_ISR_TXIS | I2C2_ISR_RXNE | I2C2_ISR_TC | I2C2_ISR_STOPF;
    i2c->rxdr = 0x5A;
    CHECK_INT(tt_stm32_i2c_transfer(&bus, 0x48, (const uint8_t *)"\x01", 1, out, 2), 2);
    CHECK_INT(out[1], 0x5A);
    CHECK_INT(i2c->cr2 & 0x3FF, 0x48 << 1);
}

int main(void)
{
    RUN(it_runs_at_216_mhz, "it runs at 216 MHz");
    RUN(its_sectors_are_twice_as_large, "its sectors are twice as large");
    RUN(an_overrun_is_cleared_and_counted, "an overrun is cleared and counted");
    RUN(a_bus_is_timed_and_bounded, "a bus is timed and bounded");
    return 0;
}
