// Configurations on a hub in virtual time: whom they target, what they set, who wins, and what they report.

import { beforeEach, expect, test } from 'vitest'
import { memoryStore, type JsonObject } from '../../../src/hub/index.js'
import { bench, FILTER, Peer, type Bench } from '../bench.js'
import { jsonStore } from '../json-store.js'

let one: Bench

beforeEach(() => {
  one = bench()
  for (const deviceId of ['bar-1', 'bar-2', 'cellar-1']) {
    one.hub.devices.create({ deviceId })
    one.hub.twin(deviceId).patchTags({ room: deviceId.split('-')[0]! })
  }
})

const chiller = (fields: JsonObject = {}): JsonObject => ({ targetCondition: `tags.room = 'bar'`, priority: 10, content: { deviceContent: { 'properties.desired.chiller': { celsius: 4 } } }, ...fields })

/** Stored and applied. */
async function put(id: string, json: JsonObject, ifMatch?: string): Promise<{ document: JsonObject; created: boolean }> {
  const result = await one.hub.configurations.put(id, json, ifMatch)
  one.clock.advance(0)
  return result
}

function desired(deviceId: string): JsonObject {
  const { $metadata: _metadata, $version: _version, ...values } = one.hub.twin(deviceId).document().properties.desired
  return values
}

const count = (text: string): number => one.hub.queries.count(text)

test('a configuration sets what it says on the devices that it targets, and reports how many', async () => {
  const { document, created } = await put('chill', chiller({ labels: { by: 'me' } }))
  expect(created).toBe(true)
  expect(document).toMatchObject({ id: 'chill', schemaVersion: '1.0', priority: 10, labels: { by: 'me' }, createdTimeUtc: '2026-01-01T00:00:00.000Z', lastUpdatedTimeUtc: '2026-01-01T00:00:00.000Z' })
  expect(['bar-1', 'bar-2', 'cellar-1'].map(desired)).toEqual([{ chiller: { celsius: 4 } }, { chiller: { celsius: 4 } }, {}])
  expect(one.hub.configurations.get('chill')['systemMetrics']).toMatchObject({ results: { targetedCount: 2, appliedCount: 2 } })
})

test('queries see what was applied, also by the query that the configuration itself names', async () => {
  const { document } = await put('chill', chiller())
  const { appliedCount, targetedCount } = (document['systemMetrics'] as { queries: Record<string, string> }).queries
  expect([count(appliedCount!), count(targetedCount!)]).toEqual([2, 2])
  expect(one.hub.queries.run(`SELECT * FROM devices WHERE deviceId = 'bar-1'`, { maxItems: 1 }).items).toMatchObject([{ configurations: { chill: { status: 'Applied' } } }])
})

test('a device is told as by any other patch, and not again when nothing changes', async () => {
  const peer = Peer.connected(one.hub)
  peer.subscribe(FILTER.desired)
  await put('all', chiller({ targetCondition: '*' }))
  one.hub.twin('d1').patchTags({ room: 'bar' })
  one.clock.advance(5000)
  expect(peer.published).toEqual([['$iothub/twin/PATCH/properties/desired/?$version=2', '{"chiller":{"celsius":4},"$version":2}']])
})

test('a device that comes to meet the condition is configured within a second, and one that is made so too', async () => {
  await put('chill', chiller())
  one.hub.twin('cellar-1').patchTags({ room: 'bar' })
  one.hub.devices.create({ deviceId: 'bar-3' })
  one.hub.twin('bar-3').patchTags({ room: 'bar' })
  expect(desired('cellar-1')).toEqual({})
  one.clock.advance(1000)
  expect([desired('cellar-1'), desired('bar-3')]).toEqual([{ chiller: { celsius: 4 } }, { chiller: { celsius: 4 } }])
})

test('a device that no longer meets the condition keeps its settings and is not targeted', async () => {
  await put('chill', chiller())
  one.hub.twin('bar-1').patchTags({ room: 'loft' })
  one.clock.advance(1000)
  expect(desired('bar-1')).toEqual({ chiller: { celsius: 4 } })
  expect(one.hub.configurations.get('chill')).toMatchObject({ systemMetrics: { results: { targetedCount: 1, appliedCount: 1 } } })
})

test('of two that set the same the higher priority wins, then the later one; what only one sets is set', async () => {
  await put('high', chiller({ priority: 20, content: { deviceContent: { 'properties.desired.chiller': { celsius: 2 } } } }))
  await put('low', chiller({ content: { deviceContent: { 'properties.desired.chiller': { celsius: 9 }, 'properties.desired.lamp': true } } }))
  expect(desired('bar-1')).toEqual({ chiller: { celsius: 2 }, lamp: true })
  one.clock.advance(1)
  await put('later', chiller({ priority: 20, content: { deviceContent: { 'properties.desired.chiller': { celsius: 3 } } } }))
  expect(desired('bar-1')).toEqual({ chiller: { celsius: 3 }, lamp: true })
})

test('when one is removed the next takes over, and what was set stays', async () => {
  await put('low', chiller({ content: { deviceContent: { 'properties.desired.chiller': { celsius: 9 } } } }))
  await put('high', chiller({ priority: 20 }))
  await one.hub.configurations.remove('high', undefined)
  one.clock.advance(0)
  expect(desired('bar-1')).toEqual({ chiller: { celsius: 9 } })
  await one.hub.configurations.remove('low', '*')
  one.clock.advance(0)
  expect([desired('bar-1'), count(`SELECT * FROM devices WHERE IS_DEFINED(configurations)`), one.clock.pending]).toEqual([{ chiller: { celsius: 9 } }, 0, 0])
})

test('a configuration for modules targets modules', async () => {
  one.hub.devices.create({ deviceId: 'bar-1', moduleId: 'probe' })
  await put('probes', { targetCondition: `FROM devices.modules WHERE moduleId = 'probe'`, content: { moduleContent: { 'properties.desired.everyMs': 500 } } })
  expect([desired('bar-1/probe'), desired('bar-1')]).toEqual([{ everyMs: 500 }, {}])
})

const modulesContent = (image: string): JsonObject => ({ modulesContent: { $edgeAgent: { 'properties.desired': { modules: { filter: { image } } } }, filter: { 'properties.desired.every': 5 } } })

test('a deployment sets the modules of gateways, makes those that are missing, and one for a gateway applies', async () => {
  one.hub.devices.create({ deviceId: 'edge', iotEdge: true })
  await put('old', { targetCondition: '*', content: modulesContent('one') })
  await put('new', { targetCondition: '*', priority: 1, content: modulesContent('two') })
  expect([desired('edge/$edgeAgent'), desired('edge/filter'), desired('bar-1')]).toEqual([{ modules: { filter: { image: 'two' } } }, { every: 5 }, {}])
  expect([one.hub.configurations.get('old'), one.hub.configurations.get('new')]).toMatchObject([
    { systemMetrics: { results: { targetedCount: 1, appliedCount: 0 } } },
    { systemMetrics: { results: { targetedCount: 1, appliedCount: 1, reportedSuccessfulCount: 0 } } }
  ])
})

test('metrics of its own are counted when it is read', async () => {
  await put('chill', chiller({ metrics: { queries: { warm: `SELECT deviceId FROM devices WHERE tags.room = 'bar' AND IS_DEFINED(properties.desired.chiller)` } } }))
  expect(one.hub.configurations.get('chill')['metrics']).toMatchObject({ results: { warm: 2 } })
})

test('a twin that cannot take what is set stays as it is, is only targeted, and the log says so', async () => {
  for (let i = 0; i < 8; i++) { one.hub.twin('bar-1').patchDesired({ [`k${i}`]: 'x'.repeat(4000) }) }
  await put('chill', chiller({ content: { deviceContent: { 'properties.desired.text': 'x'.repeat(2000) } } }))
  expect(one.hub.configurations.get('chill')).toMatchObject({ systemMetrics: { results: { targetedCount: 2, appliedCount: 1 } } })
  expect(one.log.filter(({ event }) => event === 'configuration')).toMatchObject([{ level: 'warn', message: expect.stringContaining(`'bar-1' could not be configured: desired would take`) as string }])
})

test('with a tier updates wait for the rate and all devices get theirs', async () => {
  one = bench({ throttle: { tier: 'S3', units: 1 } })
  for (let i = 1; i <= 40; i++) { one.hub.devices.create({ deviceId: `f${i}` }) }
  for (let i = 0; i < 240; i++) { one.hub.twin('d1').patchTags({ i }) }
  await put('all', chiller({ targetCondition: '*' }))
  expect(one.hub.configurations.get('all')).toMatchObject({ systemMetrics: { results: { appliedCount: 10 } } })
  one.clock.advance(2000)
  expect(one.hub.configurations.get('all')).toMatchObject({ systemMetrics: { results: { appliedCount: 41 } } })
})

test('it is changed with its etag, but not in its content', async () => {
  const { document: { etag } } = await put('chill', chiller())
  await expect(put('chill', chiller())).rejects.toMatchObject({ code: 'ConfigurationAlreadyExists', status: 409 })
  await expect(put('chill', chiller(), '"other"')).rejects.toMatchObject({ code: 'PreconditionFailed' })
  await expect(put('chill', chiller({ content: { deviceContent: {} } }), '*')).rejects.toThrow('cannot be changed')
  const { document, created } = await put('chill', chiller({ priority: 11, targetCondition: `deviceId = 'cellar-1'` }), `"${etag as string}"`)
  expect([document['priority'], created, desired('cellar-1')]).toEqual([11, false, { chiller: { celsius: 4 } }])
  await expect(put('none', chiller(), '*')).rejects.toMatchObject({ code: 'ConfigurationNotFound', status: 404 })
})

test.each([
  ['a wrong condition', chiller({ targetCondition: 'tags.room ==' }), 'at character 12'],
  ['a condition on what configurations set', chiller({ targetCondition: 'properties.desired.chiller.celsius = 4' }), 'it can ask for deviceId, moduleId, tags and properties.reported'],
  ['a wrong metric', chiller({ metrics: { queries: { bad: 'SELECT' } } }), 'at character 7'],
  ['a priority of text', chiller({ priority: 'high' }), 'priority must be an integer'],
  ['another id', chiller({ id: 'other' }), 'another id'],
  ['labels of numbers', chiller({ labels: { a: 1 } }), 'each of labels must be text']
])('a configuration with %s is refused', async (_, json, message) => {
  await expect(put('chill', json)).rejects.toThrow(message)
  expect(one.hub.configurations.list(10)).toEqual([])
})

test('conditions and metrics can be tested without keeping anything', () => {
  expect(one.hub.configurations.test({ targetCondition: `tags.room = 'bar'`, customMetricQueries: { good: 'SELECT deviceId FROM devices' } })).toEqual({ targetConditionError: '', customMetricQueryErrors: {} })
  expect(one.hub.configurations.test({ targetCondition: 'tags.room =', customMetricQueries: { bad: 'SELECT x', worse: 1 } })).toEqual({
    targetConditionError: 'the query is refused: expected a property, a constant or a function at character 12, found the end',
    customMetricQueryErrors: { bad: `the query is refused: expected ',', AS or FROM at character 9, found the end`, worse: `the query of 'worse' must be text` }
  })
})

test('content can be applied to one device at once', async () => {
  one.hub.devices.create({ deviceId: 'edge', iotEdge: true })
  await one.hub.configurations.apply('edge', { modulesContent: { $edgeHub: { 'properties.desired': { routes: {} } } } })
  expect(desired('edge/$edgeHub')).toEqual({ routes: {} })
  await expect(one.hub.configurations.apply('none', {})).rejects.toMatchObject({ code: 'DeviceNotFound' })
})

test('after a restart configurations are there and go on', async () => {
  const store = jsonStore()
  one = bench({ store })
  await put('all', chiller({ targetCondition: '*' }))
  await one.hub.close()
  expect(one.clock.pending).toBe(0)
  one = bench({ store })
  one.hub.devices.create({ deviceId: 'new' })
  one.clock.advance(1000)
  expect(desired('new')).toEqual({ chiller: { celsius: 4 } })
  expect(one.hub.configurations.list(10)).toMatchObject([{ id: 'all', systemMetrics: { results: { appliedCount: 2 } } }])
})

test('a thousand devices are configured in turns that others can come between', async () => {
  for (let i = 0; i < 1000; i++) { one.hub.devices.create({ deviceId: `many-${i}` }) }
  let turns = 0
  const { clock } = one.hub.context
  const setTimer = clock.setTimer.bind(clock)
  clock.setTimer = (fired, ms) => setTimer(() => { turns++; fired() }, ms)
  await put('all', chiller({ targetCondition: '*' }))
  expect(one.hub.configurations.get('all')).toMatchObject({ systemMetrics: { results: { appliedCount: 1004 } } })
  expect(turns).toBeGreaterThanOrEqual(11)
})

test('one that cannot be stored is refused and applies nothing', async () => {
  const store = memoryStore()
  one = bench({ store: { ...store, put: (kind, key, record, kept) => kind === 'configuration' ? kept(new Error('full')) : store.put(kind, key, record, kept) } })
  await expect(put('all', chiller({ targetCondition: '*' }))).rejects.toMatchObject({ code: 'StoreFailed' })
  one.clock.advance(2000)
  expect([desired('d1'), one.hub.configurations.list(10)]).toEqual([{}, []])
})
