/** Connections that come and go with what there is to say, last wills, and batches, against the hub. */

import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { simulate, type Device } from '../../src/sim/index.js'

const battery = 'test/sim/assembly/battery'
const parting = 'test/sim/assembly/parting'
const dayS = 86_400

/** Seconds in which the hub had a connection of the device, counted from now on. */
function connectedSeconds(device: Device): () => number {
  const { hub, clock } = device.world
  let since = device.connected ? clock.nowMs : undefined
  let sumMs = 0
  hub.onEvent((event) => {
    if (event.type === 'connected') since = clock.nowMs
    if (event.type === 'disconnected' && since !== undefined) {
      sumMs += clock.nowMs - since
      since = undefined
    }
  })
  return () => (sumMs + (since === undefined ? 0 : clock.nowMs - since)) / 1000
}

/** The hub's own account of a compressed batch. */
function readings(device: Device): { t: number }[] {
  return device.messages.flatMap(({ body, system }) => {
    expect(system).toMatchObject({ contentType: 'application/json', contentEncoding: 'gzip' })
    return JSON.parse(gunzipSync(body).toString()) as { t: number }[]
  })
}

test('one message each ten minutes takes less than six minutes of connection a day, and loses nothing', async () => {
  await using device = await simulate(battery, { board: 'coffee-rev-a' })
  await device.advance('10s')
  const seconds = connectedSeconds(device)
  await device.advance('24h')
  process.stdout.write(`connected ${seconds()} s of ${dayS}, one message each 10 minutes\n`)
  expect(seconds()).toBeLessThan(360)
  expect(device.telemetry().account).toMatchObject({ queued: 144, arrived: 144, lost: 0, duplicates: 0, reordered: 0 })
  expect(readings(device).map(({ t }) => t)).toEqual(Array.from({ length: 1440 }, (_, i) => 60_000 * (i + 1)))
})

test('what waits at the hub is fetched at the next visit', async () => {
  await using device = await simulate(battery, { board: 'coffee-rev-a' })
  await device.advance('30s')
  expect(device.connected).toBe(false)
  await device.send('open the window')
  await device.desired({ offset: 5 })
  expect(device.queueLength).toBe(1)
  await device.advance('11m')
  expect(device.connected).toBe(false)
  expect(device.queueLength).toBe(0)
  expect(device.log().map(({ text }) => text)).toContain('The hub says: open the window')
  expect(device.reported).toMatchObject({ offset: { value: 5, ac: 200 } })
})

test('a message that is ready while the network is down goes when it is back', async () => {
  await using device = await simulate(battery, { board: 'coffee-rev-a' })
  await device.advance('30s')
  device.network.down()
  await device.advance('3h')
  device.network.up()
  await device.advance('5m')
  expect(device.telemetry().account).toMatchObject({ queued: 18, arrived: 18, lost: 0, reordered: 0 })
})

test('the hub is visited each hour although there is nothing to send', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('10s')
  expect((await device.invoke('ephemeral', { s: 3600 })).payload).toEqual({ result: 0 })
  await device.advance('1m')
  let visits = 0
  device.world.hub.onEvent(({ type }) => { if (type === 'connected') visits++ })
  await device.advance('24h')
  expect(visits).toBe(24)
})

test('a device that is to stay connected again does', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('10s')
  await device.invoke('ephemeral', { s: 60 })
  await device.advance('10s')
  expect(device.connected).toBe(false)
  await device.advance('50s')
  expect((await device.invoke('ephemeral', { s: 0 }, { timeout: '70s' })).payload).toEqual({ result: 0 })
  await device.advance('10m')
  expect(device.connected).toBe(true)
})

test.each([-1, 59, 2_592_001])('an interval of %i seconds is refused', async (interval) => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  expect((await device.invoke('ephemeral', { s: interval })).payload).toEqual({ result: -1 })
})

const wills = (device: Device) => device.messages.filter(({ properties }) => properties['iothub-MessageType'] === 'Will')

test('the last will comes from the hub when the device vanishes, and not when it leaves', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  expect((await device.invoke('will')).payload).toEqual({ result: 0 })
  await device.advance('5s')
  device.network.down()
  await device.advance('1s')
  expect(wills(device).map(({ body, system }) => [Buffer.from(body).toString(), system.contentType])).toEqual([['{"gone":1}', 'application/json']])
  device.network.up()
  await device.advance('2m')
  await device.invoke('ephemeral', { s: 3600 })
  await device.advance('10s')
  expect(device.connected).toBe(false)
  expect(wills(device).length).toBe(1)
})

test('a will that changes holds from one reconnect on', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  await device.invoke('will')
  await device.advance('5s')
  await device.invoke('will')
  await device.advance('5s')
  expect(device.summary().renewals).toBe(2)
  device.network.down()
  await device.advance('1s')
  expect(wills(device).map(({ body }) => Buffer.from(body).toString())).toEqual(['{"gone":2}'])
})

test('a will of more than 192 bytes is refused', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  expect((await device.invoke('longWill')).payload).toEqual({ result: -1 })
})

test.each([[1, false], [20, false], [40, true]])('a batch of %i is one message (compressed: %s)', async (count, compressed) => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  expect((await device.invoke('batch', { count, compressed })).payload).toEqual({ added: count, result: 1, left: 0 })
  await device.drain()
  const [{ body, system }] = device.messages as [Device['messages'][number]]
  expect(system.contentEncoding).toBe(compressed ? 'gzip' : 'utf-8')
  const text = (compressed ? gunzipSync(body) : Buffer.from(body)).toString()
  expect(JSON.parse(text)).toEqual(Array.from({ length: count }, (_, n) => ({ n, word: 'again and again' })))
})

test('an object that does not fit is left out and the batch is sent whole', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  const { payload } = await device.invoke('batch', { count: 1000 })
  expect(payload).toMatchObject({ result: 1, left: 0 })
  await device.drain()
  expect((JSON.parse(Buffer.from(device.messages[0]!.body).toString()) as unknown[]).length).toBe((payload as { added: number }).added)
})

test('an empty batch sends nothing', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  expect((await device.invoke('batch', { count: 0 })).payload).toEqual({ added: 0, result: 0, left: 0 })
})

test('a board without uploads compresses nothing and says so', async () => {
  await using device = await simulate(parting, { board: 'esp32-c3-devkitm' })
  await device.advance('5s')
  expect((await device.invoke('batch', { count: 3, compressed: true })).payload).toMatchObject({ result: -6 })
})
