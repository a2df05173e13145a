// Every register, bit and address of native/port/stm32 against ST's own descriptions: of the F40x/F41x, the F42x, and, for what an
// F7 shares with it, the L4x5 (serial port and I2C of the second version). There is no description of an F767 or F413 in the package.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { addressOf, constantsOf, membersOf, source, type Constant } from './headers.js'
import { parseSvd, unzip, type Peripheral, type Svd } from './svd.js'

const root = new URL('../../', import.meta.url).pathname
const archive = `${root}native/third_party/svd/svd_data.zip`
try {
  execFileSync(process.execPath, ['scripts/setup.mjs', '--only', 'svd', '--quiet'], { cwd: root, stdio: 'pipe' })
} catch { /* told by the title of what is skipped */ }
const missing = !existsSync(archive)
const unless = missing ? " (skipped: ST's descriptions cannot be fetched; run node scripts/setup.mjs --only svd)" : ''

const f4 = ['STM32F41x.svd', 'STM32F429x.svd'] as const
const blocks = [
  { header: 'rcc.h', struct: 'tt_rcc', prefix: 'RCC', peripheral: 'RCC', svds: f4 },
  { header: 'rcc.h', struct: 'tt_pwr', prefix: 'PWR', peripheral: 'PWR', svds: f4 },
  { header: 'flash.h', struct: 'tt_flash', prefix: 'FLASH', peripheral: 'FLASH', svds: f4 },
  { header: 'gpio.h', struct: 'tt_gpio', prefix: 'GPIO', peripheral: 'GPIOA', svds: f4 },
  { header: 'gpio.h', struct: 'tt_exti', prefix: 'EXTI', peripheral: 'EXTI', svds: f4 },
  { header: 'gpio.h', struct: 'tt_syscfg', prefix: 'SYSCFG', peripheral: 'SYSCFG', svds: f4 },
  { header: 'usart.h', struct: 'tt_usart1', prefix: 'USART1', peripheral: 'USART1', svds: f4 },
  { header: 'usart.h', struct: 'tt_usart2', prefix: 'USART2', peripheral: 'USART1', svds: ['STM32L4x5.svd'] },
  { header: 'adc.h', struct: 'tt_adc', prefix: 'ADC', peripheral: 'ADC1', svds: f4 },
  { header: 'adc.h', struct: 'tt_adc_common', prefix: 'C_ADC', peripheral: 'C_ADC', svds: f4 },
  { header: 'tim.h', struct: 'tt_tim', prefix: 'TIM1', peripheral: 'TIM1', svds: f4 },
  { header: 'i2c.h', struct: 'tt_i2c1', prefix: 'I2C1', peripheral: 'I2C1', svds: f4 },
  { header: 'i2c.h', struct: 'tt_i2c2', prefix: 'I2C2', peripheral: 'I2C1', svds: ['STM32L4x5.svd'] },
  { header: 'rng.h', struct: 'tt_rng', prefix: 'RNG', peripheral: 'RNG', svds: f4 },
  { header: 'rng.h', struct: 'tt_iwdg', prefix: 'IWDG', peripheral: 'IWDG', svds: f4 },
  { header: 'eth.h', struct: 'tt_eth_mac', prefix: 'Ethernet_MAC', peripheral: 'Ethernet_MAC', svds: f4 },
  { header: 'eth.h', struct: 'tt_eth_dma', prefix: 'Ethernet_DMA', peripheral: 'Ethernet_DMA', svds: f4 },
] as const

const parsed = new Map<string, Svd>()
function svd(name: string): Svd {
  const known = parsed.get(name) ?? parseSvd(unzip(readFileSync(archive), name).toString('utf8'))
  parsed.set(name, known)
  return known
}

/** Whether the description has the bit or the field's beginning; undefined when it knows neither register nor field of that name. */
function agrees(peripheral: Peripheral, prefix: string, { name, bit, isStart }: Constant): boolean | undefined {
  const rest = name.slice(prefix.length + 1)
  for (const [register, { fields }] of peripheral.registers) {
    if (!rest.startsWith(`${register}_`)) continue
    const wanted = rest.slice(register.length + 1)
    // Some descriptions split a field into its bits: PLLN0, PLLN1, …
    const field = fields.get(wanted) ?? (isStart ? fields.get(`${wanted}0`) : undefined)
    if (field !== undefined) return field.bitOffset === bit && (isStart || field.bitWidth === 1)
  }
  return undefined
}

describe.skipIf(missing)(`native/port/stm32/registers${unless}`, () => {
  test.each(blocks)('$struct has the registers of $peripheral at their offsets', ({ header, struct, peripheral, svds }) => {
    for (const { names, offset } of membersOf(source(`registers/${header}`), struct)) {
      for (const [index, name] of names.entries()) {
        const offsets = svds.flatMap((file) => svd(file).peripherals.get(peripheral)?.registers.get(name)?.offset ?? [])
        expect(offsets, `${struct}.${name}`).not.toEqual([])
        expect(new Set(offsets), `${struct}.${name}`).toEqual(new Set([offset + 4 * index]))
      }
    }
  })

  test.each(blocks)('bits of $prefix are where $peripheral has them', ({ header, prefix, peripheral, svds }) => {
    const constants = constantsOf(source(`registers/${header}`)).filter(({ name }) => name.startsWith(`${prefix}_`))
    for (const constant of constants) {
      const answers = svds.map((file) => agrees(svd(file).peripherals.get(peripheral)!, prefix, constant)).filter((answer) => answer !== undefined)
      expect(answers, constant.name).not.toEqual([])
      expect(answers, constant.name).not.toContain(false)
    }
  })

  test.each(blocks.filter(({ svds }) => svds === f4))('$peripheral lies where $struct is looked for', ({ header, struct, peripheral }) => {
    const address = addressOf(source(`registers/${header}`), struct)
    if (address === undefined) return // several of its kind, see below
    expect(address).toBe(svd('STM32F429x.svd').peripherals.get(peripheral)!.baseAddress)
  })

  test('a register of another name or a bit of another place would be found', () => {
    const rcc = svd('STM32F429x.svd').peripherals.get('RCC')!
    expect(agrees(rcc, 'RCC', { name: 'RCC_CR_HSEON', bit: 15, isStart: false })).toBe(false)
    expect(agrees(rcc, 'RCC', { name: 'RCC_CR_NOTHING', bit: 1, isStart: false })).toBeUndefined()
  })
})

describe.skipIf(missing)(`the chip's units${unless}`, () => {
  const chip = (): Svd => svd('STM32F429x.svd')
  const field = (register: string, name: string): number | undefined => chip().peripherals.get('RCC')!.registers.get(register)!.fields.get(name)?.bitOffset
  const line = (name: string): number => chip().interrupts.get(name)!

  test('serial ports have their addresses, clocks and interrupts', () => {
    const irqs = interruptLines()
    const rows = [...source('usart.c').matchAll(/\{(0x40[0-9A-F]+), (\d+), (true|false), (TT_IRQ_\w+)(?: \+ (\d))?\}/g)]
    expect(rows).toHaveLength(8)
    for (const [index, [, address, bit, apb2, irq = '', more]] of rows.entries()) {
      const name = [1, 2, 3, 6].includes(index + 1) ? `USART${index + 1}` : `UART${index + 1}`
      expect(Number(address), name).toBe(chip().peripherals.get(name)!.baseAddress)
      expect(Number(bit), name).toBe(field(apb2 === 'true' ? 'APB2ENR' : 'APB1ENR', `${name}EN`) ?? field('APB1ENR', `${name}ENR`))
      expect(irqs.get(irq)! + Number(more ?? 0), name).toBe(line(name))
    }
  })

  test('timers have their addresses and clocks', () => {
    const rows = [...source('pwm.c').matchAll(/\{(0x40[0-9A-F]+|0), (\d+), (true|false)\}/g)]
    expect(rows).toHaveLength(14)
    for (const [index, [, address, bit, apb2]] of rows.entries()) {
      const name = `TIM${index + 1}`
      if (address === '0') { expect([6, 7]).toContain(index + 1); continue }
      expect(Number(address), name).toBe(chip().peripherals.get(name)!.baseAddress)
      expect(Number(bit), name).toBe(field(apb2 === 'true' ? 'APB2ENR' : 'APB1ENR', `${name}EN`))
    }
  })

  test('I2C buses have their addresses and clocks', () => {
    const addresses = /addresses\[BUSES\] = \{([^}]*)\}/.exec(source('i2c.c'))![1]!.split(',').map(Number)
    expect(addresses).toEqual([1, 2, 3].map((unit) => chip().peripherals.get(`I2C${unit}`)!.baseAddress))
    expect([1, 2, 3].map((unit) => field('APB1ENR', `I2C${unit}EN`))).toEqual([21, 22, 23])
  })

  test('interrupt lines are those of the chip', () => {
    const irqs = interruptLines()
    for (const [ours, theirs] of [['EXTI0', 'EXTI0'], ['EXTI9_5', 'EXTI9_5'], ['EXTI15_10', 'EXTI15_10'], ['ETH', 'ETH'], ['USART6', 'USART6']] as const) {
      expect(irqs.get(`TT_IRQ_${ours}`), ours).toBe(line(theirs))
    }
  })

  test('ports of pins lie 0x400 apart from A', () => {
    expect(source('registers/gpio.h')).toContain('0x40020000 + 0x400 * (uint32_t)(port)')
    for (const [index, letter] of [...'ABCDEFGHIJK'].entries()) {
      expect(chip().peripherals.get(`GPIO${letter}`)!.baseAddress).toBe(0x40020000 + 0x400 * index)
      expect(field('AHB1ENR', `GPIO${letter}EN`)).toBe(index)
    }
  })
})

function interruptLines(): ReadonlyMap<string, number> {
  return new Map([...source('interrupt.h').matchAll(/(TT_IRQ_\w+) = (\d+),/g)].map(([, name = '', value]) => [name, Number(value)]))
}
