// What a device does when its hub restarts, throttles, has another idea of the time or another client of its id.

import { expect, test } from 'vitest'
import { simulate, World, type Device } from '../../../src/sim/index.js'
import '../matcher.js'

const coffeeMachine = () => simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })

const reasons = (device: Device): string[] =>
  device.log().filter(({ text }) => text.includes('; next attempt')).map(({ text }) => text.replace(/; next attempt.*/, ''))

test('hub.restart closes all connections, and the hub comes back with identities, twins, sessions and messages', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  const before = coffee.world.hub
  coffee.faults.inject('hub.restart', { for: '2m' })
  await coffee.desired({ telemetryInterval: 7 }) // kept for the device while nothing is reachable
  coffee.world.hub.send(coffee.id, { body: 'welcome back' })
  await coffee.advance('119s')
  expect(coffee.connected).toBe(false)
  expect(reasons(coffee).at(-1)).toBe('network: the host refused the connection')
  await coffee.advance('2m')
  expect(coffee.world.hub).not.toBe(before)
  expect(coffee.connected).toBe(true)
  expect(coffee.log().map(({ text }) => text)).toContain('The hub says: welcome back')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 7, ac: 200 })
  expect(coffee.telemetry().account).toMatchObject({ lost: 0, pending: 0, reordered: 0 })
})

test('a hub that restarts in a moment costs one reconnect, and its devices go on with the session they had', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  coffee.faults.inject('hub.restart', { after: '5s', for: 0 })
  await coffee.advance('1m')
  expect(coffee.summary()).toMatchObject({ connections: 2, lost: 0, reordered: 0 })
  expect((await coffee.invoke('getMaxMin')).status).toBe(200)
})

test('hub.throttle refuses connections with CONNACK 3 and telemetry by ending the connection, and the device waits longer and longer', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('hub.throttle', { for: '1h' })
  await coffee.advance('1h')
  expect(reasons(coffee)[0]).toBe('network: the connection was closed')
  expect(new Set(reasons(coffee).slice(1))).toEqual(new Set(['throttled: the hub is unavailable or throttling (CONNACK 3)']))
  expect(reasons(coffee).length).toBeLessThan(200) // not hammered: a wait of half a minute on average
  await coffee.advance('1m')
  expect(coffee.connected).toBe(true)
  await coffee.drain()
  expect(coffee.telemetry().account).toMatchObject({ lost: 0, pending: 0, reordered: 0 })
})

test('a reported property that the hub throttled is reported later', async () => {
  await using follower = await simulate('test/sim/assembly/follower', { board: 'host' })
  await follower.advance('10s')
  follower.faults.inject('hub.throttle', { after: '1s', for: '1m' })
  await follower.desired({ level: 3 })
  await follower.advance('500ms')
  expect(follower.reported['level']).toMatchObject({ value: 3, ac: 200 })
  await follower.advance('1s')
  follower.machine.pins.set(follower.machine.pins.find('button', 'input'), 0)
  await follower.advance('30s')
  expect(follower.reported['presses']).toBeUndefined()
  expect(follower.connected).toBe(true) // a twin request that is refused ends nothing
  await follower.advance('1m')
  expect(follower.reported['presses']).toBe(1)
})

test('a twin that the hub would not give is asked for again', async () => {
  await using coffee = await coffeeMachine()
  coffee.network.down()
  await coffee.advance('30s')
  await coffee.desired({ telemetryInterval: 7 })
  coffee.network.up()
  await coffee.advance(0)
  expect(coffee.connected).toBe(true)
  await coffee.advance('1m')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 7, ac: 200 })
})

test('hub.kick ends the connection of the device, which comes back and keeps its place', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('hub.kick').end()
  await coffee.advance('5s')
  expect(reasons(coffee)).toEqual(['network: the connection was closed'])
  expect(coffee.summary()).toMatchObject({ connections: 2 })
  await coffee.advance('1m')
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
})

test('a rival that never gives up costs reconnects, no messages', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('hub.kick', { for: '10m' })
  await coffee.advance('10m')
  expect(coffee.summary().connections).toBeGreaterThan(10)
  await coffee.advance('1m')
  await coffee.drain()
  const { lost, pending, reordered, duplicates, cuts } = coffee.summary()
  expect({ lost, pending, reordered }).toEqual({ lost: 0, pending: 0, reordered: 0 })
  expect(duplicates).toBeLessThanOrEqual(cuts)
})

test('token.skew has the hub refuse new tokens until its clock is right, and the device says that it was not authorized', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('token.skew', { for: '30m' })
  coffee.faults.inject('net.reset')
  await coffee.advance('29m')
  expect(reasons(coffee).at(-1)).toBe('auth: the hub does not authorize this device (CONNACK 5)')
  expect(coffee.connected).toBe(false)
  await coffee.advance('3m')
  expect(coffee.connected).toBe(true)
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
  expect(coffee.summary().reconnectMs).toBeLessThanOrEqual(60_000)
})

test('a fault of the hub is one of all its devices', async () => {
  const world = new World({ seed: 3 })
  await using first = await simulate('coffee-machine', { world, deviceId: 'first' })
  await using second = await simulate('coffee-machine', { world, deviceId: 'second' })
  await world.advance('35s')
  first.faults.inject('hub.restart', { for: '1m' })
  await world.advance('30s')
  expect([first.connected, second.connected]).toEqual([false, false])
  await world.advance('2m')
  expect([first.connected, second.connected]).toEqual([true, true])
  await world.close()
})
