// Files from devices: who may write which blob, for how long, and what the service is told.

import { expect, test } from 'vitest'
import { beginUpload, finishUpload, type BlobContainer } from '../../src/hub/domain/uploads.js'
import { findDevice } from '../../src/hub/domain/registry.js'
import { memoryStore, type HubOptions } from '../../src/hub/index.js'
import { bench, START_MS } from './bench.js'

const blobs: BlobContainer = {
  hostName: 'blobs.test:10000', containerName: 'files',
  sasFor: (blobName, expiresAt) => `?sig=${blobName}&se=${expiresAt}`,
  find: (blobName) => Promise.resolve(blobName.endsWith('missing') ? undefined : { sizeBytes: 7, lastModified: START_MS + 5 })
}

function made(options: Partial<HubOptions> = {}) {
  const one = bench({ blobs, ...options })
  const device = (name = 'd1') => findDevice(one.hub.context, name)
  return {
    ...one, device,
    begin: (blobName: string, name = 'd1') => beginUpload(one.hub.context, device(name), blobName, () => {}),
    finish: (correlationId: string, isSuccess = true, name = 'd1') => finishUpload(one.hub.context, device(name), correlationId, { isSuccess }),
    told: () => one.hub.context.fileNotifications.receive()?.message.body
  }
}

const code = (wanted: string) => expect.objectContaining({ code: wanted })

test('a grant is for one blob in the folder of the device, for an hour', () => {
  expect(made().begin('logs/today.txt')).toEqual({
    correlationId: expect.stringMatching(/^[0-9a-f]{32}$/), hostName: 'blobs.test:10000', containerName: 'files',
    blobName: 'd1/logs/today.txt', sasToken: `?sig=d1/logs/today.txt&se=${START_MS + 3_600_000}`
  })
})

test('the service is told of a success', async () => {
  const one = made()
  one.clock.advance(1000)
  await one.finish(one.begin('a b.txt').correlationId)
  expect(JSON.parse(one.told()!)).toEqual({
    deviceId: 'd1', blobUri: 'https://blobs.test:10000/files/d1/a%20b.txt', blobName: 'd1/a b.txt',
    lastUpdatedTime: '2026-01-01T00:00:00.005Z', blobSizeInBytes: 7, enqueuedTimeUtc: '2026-01-01T00:00:01.000Z'
  })
})

test('and not of a failure', async () => {
  const one = made()
  await one.finish(one.begin('a').correlationId, false)
  expect(one.told()).toBeUndefined()
})

test.each(['', '../x', 'a/../../x', 'a//b', '/a', 'a/', '.', '..', 'a/.', '%2e%2e/x', '..#', 'a/..?b', '.. ', 'a%2f..%2fb', 'a\\b', 'a\nb', 'a\0', '\ud800', 'x'.repeat(1022), 'a/'.repeat(254) + 'a'])('the blob name %j is refused', (name) => {
  const one = made()
  expect(() => one.begin(name)).toThrow(code('ArgumentInvalid'))
  expect(one.hub.context.uploads.size).toBe(0)
})

test.each(['.', '..', '%2e%2e'])('the device id %j has no folder of its own and uploads nothing', (deviceId) => {
  const one = made()
  one.hub.devices.create({ deviceId })
  expect(() => one.begin('x', deviceId)).toThrow(code('ArgumentInvalid'))
})

test('ten uploads of a device may be under way, and another device has its own ten', async () => {
  const one = made()
  one.hub.devices.create({ deviceId: 'd2' })
  const first = one.begin('0')
  for (let i = 1; i < 10; i++) { one.begin(String(i)) }
  expect(() => one.begin('10')).toThrow(expect.objectContaining({ code: 'UploadLimitExceeded', number: 403006 }))
  expect(one.begin('0', 'd2').blobName).toBe('d2/0')
  await one.finish(first.correlationId)
  expect(one.begin('10').blobName).toBe('d1/10')
})

test('an upload that was never finished makes room after its hour', () => {
  const one = made()
  for (let i = 0; i < 10; i++) { one.begin(String(i)) }
  one.clock.advance(3_600_000)
  expect(one.begin('10').blobName).toBe('d1/10')
  expect(one.hub.context.uploads.size).toBe(1)
})

test('an upload ends once, in its time, by its own device', async () => {
  const one = made()
  one.hub.devices.create({ deviceId: 'd2' })
  const { correlationId } = one.begin('a')
  await expect(one.finish(correlationId, true, 'd2')).rejects.toMatchObject({ code: 'UploadNotFound' })
  await expect(one.finish('nonsense')).rejects.toMatchObject({ code: 'UploadNotFound', status: 404 })
  await one.finish(correlationId)
  await expect(one.finish(correlationId)).rejects.toMatchObject({ code: 'UploadNotFound' })
  const late = one.begin('b').correlationId
  one.clock.advance(3_600_000)
  await expect(one.finish(late)).rejects.toMatchObject({ code: 'UploadNotFound' })
})

test('an upload goes on after a restart', async () => {
  const store = memoryStore()
  const { correlationId } = made({ store }).begin('a')
  const next = made({ store })
  await next.finish(correlationId)
  expect(JSON.parse(next.told()!)).toMatchObject({ blobName: 'd1/a' })
})

test('a blob that is not there is told of with no size', async () => {
  const one = made()
  await one.finish(one.begin('missing').correlationId)
  expect(JSON.parse(one.told()!)).toMatchObject({ blobSizeInBytes: 0 })
})

test('without a container nothing is uploaded', () => {
  const { hub } = bench()
  expect(() => beginUpload(hub.context, findDevice(hub.context, 'd1'), 'a', () => {})).toThrow(code('UploadNotConfigured'))
})
