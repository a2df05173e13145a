// What a device does on a network that is gone, dead, slow, lossy or wrong.

import { expect, test } from 'vitest'
import { simulate, World, type Device } from '../../../src/sim/index.js'
import '../matcher.js'

const coffeeMachine = () => simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })

/** The device's words for why it is not connected, since `fromMs`. */
const reasons = (device: Device, fromMs = 0): string[] =>
  device.log().filter(({ atMs, text }) => atMs >= fromMs && text.includes('; next attempt')).map(({ text }) => text.replace(/; next attempt.*/, ''))

test('net.down ends the connection, and the return of the network brings it back at once', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  coffee.faults.inject('net.down', { for: '10m' })
  await coffee.advance('599s')
  expect(coffee.connected).toBe(false)
  await coffee.advance('1s')
  expect(coffee.connected).toBe(true)
  await coffee.advance('10s')
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
  expect(coffee.summary()).toMatchObject({ faults: { 'net.down': 1 }, reconnectMs: 0 })
})

test('a fault ends with the block that uses it', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  {
    using outage = coffee.faults.inject('net.down')
    await coffee.advance('1h')
    expect(outage.active).toBe(true)
    expect(coffee.connected).toBe(false)
  }
  await coffee.advance('1s')
  expect(coffee.connected).toBe(true)
})

test('two faults that overlap both have to end', async () => {
  await using coffee = await coffeeMachine()
  const first = coffee.faults.inject('net.down')
  coffee.faults.inject('net.down', { after: '10s', for: '1m' })
  await coffee.advance('20s')
  first.end()
  await coffee.advance('10s')
  expect(coffee.connected).toBe(false)
  await coffee.advance('1m')
  expect(coffee.connected).toBe(true)
})

test('net.half-open is noticed by what is not answered, and nothing that vanished is lost', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('net.half-open').end() // for the connection there is it never ends
  await coffee.advance('4s')
  expect(coffee.connected).toBe(true) // it cannot know yet
  await coffee.advance('1m')
  expect(reasons(coffee, 35_000)).toEqual(['network: no PUBACK within 30 s'])
  expect(coffee.connected).toBe(true)
  await coffee.advance('10s')
  const { account } = coffee.telemetry()
  expect(account).toMatchObject({ lost: 0, dropped: 0, reordered: 0 })
  const { cuts, duplicates, reconnectMs, halfOpenMs } = coffee.summary()
  expect({ cuts, duplicates, reconnectMs }).toEqual({ cuts: 1, duplicates: 0, reconnectMs: 0 })
  expect(halfOpenMs).toBeGreaterThan(35_000) // 5 s to the next message, 30 s for its acknowledgement
  expect(halfOpenMs).toBeLessThan(40_000)
})

test('a half-open connection on which nothing is said is noticed by the keep-alive', async () => {
  await using blink = await simulate('blink', { board: 'blink-nano', seed: 7 })
  await blink.advance('10s')
  blink.faults.inject('net.half-open').end()
  await blink.advance('220s')
  expect(blink.connected).toBe(true)
  await blink.advance('30s')
  expect(reasons(blink)).toEqual(['network: no PINGRESP within 30 s'])
  expect(blink.connected).toBe(true)
})

test('while net.half-open lasts, new connections are not answered', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('net.half-open', { for: '10m' })
  await coffee.advance('9m')
  expect(reasons(coffee)).toContain('network: no CONNACK within 30 s')
  expect(coffee.connected).toBe(false)
  await coffee.advance('3m')
  expect(coffee.connected).toBe(true)
  expect(coffee.summary()).toMatchObject({ lost: 0, reordered: 0 })
})

test('net.slow delays what is sent, in order, and loses nothing', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1m')
  coffee.faults.inject('net.slow', { for: '1h', value: '5s' })
  await coffee.advance('11s')
  expect(coffee.telemetry().length).toBe(6) // the seventh left at 70 s
  await coffee.advance('5s')
  expect(coffee.telemetry().at(-1)!.atMs).toBeGreaterThanOrEqual(75_000)
  await coffee.advance('2h')
  await coffee.drain()
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
})

test('a link that is slower than what is to be sent catches up afterwards', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1m')
  coffee.faults.inject('net.slow', { for: '10m', value: '20s' }) // a round trip for each message, of which there are four meanwhile
  await coffee.advance('10m')
  expect(coffee.telemetry().account.pending).toBeGreaterThan(20)
  await coffee.advance('5m')
  expect(coffee.telemetry().account).toMatchObject({ lost: 0, pending: 0, reordered: 0 })
})

test('net.lossy stalls and breaks connections but loses no message', async () => {
  await using coffee = await coffeeMachine()
  coffee.faults.inject('net.lossy', { after: '1m', for: '5h', value: 40 })
  await coffee.advance('6h')
  await coffee.drain()
  const { lost, reordered, duplicates, cuts, connections } = coffee.summary()
  expect({ lost, reordered }).toEqual({ lost: 0, reordered: 0 })
  expect(connections).toBeGreaterThan(3)
  expect(duplicates).toBeLessThanOrEqual(cuts)
  expect(cuts).toBeGreaterThan(0)
})

test('net.reset ends the connection once', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  coffee.faults.inject('net.reset')
  await coffee.advance('5s')
  expect(reasons(coffee)).toEqual(['network: the connection was closed'])
  expect(coffee.summary()).toMatchObject({ connections: 2 })
})

test('dns.fail keeps a device from connecting, with its reason, but not one that is connected', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('30s')
  coffee.faults.inject('dns.fail', { for: '10m' })
  await coffee.advance('5m')
  expect(coffee.connected).toBe(true)
  coffee.faults.inject('net.reset')
  await coffee.advance('4m')
  expect(coffee.connected).toBe(false)
  expect(reasons(coffee).at(-1)).toBe('network: the host name is not known')
  await coffee.advance('2m')
  expect(coffee.connected).toBe(true)
  expect(coffee.summary().reconnectMs).toBeLessThanOrEqual(60_000)
})

test('tls.fail keeps a device from connecting and is told as what it is', async () => {
  await using coffee = await coffeeMachine()
  coffee.faults.inject('tls.fail', { for: '5m' })
  await coffee.advance('4m')
  expect(new Set(reasons(coffee))).toEqual(new Set([`tls: the server's certificate is not trusted`]))
  await coffee.advance('2m')
  expect(coffee.connected).toBe(true)
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
})

test('a fault of one device leaves the others of its world alone', async () => {
  const world = new World({ seed: 3 })
  await using first = await simulate('coffee-machine', { world, deviceId: 'first' })
  await using second = await simulate('coffee-machine', { world, deviceId: 'second' })
  await world.advance('30s')
  first.faults.inject('net.half-open', { for: '10m' })
  first.faults.inject('dns.fail', { for: '10m' })
  first.faults.inject('power.cut', { for: '10m' })
  await world.advance('5m')
  expect(second.summary()).toMatchObject({ connections: 1, powerCuts: 0, faults: {} })
  expect(second.telemetry()).toBeCompleteAndInOrder()
  await world.close()
})
