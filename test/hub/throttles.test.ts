// The rates of a tier: off by default, token buckets on the hub's clock, and what each refusal looks like.

import { expect, test } from 'vitest'
import { createThrottles, methodTokens } from '../../src/hub/domain/throttles.js'
import { bench, connectPacket, FILTER, Peer, reasons, VirtualClock } from './bench.js'

const S1 = { throttle: { tier: 'S1' } } as const

/** How many of `what` pass at once. */
function passing(options: Parameters<typeof createThrottles>[0], what: Parameters<ReturnType<typeof createThrottles>['take']>[0]): number {
  const throttles = createThrottles(options, new VirtualClock())
  let count = 0
  while (throttles.take(what) === 0) { count++ }
  return count
}

test.each([
  ['S1', 1, 'd2c', 100], ['S1', 20, 'd2c', 240], ['S2', 1, 'd2c', 120], ['S3', 1, 'd2c', 6000], ['F1', 1, 'connect', 100],
  ['S1', 1, 'c2d', 100], ['S1', 2, 'registry', 200], ['S1', 1, 'query', 20], ['S1', 1, 'twin-read', 100], ['S1', 1, 'twin-update', 50],
  ['S1', 1, 'method', 40], ['S1', 1, 'job', 100], ['S2', 100, 'twin-read', 1000], ['S1', 1, 'upload', 100]
] as const)('%s with %i units lets %s pass %i times at once', (tier, units, what, count) => {
  expect(passing({ tier, units }, what)).toBe(count)
})

test('tokens come back with time, and the wait that is told is long enough', () => {
  const clock = new VirtualClock()
  const throttles = createThrottles({ tier: 'S1' }, clock)
  for (let i = 0; i < 20; i++) { throttles.require('query') }
  const seconds = throttles.take('query')
  expect(seconds).toBe(3)
  clock.advance(seconds * 1000 - 1001)
  expect(throttles.take('query')).toBeGreaterThan(0)
  clock.advance(1001)
  expect(throttles.take('query')).toBe(0)
  clock.advance(3_600_000)
  for (let i = 0; i < 20; i++) { throttles.require('query') }
  expect(() => throttles.require('query')).toThrow(expect.objectContaining({ code: 'Throttled', number: 429001, status: 429, publicName: 'ThrottlingException', retryAfterSeconds: 3 }))
})

test('a call larger than the bucket passes when it is full and is paid for afterwards', () => {
  const clock = new VirtualClock()
  const throttles = createThrottles({ tier: 'S1' }, clock)
  expect(throttles.take('method', 80)).toBe(0)
  expect(throttles.take('method')).toBe(2)
  clock.advance(1100)
  expect(throttles.take('method')).toBe(0)
})

test.each([[0, 1], [1, 1], [4096, 1], [4097, 2], [131_072, 32]])('a method of %i bytes takes %i tokens', (bytes, tokens) => {
  expect(methodTokens(bytes)).toBe(tokens)
})

test.each([['S9', 1], ['S1', 0], ['S1', 1.5], ['S1', 201], ['S1', NaN]])('tier %s with %d units is refused', (tier, units) => {
  expect(() => createThrottles({ tier: tier as never, units }, new VirtualClock())).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
})

test('without a tier nothing is limited', () => {
  const one = bench()
  const peer = Peer.connected(one.hub)
  for (let i = 0; i < 1000; i++) { peer.publish('devices/d1/messages/events/', 'x') }
  expect(reasons(one)).toEqual([])
})

test('a device that sends too fast is disconnected, and what it was not told of is not kept', () => {
  const one = bench(S1)
  let count = 0
  one.hub.onMessage(() => count++)
  const peer = Peer.connected(one.hub)
  for (let i = 1; i <= 101; i++) { peer.publish('devices/d1/messages/events/', 'x', { qos: 1, messageId: i }) }
  expect([count, peer.packets.length, peer.closed, reasons(one)]).toEqual([100, 100, true, ['throttled']])
})

test('too many connections are refused as "server unavailable"', () => {
  const one = bench(S1)
  for (let i = 0; i < 100; i++) { Peer.connected(one.hub) }
  const written: Uint8Array[] = []
  const last = one.hub.accept({ write: (bytes) => written.push(bytes), close() {} })
  last.receive(connectPacket())
  expect(Buffer.concat(written).toString('hex')).toBe('20020003')
  expect(reasons(one).at(-1)).toBe('throttled')
})

test('whoever has no right to connect takes nobody else\'s tokens', () => {
  const one = bench(S1)
  for (let i = 0; i < 200; i++) { Peer.connected(one.hub, { password: Buffer.from('SharedAccessSignature sr=x&sig=y&se=1') }) }
  Peer.connected(one.hub)
  expect(one.hub.connections()).toHaveLength(1)
})

test('too many twin requests are answered with 429', () => {
  const one = bench(S1)
  const peer = Peer.connected(one.hub)
  peer.subscribe(FILTER.responses)
  for (let i = 0; i < 51; i++) { peer.publish(`$iothub/twin/PATCH/properties/reported/?$rid=${i}`, '{"a":1}') }
  const [topic, body] = peer.published.at(-1)!
  expect([topic, JSON.parse(body), one.hub.twin('d1').document().properties.reported['$version']]).toMatchObject(['$iothub/twin/res/429/?$rid=50', { errorCode: 429001 }, 51])
  for (let i = 0; i < 101; i++) { peer.publish(`$iothub/twin/GET/?$rid=g${i}`) }
  expect(peer.published.at(-1)![0]).toBe('$iothub/twin/res/429/?$rid=g100')
})

test('the service meets the same limits', async () => {
  const { hub } = bench(S1)
  const throttled = expect.objectContaining({ code: 'Throttled' })
  expect(() => { for (let i = 0; i < 200; i++) { hub.devices.create({ deviceId: `x${i}` }) } }).toThrow(throttled)
  expect(() => { for (let i = 0; i < 200; i++) { hub.send(`x${i % 90}`, { body: 'x' }) } }).toThrow(throttled)
  expect(() => { for (let i = 0; i < 200; i++) { hub.twin('d1').patchTags({ a: i }) } }).toThrow(throttled)
  await expect(Promise.all(Array.from({ length: 50 }, () => hub.invoke('d1', { method: 'm', payload: 1 }).catch((error: { code: string }) => {
    if (error.code === 'Throttled') { throw error }
  })))).rejects.toMatchObject({ code: 'Throttled' })
})
