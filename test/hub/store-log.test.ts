// The built-in endpoint's log on the disk: places to read from, credit, retention, restarts, damage.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderStore, type DeviceMessage, type EventPosition, type EventReader, type FolderStore, type Retention, type StampedMessage } from '../../src/hub/index.js'
import { START_MS, VirtualClock } from './bench.js'

let folder: string
let clock: VirtualClock
let store: FolderStore
const faults: string[] = []

async function open(retention: Retention = {}): Promise<void> {
  store = await folderStore(folder, { clock, retention, log: (message) => faults.push(message) })
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'log-'))
  clock = new VirtualClock()
  faults.length = 0
  await open()
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

async function reopen(retention?: Retention): Promise<void> {
  await store.events.close()
  await store.close()
  await open(retention)
}

function stamped(text: string): StampedMessage {
  return {
    deviceId: 'd', moduleId: 'm', enqueuedTime: clock.now(), body: Buffer.from(text), system: { messageId: 'ü' }, properties: { a: null, b: '' },
    source: 'Telemetry', authMethod: '{"a":1}', generationId: 'g', modelId: 'dtmi:a;1'
  }
}

const add = (text: string, partition = 0): Promise<DeviceMessage> => new Promise((resolve, reject) => {
  store.events.append(partition, stamped(text), (error, message) => error === undefined ? resolve(message!) : reject(error))
})

/** One group each, a second apart; with `together` all in one. */
async function five(together = false): Promise<void> {
  const added: Promise<unknown>[] = []
  for (const text of ['0', '1', '2', '3', '4']) {
    added.push(add(text))
    if (!together) { await added.at(-1) }
    clock.advance(1000)
  }
  await Promise.all(added)
}

interface Reading extends EventReader {
  /** Resolves with the first `count` bodies once they are there. */
  first(count: number): Promise<string>
  readonly bodies: string[]
}

function reader(position: EventPosition, credit = Infinity): Reading {
  const bodies: string[] = []
  let look: (() => void) | undefined
  const handle = store.events.read(0, position, ({ body }) => {
    bodies.push(Buffer.from(body).toString())
    look?.()
  })
  handle.addCredit(credit)
  return {
    bodies,
    addCredit: (count) => handle.addCredit(count),
    close: () => handle.close(),
    first: (count) => new Promise((resolve) => {
      look = () => { if (bodies.length >= count) { resolve(bodies.slice(0, count).join('')) } }
      look()
    })
  }
}

const places = [
  [{ at: 'earliest' }, '01234'],
  [{ at: 'latest' }, ''],
  [{ at: 'offset', offset: '-1', inclusive: false }, '01234'],
  [{ at: 'offset', offset: '0', inclusive: true }, '01234'],
  [{ at: 'offset', offset: '2', inclusive: false }, '34'],
  [{ at: 'offset', offset: '4', inclusive: false }, ''],
  [{ at: 'sequence', sequence: 2, inclusive: true }, '234'],
  [{ at: 'time', enqueuedTime: START_MS + 2000, inclusive: true }, '234'],
  [{ at: 'time', enqueuedTime: START_MS + 2000, inclusive: false }, '34'],
  [{ at: 'time', enqueuedTime: START_MS + 2001, inclusive: true }, '34'],
  [{ at: 'time', enqueuedTime: 0, inclusive: false }, '01234'],
  [{ at: 'time', enqueuedTime: START_MS + 99_999, inclusive: true }, '']
] as const

test.each(places)('after a restart, reading from %j gives %j and then what comes', async (position, bodies) => {
  await five()
  await reopen()
  const reading = reader(position)
  const expected = `${bodies}x`
  // the place is found before what comes is added
  await reader(position, 1).first(Math.min(bodies.length, 1))
  await reader({ at: 'earliest' }).first(5)
  await add('x')
  expect(await reading.first(expected.length)).toBe(expected)
})

test.each(places)('of one group written at once, reading from %j gives %j', async (position, bodies) => {
  await five(true)
  expect(await reader(position).first(bodies.length)).toBe(bodies)
})

test.each([
  { at: 'offset', offset: '6', inclusive: true },
  { at: 'sequence', sequence: NaN, inclusive: false },
  { at: 'offset', offset: '1e1', inclusive: false }
] as const)('the place %j is refused', async (position) => {
  await five()
  expect(() => reader(position)).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
})

test('a partition that is not there is missed', () => {
  expect(() => store.events.info(4)).toThrow(expect.objectContaining({ code: 'PartitionNotFound' }))
})

test('a message comes back from the disk as it was told', async () => {
  const told = await add('body', 3)
  await reopen()
  const read = await new Promise<DeviceMessage>((resolve) => store.events.read(3, { at: 'earliest' }, resolve).addCredit(1))
  expect(read).toEqual({ ...told, body: new Uint8Array(told.body) })
  expect(store.events.info(3)).toEqual({ firstSequence: 0, lastSequence: 0, lastOffset: '0', lastEnqueuedTime: START_MS, isEmpty: false })
})

test('an empty partition says so', () => {
  expect(store.events.info(2)).toEqual({ firstSequence: 0, lastSequence: -1, lastOffset: '-1', lastEnqueuedTime: 0, isEmpty: true })
})

test('numbers go on after a restart', async () => {
  await five()
  await reopen()
  expect(await add('5')).toMatchObject({ sequence: 5, offset: '5' })
})

test('nothing is delivered without credit, and each once', async () => {
  await five(true)
  const reading = reader({ at: 'earliest' }, 2)
  await reading.first(2)
  await add('5')
  expect(reading.bodies.join('')).toBe('01')
  reading.addCredit(1)
  expect(await reading.first(3)).toBe('012')
  reading.addCredit(Infinity)
  expect(await reading.first(6)).toBe('012345')
})

test('a reader with little credit in the midst of a group misses nothing of it', async () => {
  const reading = reader({ at: 'latest' }, 2)
  await five(true)
  expect(reading.bodies.join('')).toBe('01')
  reading.addCredit(3)
  expect(await reading.first(5)).toBe('01234')
})

test('a reader that closes in the midst of a delivery gets no more', async () => {
  await five(true)
  const bodies: string[] = []
  const handle = store.events.read(0, { at: 'earliest' }, ({ body }) => {
    bodies.push(Buffer.from(body).toString())
    if (bodies.length === 2) { handle.close() }
  })
  handle.addCredit(5)
  await reader({ at: 'earliest' }).first(5)
  expect(bodies).toEqual(['0', '1'])
})

test('large groups are read back in order', async () => {
  const texts = Array.from({ length: 3000 }, (_, i) => `${String(i).padStart(5, '0')}${'x'.repeat(95)}`)
  await Promise.all(texts.map((text) => add(text)))
  await reopen()
  expect(await reader({ at: 'sequence', sequence: 1, inclusive: false }).first(2998)).toBe(texts.slice(2).join(''))
})

/** Retention works beside everything else. */
async function afterTrim(firstSequence: number): Promise<void> {
  while (store.events.info(0).firstSequence < firstSequence) { await new Promise((resolve) => setImmediate(resolve)) }
}

test('what is older than the retention goes, at the next look, and readers begin with what is left', async () => {
  await reopen({ ageMs: 10_000 })
  await five()
  clock.advance(7_500)
  await afterTrim(3)
  expect(await reader({ at: 'earliest' }).first(2)).toBe('34')
  await reopen()
  expect(store.events.info(0)).toMatchObject({ firstSequence: 3, lastSequence: 4 })
})

test('what is more than the retention goes, the oldest first, and the newest stays', async () => {
  await reopen({ bytes: 1000 })
  for (let i = 0; i < 20; i++) { await add(String(i % 10)) }
  await afterTrim(13)
  expect((await reader({ at: 'earliest' }).first(1)).length).toBe(1)
  clock.advance(10 * 86_400_000)
  await afterTrim(19)
  await reopen()
  expect([store.events.info(0).lastSequence, await reader({ at: 'earliest' }).first(1)]).toEqual([19, '9'])
})

test('a reader behind the retention goes on with what is left', async () => {
  await five()
  const slow = reader({ at: 'earliest' }, 1)
  await slow.first(1)
  clock.advance(86_400_000 + 61_000)
  await afterTrim(4)
  slow.addCredit(9)
  expect(await slow.first(2)).toMatch(/^0\d/)
})

test('damage in the log is told with its partition, and the reader ends', async () => {
  for (let i = 0; i < 40; i++) { await add('x'.repeat(5000)) }
  await reopen()
  await reopen()
  await store.close()
  const path = join(folder, 'db', readdirSync(join(folder, 'db')).find((name) => name.endsWith('.ldb'))!)
  const bytes = readFileSync(path)
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 8)
  writeFileSync(path, bytes)
  await open()
  const reading = reader({ at: 'earliest' })
  while (faults.length === 0) { await new Promise((resolve) => setImmediate(resolve)) }
  expect([faults, reading.bodies.length < 40]).toEqual([[expect.stringMatching(/^partition 0 cannot be read: /)], true])
})
