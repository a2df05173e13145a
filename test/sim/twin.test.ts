// Twins beyond a board's buffer, missed patches, throttled requests: the app follows as far as the board can read.

import { expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { simulate, type Device } from '../../src/sim/index.js'

/** Reads packets of up to a KiB. */
function smallBoard() {
  const board = loadBoard('coffee-rev-a')
  return { ...board, memory: { ...board.memory, receiveBytes: 1024 } }
}

const coffeeMachine = () => simulate('coffee-machine', { board: smallBoard(), seed: 7 })
/** What does not fit with it into the board's buffer. */
const note = 'x'.repeat(1500)
const texts = (device: Device): string[] => device.log().map(({ text }) => text)

test('after a twin that is larger than the board reads, patches that it can read are followed again', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1s')
  await coffee.desired({ note })
  await coffee.advance('1s')
  expect(texts(coffee).filter((text) => text.startsWith('a twin of'))).toHaveLength(1)
  await coffee.desired({ telemetryInterval: 7 })
  await coffee.advance('1s')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 7, ac: 200, av: 3 })
  await coffee.desired({ telemetryInterval: 8 })
  await coffee.advance('1s')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 8, ac: 200, av: 4 })
  expect(texts(coffee).filter((text) => text.startsWith('a twin of'))).toHaveLength(1) // and not fetched for each
})

test('a device that starts with a twin larger than it reads follows the patches from then on', async () => {
  await using coffee = await coffeeMachine()
  coffee.network.down()
  await coffee.desired({ note, telemetryInterval: 5 })
  coffee.network.up()
  await coffee.advance('2s')
  expect(coffee.reported['telemetryInterval']).toBeUndefined()
  await coffee.desired({ telemetryInterval: 7 })
  await coffee.advance('1s')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 7, ac: 200 })
})

test('when the twin is small enough again, all of it is followed', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1s')
  await coffee.desired({ note, targetTemperature: 50 })
  await coffee.desired({ telemetryInterval: 7 })
  await coffee.advance('1s')
  expect(coffee.reported['targetTemperature']).toBeUndefined()
  await coffee.desired({ note: null })
  coffee.faults.inject('net.reset')
  await coffee.advance('1m')
  expect(coffee.reported['targetTemperature']).toMatchObject({ value: 50, ac: 200 })
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 7, ac: 200 })
})

test('a patch that the board cannot read is one the twin is fetched for, and the next is followed', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1s')
  await coffee.desired({ note })
  await coffee.desired({ note: null }) // a patch of its own; the twin itself is small again
  await coffee.advance('1s')
  await coffee.desired({ telemetryInterval: 9 })
  await coffee.advance('1s')
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 9, ac: 200, av: 4 })
})

test('patches that were made while the device was away are there after its return', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1s')
  coffee.network.down()
  await coffee.advance('1m')
  await coffee.desired({ telemetryInterval: 7 })
  await coffee.desired({ targetTemperature: 60 })
  coffee.network.up()
  await coffee.advance('5s')
  expect(coffee.reported).toMatchObject({ telemetryInterval: { value: 7, ac: 200 }, targetTemperature: { value: 60, ac: 200 } })
})

test('a patch that vanished on a half-open link is fetched with the next one', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('1s')
  coffee.faults.inject('net.half-open').end()
  await coffee.desired({ telemetryInterval: 7 })
  await coffee.advance('2m')
  expect(coffee.connected).toBe(true)
  expect(coffee.reported['telemetryInterval']).toMatchObject({ value: 7, ac: 200 })
})

test('a twin that the hub throttled is asked for again until it comes', async () => {
  await using follower = await simulate('test/sim/assembly/follower', { board: 'host' })
  await follower.advance('1s')
  follower.network.down()
  await follower.advance('10s')
  await follower.desired({ level: 4 })
  follower.faults.inject('net.slow', { for: '20s', value: '1s' })
  follower.network.up()
  while (!follower.connected) await follower.advance('100ms')
  const throttled = follower.faults.inject('hub.throttle', { for: '45s' }) // before it has subscribed and asked
  await follower.advance('40s')
  expect(throttled.active).toBe(true)
  expect({ connected: follower.connected, level: follower.reported['level'] }).toEqual({ connected: true, level: undefined })
  await follower.advance('20s')
  expect(follower.reported['level']).toMatchObject({ value: 4, ac: 200 })
})
