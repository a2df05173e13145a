// Microsoft's azure-iothub, unmodified, against the hub on port 443: queries, jobs, configurations.

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
  const query = (text: string, pageSize?: number): Promise<unknown> => service.do('query', { text, pageSize })

  /** Asks again until the job is as it is waited for; the SDK has no other way. */
  async function jobThatIs(status: string, id: string): Promise<unknown> {
    for (;;) {
      const job = await jobs('getJob', id) as { status: string }
      if (job.status === status) { return job }
    }
  }

  beforeAll(async () => {
    served = await serveOn443(HOST)
    service = new Sdk(served.caPath, 'service.cjs')
    await service.do('open', { connectionString: served.hub.serviceConnectionString() })
    for (const deviceId of ['q1', 'q2', 'q3', 'q4', 'q5']) {
      served.hub.devices.create({ deviceId })
      served.hub.twin(deviceId).patchTags({ odd: 'q1 q3 q5'.includes(deviceId) })
    }
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await served[Symbol.asyncDispose]()
  })

  test('a query comes in pages until there are no more results', async () => {
    expect(await query('SELECT deviceId FROM devices', 2)).toEqual([[{ deviceId: 'q1' }, { deviceId: 'q2' }], [{ deviceId: 'q3' }, { deviceId: 'q4' }], [{ deviceId: 'q5' }]])
    expect(await query(`SELECT * FROM devices WHERE deviceId = 'none'`)).toEqual([[]])
  })

  test('what a query finds can be taken as twins', async () => {
    expect(await service.do('queryTwins', { text: `SELECT * FROM devices WHERE deviceId = 'q2'` })).toMatchObject([{ deviceId: 'q2', tags: { odd: false }, desired: { $version: 1 } }])
  })

  test('aggregates are counted by group', async () => {
    const [rows] = await query('SELECT tags.odd AS odd, COUNT() AS n FROM devices GROUP BY tags.odd') as [unknown[]]
    expect(rows).toHaveLength(2)
    expect(rows).toEqual(expect.arrayContaining([{ odd: true, n: 3 }, { odd: false, n: 2 }]))
  })

  test('a wrong query is an ArgumentError', async () => {
    await expect(query('SELECT * FRM devices')).rejects.toMatchObject({ message: 'ArgumentError' })
  })

  test('a twin update job runs on the devices of its condition and says how it went', async () => {
    expect(await jobs('scheduleTwinUpdate', 'update-1', 'tags.odd = true', { etag: '*', properties: { desired: { every: 5 } } }, null, 60))
      .toMatchObject({ jobId: 'update-1', type: 'scheduleUpdateTwin' })
    expect(await jobThatIs('completed', 'update-1')).toMatchObject({ deviceJobStatistics: { deviceCount: 3, succeededCount: 3, failedCount: 0 } })
    expect(await query('SELECT deviceId FROM devices WHERE properties.desired.every = 5')).toEqual([[{ deviceId: 'q1' }, { deviceId: 'q3' }, { deviceId: 'q5' }]])
    expect(await query(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'update-1'`)).toMatchObject([[{ deviceId: 'q1', status: 'completed' }, { deviceId: 'q3' }, { deviceId: 'q5' }]])
  })

  test('a method job reaches a connected SDK device', async () => {
    served.hub.devices.create({ deviceId: 'brewer' })
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString('brewer', { port: 443 }) })
    await device.do('method', { name: 'brew' })
    await served.hub.invoke('brewer', { method: 'brew', connectTimeoutMs: 10_000 })
    await jobs('scheduleDeviceMethod', 'method-1', `deviceId = 'brewer'`, { methodName: 'brew', payload: { cups: 2 }, responseTimeoutInSeconds: 15 }, null, 60)
    expect(await jobThatIs('completed', 'method-1')).toMatchObject({ deviceJobStatistics: { succeededCount: 1 } })
    expect(await query(`SELECT * FROM devices.jobs WHERE jobId = 'method-1'`)).toMatchObject([[{ outcome: { deviceMethodResponse: { status: 202, payload: { got: { cups: 2 } } } } }]])
  })

  test('a scheduled job is listed and can be cancelled', async () => {
    await jobs('scheduleTwinUpdate', 'later', '*', { tags: { late: true } }, '2126-01-01T00:00:00Z', 60)
    const listed = await service.do('jobPages', { status: 'scheduled', pageSize: 1 })
    expect(listed).toMatchObject([[{ jobId: 'later', status: 'scheduled', startTime: '2126-01-01T00:00:00.000Z' }]])
    expect(await jobs('cancelJob', 'later')).toMatchObject({ status: 'cancelled' })
    await expect(jobs('getJob', 'none')).rejects.toThrow()
  })

  test('a configuration is added, read, listed, changed and removed, and sets what it says', async () => {
    const added = await registry('addConfiguration', { id: 'chill', targetCondition: `deviceId = 'q2'`, priority: 5, content: { deviceContent: { 'properties.desired.chiller': { celsius: 4 } } } }) as { etag: string }
    expect(added).toMatchObject({ id: 'chill', schemaVersion: '1.0', priority: 5 })
    for (;;) {
      const { systemMetrics } = await registry('getConfiguration', 'chill') as { systemMetrics: { results: { appliedCount: number } } }
      if (systemMetrics.results.appliedCount === 1) { break }
    }
    expect(served.hub.twin('q2').document().properties.desired).toMatchObject({ chiller: { celsius: 4 } })
    expect(await registry('updateConfiguration', { ...added, priority: 6 })).toMatchObject({ priority: 6 })
    expect(await registry('getConfigurations')).toMatchObject([{ id: 'chill', priority: 6 }])
    await registry('removeConfiguration', 'chill')
    expect(await registry('getConfigurations')).toEqual([])
  })

  test('content is applied to one gateway', async () => {
    await registry('create', { deviceId: 'edge', capabilities: { iotEdge: true } })
    await registry('applyConfigurationContentOnDevice', 'edge', { modulesContent: { $edgeAgent: { 'properties.desired': { schemaVersion: '1.1' } } } })
    expect(served.hub.twin('edge/$edgeAgent').document().properties.desired).toMatchObject({ schemaVersion: '1.1' })
  })
})
