// Microsoft's azure-iothub, unmodified, against the hub on port 443: queries, jobs and configurations.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SdkDevice as Sdk } from './device.js'
import { maySpeak443, serveOn443, type Served } from './port443.js'

const HOST = '127.0.31.4'
const permitted = await maySpeak443(HOST)

describe.skipIf(!permitted)(permitted ? 'azure-iothub: queries, jobs, configurations' : 'azure-iothub: skipped, this user may not listen on port 443', () => {
  let served: Served
  let service: Sdk
  const registry = (name: string, ...args: unknown[]): Promise<unknown> => service.do('registry', { name, args })
  const jobs = (name: string, ...args: unknown[]): Promise<unknown> => service.do('jobs', { name, args })

  beforeAll(async () => {
    served = await serveOn443(HOST)
    service = new Sdk(served.caPath, 'service.cjs')
    await service.do('open', { connectionString: served.hub.serviceConnectionString() })
    for (const [i, room] of ['kitchen', 'kitchen', 'cellar'].entries()) {
      served.hub.devices.create({ deviceId: `q${i}` })
      served.hub.twin(`q${i}`).patchTags({ room })
    }
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await served[Symbol.asyncDispose]()
  })

  test('a query comes page by page', async () => {
    const pages = await service.do('query', { text: `SELECT deviceId FROM devices WHERE tags.room = 'kitchen'`, pageSize: 1 }) as unknown[][]
    expect(pages.flat()).toEqual([{ deviceId: 'q0' }, { deviceId: 'q1' }])
    expect(pages.length).toBeGreaterThanOrEqual(2)
  })

  test('a query counts by groups', async () => {
    const [rows] = await service.do('query', { text: 'SELECT tags.room AS room, COUNT() AS count FROM devices WHERE is_defined(tags.room) GROUP BY tags.room', pageSize: 100 }) as unknown[][]
    expect(rows).toContainEqual({ room: 'kitchen', count: 2 })
  })

  test('a query with wrong syntax is an ArgumentError', async () => {
    await expect(service.do('query', { text: 'SELECT FROM devices', pageSize: 100 })).rejects.toThrow('ArgumentError')
  })

  async function ended(jobId: string): Promise<Record<string, unknown>> {
    for (;;) {
      const job = await jobs('getJob', jobId) as { status: string }
      if (!['enqueued', 'queued', 'scheduled', 'running'].includes(job.status)) { return job }
    }
  }

  test('a job changes the twins that a condition names', async () => {
    const patch = { etag: '*', properties: { desired: { lamp: 'on' } } }
    await jobs('scheduleTwinUpdate', 'job-twins', `tags.room = 'kitchen'`, patch, new Date(), 60)
    expect(await ended('job-twins')).toMatchObject({ status: 'completed', type: 'scheduleUpdateTwin', deviceJobStatistics: { deviceCount: 2, succeededCount: 2 } })
    expect(served.hub.twin('q0').document().properties.desired).toMatchObject({ lamp: 'on' })
    expect(served.hub.twin('q2').document().properties.desired).not.toHaveProperty('lamp')
  })

  test('a job calls a method on a device', async () => {
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString('q2'), transport: 'mqtt-ws' })
    await device.do('method', { name: 'air' })
    await served.hub.invoke('q2', { method: 'air', connectTimeoutMs: 10_000 })
    await jobs('scheduleDeviceMethod', 'job-method', `deviceId IN ['q2']`, { methodName: 'air', payload: { minutes: 5 }, responseTimeoutInSeconds: 10 }, new Date(), 60)
    expect(await ended('job-method')).toMatchObject({ status: 'completed', type: 'scheduleDeviceMethod' })
    const [rows] = await service.do('query', { text: `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'job-method'`, pageSize: 100 }) as Record<string, unknown>[][]
    expect(rows![0]).toMatchObject({ deviceId: 'q2', outcome: { deviceMethodResponse: { status: 202, payload: { got: { minutes: 5 } } } } })
  })

  test('a job that waits is cancelled, and jobs are listed', async () => {
    await jobs('scheduleTwinUpdate', 'job-later', '*', { etag: '*', tags: { late: true } }, new Date(Date.now() + 3_600_000), 60)
    await jobs('cancelJob', 'job-later')
    expect(await jobs('getJob', 'job-later')).toMatchObject({ status: 'cancelled' })
    expect(await service.do('jobPages', { type: 'scheduleUpdateTwin', status: 'cancelled' })).toContainEqual(expect.objectContaining({ jobId: 'job-later' }))
  })

  test('a configuration is added, read, changed, listed, applied by its condition, and removed', async () => {
    const content = { deviceContent: { 'properties.desired.fan': { speed: 3 } } }
    await registry('addConfiguration', { id: 'fans', content, targetCondition: `tags.room = 'cellar'`, priority: 5, schemaVersion: '1.0' })
    const read = await registry('getConfiguration', 'fans') as { etag: string }
    expect(read).toMatchObject({ id: 'fans', priority: 5 })
    expect(await registry('updateConfiguration', { ...read, priority: 6 }, true)).toMatchObject({ priority: 6 })
    expect(await registry('getConfigurations')).toMatchObject([{ id: 'fans' }])
    await expect.poll(() => served.hub.twin('q2').document().properties.desired['fan'], { timeout: 10_000 }).toEqual({ speed: 3 })
    await registry('removeConfiguration', 'fans')
    await expect(registry('getConfiguration', 'fans')).rejects.toThrow()
  })

  test('content is applied to one edge device at once', async () => {
    served.hub.devices.create({ deviceId: 'gateway', iotEdge: true })
    const settings = { 'properties.desired': { schemaVersion: '1.1' } }
    await registry('applyConfigurationContentOnDevice', 'gateway', { modulesContent: { $edgeAgent: settings, $edgeHub: settings } })
    expect(served.hub.twin('gateway/$edgeAgent').document().properties.desired).toMatchObject({ schemaVersion: '1.1' })
  })
})
