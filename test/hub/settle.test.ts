// Cloud to device without MQTT: locks, completion, rejection, abandonment, expiry by the clock, and the feedback that follows.

import { expect, test } from 'vitest'
import { receiveOne, settle } from '../../src/hub/domain/cloud.js'
import type { FeedbackRecord } from '../../src/hub/domain/feedback.js'
import { findDevice } from '../../src/hub/domain/registry.js'
import { memoryStore, type HubStore } from '../../src/hub/index.js'
import { bench, FILTER, Peer, START_MS } from './bench.js'

type Bench = ReturnType<typeof bench>
const device = ({ hub }: Bench) => findDevice(hub.context, 'd1')
const receive = (one: Bench) => receiveOne(one.hub.context, device(one))
const end = (one: Bench, lockToken: string, how: 'complete' | 'reject' | 'abandon') => settle(one.hub.context, device(one), lockToken, how)
const lost = expect.objectContaining({ code: 'MessageLockLost', number: 412002 })

/** The batches that the service would receive, each as its records. */
function batches({ hub }: Bench): FeedbackRecord[][] {
  const found: FeedbackRecord[][] = []
  hub.context.feedbackQueue.consume(({ message, lockToken }) => {
    found.push(JSON.parse(message.body) as FeedbackRecord[])
    hub.context.feedbackQueue.complete(lockToken)
  }).addCredit(Infinity)
  return found
}

test('messages are received one by one, each under a lock of its own', () => {
  const one = bench()
  one.hub.send('d1', { body: '1' })
  one.hub.send('d1', { body: '2' })
  const [first, second] = [receive(one)!, receive(one)!]
  expect([first, second].map(({ message }) => Buffer.from(message.body).toString())).toEqual(['1', '2'])
  expect(first.lockToken).not.toBe(second.lockToken)
  expect(receive(one)).toBeUndefined()
})

test('completed is gone, and the lock with it', () => {
  const one = bench()
  one.hub.send('d1', { body: '1' })
  const { lockToken } = receive(one)!
  end(one, lockToken, 'complete')
  expect(one.hub.queueLength('d1')).toBe(0)
  for (const how of ['complete', 'reject', 'abandon'] as const) { expect(() => end(one, lockToken, how)).toThrow(lost) }
})

test('a lock ends after 60 s without counting as a delivery', () => {
  const one = bench()
  one.hub.send('d1', { body: '1' })
  const { lockToken } = receive(one)!
  one.clock.advance(59_999)
  expect(receive(one)).toBeUndefined()
  one.clock.advance(1)
  expect(() => end(one, lockToken, 'complete')).toThrow(lost)
  const again = receive(one)!
  expect([again.message.deliveryCount, again.lockToken === lockToken]).toEqual([0, false])
})

test('abandoned comes again at once, and ten times is too often', () => {
  const one = bench()
  one.hub.send('d1', { body: '1', messageId: 'm', ack: 'negative' })
  const counts = Array.from({ length: 10 }, () => {
    const { message, lockToken } = receive(one)!
    end(one, lockToken, 'abandon')
    return message.deliveryCount
  })
  expect(counts).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect([one.hub.queueLength('d1'), one.events.at(-1)]).toMatchObject([0, { messageId: 'm', outcome: 'DeliveryCountExceeded' }])
})

test.each(['', '0', '*', 'x'.repeat(1000)])('the lock token %j opens nothing', (lockToken) => {
  const one = bench()
  one.hub.send('d1', { body: '1' })
  expect(() => end(one, lockToken, 'complete')).toThrow(lost)
  receive(one)
  expect(() => end(one, lockToken, 'complete')).toThrow(lost)
})

test('the lock of another device opens nothing', () => {
  const one = bench()
  one.hub.devices.create({ deviceId: 'd2' })
  one.hub.send('d1', { body: '1' })
  const { lockToken } = receive(one)!
  expect(() => settle(one.hub.context, findDevice(one.hub.context, 'd2'), lockToken, 'complete')).toThrow(lost)
})

test('a connected device with no credit left gets no more until it has some', () => {
  const one = bench()
  const taken: string[] = []
  let cloudCredit = 1
  const link = {
    peer: 'p', tls: null, connectedAt: 0, tokenExpiresAt: 0, get cloudCredit() { return cloudCredit },
    deliver: ({ message }: { message: { body: Uint8Array } }) => {
      cloudCredit--
      taken.push(Buffer.from(message.body).toString())
    },
    notifyDesired() {}, requestMethod() {}, close() {}
  }
  const d1 = device(one)
  d1.session.subscribe({ filter: 'f', stream: 'c2d', qos: 1 })
  d1.link = link
  for (const body of ['1', '2']) { one.hub.send('d1', { body }) }
  expect(taken).toEqual(['1'])
  cloudCredit = 1
  one.hub.send('d1', { body: '3' })
  expect(taken).toEqual(['1', '2'])
})

test('an expired message goes by the clock alone, also while nobody is connected', () => {
  const one = bench()
  one.hub.send('d1', { body: '1', messageId: 'm', expiryMs: 1000 })
  one.hub.send('d1', { body: '2', expiryMs: 3000 })
  one.clock.advance(1000)
  expect([one.hub.queueLength('d1'), one.events.at(-1)]).toMatchObject([1, { messageId: 'm', outcome: 'Expired', time: START_MS + 1000 }])
})

test('a message that expires while it is locked may still be completed', () => {
  const one = bench()
  one.hub.send('d1', { body: '1', expiryMs: 1000 })
  const { lockToken } = receive(one)!
  one.clock.advance(30_000)
  end(one, lockToken, 'complete')
  expect(one.events.at(-1)).toMatchObject({ outcome: 'Success' })
})

test('and if it is not, it has expired when the lock ends', () => {
  const one = bench()
  one.hub.send('d1', { body: '1', expiryMs: 1000 })
  receive(one)
  one.clock.advance(60_000)
  expect(one.events.at(-1)).toMatchObject({ outcome: 'Expired', time: START_MS + 60_000 })
})

test('no timer is left once every queue is empty', () => {
  const one = bench()
  one.hub.send('d1', { body: '1' })
  end(one, receive(one)!.lockToken, 'complete')
  expect(one.clock.pending).toBe(0)
})

test.each([
  ['positive', 'complete', 'Success'],
  ['full', 'complete', 'Success'],
  ['negative', 'complete', undefined],
  ['none', 'complete', undefined],
  ['negative', 'reject', 'Rejected'],
  ['full', 'reject', 'Rejected'],
  ['positive', 'reject', undefined]
] as const)('a sender that asked for %s feedback and whose message met %s is told %s', (ack, how, statusCode) => {
  const one = bench()
  const found = batches(one)
  one.hub.send('d1', { body: '1', messageId: 'm', ack })
  end(one, receive(one)!.lockToken, how)
  one.clock.advance(15_000)
  expect(found.flat().map((record) => record.statusCode)).toEqual(statusCode === undefined ? [] : [statusCode])
})

test('feedback names the message, the device, its generation and the time', () => {
  const one = bench()
  const found = batches(one)
  one.hub.send('d1', { body: '1', messageId: 'm', ack: 'full', expiryMs: 1000 })
  one.clock.advance(16_000)
  expect(found).toEqual([[{
    originalMessageId: 'm', enqueuedTimeUtc: '2026-01-01T00:00:01.000Z', statusCode: 'Expired', description: expect.any(String),
    deviceId: 'd1', deviceGenerationId: one.hub.devices.get('d1')!.generationId
  }]])
})

test('feedback is collected for 15 s from the first', () => {
  const one = bench()
  const found = batches(one)
  for (const afterMs of [0, 10_000, 4_999]) {
    one.clock.advance(afterMs)
    one.hub.send('d1', { body: '1', ack: 'full' })
    end(one, receive(one)!.lockToken, 'complete')
  }
  expect(found).toEqual([])
  one.clock.advance(1)
  expect(found.map(({ length }) => length)).toEqual([3])
})

test('or until there are 64', () => {
  const one = bench()
  const found = batches(one)
  for (let i = 0; i < 65; i++) {
    one.hub.send('d1', { body: '1', ack: 'full' })
    end(one, receive(one)!.lockToken, 'complete')
  }
  expect(found.map(({ length }) => length)).toEqual([64])
  one.clock.advance(15_000)
  expect(found.map(({ length }) => length)).toEqual([64, 1])
})

test('a purge and a removed device tell of every message', () => {
  const one = bench()
  const found = batches(one)
  one.hub.send('d1', { body: '1', ack: 'full' })
  one.hub.purge('d1')
  one.hub.send('d1', { body: '2', ack: 'full' })
  one.hub.devices.remove('d1')
  one.clock.advance(15_000)
  expect(found.flat().map(({ statusCode }) => statusCode)).toEqual(['Purged', 'Purged'])
})

test('PUBACK over MQTT is a success as well', () => {
  const one = bench()
  const found = batches(one)
  const peer = Peer.connected(one.hub)
  peer.subscribe(FILTER.c2d)
  one.hub.send('d1', { body: 'x', ack: 'positive' })
  peer.send({ cmd: 'puback', messageId: 1 })
  one.clock.advance(15_000)
  expect(found.flat()).toMatchObject([{ statusCode: 'Success' }])
})

test('feedback that was being collected when the hub ended is sent by the next one', () => {
  const store = memoryStore()
  const one = bench({ store })
  one.hub.send('d1', { body: '1', messageId: 'm', ack: 'full' })
  end(one, receive(one)!.lockToken, 'complete')
  const next = bench({ store })
  expect(batches(next).flat()).toMatchObject([{ originalMessageId: 'm' }])
  expect(batches(bench({ store })).flat()).toEqual([])
})

test('feedback that cannot be kept leaves the message where it is kept', () => {
  const inner = memoryStore()
  const store: HubStore = { ...inner, put: (kind, key, record, kept) => kind === 'feedback' ? kept(new Error('disk full')) : inner.put(kind, key, record, kept) }
  const one = bench({ store })
  one.hub.send('d1', { body: '1', ack: 'full' })
  let told: Error | undefined
  settle(one.hub.context, device(one), receive(one)!.lockToken, 'complete', (error) => { told = error })
  expect(told?.message).toBe('disk full')
  expect(bench({ store: inner }).hub.queueLength('d1')).toBe(1)
})

test('order and delivery counts are there after a restart, whatever the order of the store', () => {
  const inner = memoryStore()
  const store: HubStore = { ...inner, load: (kind) => [...inner.load(kind)].sort(([a], [b]) => a < b ? -1 : 1) }
  const one = bench({ store })
  for (let i = 0; i < 12; i++) { one.hub.send('d1', { body: String(i) }) }
  end(one, receive(one)!.lockToken, 'abandon')
  const next = bench({ store })
  const bodies = Array.from({ length: 12 }, () => receive(next)!.message)
  expect(bodies.map(({ body }) => Number(Buffer.from(body).toString()))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  expect(bodies.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
})
