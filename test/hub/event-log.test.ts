// The built-in endpoint's log: partitions, places to read from, credit, retention.

import { expect, test } from 'vitest'
import { memoryEventLog, type EventPosition, type Retention, type StampedMessage } from '../../src/hub/index.js'
import { partitionOf } from '../../src/hub/event-log.js'
import { bench, Peer, START_MS, VirtualClock } from './bench.js'

function made(retention: Retention = {}) {
  const clock = new VirtualClock()
  const log = memoryEventLog({ clock, retention })
  const add = (text: string, partition = 0): void => {
    const message: StampedMessage = {
      deviceId: 'd', enqueuedTime: clock.now(), body: Buffer.from(text), system: {}, properties: {}, source: 'Telemetry', authMethod: '{}', generationId: 'g'
    }
    log.append(partition, message, () => {})
  }
  const reader = (position: EventPosition, credit = Infinity, partition = 0) => {
    const bodies: string[] = []
    const handle = log.read(partition, position, ({ body }) => bodies.push(Buffer.from(body).toString()))
    handle.addCredit(credit)
    return { bodies, addCredit: (count: number) => handle.addCredit(count), close: () => handle.close() }
  }
  return { clock, log, add, reader }
}

/** A log with '0' to '4', stored a second apart. */
function five() {
  const one = made()
  for (const text of ['0', '1', '2', '3', '4']) {
    one.add(text)
    one.clock.advance(1000)
  }
  return one
}

test.each([
  [{ at: 'earliest' }, '01234'],
  [{ at: 'latest' }, ''],
  [{ at: 'offset', offset: '-1', inclusive: false }, '01234'],
  [{ at: 'offset', offset: '0', inclusive: false }, '1234'],
  [{ at: 'offset', offset: '0', inclusive: true }, '01234'],
  [{ at: 'offset', offset: '4', inclusive: true }, '4'],
  [{ at: 'offset', offset: '4', inclusive: false }, ''],
  [{ at: 'sequence', sequence: -1, inclusive: false }, '01234'],
  [{ at: 'sequence', sequence: 2, inclusive: true }, '234'],
  [{ at: 'sequence', sequence: 2, inclusive: false }, '34'],
  [{ at: 'time', enqueuedTime: START_MS + 2000, inclusive: true }, '234'],
  [{ at: 'time', enqueuedTime: START_MS + 2000, inclusive: false }, '34'],
  [{ at: 'time', enqueuedTime: START_MS + 2001, inclusive: true }, '34'],
  [{ at: 'time', enqueuedTime: 0, inclusive: false }, '01234'],
  [{ at: 'time', enqueuedTime: START_MS + 99_999, inclusive: true }, '']
] as const)('reading from %j gives %j', (position, bodies) => {
  expect(five().reader(position).bodies.join('')).toBe(bodies)
})

test.each([
  [{ at: 'offset', offset: '6', inclusive: true }],
  [{ at: 'offset', offset: '5', inclusive: false }],
  [{ at: 'sequence', sequence: 99, inclusive: false }],
  [{ at: 'sequence', sequence: NaN, inclusive: false }],
  [{ at: 'offset', offset: '', inclusive: false }],
  [{ at: 'offset', offset: '1e1', inclusive: false }],
  [{ at: 'offset', offset: "0' or 1", inclusive: false }],
  [{ at: 'offset', offset: '-2', inclusive: false }]
] as const)('the place %j is refused', (position) => {
  expect(() => five().reader(position)).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
})

test.each([-1, 4, 0.5, NaN])('partition %j is missed', (partition) => {
  const { log, reader } = made()
  const missing = expect.objectContaining({ code: 'PartitionNotFound', number: 404003 })
  expect(() => log.info(partition)).toThrow(missing)
  expect(() => reader({ at: 'earliest' }, 1, partition)).toThrow(missing)
})

test('a message has its place in its partition', () => {
  const { log, add } = five()
  add('x', 1)
  const places: [number, number, string][] = []
  for (const partition of [0, 1]) {
    log.read(partition, { at: 'earliest' }, (message) => places.push([message.partition, message.sequence, message.offset])).addCredit(2)
  }
  expect(places).toEqual([[0, 0, '0'], [0, 1, '1'], [1, 0, '0']])
})

test('nothing is delivered without credit, and nothing is missed for the want of it', () => {
  const { add, reader } = five()
  const one = reader({ at: 'earliest' }, 2)
  expect(one.bodies).toEqual(['0', '1'])
  add('5')
  expect(one.bodies).toEqual(['0', '1'])
  one.addCredit(10)
  expect(one.bodies).toEqual(['0', '1', '2', '3', '4', '5'])
})

test('what is stored later is pushed, until the reader is closed', () => {
  const { add, reader } = five()
  const [one, two] = [reader({ at: 'latest' }), reader({ at: 'latest' })]
  add('5')
  one.close()
  add('6')
  expect([one.bodies, two.bodies]).toEqual([['5'], ['5', '6']])
})

test('a reader may give credit, close itself and store inside its delivery', () => {
  const { log, add } = five()
  const seen: number[] = []
  const reader = log.read(0, { at: 'earliest' }, ({ sequence }) => {
    seen.push(sequence)
    if (sequence === 1) { add('in') }
    if (sequence === 5) { reader.close() }
    reader.addCredit(1)
  })
  reader.addCredit(1)
  add('after')
  expect(seen).toEqual([0, 1, 2, 3, 4, 5])
})

test('a partition tells where it begins and ends', () => {
  const { log } = five()
  expect(log.info(0)).toEqual({ firstSequence: 0, lastSequence: 4, lastOffset: '4', lastEnqueuedTime: START_MS + 4000, isEmpty: false })
  expect(log.info(1)).toEqual({ firstSequence: 0, lastSequence: -1, lastOffset: '-1', lastEnqueuedTime: 0, isEmpty: true })
})

test('what is older than the retention is gone, and numbers go on', () => {
  const { clock, log, add, reader } = made({ ageMs: 10_000 })
  add('0')
  clock.advance(5000)
  add('1')
  clock.advance(5000)
  expect(log.info(0)).toMatchObject({ firstSequence: 1, lastSequence: 1, isEmpty: false })
  expect(reader({ at: 'offset', offset: '0', inclusive: true }).bodies).toEqual(['1'])
  clock.advance(5000)
  expect(log.info(0)).toMatchObject({ firstSequence: 2, lastSequence: 1, lastOffset: '1', isEmpty: true })
  add('2')
  expect(log.info(0)).toMatchObject({ firstSequence: 2, lastSequence: 2, isEmpty: false })
})

test('what is beyond the size is gone, oldest first, and the newest stays', () => {
  const { log, add, reader } = made({ bytes: 1000 })
  for (let i = 0; i < 5000; i++) { add(String(i)) }
  const { bodies } = reader({ at: 'earliest' })
  expect([bodies.length < 10, bodies.at(-1), log.info(0).firstSequence]).toEqual([true, '4999', 5000 - bodies.length])
  add('x'.repeat(5000))
  expect(reader({ at: 'earliest' }).bodies).toEqual(['x'.repeat(5000)])
})

test('a slow reader goes on with the oldest that is left', () => {
  const { add, reader } = made({ bytes: 1000 })
  add('first')
  const one = reader({ at: 'earliest' }, 1)
  for (let i = 0; i < 100; i++) { add(String(i)) }
  one.addCredit(Infinity)
  expect(one.bodies[0]).toBe('first')
  expect(one.bodies.slice(1)).toEqual(Array.from({ length: one.bodies.length - 1 }, (_, i) => String(101 - one.bodies.length + i)))
})

test('messages of a device stay in one partition, and devices spread over all', () => {
  expect(new Set(Array.from({ length: 100 }, () => partitionOf('d1', 4))).size).toBe(1)
  expect(new Set(Array.from({ length: 64 }, (_, i) => partitionOf(`device-${i}`, 4)))).toEqual(new Set([0, 1, 2, 3]))
})

test('telemetry of device and module is in the partition of the device', () => {
  const { hub } = bench()
  hub.devices.create({ deviceId: 'd1', moduleId: 'm' })
  Peer.connected(hub).publish('devices/d1/messages/events/', 'x')
  expect(hub.context.devices.get('d1/m')!.partition).toBe(hub.context.devices.get('d1')!.partition)
  expect(hub.events.info(partitionOf('d1', 4))).toMatchObject({ lastSequence: 0 })
})
