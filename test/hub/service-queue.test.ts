// Queues to the service side: one message to one consumer at a time, under a lock, until it is settled or too old.

import { expect, test } from 'vitest'
import { ServiceQueue, type LockedServiceMessage } from '../../src/hub/domain/service-queue.js'
import { memoryStore } from '../../src/hub/index.js'
import { VirtualClock } from './bench.js'

function made(store = memoryStore(), name = 'q') {
  const clock = new VirtualClock()
  let count = 0
  const queue = new ServiceQueue({ clock, store, random: (length) => new Uint8Array(length).fill(++count) }, name)
  const add = (body: string): void => queue.add({ body, contentType: 't' })
  return { queue, clock, add, store }
}

/** A consumer that keeps what it gets. */
function consumer(queue: ServiceQueue, credit: number) {
  const got: LockedServiceMessage[] = []
  const handle = queue.consume((locked) => got.push(locked))
  handle.addCredit(credit)
  return { ...handle, got, bodies: () => got.map(({ message }) => message.body) }
}

const lost = expect.objectContaining({ code: 'MessageLockLost' })

test('a consumer gets what is there and what comes, as far as its credit goes', () => {
  const { queue, add } = made()
  add('1')
  const one = consumer(queue, 2)
  add('2')
  add('3')
  expect(one.bodies()).toEqual(['1', '2'])
  one.addCredit(1)
  expect(one.bodies()).toEqual(['1', '2', '3'])
})

test('two consumers never hold the same message', () => {
  const { queue, add } = made()
  const [one, two] = [consumer(queue, 1), consumer(queue, 5)]
  for (const body of ['1', '2', '3']) { add(body) }
  expect([one.bodies(), two.bodies()]).toEqual([['1'], ['2', '3']])
})

test('what a consumer held when it left goes to another at once', () => {
  const { queue, add } = made()
  const one = consumer(queue, 1)
  add('1')
  const two = consumer(queue, 1)
  one.close()
  expect(two.bodies()).toEqual(['1'])
  expect(() => queue.complete(one.got[0]!.lockToken)).toThrow(lost)
  queue.complete(two.got[0]!.lockToken)
  expect(queue.length).toBe(0)
})

test('a lock that ends lets the next consumer have it', () => {
  const { queue, clock, add } = made()
  add('1')
  const { lockToken } = queue.receive()!
  const one = consumer(queue, 1)
  clock.advance(59_999)
  expect(one.bodies()).toEqual([])
  clock.advance(1)
  expect(one.bodies()).toEqual(['1'])
  expect(() => queue.complete(lockToken)).toThrow(lost)
})

test('abandoned comes again, ten times at most', () => {
  const { queue, add } = made()
  add('1')
  const counts = Array.from({ length: 10 }, () => {
    const { message, lockToken } = queue.receive()!
    queue.abandon(lockToken)
    return message.deliveryCount
  })
  expect([counts, queue.length]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0])
})

test('rejected is gone', () => {
  const { queue, add } = made()
  add('1')
  queue.reject(queue.receive()!.lockToken)
  expect(queue.length).toBe(0)
})

test('after an hour it is not delivered any more, and not kept once there is something newer', () => {
  const { queue, clock, add, store } = made()
  add('1')
  clock.advance(3_600_000)
  add('2')
  expect([queue.length, [...store.load('service-message')].length]).toEqual([1, 1])
  expect(queue.receive()?.message.body).toBe('2')
})

test('what was not settled is there after a restart, in order, and belongs to its own queue', () => {
  const { queue, add, store } = made()
  for (let i = 0; i < 12; i++) { add(String(i)) }
  queue.complete(queue.receive()!.lockToken)
  expect(made(store, 'other').queue.length).toBe(0)
  const again = consumer(made(store).queue, 20)
  expect(again.bodies()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'])
})

test('a consumer that settles inside its delivery meets every message once', () => {
  const { queue, add } = made()
  for (let i = 0; i < 5; i++) { add(String(i)) }
  const bodies: string[] = []
  const handle = queue.consume(({ message, lockToken }) => {
    bodies.push(message.body)
    queue.complete(lockToken)
    handle.addCredit(1)
  })
  handle.addCredit(1)
  add('5')
  expect([bodies, queue.length]).toEqual([['0', '1', '2', '3', '4', '5'], 0])
})

test.each(['', 'x', '0'.repeat(32)])('the lock token %j opens nothing', (lockToken) => {
  const { queue, add } = made()
  add('1')
  expect(() => queue.complete(lockToken)).toThrow(lost)
})

test('no timer is left when nothing is locked', () => {
  const { queue, clock, add } = made()
  add('1')
  queue.complete(queue.receive()!.lockToken)
  expect(clock.pending).toBe(0)
})
