// The flagship app through the simulator's public door, on both engines.

import { expect, test } from 'vitest'
import { loadBoard, type Board } from '../../src/board/index.js'
import { simulate, type Engine } from '../../src/sim/index.js'
import './matcher.js'

/** With RAM alone for what cannot leave. */
function withoutOutbox(name: string): Board {
  const board = loadBoard(name)
  return { ...board, flash: { ...board.flash, partitions: board.flash.partitions.filter(({ use }) => use !== 'outbox') } }
}

const engines: Engine[] = ['wasm3', 'v8']
const coffeeMachine = (engine: Engine = 'wasm3', seed = 7) => simulate('coffee-machine', { board: 'coffee-rev-a', engine, seed })

test.each(engines)('keeps brewing while the network is down, and tells all of it afterwards in order (%s)', async (engine) => {
  await using coffee = await coffeeMachine(engine)
  coffee.adc('probe').set(1450) // 95 °C
  expect(await coffee.invoke('brew')).toEqual({ status: 200, payload: { seconds: 25 } })
  coffee.network.down()
  await coffee.advance('20s')
  expect(coffee.pin('pump').level).toBe(1)
  await coffee.advance('10m')
  expect(coffee.pin('pump').level).toBe(0)
  coffee.network.up()
  await coffee.advance('5m')
  expect(coffee.telemetry().length).toBe(92)
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
})

test('a day is 8,640 messages, none lost, dropped, doubled or out of order, with the token renewed on the way', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('24h')
  expect(await coffee.drain('60s')).toBe(true)
  const summary = coffee.summary(86_400_000)
  expect(summary).toMatchObject({ virtualMs: 86_400_000, telemetry: 8640, lost: 0, dropped: 0, duplicates: 0, reordered: 0, pending: 0, crashes: 0 })
  expect(summary.renewals).toBe(32) // every 45 minutes, and nobody is told of a lost connection
  expect(summary.connections).toBe(1)
  expect(coffee.telemetry()[0]!.atMs).toBe(10_000)
  expect(coffee.telemetry().at(-1)!.atMs).toBe(86_400_000)
})

test('two runs with one seed, and both engines, leave byte-equal traces', async () => {
  const traces = []
  for (const engine of ['wasm3', 'wasm3', 'v8'] as const) {
    await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', engine, seed: 7, keepTrace: true })
    await coffee.invoke('getMaxMin')
    await coffee.desired({ telemetryInterval: 3, targetTemperature: 80 })
    await coffee.advance('30m')
    await coffee.pin('button').press()
    await coffee.send('good morning')
    await coffee.advance('1m')
    traces.push({ trace: coffee.trace, hash: coffee.traceHash })
  }
  expect(traces[0]!.trace.length).toBeGreaterThan(10_000)
  expect(traces[1]).toEqual(traces[0])
  expect(traces[2]).toEqual(traces[0])
})

test('the boiler reaches its target and stays there', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('10m')
  expect(Math.abs(coffee.part('boiler')['waterC']! - 93)).toBeLessThan(4)
})

test.each(engines)('follows desired properties and says no to an interval outside 1 to 3600 (%s)', async (engine) => {
  await using coffee = await coffeeMachine(engine)
  await coffee.advance('1s')
  await coffee.desired({ telemetryInterval: 0, targetTemperature: 80 })
  await coffee.advance('1s')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ ac: 400, ad: 'telemetryInterval must be 1 to 3600 seconds' })
  expect(coffee.reported['targetTemperature']).toMatchObject({ value: 80, ac: 200 })
})

test('a message from the cloud is shown in the log and completed', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1s')
  await coffee.send('descale me')
  expect(coffee.log().map(({ text }) => text)).toContain('The hub says: descale me')
  await coffee.advance('1s')
  expect(coffee.queueLength).toBe(0)
})

test('reboot restarts the device after its delay, with the outputs safe and the connection back', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  expect(coffee.pin('boiler').level).toBe(1)
  expect(await coffee.invoke('reboot', { delay: 5 })).toEqual({ status: 200, payload: { delay: 5 } })
  await coffee.advance('4s')
  expect(coffee.machine.uptimeMs).toBeGreaterThan(30_000)
  await coffee.advance('2s')
  expect(coffee.machine.uptimeMs).toBeLessThan(2000)
  await coffee.advance('30s')
  expect(coffee.telemetry().account).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 })
  expect(coffee.connected).toBe(true)
})

test('getMaxMin tells the extremes of the last two hours and no more', async () => {
  await using coffee = await coffeeMachine()
  coffee.adc('probe').set(1000) // 50 °C
  await coffee.advance('1m')
  coffee.adc('probe').set(1200) // 70 °C
  await coffee.advance('1m')
  expect((await coffee.invoke('getMaxMin')).payload).toEqual({ max: 70, min: 50 })
  await coffee.advance('2h1m')
  expect((await coffee.invoke('getMaxMin')).payload).toEqual({ max: 70, min: 70 })
})

test('a method nobody handles is answered 501, one while the device is off is refused', async () => {
  await using coffee = await coffeeMachine()
  expect((await coffee.invoke('dance')).status).toBe(501)
  coffee.network.down()
  await expect(coffee.invoke('brew', null, { timeout: '5s' })).rejects.toThrow(/not online|not connected/i)
})

test('what waits in RAM when power goes is dropped, told apart from lost, and what comes later is in order', async () => {
  await using coffee = await simulate('coffee-machine', { board: withoutOutbox('coffee-rev-a'), seed: 7 })
  await coffee.advance('45s')
  coffee.network.down()
  await coffee.advance('1m')
  await coffee.reset()
  coffee.network.up()
  await coffee.advance('1m')
  expect(coffee.telemetry().account).toEqual({ queued: 16, refused: 0, arrived: 10, lost: 0, dropped: 6, expired: 0, pending: 0, duplicates: 0, reordered: 0 })
})

test('a desired property that is accepted after a rejection does not keep the reason of the rejection', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a' })
  await coffee.desired({ telemetryInterval: 0 })
  await coffee.advance('1s')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ ac: 400, ad: expect.any(String) })
  await coffee.desired({ telemetryInterval: 20 })
  await coffee.advance('1s')
  expect(coffee.reported['telemetryInterval']).toEqual({ value: 20, ac: 200, av: 3 })
})

test('what a full outbox refuses while offline is logged once and counted apart from what was queued', async () => {
  await using coffee = await simulate('coffee-machine', { board: withoutOutbox('coffee-rev-a'), seed: 7 })
  await coffee.advance('1m')
  coffee.network.down()
  await coffee.advance('72h')
  coffee.network.up()
  await coffee.drain('10m')
  const { queued, refused, arrived, lost, dropped } = coffee.telemetry().account
  expect({ sends: queued + refused, arrived, lost, dropped }).toEqual({ sends: 6 + 72 * 360, arrived: queued, lost: 0, dropped: 0 })
  expect(refused).toBeGreaterThan(0)
  expect(coffee.log().filter(({ text }) => text.includes('no room for telemetry'))).toHaveLength(1)
})
