// Queries of a hub's devices and modules: collections, projections, aggregates, pages.

import { beforeEach, expect, test } from 'vitest'
import type { Hub, QueryPage } from '../../../src/hub/index.js'
import { bench } from '../bench.js'

let hub: Hub

/** floor 1: a, c, e with 10, 30, 50 °C; floor 2: b, d with 20, 40 °C; and d1 without either. */
beforeEach(() => {
  hub = bench().hub
  for (const [i, deviceId] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    hub.devices.create({ deviceId })
    hub.twin(deviceId).patchTags({ floor: i % 2 + 1 })
    hub.twin(deviceId).patchDesired({ celsius: (i + 1) * 10 })
  }
})

const run = (text: string, maxItems = 100): QueryPage => hub.queries.run(text, { maxItems })
const items = (text: string): readonly unknown[] => run(text).items
const ids = (page: QueryPage): unknown[] => page.items.map(({ deviceId }) => deviceId)

test('SELECT * gives whole twins with what is known of the identity and no key', () => {
  const { items: [twin], itemType } = run(`SELECT * FROM devices WHERE deviceId = 'b'`)
  expect(itemType).toBe('Twin')
  expect(twin).toMatchObject({
    deviceId: 'b', status: 'enabled', connectionState: 'Disconnected', authenticationType: 'sas', version: 4, etag: 'AAAAAAAAAAM=',
    tags: { floor: 2 }, properties: { desired: { celsius: 20, $version: 2 }, reported: { $version: 1 } }, capabilities: { iotEdge: false }
  })
  expect(JSON.stringify(twin)).not.toContain('Key')
})

test('what a query gave does not change with the twin', () => {
  const [twin] = items(`SELECT * FROM devices WHERE deviceId = 'b'`) as [{ tags: Record<string, unknown> }]
  twin.tags['floor'] = 9
  expect(hub.twin('b').document().tags).toEqual({ floor: 2 })
})

test('projections have the last name of their path or their alias, and leave out what is not there', () => {
  expect(run(`SELECT deviceId, properties.desired.celsius, tags.floor AS level, tags.none FROM devices WHERE tags.floor = 2`)).toEqual({
    itemType: 'Raw', items: [{ deviceId: 'b', celsius: 20, level: 2 }, { deviceId: 'd', celsius: 40, level: 2 }]
  })
})

test('an alias may be any name', () => {
  const [item] = items(`SELECT deviceId AS [[__proto__]] FROM devices WHERE deviceId = 'a'`) as [object]
  expect(Object.entries(item)).toEqual([['__proto__', 'a']])
})

test('aggregates without GROUP BY give one row, also of no devices', () => {
  expect(items(`SELECT COUNT() AS n, AVG(properties.desired.celsius) AS mean, SUM(properties.desired.celsius) AS sum, MIN(properties.desired.celsius) AS least, MAX(properties.desired.celsius) AS most FROM devices`))
    .toEqual([{ n: 6, mean: 30, sum: 150, least: 10, most: 50 }])
  expect(items(`SELECT COUNT() AS n, AVG(version) AS mean FROM devices WHERE deviceId = 'none'`)).toEqual([{ n: 0 }])
  expect(items('SELECT COUNT(tags.floor), COUNT() FROM devices')).toEqual([{ $1: 5, $2: 6 }])
})

test('GROUP BY gives one row for each value, and one for those without', () => {
  const rows = items('SELECT tags.floor AS floor, COUNT() AS n, MAX(properties.desired.celsius) AS most FROM devices GROUP BY tags.floor')
  expect(rows).toHaveLength(3)
  expect(rows).toEqual(expect.arrayContaining([{ floor: 1, n: 3, most: 50 }, { floor: 2, n: 2, most: 40 }, { n: 1 }]))
})

test('devices.modules gives modules, devices gives none', () => {
  hub.devices.create({ deviceId: 'a', moduleId: 'm1' })
  hub.twin('a/m1').patchDesired({ on: true })
  expect(items('SELECT deviceId, moduleId FROM devices.modules WHERE properties.desired.on = true')).toEqual([{ deviceId: 'a', moduleId: 'm1' }])
  expect(items('SELECT * FROM devices WHERE IS_DEFINED(moduleId)')).toEqual([])
})

test('pages follow each other without an overlap, and the last has no token', () => {
  const first = run('SELECT * FROM devices', 4)
  expect([ids(first), first.itemType]).toEqual([['a', 'b', 'c', 'd'], 'Twin'])
  const second = hub.queries.run('SELECT * FROM devices', { maxItems: 4, continuation: first.continuation! })
  expect(ids(second)).toEqual(['d1', 'e'])
  expect('continuation' in second).toBe(false)
  expect('continuation' in run('SELECT * FROM devices', 6)).toBe(false)
})

test('a token stays good while devices come and go, also the one it stopped at', () => {
  const { continuation } = run('SELECT * FROM devices', 2)
  hub.devices.remove('b')
  hub.devices.create({ deviceId: 'aa' })
  hub.devices.create({ deviceId: 'bb' })
  expect(ids(hub.queries.run('SELECT * FROM devices', { maxItems: 9, continuation: continuation! }))).toEqual(['bb', 'c', 'd', 'd1', 'e'])
})

test('groups are paged too', () => {
  const text = 'SELECT tags.floor AS floor, COUNT() AS n FROM devices GROUP BY tags.floor'
  const first = run(text, 2)
  const { items: rest, continuation } = hub.queries.run(text, { maxItems: 2, continuation: first.continuation! })
  expect([first.items.length, rest.length, continuation]).toEqual([2, 1, undefined])
  expect([...first.items, ...rest]).toEqual(run(text).items)
})

test('TOP counts over all pages', () => {
  const first = run('SELECT TOP 3 deviceId FROM devices', 2)
  const second = hub.queries.run('SELECT TOP 3 deviceId FROM devices', { maxItems: 2, continuation: first.continuation! })
  expect([ids(first), ids(second), second.continuation]).toEqual([['a', 'b'], ['c'], undefined])
})

test.each([
  ['of another query', () => hub.queries.run('SELECT * FROM devices WHERE true', { maxItems: 1 }).continuation!],
  ['that is no base64', () => '\u0000'],
  ['that was made up', () => Buffer.from('[1,2,3]').toString('base64url')],
  ['that is empty', () => '']
])('a token %s is refused', (_, token) => {
  expect(() => hub.queries.run('SELECT * FROM devices', { maxItems: 1, continuation: token() })).toThrow('the continuation token is none that this query gave')
})

test('a wrong query is ArgumentInvalid and says where', () => {
  expect(() => run('SELECT * FROM devices WHERE')).toThrow(expect.objectContaining({
    code: 'ArgumentInvalid', message: 'the query is refused: expected a property, a constant or a function at character 28, found the end'
  }))
})

test('with a tier there are 20 queries a minute', () => {
  const limited = bench({ throttle: { tier: 'S1' } })
  for (let i = 0; i < 20; i++) { limited.hub.queries.run('SELECT * FROM devices', { maxItems: 1 }) }
  expect(() => limited.hub.queries.run('SELECT * FROM devices', { maxItems: 1 })).toThrow(expect.objectContaining({ code: 'Throttled' }))
  limited.clock.advance(3000)
  expect(limited.hub.queries.run('SELECT * FROM devices', { maxItems: 1 }).items).toHaveLength(1)
})

test('a query over 5,000 devices takes less than two seconds of a processor', () => {
  for (let i = 0; i < 5000; i++) { hub.devices.create({ deviceId: `many-${i}` }) }
  const before = process.cpuUsage()
  expect(items('SELECT COUNT() AS n FROM devices WHERE IS_DEFINED(tags.floor) OR NOT tags.none = 1')).toEqual([{ n: 5 }])
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(2000)
})
