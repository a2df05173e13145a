// Store and forward: what the link cannot send goes to flash, and comes back in order.

import { expect, test } from 'vitest'
import { loadBoard, type Board } from '../../src/board/index.js'
import { simulate, type Device } from '../../src/sim/index.js'
import './matcher.js'

/** coffee-rev-a with an outbox of so many blocks of 4 KiB: 63 messages of the fixture in each. */
function boardWith(blocks: number): Board {
  const board = loadBoard('coffee-rev-a')
  const partitions = board.flash.partitions.map((partition) => partition.use === 'outbox' ? { ...partition, kib: 4 * blocks } : partition)
  return { ...board, flash: { ...board.flash, partitions } }
}

const sender = (blocks: number) => simulate('test/sim/assembly/outbox', { board: boardWith(blocks), seed: 3 })
const numbers = (device: Device) => device.telemetry().map(({ body }) => (body as { n: number }).n)

test('72 hours without a network lose nothing and change no order', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance(3_605_000)
  coffee.network.down()
  await coffee.advance('72h')
  expect(coffee.machine.state.outboxMessages).toBe(25_920)
  coffee.network.up()
  await coffee.advance('2h')
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
  expect(coffee.summary()).toMatchObject({ telemetry: 27_000, outboxPeak: 25_920 })
})

test('flash is left alone while messages get through, and in the seconds a renewal takes', async () => {
  await using device = await sender(64)
  await device.advance('1s')
  const { programs } = device.machine.flashLife
  await device.advance('2h')
  expect(device.summary().renewals).toBeGreaterThan(1)
  expect(device.machine.flashLife.programs).toBe(programs)
})

test('the app hears once of each message that it is stored, on flash or at the hub', async () => {
  await using device = await sender(64)
  await device.advance('10s')
  device.network.down()
  await device.advance('1m')
  device.network.up()
  await device.advance('2m')
  const { stored } = (await device.invoke('stored')).payload as { stored: number }
  expect(device.telemetry().length - stored).toBeLessThanOrEqual(1)
})

test('a power cut while offline drops at most what was in RAM for less than five seconds, and loses nothing', async () => {
  await using device = await sender(64)
  await device.advance('10s')
  device.network.down()
  await device.advance('3s')
  await device.reset() // three messages were in RAM only
  await device.advance('1m')
  await device.reset()
  await device.advance('1m')
  device.network.up()
  await device.advance('5m')
  expect(device.telemetry().account).toMatchObject({ dropped: 3, lost: 0, pending: 0, duplicates: 0, reordered: 0, refused: 0 })
})

test.each([1, 2, 3, 10, 40, 100, 130])('power that goes in write %i of the flash while offline loses nothing that was stored', async (write) => {
  await using device = await sender(64)
  await device.advance('10s')
  device.network.down()
  device.machine.cutAtFlash({ write, tornBytes: write % 7 })
  await device.advance('5m')
  device.network.up()
  await device.advance('5m')
  const { dropped, lost, pending, duplicates, reordered } = device.telemetry().account
  expect({ lost, pending, duplicates, reordered }).toEqual({ lost: 0, pending: 0, duplicates: 0, reordered: 0 })
  expect(dropped).toBeLessThanOrEqual(6)
})

test.each([2, 17, 64, 120])('power that goes in write %i of the flash while it empties sends at most one message twice', async (write) => {
  await using device = await sender(64)
  await device.advance('10s')
  device.network.down()
  await device.advance('3m')
  device.machine.cutAtFlash({ write })
  device.network.up()
  await device.advance('5m')
  const { lost, pending, duplicates, reordered } = device.telemetry().account
  expect({ lost, pending, reordered }).toEqual({ lost: 0, pending: 0, reordered: 0 })
  expect(duplicates).toBeLessThanOrEqual(1)
})

test('a full outbox gives up the oldest messages, says so, and sends the others in order', async () => {
  await using device = await sender(8)
  await device.advance('10s')
  device.network.down()
  await device.advance('20m')
  device.network.up()
  await device.advance('5m')
  const { queued, arrived, dropped, lost, pending, reordered } = device.telemetry().account
  expect({ lost, pending, reordered, sum: arrived + dropped }).toEqual({ lost: 0, pending: 0, reordered: 0, sum: queued })
  expect(dropped).toBeGreaterThan(600)
  const got = numbers(device)
  expect(got.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(got[10]).toBe(dropped + 11)
  expect(device.log().some(({ level, text }) => level === 'warning' && text.startsWith('the outbox is full'))).toBe(true)
})

test('messages that yield give way to those that were there before', async () => {
  await using device = await sender(8)
  await device.advance('1s')
  await device.invoke('plan', { yields: 1 })
  device.network.down()
  await device.advance('20m')
  const held = device.machine.state.outboxMessages
  device.network.up()
  await device.advance('5m')
  expect(numbers(device).slice(0, held)).toEqual(Array.from({ length: held }, (_, index) => index + 1))
  expect(device.telemetry().account).toMatchObject({ lost: 0, pending: 0, reordered: 0 })
})

test('urgent messages survive a full outbox and still come in order', async () => {
  await using device = await sender(8)
  await device.advance('1s')
  await device.invoke('plan', { urgentEach: 25 })
  device.network.down()
  await device.advance('20m')
  device.network.up()
  await device.advance('5m')
  const urgent = numbers(device).filter((n) => n % 25 === 0 && n <= 1200)
  expect(urgent).toEqual(Array.from({ length: 48 }, (_, index) => 25 * (index + 1)))
  const { dropped, lost, pending, duplicates, reordered } = device.telemetry().account
  expect({ lost, pending, duplicates, reordered }).toEqual({ lost: 0, pending: 0, duplicates: 0, reordered: 0 })
  expect(dropped).toBeGreaterThan(600)
})

test('what expired while offline is not sent, and told apart', async () => {
  await using device = await sender(64)
  await device.advance('1s')
  await device.invoke('plan', { expiresS: 60 })
  device.network.down()
  await device.advance('10m')
  device.network.up()
  await device.advance('1m')
  const { expired, lost, dropped, pending, reordered } = device.telemetry().account
  expect({ lost, dropped, pending, reordered }).toEqual({ lost: 0, dropped: 0, pending: 0, reordered: 0 })
  expect(expired).toBeGreaterThan(530)
  expect(expired).toBeLessThan(545)
})

test('a flash that cannot be written is told, and telemetry goes on in RAM', async () => {
  await using device = await sender(64)
  await device.advance('10s')
  device.machine.failFlash({ count: 1_000_000 })
  device.network.down()
  await device.advance('2m')
  device.network.up()
  await device.advance('2m')
  expect(device.telemetry()).toBeCompleteAndInOrder()
  expect(device.log().filter(({ level, text }) => level === 'error' && text.includes('outbox cannot be written')).length).toBe(2)
})

test('a write that fails once costs nothing: the next part of the flash takes the message', async () => {
  await using device = await sender(64)
  await device.advance('10s')
  device.network.down()
  await device.advance('20s')
  device.machine.failFlash({ tornBytes: 20 })
  await device.advance('3m')
  await device.reset()
  device.network.up()
  await device.advance('3m')
  expect(device.telemetry().account).toMatchObject({ lost: 0, pending: 0, duplicates: 0, reordered: 0, refused: 0 })
})
