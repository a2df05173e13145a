// Cloud to device: the queue, its limits, delivery until PUBACK, and expiry.

import { expect, test } from 'vitest'
import { CloudQueue } from '../../src/hub/domain/queue.js'
import { bench, connectPacket, FILTER, Peer, token } from './bench.js'

function online() {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.subscribe(FILTER.c2d)
  return { ...one, peer }
}

test('a message goes out at once at QoS 1 with all its properties', () => {
  const { hub, peer } = online()
  hub.send('d1', { body: 'x', messageId: 'm', correlationId: 'c', contentType: 'text/plain', contentEncoding: 'utf-8', ack: 'full', properties: { a: '1/2', b: null } })
  expect(peer.packets).toMatchObject([{ cmd: 'publish', qos: 1, dup: false, retain: false, messageId: 1 }])
  expect(peer.published[0]![0]).toBe('devices/d1/messages/devicebound/%24.mid=m&%24.to=%2Fdevices%2Fd1%2Fmessages%2FdeviceBound' +
    '&%24.cid=c&%24.ct=text%2Fplain&%24.ce=utf-8&iothub-ack=full&a=1%2F2&b')
})

test('PUBACK takes it from the queue, another packet id does not', () => {
  const { hub, peer, events } = online()
  hub.send('d1', { body: 'x', messageId: 'm' })
  peer.send({ cmd: 'puback', messageId: 9 })
  expect(hub.queueLength('d1')).toBe(1)
  peer.send({ cmd: 'puback', messageId: 1 })
  expect(hub.queueLength('d1')).toBe(0)
  expect(events.at(-1)).toMatchObject({ type: 'c2d', messageId: 'm', outcome: 'Success' })
})

test('messages wait for the subscription and keep their order', () => {
  const { hub } = bench()
  for (const body of ['1', '2', '3']) { hub.send('d1', { body }) }
  const peer = Peer.connected(hub)
  expect(peer.packets).toEqual([])
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.c2d, qos: 1 }] })
  expect(peer.packets.map(({ cmd }) => cmd)).toEqual(['suback', 'publish', 'publish', 'publish'])
  expect(peer.published.map(([, body]) => body)).toEqual(['1', '2', '3'])
})

test('what was not acknowledged comes again after a reconnect, as DUP with its packet id', () => {
  const { hub, peer } = online()
  hub.send('d1', { body: '1' })
  hub.send('d1', { body: '2' })
  peer.send({ cmd: 'puback', messageId: 1 })
  peer.cut()
  hub.send('d1', { body: '3' })
  const again = new Peer(hub)
  again.bytes(connectPacket())
  expect(again.packets).toMatchObject([{ cmd: 'connack' }, { messageId: 2, dup: true }, { messageId: 3, dup: false }])
  expect(again.published.map(([, body]) => body)).toEqual(['2', '3'])
})

test('in a clean session it comes again as new', () => {
  const { hub, peer } = online()
  hub.send('d1', { body: '1' })
  peer.cut()
  const again = Peer.connected(hub, { clean: true })
  again.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.c2d, qos: 1 }] })
  expect(again.packets[1]).toMatchObject({ cmd: 'publish', dup: false })
})

test('what was not acknowledged within 60 s comes again on the same connection', () => {
  const { hub, clock, peer } = online()
  hub.send('d1', { body: '1' })
  clock.advance(59_999)
  expect(peer.packets).toHaveLength(1)
  clock.advance(1)
  expect(peer.packets).toMatchObject([{ messageId: 1, dup: false }, { messageId: 1, dup: true }])
  peer.send({ cmd: 'puback', messageId: 1 })
  clock.advance(120_000)
  expect(peer.packets).toHaveLength(2)
})

test('a QoS 0 subscription is delivered once and done', () => {
  const { hub } = bench()
  const peer = Peer.connected(hub)
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.c2d, qos: 0 }] })
  hub.send('d1', { body: 'x' })
  expect(peer.packets[1]).toMatchObject({ cmd: 'publish', qos: 0 })
  expect(hub.queueLength('d1')).toBe(0)
})

test('a message that expired is not delivered', () => {
  const { hub, clock, events } = bench()
  hub.send('d1', { body: 'late', messageId: 'm', expiryMs: 1000 })
  hub.send('d1', { body: 'in time', expiryMs: 1001 })
  clock.advance(1000)
  const peer = Peer.connected(hub)
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.c2d, qos: 1 }] })
  expect(peer.published.map(([, body]) => body)).toEqual(['in time'])
  expect(events).toContainEqual(expect.objectContaining({ type: 'c2d', messageId: 'm', outcome: 'Expired' }))
})

test.each([[3_599_999, 1], [3_600_000, 0]])('a message waits one hour if nothing else is said: after %i ms %i', (ms, waiting) => {
  const { hub, clock } = bench()
  hub.send('d1', { body: 'x' })
  clock.advance(ms)
  Peer.connected(hub, { password: Buffer.from(token({ lifeSeconds: 7200 })) }).subscribe(FILTER.c2d)
  expect(hub.queueLength('d1')).toBe(waiting)
})

test('a queue holds 50 messages, expired ones not counted', () => {
  const { hub, clock } = bench()
  for (let i = 0; i < 50; i++) { hub.send('d1', { body: 'x', expiryMs: i === 0 ? 1 : 60_000 }) }
  expect(() => hub.send('d1', { body: 'x' })).toThrow(expect.objectContaining({ code: 'DeviceMaximumQueueDepthExceeded', number: 403004 }))
  clock.advance(1)
  hub.send('d1', { body: 'x' })
  expect(hub.queueLength('d1')).toBe(50)
})

test('tags go round after 65,535 and never meet one that is in use', () => {
  const queue = new CloudQueue()
  const message = { body: new Uint8Array(), system: { messageId: 'm' }, properties: {}, enqueuedTime: 0, expiresAt: 1, deliveryCount: 0 }
  queue.add(message)
  queue.lockDeliverable(0, 1)
  const tags = Array.from({ length: 65_536 }, () => {
    queue.add(message)
    const { queued } = queue.lockDeliverable(0, Infinity)[0]!
    queue.remove(queued)
    return queued.tag
  })
  expect([tags[0], tags[65_533], tags[65_534], tags[65_535]]).toEqual([2, 65_535, 2, 3])
})

test('purge empties the queue and says how many there were', () => {
  const { hub, peer } = online()
  hub.send('d1', { body: '1' })
  hub.send('d1', { body: '2' })
  expect(hub.purge('d1')).toBe(2)
  peer.send({ cmd: 'puback', messageId: 1 })
  expect(hub.queueLength('d1')).toBe(0)
})

test('the sender may reuse its buffer', () => {
  const { hub } = bench()
  const body = Buffer.from('abc')
  hub.send('d1', { body })
  body.fill(0)
  const peer = Peer.connected(hub)
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.c2d, qos: 1 }] })
  expect(peer.published[0]![1]).toBe('abc')
})

test.each([
  ['a body over 64 KiB', { body: Buffer.alloc(65_537) }, 'MessageTooLarge'],
  ['properties that no topic can hold', { body: '', properties: { a: 'ä'.repeat(12_000) } }, 'MessageTooLarge'],
  ['half a surrogate pair in a property', { body: '', properties: { a: '\ud800' } }, 'ArgumentInvalid'],
  ['a message id of 129 characters', { body: '', messageId: 'x'.repeat(129) }, 'ArgumentInvalid'],
  ['no time to live', { body: '', expiryMs: 0 }, 'ArgumentInvalid'],
  ['more than two days to live', { body: '', expiryMs: 172_800_001 }, 'ArgumentInvalid']
])('%s is refused', (_name, message, code) => {
  const { hub } = bench()
  expect(() => hub.send('d1', message)).toThrow(expect.objectContaining({ code }))
  expect(hub.queueLength('d1')).toBe(0)
})

test('a message to nobody is refused', () => {
  expect(() => bench().hub.send('nobody', { body: '' })).toThrow(expect.objectContaining({ code: 'DeviceNotFound' }))
})
