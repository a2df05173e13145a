/** Deep sleep: what is queued leaves or stays on flash, outputs are safe, and the device starts anew when its time has come. */

import { expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'

const sleeper = 'test/sim/assembly/sleeper'

test.each(['wasm3', 'v8'] as const)('an app that sleeps between its messages sends one each ten minutes, and is off meanwhile (%s)', async (engine) => {
  await using device = await simulate(sleeper, { board: 'coffee-rev-a', engine })
  await device.advance('1m')
  expect(device.machine.state.running).toBe(false)
  expect(device.pin('led').level).toBe(0)
  await device.advance('59m')
  expect(device.telemetry().map(({ body }) => body)).toEqual([1, 2, 3, 4, 5, 6].map((wakes) => ({ wakes })))
  expect(device.summary()).toMatchObject({ lost: 0, dropped: 0, duplicates: 0 })
  expect(device.health).toMatchObject({ health: { boot: 6, reset: 'sleep' } })
})

test('without a network the message waits on flash, and comes when there is one again', async () => {
  await using device = await simulate(sleeper, { board: 'coffee-rev-a' })
  device.network.down()
  await device.advance('35m')
  expect(device.telemetry()).toHaveLength(0)
  device.network.up()
  await device.advance('30m')
  const { account } = device.telemetry()
  expect(account).toMatchObject({ lost: 0, dropped: 0, reordered: 0, pending: 0 })
  expect(account.arrived).toBeGreaterThanOrEqual(5)
})

test('power that goes and comes back while it sleeps wakes it', async () => {
  await using device = await simulate(sleeper, { board: 'coffee-rev-a' })
  await device.advance('2m')
  await device.reset()
  expect(device.machine.state.running).toBe(true)
  await device.advance('30s')
  expect(device.telemetry()).toHaveLength(2)
  expect(device.health).toMatchObject({ health: { reset: 'power' } })
})
