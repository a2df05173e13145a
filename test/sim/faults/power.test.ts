// What a device does when its power goes, its loops hang or its app traps.

import { expect, test } from 'vitest'
import { simulate } from '../../../src/sim/index.js'
import '../matcher.js'

const coffeeMachine = () => simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })

test('power.cut takes RAM and connection away and leaves the flash; power and connection come back at the end', async () => {
  await using device = await simulate('test/sim/assembly/starts', { board: 'host' })
  await device.advance('10s')
  device.faults.inject('power.cut', { for: '5m' })
  await device.advance('4m')
  expect(device.machine.state.running).toBe(false)
  await device.advance('2m')
  expect(device.machine.uptimeMs).toBe(60_000)
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 })
  expect(device.summary()).toMatchObject({ powerCuts: 1, connections: 2, reconnectMs: 0 })
})

test('a power cut while a message is in flight is a cut, and what was not yet told is told or counted', async () => {
  await using coffee = await coffeeMachine()
  coffee.faults.inject('net.slow', { for: '1h', value: '3s' })
  coffee.faults.inject('power.cut', { after: '72s', for: '10s' }) // the message of 70 s is on its way
  await coffee.advance('2h')
  await coffee.drain()
  const { cuts, powerCuts, lost, reordered, queued, arrived, dropped, pending } = coffee.summary()
  expect({ cuts, powerCuts, lost, reordered, pending }).toEqual({ cuts: 1, powerCuts: 1, lost: 0, reordered: 0, pending: 0 })
  expect(arrived + dropped).toBe(queued)
})

test('a watchdog that is not fed resets the device after its time, with the outputs safe', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  expect(coffee.pin('boiler').level).toBe(1)
  coffee.faults.inject('watchdog')
  await coffee.advance('7s')
  expect(coffee.machine.uptimeMs).toBe(37_000)
  await coffee.advance('1s')
  expect(coffee.machine.uptimeMs).toBe(0)
  expect(coffee.log().map(({ text }) => text)).toContain('the watchdog reset the device')
  expect(coffee.pin('boiler').level).toBe(0)
  await coffee.advance('1m')
  expect(coffee.summary()).toMatchObject({ powerCuts: 0, connections: 2, lost: 0, reordered: 0 })
})

test.each(['wasm3', 'v8'] as const)('crash ends the app\'s next event in a trap, after which the app starts anew (%s)', async (engine) => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7, engine })
  await coffee.advance('30s')
  coffee.faults.inject('crash')
  await coffee.advance('1m')
  expect(coffee.crashes).toEqual([expect.objectContaining({ reason: 'ran too long', atMs: 31_000 })])
  expect(coffee.safeMode).toBe(false)
  expect(coffee.summary()).toMatchObject({ connections: 1, lost: 0, reordered: 0 })
  expect(coffee.telemetry().map(({ body }) => body)).toContainEqual({ crash: expect.objectContaining({ reason: 'ran too long' }) })
})

test('a crash that was asked for and did not come before the power went does not come after', async () => {
  await using coffee = await coffeeMachine()
  coffee.faults.inject('crash')
  coffee.machine.cut()
  coffee.machine.start()
  await coffee.advance('1m')
  expect(coffee.crashes).toEqual([])
})
