/** Files from a simulated device to the hub's container, in virtual time: whole, cut, resumed, refused. */

import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { simulate, type Device } from '../../src/sim/index.js'

const app = 'assembly/bench/uploader'

/** What the app's formula says. */
function content(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, at) => {
    const place = at % 64
    return place === 63 ? 0x0a : place < 8 ? 0x30 + ((Math.floor(at / 64) >> (28 - 4 * place)) & 15) : 0x61 + at % 16
  }))
}

async function uploader(board = 'host', options: Parameters<typeof simulate>[1] = {}): Promise<Device> {
  const device = await simulate(app, { board, deviceId: 'd1', ...options })
  await device.advance('1s')
  return device
}

async function state(device: Device): Promise<{ done: number, why: string, heard: number }> {
  return (await device.invoke('state')).payload as { done: number, why: string, heard: number }
}

/** Begins, and lets time pass until the app heard of the end. */
async function upload(device: Device, method: string, payload: object, limit = 900): Promise<{ done: number, why: string }> {
  expect((await device.invoke(method, payload)).payload).toEqual({ result: 0 })
  return ended(device, limit)
}

async function ended(device: Device, limit = 900): Promise<{ done: number, why: string }> {
  for (let second = 0; second < limit; second += 5) {
    await device.advance('5s')
    if (!device.connected) continue
    const { done, why } = await state(device)
    if (done !== 1) return { done, why }
  }
  throw new Error('the upload did not end')
}

test.each([0, 1, 3000, 20_000])('a file of %i bytes from the app is in the container, and the service is told', async (size) => {
  await using device = await uploader()
  expect(await upload(device, 'begin', { name: 'logs/a b.txt', size })).toEqual({ done: 0, why: '' })
  const { storage, hub } = device.world
  expect(storage.blobs.get('d1/logs/a b.txt')!.bytes.equals(content(size))).toBe(true)
  expect(JSON.parse(hub.context.fileNotifications.receive()!.message.body)).toMatchObject({ blobName: 'd1/logs/a b.txt', blobSizeInBytes: size })
  expect(hub.context.uploads.size).toBe(0)
})

const fine = { done: 0, why: '' }
const blob = (device: Device, name = 'file') => device.world.storage.blobs.get(`d1/${name}`)

test('the same on V8', async () => {
  await using device = await uploader('host', { engine: 'v8' })
  expect(await upload(device, 'begin', { size: 5000 })).toEqual(fine)
  expect(blob(device)!.bytes.equals(content(5000))).toBe(true)
})

test('a file of unknown size ends with an empty part', async () => {
  await using device = await uploader()
  expect(await upload(device, 'begin', { size: 12_345, unsized: true })).toEqual(fine)
  expect(blob(device)!.bytes.equals(content(12_345))).toBe(true)
})

test('a compressed file says so, is what zlib makes of it again, and is less than half as large', async () => {
  await using device = await uploader()
  expect(await upload(device, 'begin', { size: 100_000, gzip: true })).toEqual(fine)
  expect(blob(device)!.contentEncoding).toBe('gzip')
  expect(gunzipSync(blob(device)!.bytes).equals(content(100_000))).toBe(true)
  expect(blob(device)!.bytes.length).toBeLessThan(50_000)
})

test('1 MiB from flash arrives by way of the 8 KiB of RAM the board gives to uploads', async () => {
  await using device = await uploader()
  expect((await device.invoke('write', { size: 1_048_576 })).payload).toEqual({ result: 0 })
  expect(await upload(device, 'beginFiles', { size: 1_048_576 })).toEqual(fine)
  expect(blob(device, 'flash.log')!.bytes.equals(content(1_048_576))).toBe(true)
  expect(loadBoard('host').memory.uploadBytes).toBe(8192)
})

test('a board with memory for one connection leaves the hub for the upload and comes back', async () => {
  await using device = await uploader('coffee-rev-a')
  const seen: boolean[] = []
  device.world.storage.fault = () => { seen.push(device.connected); return undefined }
  expect(await upload(device, 'begin', { size: 10_000 })).toEqual(fine)
  expect(new Set(seen)).toEqual(new Set([false]))
  expect(device.connected).toBe(true)
  expect(blob(device)!.bytes.equals(content(10_000))).toBe(true)
})

test('a board with memory for two stays connected', async () => {
  await using device = await uploader('host')
  const seen: boolean[] = []
  device.world.storage.fault = () => { seen.push(device.connected); return undefined }
  await upload(device, 'begin', { size: 10_000 })
  expect(new Set(seen)).toEqual(new Set([true]))
})

test.each([0, 1, 2])('a cut at storage request %i costs that request alone', async (index) => {
  await using device = await uploader()
  const { storage } = device.world
  storage.fault = (_request, at) => {
    if (at === index) device.network.down()
    return undefined
  }
  expect((await device.invoke('begin', { size: 6000 })).payload).toEqual({ result: 0 })
  await device.advance('40s')
  device.network.up()
  expect(await ended(device)).toEqual(fine)
  expect(blob(device)!.bytes.equals(content(6000))).toBe(true)
  expect(storage.requests.length).toBe(4)
})

test('a network that is down for three days only delays it', async () => {
  await using device = await uploader()
  expect((await device.invoke('write', { size: 20_000 })).payload).toEqual({ result: 0 })
  device.world.storage.fault = (_request, at) => {
    if (at === 2) device.network.down()
    return undefined
  }
  await device.invoke('beginFiles', { size: 20_000 })
  await device.advance('72h')
  device.network.up()
  expect(await ended(device)).toEqual(fine)
  expect(blob(device, 'flash.log')!.bytes.equals(content(20_000))).toBe(true)
})

test('a power cut costs an upload from flash the blocks since its last note, and the old permission is given back', async () => {
  await using device = await uploader()
  const { storage, hub } = device.world
  const size = 400_000
  expect((await device.invoke('write', { size })).payload).toEqual({ result: 0 })
  let cuts = 0
  storage.fault = (_request, at) => {
    if (at !== 40 || cuts++ > 0) return undefined
    device.network.down()
    return undefined
  }
  await device.invoke('beginFiles', { size })
  await device.advance('5s')
  const whole = Math.ceil(size / blockBytes)
  await device.reset()
  device.network.up()
  await device.advance('60s')
  expect(blob(device, 'flash.log')!.bytes.equals(content(size))).toBe(true)
  expect(storage.requests.length).toBeLessThanOrEqual(whole + 1 + 17)
  expect(hub.context.uploads.size).toBe(0)
})

/** A block has what the upload's RAM leaves, at least this. */
const blockBytes = 3000

test('a compressed upload from flash that power cuts is whole', async () => {
  await using device = await uploader()
  const size = 600_000
  expect((await device.invoke('write', { size })).payload).toEqual({ result: 0 })
  device.world.storage.fault = (_request, at) => {
    if (at === 30) device.network.down()
    return undefined
  }
  await device.invoke('beginFiles', { size, gzip: true })
  await device.advance('5s')
  await device.reset()
  device.network.up()
  await device.advance('120s')
  expect(gunzipSync(blob(device, 'flash.log')!.bytes).equals(content(size))).toBe(true)
})

test('a permission whose time is over is replaced, and the blocks before it stay', async () => {
  await using device = await uploader()
  const { storage } = device.world
  storage.grantMs = 4000
  storage.fault = (_request, at) => (at === 3 ? { status: 503, headers: { 'retry-after': '10' } } : undefined)
  expect(await upload(device, 'begin', { size: 30_000 })).toEqual(fine)
  expect(blob(device)!.bytes.equals(content(30_000))).toBe(true)
  expect(storage.requests.filter((request) => request === storage.requests[0]).length).toBe(1)
})

test('storage that lost the blocks gets them once more', async () => {
  await using device = await uploader()
  const { storage } = device.world
  let lost = false
  storage.fault = (request) => {
    if (request === 'PUT blocklist' && !lost) {
      lost = true
      storage.forgetBlocks()
    }
    return undefined
  }
  expect(await upload(device, 'begin', { size: 10_000 })).toEqual(fine)
  expect(blob(device)!.bytes.equals(content(10_000))).toBe(true)
})

test.each([
  [404, { done: -10, why: 'storage refused the file' }],
  [409, { done: -10, why: 'storage refused the file' }],
  [412, { done: -10, why: 'storage refused the file' }],
  [403, { done: -10, why: 'storage does not accept the hub\'s permission' }],
  [413, { done: -1, why: 'storage does not take so much' }],
  [301, { done: -10, why: 'storage refused the file' }],
] as const)('storage that answers %i ends it, and the hub is told', async (status, outcome) => {
  await using device = await uploader()
  device.world.storage.fault = (_request, at) => (at >= 1 ? { status, headers: { location: 'https://other.test/' } } : undefined)
  expect(await upload(device, 'begin', { size: 10_000 })).toEqual(outcome)
  expect(device.world.hub.context.uploads.size).toBe(0)
  expect(device.world.hub.context.fileNotifications.receive()).toBeUndefined()
})

test.each([429, 500, 503])('storage that answers %i is asked again when it said', async (status) => {
  await using device = await uploader()
  const { storage, clock } = device.world
  const times: number[] = []
  storage.fault = (_request, at) => {
    times.push(clock.nowMs)
    return at === 1 ? { status, headers: { 'retry-after': '20' } } : undefined
  }
  expect(await upload(device, 'begin', { size: 10_000 })).toEqual(fine)
  expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(20_000)
  expect(times[2]! - times[1]!).toBeLessThan(25_000)
})

test('storage that is always busy ends it after eight times', async () => {
  await using device = await uploader()
  device.world.storage.fault = () => ({ status: 503 })
  expect(await upload(device, 'begin', { size: 10_000 })).toEqual({ done: -4, why: 'storage is unavailable or throttling' })
  expect(device.world.storage.requests.length).toBe(8)
})

test('a hub with no place for another upload says no', async () => {
  await using device = await uploader()
  const { beginUpload } = await import('../../src/hub/domain/uploads.js')
  const { findDevice } = await import('../../src/hub/domain/registry.js')
  const { context } = device.world.hub
  for (let i = 0; i < 10; i++) beginUpload(context, findDevice(context, 'd1'), `other-${i}`, () => {})
  expect(await upload(device, 'begin', { size: 10 })).toEqual({ done: -10, why: 'the hub has no place for another upload' })
})

test('a name the hub does not take ends it', async () => {
  await using device = await uploader()
  expect(await upload(device, 'begin', { name: '../other', size: 10 })).toMatchObject({ done: -1 })
})

test('one upload at a time, and another when it is over', async () => {
  await using device = await uploader()
  expect((await device.invoke('begin', { size: 10, silent: true })).payload).toEqual({ result: 0 })
  expect((await device.invoke('begin', { size: 10 })).payload).toEqual({ result: -4 })
  expect((await device.invoke('cancel')).payload).toEqual({ result: 0 })
  expect(await ended(device)).toEqual({ done: -8, why: 'cancelled' })
  expect((await device.invoke('cancel')).payload).toEqual({ result: -2 })
  expect(await upload(device, 'begin', { size: 10 })).toEqual(fine)
  expect(device.world.hub.context.uploads.size).toBe(0)
})

test('an app that gives no bytes for five minutes ends it', async () => {
  await using device = await uploader()
  expect(await upload(device, 'begin', { size: 10, silent: true })).toEqual({ done: -7, why: 'the app gave no bytes' })
})

test('the app hears how far it is', async () => {
  await using device = await uploader()
  expect(await upload(device, 'begin', { size: 100_000 })).toEqual(fine)
  expect((await state(device)).heard).toBeGreaterThan(50_000)
})

test.each([[-2, 5], [0, -1], [1_048_576, 1], [2_000_000_000, 2_000_000_000]])('a range of flash from %i with %i bytes is refused', async (from, size) => {
  await using device = await uploader()
  expect((await device.invoke('beginFiles', { from, size })).payload).toEqual({ result: -1 })
})

test('an app that uploads is refused by a board without room for it, and one that uses flash by a board without files', async () => {
  await expect(simulate(app, { board: 'esp32-c3-devkitm' })).rejects.toThrow(/board 'esp32-c3-devkitm' has no (RAM|partition) for it/)
})
