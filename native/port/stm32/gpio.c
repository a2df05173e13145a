// GPIO by registers. RM0090 chapter 8.

#include "gpio.h"

#include "registers/gpio.h"
#include "registers/rcc.h"
#include "shared.h"

enum { INPUT = 0, OUTPUT = 1, ALTERNATE = 2, ANALOG = 3, FAST = 2, PULLED_UP = 1 };

static volatile struct tt_gpio *port_of(uint8_t pin)
{
    return TT_GPIO(pin / 16);
}

static void set(volatile uint32_t *where, unsigned at, unsigned width, uint32_t value)
{
    tt_stm32_change(where, ((1U << width) - 1) << at, value << at);
}

static volatile struct tt_gpio *start(uint8_t pin)
{
    tt_stm32_change(&TT_RCC->ahb1enr, 0, (uint32_t)RCC_AHB1ENR_GPIOAEN << pin / 16);
    (void)TT_RCC->ahb1enr;
    return port_of(pin);
}

void tt_stm32_pin_output(uint8_t pin)
{
    volatile struct tt_gpio *const port = start(pin);
    set(&port->otyper, pin % 16, 1, 0);
    set(&port->pupdr, pin % 16 * 2U, 2, 0);
    set(&port->moder, pin % 16 * 2U, 2, OUTPUT);
}

void tt_stm32_pin_input(uint8_t pin, enum tt_pull pull)
{
    volatile struct tt_gpio *const port = start(pin);
    set(&port->pupdr, pin % 16 * 2U, 2, pull); // none, up and down are the register's 0, 1 and 2
    set(&port->moder, pin % 16 * 2U, 2, INPUT);
}

void tt_stm32_pin_analog(uint8_t pin)
{
    volatile struct tt_gpio *const port = start(pin);
    set(&port->pupdr, pin % 16 * 2U, 2, 0);
    set(&port->moder, pin % 16 * 2U, 2, ANALOG);
}

void tt_stm32_pin_alternate(const struct tt_wire *wire, bool open_drain)
{
    const uint8_t number = wire->pin % 16;
    volatile struct tt_gpio *const port = start(wire->pin);
    set(&port->afr[number / 8], number % 8 * 4U, 4, wire->alternate);
    set(&port->otyper, number, 1, open_drain);
    set(&port->ospeedr, number * 2U, 2, FAST);
    set(&port->pupdr, number * 2U, 2, open_drain ? PULLED_UP : 0);
    set(&port->moder, number * 2U, 2, ALTERNATE);
}

void tt_stm32_pin_write(uint8_t pin, bool level)
{
    port_of(pin)->bsrr = 1U << (pin % 16 + (level ? 0 : 16)); // one write: no handler comes between
}

bool tt_stm32_pin_read(uint8_t pin)
{
    return (port_of(pin)->idr >> pin % 16 & 1) != 0;
}
