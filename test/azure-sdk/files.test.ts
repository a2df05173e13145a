// Files from Microsoft's unmodified device SDK into Azurite, and registries in and out of it, each by way of the hub on port 443.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blobContainer, type Container } from '../../src/hub/blob/container.js'
import { startAzurite, type Azurite } from '../../src/hub/blob/azurite.js'
import { SdkDevice as Sdk } from './device.js'
import { maySpeak443, serveOn443, type Served } from './port443.js'

const HOST = '127.0.31.3'
const HOUR_MS = 3_600_000
const permitted = await maySpeak443(HOST)

describe.skipIf(!permitted)(permitted ? 'files on port 443' : 'files: skipped, this user may not listen on port 443', () => {
  let served: Served
  let azurite: Azurite
  let container: Container
  let service: Sdk

  beforeAll(async () => {
    served = await serveOn443(HOST, async (authority) => {
      azurite = await startAzurite({ host: HOST, authority })
      container = blobContainer({ connectionString: azurite.connectionString, containerName: 'uploads', ca: authority.caPem })
      await container.prepare()
      return { blobs: container }
    }, () => ({ blobs: container }))
    service = new Sdk(served.caPath, 'service.cjs')
    await service.do('open', { connectionString: served.hub.serviceConnectionString() })
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await served[Symbol.asyncDispose]()
    await azurite[Symbol.asyncDispose]()
  })

  /** Enough to read and write everything below the container for the tests' own eyes. */
  const urlOf = (blobName: string): URL => new URL(`https://${container.hostName}/${container.containerName}/${blobName}${container.sasFor(blobName, Date.now() + HOUR_MS)}`)
  const textOf = async (blobName: string): Promise<string> => (await container.read(urlOf(blobName), 1_000_000)).toString()

  test.each(['http', 'mqtt-ws'] as const)('a file is uploaded beside %s, and the service is notified', async (transport) => {
    const deviceId = `uploads-${transport}`
    served.hub.devices.create({ deviceId })
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString(deviceId), transport })
    await device.do('upload', { name: 'logs/today.txt', body: 'hello' })
    expect(await textOf(`${deviceId}/logs/today.txt`)).toBe('hello')
    const told = served.hub.context.fileNotifications.receive()!
    expect(JSON.parse(told.message.body)).toMatchObject({ deviceId, blobName: `${deviceId}/logs/today.txt`, blobSizeInBytes: 5 })
    served.hub.context.fileNotifications.complete(told.lockToken)
  })

  test('a file name that leaves the device\'s folder is refused', async () => {
    served.hub.devices.create({ deviceId: 'climber' })
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString('climber'), transport: 'http' })
    await expect(device.do('upload', { name: '../other/a.txt', body: 'x' })).rejects.toThrow('BlobSasError')
    expect(served.hub.context.fileNotifications.length).toBe(0)
  })

  async function ended(jobId: string): Promise<Record<string, unknown>> {
    for (;;) {
      const job = await service.do('registry', { name: 'getJob', args: [jobId] }) as { status: string }
      if (job.status !== 'running') { return job }
    }
  }
  /** A job's URI names a container; these signatures are for the blobs in it that the test expects. */
  const jobUri = (blobName: string): string => urlOf(blobName).href.replace(`/${blobName}?`, '?')

  test('the registry is exported, and imported again with its keys and twins', async () => {
    const made = served.hub.devices.create({ deviceId: 'moved' })
    served.hub.twin('moved').patchTags({ room: 'kitchen' })
    const { jobId } = await service.do('registry', { name: 'exportDevicesToBlob', args: [jobUri('devices.txt'), false] }) as { jobId: string }
    expect(await ended(jobId)).toMatchObject({ status: 'completed', type: 'export', progress: 100 })
    expect(await textOf('devices.txt')).toContain('"id":"moved"')

    served.hub.devices.remove('moved')
    const again = await service.do('registry', { name: 'importDevicesFromBlob', args: [jobUri('devices.txt'), jobUri('importErrors.log')] }) as { jobId: string }
    expect(await ended(again.jobId)).toMatchObject({ status: 'completed', type: 'import' })
    expect(served.hub.devices.get('moved')!.authentication).toEqual(made.authentication)
    expect(served.hub.twin('moved').document().tags).toEqual({ room: 'kitchen' })
  })

  test('an export without keys has none', async () => {
    const { jobId } = await service.do('registry', { name: 'exportDevicesToBlob', args: [jobUri('devices.txt'), true] }) as { jobId: string }
    expect(await ended(jobId)).toMatchObject({ status: 'completed', excludeKeysInExport: true })
    expect(await textOf('devices.txt')).not.toMatch(/"primaryKey":"/)
  })

  test('lines of an import that cannot be are told of, and the others are done', async () => {
    await container.write(urlOf('devices.txt'), Buffer.from('{"id":"imported","importMode":"create"}\n{"id":"no good"}\nnonsense\n'))
    const { jobId } = await service.do('registry', { name: 'importDevicesFromBlob', args: [jobUri('devices.txt'), jobUri('importErrors.log')] }) as { jobId: string }
    expect(await ended(jobId)).toMatchObject({ status: 'completed' })
    expect(served.hub.devices.get('imported')).toMatchObject({ status: 'enabled' })
    expect((await textOf('importErrors.log')).trim().split('\r\n')).toHaveLength(2)
  })

  test('a job that may not write fails and says so, and is in the list', async () => {
    const { jobId } = await service.do('registry', { name: 'exportDevicesToBlob', args: [jobUri('other.txt'), true] }) as { jobId: string }
    expect(await ended(jobId)).toMatchObject({ status: 'failed', failureReason: expect.stringContaining('answered 403') })
    expect(await service.do('registry', { name: 'listJobs', args: [] })).toContainEqual(expect.objectContaining({ jobId, status: 'failed' }))
  })

  test('a job to another host is refused: the hub goes nowhere on a request\'s word', async () => {
    await expect(service.do('registry', { name: 'exportDevicesToBlob', args: ['https://127.0.0.1:9/x?sig=y', true] })).rejects.toThrow('ArgumentError')
  })
})
