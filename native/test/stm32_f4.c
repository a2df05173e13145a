// The STM32F429's drivers on memory instead of registers: what they write, what they make of what
// they read, and that none waits for ever for a chip that does not answer.
#include "stm32/chip.h"

#include "../port/error.gen.h"
#include "../port/stm32/analog.h"
#include "../port/stm32/clock.h"
#include "../port/stm32/ethernet/phy.h"
#include "../port/stm32/flash.h"
#include "../port/stm32/gpio.h"
#include "../port/stm32/i2c.h"
#include "../port/stm32/interrupt.h"
#include "../port/stm32/pins.h"
#include "../port/stm32/pwm.h"
#include "../port/stm32/random.h"
#include "../port/stm32/registers/adc.h"
#include "../port/stm32/registers/eth.h"
#include "../port/stm32/registers/flash.h"
#include "../port/stm32/registers/gpio.h"
#include "../port/stm32/registers/i2c.h"
#include "../port/stm32/registers/rcc.h"
#include "../port/stm32/registers/rng.h"
#include "../port/stm32/registers/tim.h"
#include "../port/stm32/registers/usart.h"
#include "../port/stm32/sectors.h"
#include "../port/stm32/usart.h"

enum { PIN_A = 0, PIN_B = 16, PIN_C = 32 };

static const struct tt_stm32_clock clock_180 = {
    .core_hz = 180000000, .oscillator_hz = 8000000, .bypass = true};

static bool oscillator_dead;
static bool pll_dead;

static void set(volatile uint32_t *where, uint32_t bits, bool on)
{
    *where = on ? *where | bits : *where & ~bits;
}

// Clocks that become ready when they are switched on, unless they are dead.
static void clocks(uint32_t address)
{
    (void)address;
    TT_RCC->cr |= RCC_CR_HSIRDY;
    set(&TT_RCC->cr, RCC_CR_HSERDY, (TT_RCC->cr & RCC_CR_HSEON) != 0 && !oscillator_dead);
    set(&TT_RCC->cr, RCC_CR_PLLRDY, (TT_RCC->cr & RCC_CR_PLLON) != 0 && !pll_dead);
    set(&TT_PWR->csr, PWR_CSR_ODRDY, (TT_PWR->cr & PWR_CR_ODEN) != 0);
    set(&TT_PWR->csr, PWR_CSR_ODSWRDY, (TT_PWR->cr & PWR_CR_ODSWEN) != 0);
    TT_RCC->cfgr = (TT_RCC->cfgr & ~12U) | (TT_RCC->cfgr & 3) << 2;
}

static enum tt_stm32_source start_clocks(bool dead_oscillator, bool dead_pll)
{
    oscillator_dead = dead_oscillator;
    pll_dead = dead_pll;
    chip_reset(clocks);
    return tt_stm32_clock_start(&clock_180);
}

static void the_boards_oscillator_drives_the_chip(void)
{
    CHECK_INT(start_clocks(false, false), TT_STM32_FROM_OSCILLATOR);
    CHECK((TT_RCC->cr & RCC_CR_HSEBYP) != 0);
    CHECK_INT(TT_RCC->pllcfgr & 63, 8);         // 1 MHz into the PLL
    CHECK_INT(TT_RCC->pllcfgr >> 6 & 511, 360); // 360 MHz out of it
    CHECK_INT(TT_RCC->pllcfgr >> 16 & 3, 0);    // halved
    CHECK((TT_RCC->pllcfgr & RCC_PLLCFGR_PLLSRC) != 0);
    CHECK_INT(TT_RCC->pllcfgr >> 24 & 15, 8); // 45 MHz for the random generator
    CHECK_INT(TT_FLASH->acr & 15, 5);         // wait states
    CHECK_INT(TT_RCC->cfgr >> 10 & 7, 5);     // APB1 by 4
    CHECK_INT(TT_RCC->cfgr >> 13 & 7, 4);     // APB2 by 2
    CHECK((TT_PWR->cr & PWR_CR_ODSWEN) != 0); // over 168 MHz
    CHECK_INT(tt_stm32_core_hz(), 180000000);
    CHECK_INT(tt_stm32_apb1_hz(), 45000000);
    CHECK_INT(tt_stm32_apb2_hz(), 90000000);
}

static void a_dead_oscillator_is_done_without(void)
{
    CHECK_INT(start_clocks(true, false), TT_STM32_FROM_INTERNAL);
    CHECK_INT(TT_RCC->cr & (RCC_CR_HSEON | RCC_CR_HSEBYP), 0);
    CHECK_INT(TT_RCC->pllcfgr & 63, 16);
    CHECK((TT_RCC->pllcfgr & RCC_PLLCFGR_PLLSRC) == 0);
    CHECK_INT(tt_stm32_core_hz(), 180000000);
}

static void sectors_are_where_the_manual_has_them(void)
{
    static const struct {
        uint32_t at;
        uint32_t offset;
        uint32_t bytes;
        uint8_t number;
    } cases[] = {
        {0, 0, 0x4000, 0},
        {0xFFFF, 0xC000, 0x4000, 3},
        {0x10000, 0x10000, 0x10000, 4},
        {0x20000, 0x20000, 0x20000, 5},
        {0xFFFFF, 0xE0000, 0x20000, 11},
        {0x100000, 0x100000, 0x4000, 12},
        {0x110000, 0x110000, 0x10000, 16},
        {0x1FFFFF, 0x1E0000, 0x20000, 23},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tt_stm32_sector sector;
        CHECK(tt_stm32_sector_at(cases[i].at, &sector));
        CHECK_INT(sector.offset, cases[i].offset);
        CHECK_INT(sector.bytes, cases[i].bytes);
        CHECK_INT(sector.number, cases[i].number);
    }
    struct tt_stm32_sector none;
    CHECK(!tt_stm32_sector_at(0x200000, &none));
}

static bool keys_are_good;
static uint32_t program_error;
static uint32_t erased;              // CR as the erase was started
static uint8_t flash_before[0x4000]; // of the sectors that are written, as they may be
static uint32_t flash_cr;            // when the last word of flash was asked for

enum { WRITTEN_AT = 0x108000 };

// A word that was written while the controller was not told to program is not.
static void refuse_words(void)
{
    uint8_t *const now = chip_flash + WRITTEN_AT;
    if (memcmp(flash_before, now, sizeof flash_before) == 0) { return; }
    if ((flash_cr & FLASH_CR_PG) == 0) {
        memcpy(now, flash_before, sizeof flash_before);
        program_error = FLASH_SR_PGSERR;
    }
    memcpy(flash_before, now, sizeof flash_before);
}

static void flash_controller(uint32_t address)
{
    static uint32_t last_key;
    refuse_words();
    flash_cr = TT_FLASH->cr;
    if (address < 0x40000000) { return; }
    if (TT_FLASH->keyr != 0) {
        if (last_key == 0x45670123 && TT_FLASH->keyr == 0xCDEF89AB && keys_are_good) {
            TT_FLASH->cr &= ~(uint32_t)FLASH_CR_LOCK;
        }
        last_key = TT_FLASH->keyr;
        TT_FLASH->keyr = 0;
    }
    if ((TT_FLASH->cr & FLASH_CR_STRT) != 0) {
        erased = TT_FLASH->cr;
        TT_FLASH->cr &= ~(uint32_t)FLASH_CR_STRT;
        if ((erased & FLASH_CR_SER) != 0) { memset(chip_flash + 0x10C000, 0xFF, 0x4000); }
    }
    TT_FLASH->sr = (TT_FLASH->cr & FLASH_CR_PG) != 0 ? program_error : 0;
}

static struct tt_block start_flash(uint32_t offset, uint32_t size)
{
    chip_reset(flash_controller);
    memset(flash_before, 0xFF, sizeof flash_before);
    TT_FLASH->cr = FLASH_CR_LOCK;
    keys_are_good = true;
    program_error = 0;
    return tt_stm32_flash(offset, size);
}

static void flash_is_programmed_by_words_and_erased_by_sectors(void)
{
    const struct tt_block block = start_flash(0x108000, 0x8000);
    CHECK_INT(block.block_bytes, 0x4000);
    CHECK_INT(block.block_count, 2);
    CHECK_INT(block.program(block.ctx, 0x10, (const uint8_t *)"12345678", 8), TT_OK);
    CHECK(memcmp(chip_flash + 0x108010, "12345678", 8) == 0);
    CHECK((TT_FLASH->cr & FLASH_CR_LOCK) != 0);
    CHECK_INT(block.program(block.ctx, 0x11, (const uint8_t *)"1234", 4), TT_EIO);
    CHECK_INT(block.program(block.ctx, 0x20, (const uint8_t *)"123", 3), TT_EIO);
    CHECK_INT(block.erase(block.ctx, 1), TT_OK);
    CHECK_INT(erased >> FLASH_CR_SNB_AT & 31, 16 + 3); // sector 15: the second bank's fourth
    uint8_t out[4];
    CHECK_INT(block.read(block.ctx, 0x12, out, 4), TT_OK);
    CHECK(memcmp(out, "3456", 4) == 0);
}

static void flash_that_refuses_is_told(void)
{
    struct tt_block block = start_flash(0x100000, 0x8000);
    program_error = FLASH_SR_PGSERR;
    CHECK_INT(block.program(block.ctx, 0, (const uint8_t *)"1234", 4), TT_EIO);
    block = start_flash(0x100000, 0x8000);
    keys_are_good = false;
    CHECK_INT(block.program(block.ctx, 0, (const uint8_t *)"1234", 4), TT_EIO);
    CHECK_INT(block.erase(block.ctx, 0), TT_EIO);
}

static int accesses_left = -1; // before the app's loop comes
static struct tt_block app_block;
static int app_result;

static void the_app_writes(void)
{
    if (accesses_left-- == 0) {
        app_result = app_block.program(app_block.ctx, 0x2000, (const uint8_t *)"app's wd", 8);
    }
}

static void both_loops_may_write_at_once(void)
{
    for (int erase = 0; erase < 2; erase++) {
        for (int n = 0; accesses_left < 0; n++) {
            const struct tt_block block = start_flash(WRITTEN_AT, 0x8000);
            memset(chip_flash + 0x10C000, 0x55, 0x4000);
            app_block = block;
            app_result = TT_OK;
            accesses_left = n;
            chip_between = the_app_writes;
            if (erase != 0) {
                CHECK_INT(block.erase(block.ctx, 1), TT_OK);
                CHECK(chip_flash[0x10C000] == 0xFF && chip_flash[0x10FFFF] == 0xFF);
            } else {
                CHECK_INT(block.program(block.ctx, 0x10, (const uint8_t *)"12345678", 8), TT_OK);
                CHECK(memcmp(chip_flash + WRITTEN_AT + 0x10, "12345678", 8) == 0);
            }
            if (accesses_left < 0) {
                CHECK_INT(app_result, TT_OK);
                CHECK(memcmp(chip_flash + WRITTEN_AT + 0x2000, "app's wd", 8) == 0);
            }
            CHECK((TT_FLASH->cr & FLASH_CR_LOCK) != 0);
        }
        accesses_left = -1;
    }
    chip_between = NULL;
}

static void an_erase_that_leaves_bytes_is_told(void)
{
    const struct tt_block block = start_flash(0x100000, 0x8000);
    chip_flash[0x103FFF] = 0x7F; // the model erases another sector
    CHECK_INT(block.erase(block.ctx, 0), TT_EIO);
}

static void ranges_that_are_no_sectors_are_no_block(void)
{
    CHECK_INT(tt_stm32_flash(0x2000, 0x4000).block_count, 0);    // begins within one
    CHECK_INT(tt_stm32_flash(0xC000, 0x14000).block_count, 0);   // of two sizes
    CHECK_INT(tt_stm32_flash(0x1E0000, 0x40000).block_count, 0); // beyond the end
}

static uint16_t adc_answers[19];

static void converter(uint32_t address)
{
    (void)address;
    TT_RCC->cr |= RCC_CR_HSIRDY;
    if ((TT_ADC1->cr2 & ADC_CR2_SWSTART) == 0) { return; }
    TT_ADC1->cr2 &= ~(uint32_t)ADC_CR2_SWSTART;
    TT_ADC1->sr |= ADC_SR_EOC;
    TT_ADC1->dr = adc_answers[TT_ADC1->sqr3 & 31];
}

static void millivolts_follow_the_chips_own_reference(void)
{
    chip_reset(converter);
    *(uint16_t *)(chip_system + 0x7A2A) = 1500; // at the maker's, at 3,300 mV
    adc_answers[17] = 1650;                     // so the rail is at 3,000 now
    adc_answers[3] = 4095;
    const struct tt_wire probe = {.pin = PIN_A + 3, .unit = 1, .channel = 3};
    CHECK_INT(tt_stm32_analog_open(&probe), TT_OK);
    CHECK_INT(tt_stm32_analog_millivolts(&probe), 3000);
    adc_answers[3] = 2048;
    CHECK_INT(tt_stm32_analog_millivolts(&probe), 1500);
    adc_answers[3] = 0;
    CHECK_INT(tt_stm32_analog_millivolts(&probe), 0);
    const struct tt_wire other = {.pin = PIN_A, .unit = 3, .channel = 0};
    CHECK_INT(tt_stm32_analog_open(&other), TT_EUNSUPPORTED);
    CHECK_INT(TT_GPIO(0)->moder, 3U << 6); // analog
    chip_model = NULL;
    CHECK_INT(tt_stm32_analog_millivolts(&probe), TT_ETIMEOUT);
}

static void pwm_counts_what_was_asked_for(void)
{
    start_clocks(false, false);
    const struct tt_wire buzzer = {.pin = PIN_B + 8, .unit = 4, .channel = 3, .alternate = 2};
    volatile struct tt_tim *const timer = TT_PERIPHERAL(tt_tim, 0x40000800);
    CHECK_INT(tt_stm32_pwm_open(&buzzer), TT_OK);
    CHECK((TT_RCC->apb1enr & RCC_APB1ENR_TIM4EN) != 0);
    CHECK_INT(timer->ccmr2 & 0xFF, 0x68);
    CHECK_INT(timer->ccer, 1 << 8);
    CHECK_INT(tt_stm32_pwm_frequency(&buzzer, 2000), TT_OK); // of 90 MHz
    CHECK_INT(timer->psc, 0);
    CHECK_INT(timer->arr, 44999);
    CHECK_INT(tt_stm32_pwm_duty(&buzzer, 0), TT_OK);
    CHECK_INT(timer->ccr3, 0);
    tt_stm32_pwm_duty(&buzzer, 32768);
    CHECK_INT(timer->ccr3, 22500);
    tt_stm32_pwm_duty(&buzzer, 65535);
    CHECK_INT(timer->ccr3, 45000); // never reached: high for good
    CHECK_INT(tt_stm32_pwm_frequency(&buzzer, 1), TT_OK);
    CHECK_INT(timer->psc, 1373); // 1,374 times 65,502 are 90 million but for a few
    CHECK_INT(timer->arr, 65501);
    CHECK_INT(tt_stm32_pwm_frequency(&buzzer, 0), TT_EINVALID);
    CHECK_INT(tt_stm32_pwm_frequency(&buzzer, 30000000), TT_EINVALID);
    const struct tt_wire none = {.pin = PIN_A, .unit = 6, .channel = 1};
    CHECK_INT(tt_stm32_pwm_open(&none), TT_EUNSUPPORTED);
}

static int changes;
static uint16_t changed_channel;
static int changed_level;

static void changed(uint16_t channel, int level)
{
    changes++;
    changed_channel = channel;
    changed_level = level;
}

static void pins_are_what_they_are_first_used_as(void)
{
    static const struct tt_channel_wires wires[] = {
        {.wire = {.pin = PIN_B + 0}},
        {.wire = {.pin = PIN_C + 13}, .pull = TT_PULL_UP},
        {.wire = {.pin = PIN_A + 13}, .pull = TT_PULL_NONE},
    };
    chip_reset(NULL);
    tt_stm32_pins_use(wires, 3);
    const struct tt_board_io io = tt_stm32_pins(changed);
    CHECK_INT(io.output_write(io.ctx, 0, 1), TT_OK);
    CHECK_INT(TT_GPIO(1)->moder, 1);
    CHECK_INT(TT_GPIO(1)->bsrr, 1);
    CHECK_INT(io.output_write(io.ctx, 0, 0), TT_OK);
    CHECK_INT(TT_GPIO(1)->bsrr, 1 << 16);
    CHECK_INT(io.input_read(io.ctx, 0), TT_EBUSY);
    CHECK_INT(io.input_read(io.ctx, 3), TT_ENOTFOUND);
    TT_GPIO(2)->idr = 1 << 13;
    CHECK_INT(io.input_read(io.ctx, 1), 1);
    CHECK_INT(TT_GPIO(2)->pupdr, 1U << 26);

    CHECK_INT(io.input_watch(io.ctx, 1, 3), TT_OK);
    CHECK_INT(TT_SYSCFG->exticr[3] >> 4 & 15, 2); // port C
    CHECK_INT(TT_EXTI->rtsr & TT_EXTI->ftsr & TT_EXTI->imr, 1 << 13);
    CHECK_INT(chip_irq_on, TT_IRQ_EXTI15_10);
    CHECK_INT(io.input_watch(io.ctx, 2, 1), TT_EBUSY); // the same line
    CHECK_INT(io.input_watch(io.ctx, 1, 4), TT_EINVALID);
    TT_EXTI->pr = 1 << 13 | 1 << 4;
    tt_stm32_exti_interrupt();
    CHECK_INT(changes, 1);
    CHECK_INT(changed_channel, 1);
    CHECK_INT(changed_level, 1);
    CHECK_INT(io.input_watch(io.ctx, 1, 0), TT_OK);
    CHECK_INT(TT_EXTI->imr, 0);
    CHECK_INT(io.input_watch(io.ctx, 2, 1), TT_OK); // the line is free again
}

static void random_word(uint32_t address)
{
    static uint32_t word;
    (void)address;
    TT_RNG->dr = ++word * 2654435761U;
}

static void a_random_generator_that_repeats_or_fails_is_not_believed(void)
{
    uint8_t out[10];
    chip_reset(random_word);
    TT_RNG->sr = RNG_SR_DRDY;
    memset(out, 0, sizeof out);
    // The driver clears the flags at its start, as the manual asks; the model sets them again.
    TT_RNG->cr = RNG_CR_RNGEN;
    CHECK(tt_stm32_random(out, sizeof out));
    CHECK(memcmp(out, out + 4, 4) != 0);

    chip_reset(NULL); // always the same word
    TT_RNG->cr = RNG_CR_RNGEN;
    TT_RNG->sr = RNG_SR_DRDY;
    TT_RNG->dr = 0x12345678;
    tt_stm32_random(out, 4);
    CHECK(!tt_stm32_random(out, 4));

    chip_reset(random_word); // seed error
    TT_RNG->cr = RNG_CR_RNGEN;
    TT_RNG->sr = RNG_SR_DRDY | RNG_SR_SEIS;
    CHECK(!tt_stm32_random(out, 4));
}

static volatile struct tt_usart1 *usart_registers(void)
{
    return TT_PERIPHERAL(tt_usart1, 0x40004400);
}

static int wakes;

static void wake(void)
{
    wakes++;
}

static void serial_rings_lose_only_what_they_count(void)
{
    static uint8_t receive[8];
    static uint8_t send[8];
    static struct tt_stm32_usart usart = {.receive = {.bytes = receive, .size = 8},
                                          .send = {.bytes = send, .size = 8}};
    const struct tt_uart_wires wires = {.tx = {.pin = PIN_A + 2, .unit = 2, .alternate = 7},
                                        .rx = {.pin = PIN_A + 3, .unit = 2, .alternate = 7},
                                        .baud = 115200};
    start_clocks(false, false);
    CHECK_INT(tt_stm32_usart_open(&usart, &wires, wake), TT_OK);
    CHECK_INT(usart_registers()->brr, 391); // of 45 MHz
    CHECK_INT(TT_GPIO(0)->afr[0] >> 8 & 0xFF, 0x77);
    const struct tt_stream pipe = tt_stm32_usart_stream(&usart);
    uint8_t out[16];
    CHECK_INT(pipe.read(pipe.ctx, out, sizeof out), 0);

    chip_irq = TT_IRQ_USART1 + 1;
    usart_registers()->sr = USART1_SR_RXNE; // for good: more bytes than the ring holds
    usart_registers()->dr = 'x';
    tt_stm32_usart_interrupt();
    CHECK_INT(wakes, 1);
    CHECK_INT(pipe.read(pipe.ctx, out, sizeof out), 7);
    CHECK_INT(usart.lost, 9);

    usart_registers()->sr = 0; // never ready to send: the ring fills
    CHECK_INT(pipe.write(pipe.ctx, (const uint8_t *)"0123456789", 10), 7);
    CHECK((usart_registers()->cr1 & USART1_CR1_TXEIE) != 0);
    CHECK_INT(pipe.write(pipe.ctx, (const uint8_t *)"7", 1), 0);
    usart_registers()->sr = USART1_SR_TXE;
    tt_stm32_usart_interrupt();
    CHECK_INT(usart_registers()->dr, '6');
    CHECK((usart_registers()->cr1 & USART1_CR1_TXEIE) == 0);
    const struct tt_uart_wires wrong = {.tx = {.unit = 2}, .rx = {.unit = 3}, .baud = 9600};
    CHECK_INT(tt_stm32_usart_open(&usart, &wrong, NULL), TT_EINVALID);
}

static const struct tt_channel_wires bus = {.wire = {.pin = PIN_B + 9, .unit = 1, .alternate = 4},
                                            .clock = {.pin = PIN_B + 8, .unit = 1, .alternate = 4},
                                            .hz = 100000};

static void a_bus_is_timed_and_its_refusals_told(void)
{
    uint8_t out[2];
    start_clocks(false, false);
    volatile struct tt_i2c1 *const i2c = TT_PERIPHERAL(tt_i2c1, 0x40005400);
    CHECK_INT(tt_stm32_i2c_open(&bus), TT_OK);
    CHECK_INT(i2c->cr2, 45);
    CHECK_INT(i2c->ccr, 225); // 45 MHz / 200 kHz
    CHECK_INT(i2c->trise, 46);
    CHECK_INT(TT_GPIO(1)->otyper, 3 << 8); // open drain
    CHECK_INT(tt_stm32_i2c_transfer(&bus, 0x48, (const uint8_t *)"", 1, out, 2), TT_ETIMEOUT);
    i2c->sr1 = I2C1_SR1_SB | I2C1_SR1_AF; // nobody acknowledges
    CHECK_INT(tt_stm32_i2c_transfer(&bus, 0x48, (const uint8_t *)"", 1, out, 2), TT_EIO);
    i2c->sr2 = I2C1_SR2_BUSY;
    CHECK_INT(tt_stm32_i2c_transfer(&bus, 0x48, NULL, 0, out, 2), TT_ETIMEOUT);
    const struct tt_channel_wires two = {.wire = {.unit = 1}, .clock = {.unit = 2}};
    CHECK_INT(tt_stm32_i2c_open(&two), TT_EUNSUPPORTED);
}

static uint16_t phy_registers[32];

static void management(uint32_t address)
{
    (void)address;
    if ((TT_ETH_MAC->macmiiar & Ethernet_MAC_MACMIIAR_MB) == 0) { return; }
    const uint32_t which = TT_ETH_MAC->macmiiar >> 6 & 31;
    if ((TT_ETH_MAC->macmiiar & Ethernet_MAC_MACMIIAR_MW) != 0) {
        phy_registers[which] = (uint16_t)(TT_ETH_MAC->macmiidr & 0x7FFF);
    }
    TT_ETH_MAC->macmiidr = phy_registers[which];
    TT_ETH_MAC->macmiiar &= ~(uint32_t)Ethernet_MAC_MACMIIAR_MB;
}

static void the_phy_says_what_both_ends_can(void)
{
    chip_reset(management);
    tt_phy_start(0, 180000000);
    CHECK_INT(phy_registers[0], 1 << 12 | 1 << 9);
    CHECK_INT(TT_ETH_MAC->macmiiar >> 2 & 7, 4); // by 102
    phy_registers[4] = 0x01E1;
    phy_registers[5] = 0x0061; // a partner of 10 Mbit/s
    phy_registers[1] = 1 << 2;
    CHECK(!tt_phy_look().up); // not negotiated yet
    phy_registers[1] = 1 << 2 | 1 << 5;
    CHECK(tt_phy_look().up && !tt_phy_look().fast && tt_phy_look().full_duplex);
    phy_registers[5] = 0x01E1;
    CHECK(tt_phy_look().fast && tt_phy_look().full_duplex);
    phy_registers[1] = 0xFFFF; // nobody is at this address
    CHECK(!tt_phy_look().up);
}

// The last cases: the clock stays dead from here on.
static void a_chip_that_never_answers_hangs_nothing(void)
{
    uint8_t out[4];
    chip_reset(NULL);
    CHECK_INT(tt_stm32_clock_start(&clock_180), TT_STM32_NO_CLOCKS);
    CHECK(tt_stm32_emulated());
    CHECK_INT(tt_stm32_core_hz(), 180000000); // nominal
    CHECK(!tt_stm32_random(out, sizeof out));
    tt_phy_start(0, 180000000);
    CHECK(!tt_phy_look().up);
    TT_FLASH->cr = FLASH_CR_LOCK;
    const struct tt_block block = tt_stm32_flash(0x100000, 0x8000);
    CHECK_INT(block.erase(block.ctx, 0), TT_EIO);
    tt_stm32_delay_us(1000000);
}

static void a_pll_that_does_not_lock_leaves_16_mhz(void)
{
    CHECK_INT(start_clocks(false, true), TT_STM32_SLOW);
    CHECK_INT(TT_RCC->cfgr, 0);
}

int main(void)
{
    RUN(a_pll_that_does_not_lock_leaves_16_mhz, "a PLL that does not lock leaves 16 MHz");
    RUN(the_boards_oscillator_drives_the_chip, "the board's oscillator drives the chip");
    RUN(a_dead_oscillator_is_done_without, "a dead oscillator is done without");
    RUN(sectors_are_where_the_manual_has_them, "sectors are where the manual has them");
    RUN(flash_is_programmed_by_words_and_erased_by_sectors, "flash: words and sectors");
    RUN(flash_that_refuses_is_told, "flash that refuses is told");
    RUN(both_loops_may_write_at_once, "both loops may write to flash at once");
    RUN(an_erase_that_leaves_bytes_is_told, "an erase that leaves bytes is told");
    RUN(ranges_that_are_no_sectors_are_no_block, "ranges that are no sectors are no block");
    RUN(millivolts_follow_the_chips_own_reference, "millivolts follow the chip's own reference");
    RUN(pwm_counts_what_was_asked_for, "PWM counts what was asked for");
    RUN(pins_are_what_they_are_first_used_as, "pins are what they are first used as");
    RUN(a_random_generator_that_repeats_or_fails_is_not_believed,
        "a random generator that repeats itself or fails is not believed");
    RUN(serial_rings_lose_only_what_they_count, "serial rings lose only what they count");
    RUN(a_bus_is_timed_and_its_refusals_told, "a bus is timed and its refusals told");
    RUN(the_phy_says_what_both_ends_can, "the PHY says what both ends can");
    RUN(a_chip_that_never_answers_hangs_nothing, "a chip that never answers hangs nothing");
    return 0;
}
