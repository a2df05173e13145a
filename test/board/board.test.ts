/** Board files: what is accepted, what is merged, and the one sentence for each thing that is wrong. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
    packetBytes: 1536, receiveBytes: 2048, storeBlocks: 2,
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

test('boards that extend each other are refused', () => {
  write({ extends: '../two/board.json' }, 'one')
  expect(refusal(write({ extends: '../one/board.json' }, 'two')).message).toContain('extends itself by way of two, one')
})

test('a key that would reach the prototype stays a key and is refused', () => {
  const file = write({})
  writeFileSync(file, '{"name":"mine","extends":"blink-nano","__proto__":{"proof":"hardware"}}')
  expect(refusal(file).message).toContain(`unknown property '__proto__'`)
})
