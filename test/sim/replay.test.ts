// A recorded run is played again without hub and network, and is the same.

import { expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { parseRecording, randomFaults, replay, simulate, type Device } from '../../src/sim/index.js'

async function coffeeAndBoard() {
  const app = await buildApp({ app: 'coffee-machine' })
  return { app, board: app.board }
}

/** Ten minutes with everything a person does to a device. */
async function lively(device: Device): Promise<void> {
  await device.advance('1m')
  await device.invoke('getMaxMin')
  device.adc('probe').set(1450)
  await device.invoke('brew')
  await device.desired({ telemetryInterval: 3 })
  await device.pin('button').press()
  await device.send('good morning')
  device.network.down()
  await device.advance('1m')
  device.network.up()
  device.adc('probe').release()
  await device.reset()
  await device.advance('8m')
}

test.each(['wasm3', 'v8'] as const)('what a person did to a device is played again on %s, and trace and bytes sent are the same', async (engine) => {
  const { app, board } = await coffeeAndBoard()
  await using device = await simulate(app, { board, seed: 7, record: true, keepTrace: true })
  await lively(device)
  const replayed = await replay(parseRecording(device.recording()), { app, board, engine, keepTrace: true })
  expect(replayed).toMatchObject({ same: true, difference: undefined, trace: device.traceHash, virtualMs: device.world.nowMs })
  expect(replayed.lines).toBe(device.trace)
  expect(replayed.log.map(({ text }) => text)).toEqual(device.log().map(({ text }) => text))
})

test.each([1, 2, 3])('six hours of every fault are played again (seed %i)', async (seed) => {
  const { app, board } = await coffeeAndBoard()
  await using device = await simulate(app, { board, seed, record: true })
  device.faults.plan(randomFaults(seed, 6 * 3_600_000))
  await device.advance('6h')
  const replayed = await replay(parseRecording(device.recording()), { app, board })
  expect(replayed).toMatchObject({ same: true, trace: device.traceHash })
  expect(replayed.crashes).toEqual(device.crashes)
})

test('what devices on an I2C bus answered is in the recording', async () => {
  const app = await buildApp({ app: 'i2c-probe', board: 'host' })
  await using device = await simulate(app, { board: app.board, record: true })
  let reads = 0
  device.i2c('i2c0').device(0x48, { read: () => [reads++, 0] })
  await device.advance('10s')
  expect(await replay(parseRecording(device.recording()), { app, board: app.board })).toMatchObject({ same: true, trace: device.traceHash })
})

test('a recording of another app or board is refused with both names, and played all the same if that is wanted', async () => {
  const { app, board } = await coffeeAndBoard()
  const debug = await buildApp({ app: 'coffee-machine', release: false })
  await using device = await simulate(app, { board, record: true })
  await device.advance('1m')
  const recording = parseRecording(device.recording())
  await expect(replay(recording, { app: debug, board })).rejects.toThrow(`it was recorded with build ${app.buildId} of 'coffee-machine', and 'coffee-machine' is build ${debug.buildId} now`)
  await expect(replay(recording, { app, board: loadBoard('host') })).rejects.toThrow(`it was recorded on board 'coffee-rev-a', not on 'host'`)
  await expect(replay(recording, { app, board: { ...board, memory: { ...board.memory, telemetryBytes: 4096 } } })).rejects.toThrow(`board 'coffee-rev-a' has changed since it was recorded`)
  expect(await replay(recording, { app: debug, board, anyway: true })).toMatchObject({ same: true }) // what it does is the same
})

test('a device that does something else is told where it parted from the recording', async () => {
  const { app, board } = await coffeeAndBoard()
  const blink = await buildApp({ app: 'blink' })
  await using device = await simulate(app, { board, record: true })
  await device.advance('1m')
  const { same, difference } = await replay(parseRecording(device.recording()), { app: blink, board: loadBoard('host'), anyway: true })
  expect(same).toBe(false)
  expect(difference).toMatch(/^the device did something else at \d+ ms, in turn \d+ of its loops$/)
})

test.each<[string, (text: string) => string, string]>([
  ['an empty file', () => '', 'it is no recording of a simulation'],
  ['another file', () => '{"version":3,"sources":[]}\n', 'it is no recording of a simulation'],
  ['one of a later version', (text) => text.replace('"version":1', '"version":2'), 'it is of version 2, this TinyTwin reads version 1'],
  ['one that ends too early', (text) => text.slice(0, text.length / 2), 'it is damaged: its end is missing'],
  ['one with another byte', (text) => text.replace('"up"', '"uq"').replace('"start"', '"strat"'), 'it is damaged: its checksum is wrong'],
  ['one without a line', (text) => text.split('\n').toSpliced(3, 1).join('\n'), 'it is damaged: its checksum is wrong'],
])('%s is refused as a recording with what is wrong', async (_, damage, problem) => {
  await using device = await simulate('blink', { board: 'blink-nano', record: true })
  await device.advance('10s')
  const text = device.recording()
  expect(() => parseRecording(text)).not.toThrow()
  expect(() => parseRecording(damage(text))).toThrow(problem)
})

test('a device that was not to be recorded has no recording', async () => {
  await using device = await simulate('blink', { board: 'blink-nano' })
  expect(() => device.recording()).toThrow('nothing was recorded: give record: true to simulate')
})
