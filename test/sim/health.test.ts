/** What the runtime says of the device in its twin. */

import { expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'

test('says why it started, how often it started and how often it lost the hub', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a' })
  await coffee.advance('10s')
  expect(coffee.health).toEqual({ health: { boot: 1, reset: 'power', reconnects: 0, outbox: 0 } })
  coffee.network.down()
  await coffee.advance('1m')
  coffee.network.up()
  await coffee.advance('1m')
  expect(coffee.health).toEqual({ health: { boot: 1, reset: 'power', reconnects: 1, outbox: 6 } })
  await coffee.invoke('reboot')
  await coffee.advance('1m')
  expect(coffee.health).toEqual({ health: { boot: 2, reset: 'software', reconnects: 0, outbox: 0 } })
})

test('a renewed token is no loss of the hub', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a' })
  await coffee.advance('5h')
  expect(coffee.summary()).toMatchObject({ renewals: 6 })
  expect(coffee.health).toMatchObject({ health: { reconnects: 0, outbox: 0 } })
})

test('the last crash is in the twin with its build and offset, also when the power was cut before it could be said', async () => {
  await using device = await simulate('runaway', { board: 'host' })
  await device.advance('5s')
  device.network.down()
  device.pin('button').set(0)
  device.pin('button').set(1)
  await device.advance('1s')
  const [crash] = device.crashes
  expect(crash).toMatchObject({ reason: 'ran too long', build: device.app.buildId })
  expect(device.health).not.toHaveProperty('crash')
  await device.reset()
  device.network.up()
  await device.advance('1m')
  const { build, reason, offset } = crash!
  expect(device.health).toMatchObject({ crash: { build, reason, function: expect.stringMatching(/^#\d+$/) as string, offset }, health: { boot: 2 } })
})

test('says nothing where the setting is off', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', health: false })
  await coffee.advance('10s')
  expect(coffee.health).toEqual({})
})
