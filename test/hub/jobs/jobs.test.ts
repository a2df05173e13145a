// Jobs on a hub in virtual time: when they run, on whom, what becomes of each device, and what a restart leaves of them.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderStore, memoryStore, type HubOptions, type JsonObject } from '../../../src/hub/index.js'
import { bench, FILTER, Peer, START_MS, type Bench } from '../bench.js'
import { jsonStore } from '../json-store.js'

function fleet(count: number, options: Partial<HubOptions> = {}): Bench {
  const one = bench(options)
  for (let i = 1; i <= count; i++) {
    if (one.hub.devices.get(`f${i}`) === undefined) { one.hub.devices.create({ deviceId: `f${i}` }) }
  }
  return one
}

const at = (ms: number): string => new Date(START_MS + ms).toISOString()
const update = (fields: JsonObject = {}): JsonObject => ({ type: 'scheduleUpdateTwin', queryCondition: `deviceId IN ['f1', 'f2']`, updateTwin: { tags: { room: 'bar' }, etag: '*' }, ...fields })
const method = (fields: JsonObject = {}): JsonObject => ({ type: 'scheduleDeviceMethod', queryCondition: `deviceId = 'd1'`, cloudToDeviceMethod: { methodName: 'brew', payload: { cups: 2 }, responseTimeoutInSeconds: 10 }, ...fields })
const deviceJobs = ({ hub }: Bench): JsonObject[] => [...hub.queries.run('SELECT * FROM devices.jobs', { maxItems: 1000 }).items]

const idsOf = (page: { items: JsonObject[] }): unknown[] => page.items.map(({ jobId }) => jobId)

/** d1, which is connected and waits for methods. */
function brewer({ hub }: Bench): Peer {
  const peer = Peer.connected(hub)
  peer.subscribe(FILTER.methods)
  return peer
}

test('a job without a start time runs at once and updates the twins that its condition names', async () => {
  const one = fleet(3)
  expect(await one.hub.jobs.put('j1', update())).toEqual({
    jobId: 'j1', type: 'scheduleUpdateTwin', status: 'enqueued', queryCondition: `deviceId IN ['f1', 'f2']`, updateTwin: { tags: { room: 'bar' }, etag: '*' },
    createdTime: at(0), startTime: at(0), maxExecutionTimeInSeconds: 3600
  })
  one.clock.advance(0)
  expect(one.hub.jobs.get('j1')).toMatchObject({ status: 'completed', endTime: at(0), deviceJobStatistics: { deviceCount: 2, succeededCount: 2, failedCount: 0, runningCount: 0, pendingCount: 0 } })
  expect(['f1', 'f2', 'f3'].map((id) => one.hub.twin(id).document().tags)).toEqual([{ room: 'bar' }, { room: 'bar' }, {}])
})

test('what became of each device is in devices.jobs', async () => {
  const one = fleet(2)
  await one.hub.jobs.put('j1', update())
  one.clock.advance(0)
  expect(one.hub.queries.run(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j1' AND devices.jobs.deviceId = 'f2'`, { maxItems: 10 })).toEqual({
    itemType: 'DeviceJob',
    items: [{
      deviceId: 'f2', jobId: 'j1', jobType: 'scheduleUpdateTwin', status: 'completed', startTimeUtc: at(0), endTimeUtc: at(0),
      createdDateTimeUtc: at(0), lastUpdatedDateTimeUtc: at(0), outcome: { deviceMethodResponse: null }
    }]
  })
})

test('a job of the future is scheduled, then runs on the twins of that time', async () => {
  const one = fleet(1)
  expect(await one.hub.jobs.put('later', update({ startTime: at(60_000) }))).toMatchObject({ status: 'scheduled' })
  one.clock.advance(59_999)
  expect(one.hub.jobs.get('later')).toMatchObject({ status: 'scheduled', startTime: at(60_000) })
  one.hub.devices.create({ deviceId: 'f2' })
  one.clock.advance(1)
  expect(one.hub.jobs.get('later')).toMatchObject({ status: 'completed', deviceJobStatistics: { deviceCount: 2 } })
})

test('a method job asks the connected devices and keeps their answers', async () => {
  const one = fleet(0)
  const peer = brewer(one)
  await one.hub.jobs.put('m1', method())
  one.clock.advance(0)
  expect(peer.published).toEqual([['$iothub/methods/POST/brew/?$rid=1', '{"cups":2}']])
  expect(one.hub.jobs.get('m1')).toMatchObject({ status: 'running', deviceJobStatistics: { runningCount: 1 } })
  peer.publish('$iothub/methods/res/202/?$rid=1', '{"seconds":25}')
  one.clock.advance(0)
  expect(one.hub.jobs.get('m1')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 1 } })
  expect(deviceJobs(one)).toMatchObject([{ deviceId: 'd1', status: 'completed', outcome: { deviceMethodResponse: { status: 202, payload: { seconds: 25 } } } }])
})

test('a device that is offline, does not answer or was removed fails alone', async () => {
  const one = fleet(1)
  brewer(one)
  await one.hub.jobs.put('m1', method({ queryCondition: `deviceId IN ['d1', 'f1']` }))
  one.clock.advance(10_000)
  expect(one.hub.jobs.get('m1')).toMatchObject({ status: 'completed', deviceJobStatistics: { deviceCount: 2, failedCount: 2 } })
  expect(deviceJobs(one)).toMatchObject([{ deviceId: 'd1', status: 'failed', error: { code: 'GatewayTimeout' } }, { deviceId: 'f1', status: 'failed', error: { code: 'DeviceNotOnline' } }])
})

test('a job whose time is over fails, and so do the devices that are left', async () => {
  const one = fleet(0)
  brewer(one)
  await one.hub.jobs.put('m1', method({ maxExecutionTimeInSeconds: 5 }))
  one.clock.advance(5000)
  expect(one.hub.jobs.get('m1')).toMatchObject({ status: 'failed', failureReason: 'the job did not end within 5 s', endTime: at(5000), deviceJobStatistics: { failedCount: 1 } })
  expect(deviceJobs(one)).toMatchObject([{ status: 'failed', error: { code: 'JobTimeout' } }])
  one.clock.advance(10_000)
  expect(deviceJobs(one)).toMatchObject([{ error: { code: 'JobTimeout' } }])
})

test('a scheduled and a running job can be cancelled, an ended one cannot', async () => {
  const one = fleet(2)
  brewer(one)
  await one.hub.jobs.put('later', update({ startTime: at(60_000) }))
  await one.hub.jobs.put('m1', method())
  one.clock.advance(0)
  expect(await one.hub.jobs.cancel('later')).toMatchObject({ status: 'cancelled' })
  expect(await one.hub.jobs.cancel('m1')).toMatchObject({ status: 'cancelled', endTime: at(0) })
  expect(deviceJobs(one)).toMatchObject([{ deviceId: 'd1', status: 'canceled' }])
  one.clock.advance(120_000)
  expect(one.hub.twin('f1').document().tags).toEqual({})
  await expect(one.hub.jobs.cancel('m1')).rejects.toThrow('has ended already: it is cancelled')
})

test('with tier S1 one job runs at a time, on ten devices a second, and the next is enqueued', async () => {
  const one = fleet(0, { throttle: { tier: 'S1', units: 10 } })
  for (let i = 1; i <= 25; i++) {
    one.hub.devices.create({ deviceId: `f${i}` })
  }
  await one.hub.jobs.put('j1', update({ queryCondition: '*' }))
  await one.hub.jobs.put('j2', update({ startTime: at(1) }))
  one.clock.advance(1000)
  expect(one.hub.jobs.get('j1')).toMatchObject({ status: 'running', deviceJobStatistics: { deviceCount: 26, succeededCount: 11, pendingCount: 15 } })
  expect(one.hub.jobs.get('j2')).toMatchObject({ status: 'enqueued' })
  one.clock.advance(2000)
  expect([one.hub.jobs.get('j1'), one.hub.jobs.get('j2')]).toMatchObject([{ status: 'completed' }, { status: 'completed' }])
})

test('a job goes on when the hub throttles its updates', async () => {
  const one = fleet(0, { throttle: { tier: 'S3' } })
  for (let i = 1; i <= 40; i++) { one.hub.devices.create({ deviceId: `f${i}` }) }
  for (let i = 0; i < 250; i++) { one.hub.twin('d1').patchTags({ i }) }
  await one.hub.jobs.put('j1', update({ queryCondition: '*' }))
  one.clock.advance(0)
  expect(one.hub.jobs.get('j1')).toMatchObject({ status: 'running', deviceJobStatistics: { failedCount: 0 } })
  one.clock.advance(5000)
  expect(one.hub.jobs.get('j1')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 41 } })
})

test('jobs are listed by type and status, a page at a time', async () => {
  const one = fleet(1)
  for (const id of ['a', 'b', 'c']) { await one.hub.jobs.put(id, update({ startTime: at(60_000) })) }
  await one.hub.jobs.put('m', method())
  const first = one.hub.jobs.query({ jobType: 'scheduleUpdateTwin' }, { maxItems: 2 })
  expect(idsOf(first)).toEqual(['a', 'b'])
  const second = one.hub.jobs.query({ jobType: 'scheduleUpdateTwin' }, { maxItems: 2, continuation: first.continuation! })
  expect([idsOf(second), second.continuation]).toEqual([['c'], undefined])
  expect(idsOf(one.hub.jobs.query({ jobStatus: 'queued' }, { maxItems: 9 }))).toEqual(['m'])
  expect(() => one.hub.jobs.query({ jobStatus: 'lost' }, { maxItems: 9 })).toThrow('jobStatus is one of')
})

test.each([
  ['an unknown type', update({ type: 'export' }), 'type must be'],
  ['no condition', update({ queryCondition: null }), 'queryCondition must be text'],
  ['a wrong condition', update({ queryCondition: 'tags.x =' }), 'expected a property, a constant or a function at character 9, found the end'],
  ['a condition on jobs', update({ queryCondition: 'FROM devices.jobs' }), 'devices or devices.modules'],
  ['a wrong start', update({ startTime: 'soon' }), 'startTime must be a time'],
  ['no time to run', update({ maxExecutionTimeInSeconds: 0 }), 'maxExecutionTimeInSeconds must be an integer from 1'],
  ['an empty patch', update({ updateTwin: { etag: '*' } }), 'updateTwin must have tags or properties.desired'],
  ['a patch no twin takes', update({ updateTwin: { tags: { 'a.b': 1 } } }), 'the patch of tags is refused'],
  ['a method without a name', method({ cloudToDeviceMethod: {} }), 'a method name is'],
  ['an endless method', method({ cloudToDeviceMethod: { methodName: 'x', responseTimeoutInSeconds: 301 } }), 'responseTimeoutInSeconds must be an integer from 5 to 300'],
  ['another id', update({ jobId: 'other' }), 'another jobId']
])('a job with %s is refused', async (_, json, message) => {
  const one = fleet(0)
  await expect(one.hub.jobs.put('j1', json)).rejects.toThrow(message)
  expect(() => one.hub.jobs.get('j1')).toThrow(expect.objectContaining({ code: 'JobNotFound', status: 404 }))
})

test('an id is used once', async () => {
  const one = fleet(0)
  await one.hub.jobs.put('j1', update())
  await expect(one.hub.jobs.put('j1', update())).rejects.toMatchObject({ code: 'JobAlreadyExists', status: 409 })
})

test('a job that cannot be stored is refused and does not run', async () => {
  const store = memoryStore()
  const one = fleet(2, { store: { ...store, put: (kind, key, record, kept) => kind === 'job' ? kept(new Error('full')) : store.put(kind, key, record, kept) } })
  await expect(one.hub.jobs.put('j1', update())).rejects.toMatchObject({ code: 'StoreFailed' })
  one.clock.advance(1000)
  expect(one.hub.twin('f1').document().tags).toEqual({})
})

test('after a restart scheduled jobs run, running ones go on, and a method that was under way is not called again', async () => {
  const store = jsonStore()
  const before = fleet(30, { store, throttle: { tier: 'S2' } })
  brewer(before)
  await before.hub.jobs.put('later', update({ startTime: at(60_000) }))
  await before.hub.jobs.put('m1', method({ queryCondition: `deviceId IN ['d1', 'f1']`, maxExecutionTimeInSeconds: 600 }))
  await before.hub.jobs.put('j1', update({ queryCondition: '*' }))
  before.clock.advance(500)
  expect(before.hub.jobs.get('j1')).toMatchObject({ status: 'running', deviceJobStatistics: { succeededCount: 6, pendingCount: 25 } })
  await before.hub.close()

  const after = bench({ store })
  const peer = brewer(after)
  after.clock.advance(60_000)
  expect(peer.published).toEqual([])
  expect(after.hub.jobs.get('later')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 2 } })
  expect(after.hub.jobs.get('j1')).toMatchObject({ status: 'completed', deviceJobStatistics: { deviceCount: 31, succeededCount: 31 } })
  const asked = after.hub.queries.run(`SELECT * FROM devices.jobs WHERE jobId = 'm1' AND deviceId = 'd1'`, { maxItems: 1 }).items
  expect(asked).toMatchObject([{ status: 'failed', error: { description: 'the hub was restarted while the device was asked' } }])
})

test('a job and a configuration that were accepted are there when the folder is opened again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jobs-'))
  const before = await folderStore(folder)
  const one = bench({ store: before, events: before.events })
  const job = await one.hub.jobs.put('later', update({ startTime: at(60_000) }))
  const { document } = await one.hub.configurations.put('all', { targetCondition: '*', content: { deviceContent: { 'properties.desired.a': 1 } } }, undefined)
  await one.hub.close()
  const after = await folderStore(folder)
  const { hub } = bench({ store: after, events: after.events })
  expect([hub.jobs.get('later'), hub.configurations.get('all')]).toEqual([job, document])
  await hub.close()
  await rm(folder, { recursive: true })
})

test('jobs that ended 30 days ago are forgotten with their devices', async () => {
  const store = memoryStore()
  const one = fleet(2, { store })
  await one.hub.jobs.put('old', update())
  one.clock.advance(30 * 24 * 3_600_000)
  await one.hub.jobs.put('new', update({ queryCondition: `deviceId = 'none'` }))
  expect(() => one.hub.jobs.get('old')).toThrow(`there is no job 'old'`)
  expect([deviceJobs(one), [...store.load('device-job')]]).toEqual([[], []])
})

test('a hub that was closed leaves no timer of its jobs', async () => {
  const one = fleet(2)
  brewer(one)
  await one.hub.jobs.put('later', update({ startTime: at(60_000) }))
  await one.hub.jobs.put('m1', method())
  one.clock.advance(0)
  await one.hub.close()
  expect(one.clock.pending).toBe(0)
})
