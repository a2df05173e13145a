/** Board files: what is accepted, what is merged, and the one sentence for each thing that is wrong. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkChipMeaning } from '../../src/board/check.js'
import type { ChipFile } from '../../src/board/file.js'
import { BoardError, boardNames, boardTable, loadBoard } from '../../src/board/index.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-board-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

/** A board file in a folder of its own, `mine` by name; `extra` is patched over a blink-nano. */
function write(extra: object, name = 'mine'): string {
  mkdirSync(join(folder, name), { recursive: true })
  const file = join(folder, name, 'board.json')
  writeFileSync(file, JSON.stringify({ name, extends: 'blink-nano', ...extra }))
  return file
}

function refusal(path: string): BoardError {
  try {
    loadBoard(path)
  } catch (error) {
    if (error instanceof BoardError) return error
    throw error
  }
  throw new Error('the board was accepted')
}

test('every board that comes with TinyTwin loads', () => {
  expect(boardNames()).toEqual(expect.arrayContaining(['blink-nano', 'coffee-rev-a', 'esp32-c3-devkitm', 'host']))
  expect(boardNames().map((name) => loadBoard(name).name)).toEqual(boardNames())
})

test('a board has the pins, the memory and the flash of the one it extends, with its own on top', () => {
  const board = loadBoard('coffee-rev-a')
  expect(board.pins.map((pin) => pin.name)).toEqual(['led', 'button', 'boiler', 'pump', 'probe', 'buzzer', 'i2c0'])
  expect(board.memory.guestBytes).toBe(16384)
  expect(board.flash.kib).toBe(8192)
  expect(board.flash.partitions.find((partition) => partition.use === 'outbox')?.kib).toBe(2048)
})

test('a board of one file outside the project adds a pin and takes another away', () => {
  const board = loadBoard(write({ pins: { relay: { kind: 'output', pin: 'PC6', safe: 1 }, button: null } }))
  expect(board.pins).toMatchObject([
    { name: 'led', channel: 0, kind: 'output', pin: 'PA10', safe: 0 },
    { name: 'relay', channel: 1, kind: 'output', pin: 'PC6', safe: 1 },
  ])
})

test('the table for the C side has the numbers of struct tt_board', () => {
  expect(boardTable(loadBoard('blink-nano'))).toEqual({
    name: 'blink-nano',
    pins: [{ name: 'led', kind: 1, safe: 0, channel: 0 }, { name: 'button', kind: 2, safe: 0, channel: 1 }],
    aliases: [],
    guestBytes: 8192, guestStackBytes: 4096, eventFuel: 100_000,
    telemetryBytes: 4096, replyBytes: 2048, reportBytes: 1024, inboxBytes: 4096,
    packetBytes: 1536, receiveBytes: 2048, storeBlocks: 2, outboxBlocks: 0, filesBlocks: 0, uploadBytes: 0, connections: 1,
  })
})

test('an alias that is wired to a pin of the board is in the table, with the pin\'s place; one that is not stays out', () => {
  const board = loadBoard(write({ aliases: { D13: 'PA10', A0: 'PC0' }, pins: { button: { kind: 'input', pin: 'A0', pull: 'up' }, lamp: { kind: 'output', pin: 'D13', safe: 1 }, led: null } }))
  expect(board.pins.map((pin) => [pin.name, pin.wires.map(({ chipPin }) => chipPin)])).toEqual([['button', ['PC0']], ['lamp', ['PA10']]])
  expect(boardTable(board).aliases).toEqual([{ name: 'D13', pin: 1 }, { name: 'A0', pin: 0 }])
  expect(boardTable(loadBoard(write({ aliases: { D9: 'PC9' } }))).aliases).toEqual([])
})

test('an unknown board is named with the boards there are and the one that was meant', () => {
  expect(refusal('cofee-rev-a').message).toBe(
    `boards: there is no board 'cofee-rev-a' (boards: ${boardNames().join(', ')}; or give the path of a board.json). Did you mean 'coffee-rev-a'?`)
})

test.each([
  ['text that is not JSON', '{ "name": ', '', 'is not JSON'],
  ['a list', '[]', '', 'must be a JSON object'],
])('%s is refused', (_, text, path, problem) => {
  const file = write({})
  writeFileSync(file, text)
  expect(refusal(file)).toMatchObject({ path, message: expect.stringContaining(problem) })
})

test.each([
  ['a pin kind nobody knows', { pins: { led: { kind: 'outptu' } } }, '/pins/led/kind', `"outptu" is not one of "output", "input", "analog", "pwm", "i2c". Did you mean 'output'?`],
  ['a misspelt property', { memroy: {} }, '', `unknown property 'memroy'`],
  ['an output without safe', { pins: { lamp: { kind: 'output', pin: 'PC6' } } }, '/pins/lamp', `'safe' is missing (The level at boot, after a crash`],
  ['a pin name with a space', { pins: { 'my led': { kind: 'analog', pin: 'PA0' } } }, '/pins', `the name 'my led' does not match`],
  ['a guest larger than a page', { memory: { guestBytes: 65544 } }, '/memory/guestBytes', '65544 is more than 65536'],
  ['a guest of odd size', { memory: { guestBytes: 8190 } }, '/memory/guestBytes', '8190 is not a multiple of 8'],
  ['a size in words', { memory: { guestBytes: '8 KiB' } }, '/memory/guestBytes', 'must be a whole number, not "8 KiB"'],
  ['a chip nobody knows', { chip: 'esp32-c4' }, '/chip', `there is no chip 'esp32-c4' (chips: `],
  ['a chip by path', { chip: '../../x' }, '/chip', 'does not match'],
  ['a pin the chip does not have', { pins: { lamp: { kind: 'output', pin: 'PZ1', safe: 0 } } }, '/pins/lamp/pin', `chip stm32f405 has no pin 'PZ1' for use.`],
  ['a pin that cannot do ADC', { pins: { probe: { kind: 'analog', pin: 'PB12' } } }, '/pins/probe/pin', 'PB12 of stm32f405 cannot be an analog input (those that can: PA0,'],
  ['a pin used twice', { pins: { lamp: { kind: 'output', pin: 'PA10', safe: 0 } } }, '/pins/lamp/pin', `PA10 is already 'led'`],
  ['an inbox that cannot hold a packet', { memory: { receiveBytes: 8192 } }, '/memory/inboxBytes', '4096 is less than receiveBytes (8192)'],
  ['a budget beyond the chip', { memory: { telemetryBytes: 131072 } }, '/memory', 'more than the 131072 of stm32f405'],
  ['partitions that overlap', { flash: { partitions: [{ name: 'a', use: 'app', atKib: 0, kib: 32 }, { name: 'b', use: 'app', atKib: 16, kib: 32 }] } }, '/flash/partitions/1', `'b' begins at 16 KiB, before`],
  ['a partition behind the flash', { flash: { partitions: [{ name: 'a', use: 'app', atKib: 1000, kib: 32 }] } }, '/flash/partitions/0', `'a' ends at 1032 KiB, behind the flash (1024 KiB)`],
  ['a store of half an erase unit', { flash: { partitions: [{ name: 's', use: 'store', atKib: 0, kib: 24 }] } }, '/flash/partitions/0', 'whole erase units of 16384 bytes'],
  ['a part at no pin', { parts: { heater: { model: 'boiler', pins: { heater: 'boiler' } } } }, '/parts/heater/pins/heater', `the board has no pin 'boiler' (pins: led, button).`],
  ['a name that is not its folder', { name: 'yours' }, '/name', `'yours' is not the name of its folder, 'mine'`],
  ['a base nobody knows', { extends: 'blink-nan' }, '/extends', `there is no board 'blink-nan'`],
  ['a base that is no text', { extends: 7 }, '/extends', 'must be the name or path of a board'],
  ['itself as base', { extends: './board.json' }, '/extends', 'extends itself by way of mine'],
])('%s is refused with file and place', (_, extra, path, problem) => {
  const error = refusal(write(extra))
  expect(error.path).toBe(path)
  expect(error.message).toContain(problem)
  expect(error.message).toContain('board.json')
  expect(error.message).not.toContain('\n')
})

test.each([
  ['an alias of a pin the chip does not have', 'blink-nano', { aliases: { D0: 'PZ0' } }, '/aliases/D0', `chip stm32f405 has no pin 'PZ0' for use.`],
  ['an alias that is the name of another pin of the chip', 'blink-nano', { aliases: { PA1: 'PA0' } }, '/aliases/PA1', `'PA1' is itself a pin of stm32f405, so it cannot stand for PA0; name it otherwise`],
  ['an alias in lower case, which would be a pin\'s name', 'blink-nano', { aliases: { led: 'PA0' } }, '/aliases', `the name 'led' does not match`],
  ['an alias nobody declared', 'nucleo-f429zi', { pins: { led: { pin: 'D77' } } }, '/pins/led/pin', `chip stm32f429 has no pin 'D77' for use. Did you mean 'D7'?`],
  ['two pins at one hole', 'nucleo-f429zi', { pins: { lamp: { kind: 'output', pin: 'D2', safe: 0 } } }, '/pins/lamp/pin', `D2 (PF15) is already 'boiler'`],
  ['a pin the Ethernet has', 'nucleo-f429zi', { pins: { lamp: { kind: 'output', pin: 'D11', safe: 0 } } }, '/pins/lamp/pin', `D11 (PA7) is already 'ethernet'`],
  ['a pin the console has', 'nucleo-f429zi', { pins: { lamp: { kind: 'output', pin: 'PD8', safe: 0 } } }, '/pins/lamp/pin', `PD8 is already 'console'`],
  ['an analog pin without an ADC', 'nucleo-f429zi', { pins: { probe: { pin: 'A3' } } }, '/pins/probe/pin', 'PF3 of stm32f429 cannot be an analog input (those that can: PA0,'],
  ['a timer channel that another PWM pin has', 'blink-nano', { pins: { a: { kind: 'pwm', pin: 'PA5' }, b: { kind: 'pwm', pin: 'PA15' } } }, '/pins/b/pin', `PA15 needs TIM2_CH1 of stm32f405, which 'a' has`],
  ['a bus whose wires are of two units', 'blink-nano', { pins: { i2c0: { kind: 'i2c', sda: 'PB7', scl: 'PB10' } } }, '/pins/i2c0/sda', 'PB7 and PB10 are not of one unit of stm32f405 (PB7: I2C1_SDA; PB10: I2C2_SCL)'],
  ['a modem whose wires are crossed', 'blink-nano', { network: { modem: { tx: 'PA3', rx: 'PA2' } } }, '/network/modem/tx', 'PA3 of stm32f405 cannot be the TX of a UART (those that can: PA0,'],
  ['an input without a resistor that wants one', 'esp32-devkitc', { pins: { button: { kind: 'input', pin: 'GPIO35', pull: 'up' } } }, '/pins/button/pull', 'GPIO35 of esp32 has no resistor of its own; say "none" and put one on the board'],
  ['an output that is an input only', 'esp32-devkitc', { pins: { led: { pin: 'GPIO39' } } }, '/pins/led/pin', 'GPIO39 of esp32 cannot be an output (those that can: GPIO0,'],
  ['a pin the flash has', 'esp32-devkitc', { pins: { led: { pin: 'GPIO6' } } }, '/pins/led/pin', `chip esp32 has no pin 'GPIO6' for use.`],
  ['an ADC that Wi-Fi uses', 'esp32-devkitc', { pins: { probe: { pin: 'GPIO14' } } }, '/pins/probe/pin', 'GPIO14 of esp32 cannot be an analog input while Wi-Fi uses ADC2 (those that can: GPIO32, GPIO33, GPIO34,'],
  ['a modem that is not described', 'nucleo-f429zi', { network: { kind: 'modem', ethernet: null } }, '/network', `a modem needs 'modem'`],
  ['Ethernet beside Wi-Fi', 'nucleo-f429zi', { network: { kind: 'wifi' } }, '/network/ethernet', `network is of kind wifi; leave 'ethernet' out`],
  ['hard floating point without a unit', 'qemu-mps2', { firmware: { float: 'hard' } }, '/firmware/float', 'mps2-an385 has no floating-point unit'],
  ['the port of another chip', 'esp32-devkitc', { firmware: { port: 'stm32' } }, '/firmware/port', 'port stm32 is not for esp32'],
  ['a tool of other chips', 'nucleo-f429zi', { flash: { tools: ['esptool'] } }, '/flash/tools', 'esptool cannot write stm32f429'],
  ['OpenOCD without its file', 'blink-nano', { flash: { tools: ['openocd'] } }, '/flash/openocd', 'is missing: OpenOCD needs the name of its file'],
  ['a heap smaller than the guest', 'qemu-mps2', { firmware: { vmBytes: 16384 } }, '/firmware/vmBytes', '16384 does not hold guestBytes and guestStackBytes (18432)'],
  ['a heap smaller than the TLS records', 'qemu-mps2', { firmware: { tlsBytes: 16384 } }, '/firmware/tlsBytes', '16384 does not hold TLS records of 18432 bytes'],
  ['a flash larger than the chip\'s', 'blink-nano', { flash: { kib: 2048 } }, '/flash/kib', '2048 is more than the 1024 KiB of stm32f405'],
  ['a partition that begins inside a sector', 'blink-nano', { flash: { partitions: [{ name: 'a', use: 'app', atKib: 64, kib: 64 }, { name: 'b', use: 'app', atKib: 192, kib: 64 }] } }, '/flash/partitions/1', `'b' must be whole erase units of 131072 bytes: 192 KiB is inside the one from 128 to 256 KiB`],
  ['an outbox on sectors of two sizes', 'blink-nano', { flash: { partitions: [{ name: 'o', use: 'outbox', atKib: 48, kib: 80 }] } }, '/flash/partitions/0', `'o' lies on erase units of 16 and 64 KiB; they must be all of one size`],
  ['an outbox of one sector', 'blink-nano', { flash: { partitions: [{ name: 'o', use: 'outbox', atKib: 128, kib: 128 }] } }, '/flash/partitions/0', `'o' must be whole erase units of 131072 bytes, at least two`],
  ['two stores', 'blink-nano', { flash: { partitions: [{ name: 'a', use: 'store', atKib: 0, kib: 32 }, { name: 'b', use: 'store', atKib: 32, kib: 32 }] } }, '/flash/partitions', 'only one partition may be the store'],
  ['a loader where the chip does not look', 'esp32-devkitc', { flash: { partitions: [{ name: 'boot', use: 'boot', atKib: 0, kib: 32 }] } }, '/flash/partitions/0', `'boot' must begin at 4 KiB, where esp32 looks for its loader`],
  ['an app across pages of the cache', 'esp32-devkitc', { flash: { partitions: [{ name: 'wasm', use: 'app', atKib: 36, kib: 64 }] } }, '/flash/partitions/0', `'wasm' must begin at a multiple of 64 KiB`],
] as const)('%s is refused with file and place (over another board)', (_, base, extra, path, problem) => {
  const error = refusal(write({ extends: base, ...extra }))
  expect(error.path).toBe(path)
  expect(error.message).toContain(problem)
  expect(error.message).not.toContain('\n')
})

/** A chip with two pins. */
const chip: ChipFile = {
  name: 'tiny', title: 'Tiny', core: 'cortex-m4', clockMhz: 8, fuelPerMs: 100, ramBytes: 8192, systemRamBytes: 0, flashEraseBytes: 1024, flashProgramBytes: 4,
  regions: [{ name: 'ram', address: '0x20000000', bytes: 8192, dma: true }],
  flashSectors: [{ count: 4, kib: 1 }],
  pins: [{ names: ['PA0', 'PA1'], can: ['output'], pulls: true }],
}

test.each([
  ['a pin in two groups', { pins: [...chip.pins, ...chip.pins] }, 'chips/tiny.json at /pins: PA0 stands in two groups; a pin stands in one'],
  ['a signal of no pin', { signals: { PA2: ['ADC1_IN2'] } }, `chips/tiny.json at /signals/PA2: PA2 stands in no group of /pins. Did you mean 'PA0'?`],
  ['a note on no pin', { notes: { PB7: 'SWD' } }, 'chips/tiny.json at /notes/PB7: PB7 stands in no group of /pins.'],
  ['an erase unit that is not the smallest', { flashEraseBytes: 4096 }, 'chips/tiny.json at /flashEraseBytes: 4096 is not the smallest of flashSectors (1024)'],
  ['more RAM than its regions', { ramBytes: 9216 }, 'chips/tiny.json at /ramBytes: 9216 is more than all regions together (8192)'],
])('a chip with %s is refused', (_, extra, message) => {
  checkChipMeaning(chip, 'chips/tiny.json')
  expect(() => { checkChipMeaning({ ...chip, ...extra } as ChipFile, 'chips/tiny.json') }).toThrow(message)
})

test('a PWM pin takes a timer that no other has where it can choose', () => {
  const board = loadBoard(write({ pins: { a: { kind: 'pwm', pin: 'PA1' }, b: { kind: 'pwm', pin: 'PA0' }, c: { kind: 'pwm', pin: 'PB10' } } }))
  expect(board.pins.flatMap((pin) => pin.wires.map(({ signal }) => signal?.name ?? ''))).toEqual(['', '', 'TIM2_CH2', 'TIM5_CH1', 'TIM2_CH3'])
})

test('a key that is there twice is refused at its place instead of the last one winning', () => {
  const file = write({})
  writeFileSync(file, '{"name":"mine","extends":"blink-nano","parts":{},"pins":{"led":{"kind":"output","pin":"PA0","safe":0},"led":{"kind":"output","pin":"PA1","safe":0}}}')
  expect(refusal(file)).toMatchObject({ path: '/pins', message: expect.stringContaining(`'led' is there twice; take one of them out`) })
  writeFileSync(file, '{"name":"mine","extends":"blink-nano","flash":{"partitions":[{"name":"a, {\\"","use":"app"},{"use":"app","use":"store"}]}}')
  expect(refusal(file)).toMatchObject({ path: '/flash/partitions/1', message: expect.stringContaining(`'use' is there twice`) })
})

test('boards that extend each other are refused', () => {
  write({ extends: '../two/board.json' }, 'one')
  expect(refusal(write({ extends: '../one/board.json' }, 'two')).message).toContain('extends itself by way of two, one')
})

test('a key that would reach the prototype stays a key and is refused', () => {
  const file = write({})
  writeFileSync(file, '{"name":"mine","extends":"blink-nano","__proto__":{"proof":"hardware"}}')
  expect(refusal(file).message).toContain(`unknown property '__proto__'`)
})
