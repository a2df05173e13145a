// What must not grow: guest memory over many events, C memory over a virtual week.

import { expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'
import { loadBoard } from '../../src/board/index.js'

/** Half a minute of interpreting on a free machine. */
const longMs = 300_000

test('200,000 events that build strings run in 16 KiB of guest memory without a trap', async () => {
  const host = loadBoard('host')
  const board = { ...host, memory: { ...host.memory, guestBytes: 16_384 } }
  await using device = await simulate('strings', { board })
  await device.advance('2000s')
  expect(device.crashes).toEqual([])
  expect((await device.invoke('count')).payload).toMatchObject({ events: 200_000 })
}, longMs)

test.each(['wasm3', 'v8'] as const)('a burst of messages does not fill the little memory an app has left with garbage (%s)', async (engine) => {
  await using device = await simulate('test/sim/assembly/narrow', { board: 'blink-nano', engine })
  await device.advance('1s')
  for (let sent = 0; sent < 50; sent++) device.world.hub.send(device.id, { body: 'x' })
  await device.advance('10s')
  expect(device.crashes).toEqual([])
  expect(device.queueLength).toBe(0)
})

test('the C side holds as many bytes after a virtual week as after its first hour', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance('1h')
  const { heapBytes } = coffee.machine.state
  await coffee.advance('167h')
  expect(coffee.machine.state.heapBytes - heapBytes).toBe(0)
  expect(coffee.summary()).toMatchObject({ telemetry: 60_480, lost: 0, dropped: 0, duplicates: 0, reordered: 0 })
}, longMs)

test('a guest that logs and traces without end takes a few MiB at most, and the log says what it lacks', async () => {
  await using device = await simulate('test/sim/assembly/traps', { board: 'host' })
  await device.advance('1s')
  const { heapBytes } = device.machine.state
  await device.invoke('chatter')
  await device.invoke('spin')
  expect(device.crashes).toHaveLength(2)
  expect(device.machine.state.heapBytes - heapBytes).toBeLessThan(8 * 1024 * 1024)
  expect(device.log().length).toBeLessThan(60_000)
  expect(device.log().map(({ text }) => text).filter((text) => text.endsWith(' log lines were dropped here'))).toHaveLength(1)
})
