// Device twins: merge, versions, metadata, limits, and the topics that carry them.

import { expect, test } from 'vitest'
import type { JsonValue } from '../../src/hub/index.js'
import { deviceView, newTwin, patchTwin, twinEtag, type TwinPart, type TwinState } from '../../src/hub/domain/twin.js'
import { sectionBytes } from '../../src/hub/domain/twin-limits.js'
import { bench, FILTER, Peer, reasons, START_MS } from './bench.js'

const at = (now: number) => ({ now })

function patched(part: TwinPart, ...patches: JsonValue[]): TwinState {
  return patches.reduce<TwinState>((twin, patch) => patchTwin(twin, part, patch, at(START_MS)), newTwin())
}

test('a new twin has versions 1 and the first etag', () => {
  expect(twinEtag(newTwin())).toBe('AAAAAAAAAAE=')
  expect(newTwin()).toMatchObject({ version: 2, desired: { version: 1 }, reported: { version: 1 } })
})

test.each<[string, JsonValue[], JsonValue]>([
  ['a member is added', [{ a: 1 }, { b: 2 }], { a: 1, b: 2 }],
  ['a member is replaced', [{ a: 1 }, { a: 'x' }], { a: 'x' }],
  ['null removes', [{ a: 1, b: 2 }, { a: null }], { b: 2 }],
  ['objects merge', [{ a: { b: 1, c: 2 } }, { a: { b: null, d: 3 } }], { a: { c: 2, d: 3 } }],
  ['an object replaces a scalar', [{ a: 1 }, { a: { b: 1 } }], { a: { b: 1 } }],
  ['a scalar replaces an object', [{ a: { b: 1 } }, { a: 1 }], { a: 1 }],
  ['arrays replace', [{ a: [1, 2, 3] }, { a: [4] }], { a: [4] }],
  ['null of nothing is nothing', [{ a: null, b: { c: null } }], { b: {} }]
])('merging: %s', (_name, patches, values) => {
  expect(JSON.parse(JSON.stringify(patched('desired', ...patches).desired.values))).toEqual(values)
})

test('a key named __proto__ is a key like any other', () => {
  const twin = patched('reported', JSON.parse('{"__proto__":{"polluted":true}}') as JsonValue)
  expect(deviceView(twin)).toContain('"reported":{"__proto__":{"polluted":true},"$version":2}')
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('desired counts its own version, the root version and the etag; reported not the etag', () => {
  const twin = patchTwin(patched('desired', { a: 1 }, { a: 1 }), 'reported', { b: 1 }, at(START_MS))
  expect(twin).toMatchObject({ version: 5, desired: { version: 3 }, reported: { version: 2 } })
  expect(twinEtag(twin)).toBe('AAAAAAAAAAM=')
})

test('metadata says when each value last changed and with which desired version', () => {
  const first = patchTwin(newTwin(), 'desired', { a: 1, o: { x: 1 } }, at(START_MS))
  const { metadata } = patchTwin(first, 'desired', { o: { y: 2 } }, at(START_MS + 1000)).desired
  const early = { $lastUpdated: '2026-01-01T00:00:00.000Z', $lastUpdatedVersion: 2 }
  const late = { $lastUpdated: '2026-01-01T00:00:01.000Z', $lastUpdatedVersion: 3 }
  expect(JSON.parse(JSON.stringify(metadata))).toEqual({ ...late, a: early, o: { ...late, x: early, y: late } })
})

const nested = (levels: number): JsonValue => levels === 0 ? 1 : { a: nested(levels - 1) }

test.each<[string, JsonValue]>([
  ['an array for a patch', [1]],
  ['a scalar for a patch', 'x'],
  ['a key with a dot', { 'a.b': 1 }],
  ['a key with a dollar', { $version: 1 }],
  ['a key with a space', { 'a b': 1 }],
  ['a key with a control character', { 'a\u0085': 1 }],
  ['an empty key', { '': 1 }],
  ['a key of 1025 bytes', { ['k'.repeat(1025)]: 1 }],
  ['a string of 4097 bytes', { a: `${'ä'.repeat(2048)}x` }],
  ['an integer above the range', { a: 4503599627370496 }],
  ['an integer below the range', { a: -4503599627370497 }],
  ['a number beyond double', { a: Infinity }],
  ['11 levels', nested(12)],
  ['a bad key within an array', { a: [{ 'x.y': 1 }] }]
])('%s is refused and changes nothing', (_name, patch) => {
  expect(() => patched('reported', patch)).toThrow(expect.objectContaining({ code: 'TwinMalformed' }))
})

test.each<[string, JsonValue]>([
  ['a key of 1024 bytes', { ['k'.repeat(1024)]: 1 }],
  ['a string of 4096 bytes', { a: 'ä'.repeat(2048) }],
  ['the integers at both ends', { a: 4503599627370495, b: -4503599627370496 }],
  ['10 levels', nested(11)],
  ['an array of objects', { a: [{ b: 1 }] }]
])('%s is accepted', (_name, patch) => {
  expect(patched('reported', patch).reported.version).toBe(2)
})

test('sizes count keys and strings in UTF-8, numbers as 8 and booleans as 4', () => {
  expect(sectionBytes({ ab: 'ä\u0001', n: 1, t: [true, null] })).toBe(2 + 2 + 1 + 8 + 1 + 4)
})

const filler = (bytes: number): JsonValue => Object.fromEntries(Array.from({ length: bytes / 1024 }, (_, i) => [`k${10 + i}`, 'x'.repeat(1021)]))

test.each<[TwinPart, number]>([['tags', 8], ['desired', 32], ['reported', 32]])('%s holds %i KiB and not a byte more', (part, kib) => {
  const full = patchTwin(newTwin(), part, filler(kib * 1024), at(START_MS))
  expect(() => patchTwin(full, part, { x: '' }, at(START_MS))).toThrow(expect.objectContaining({ code: 'TwinTooLarge' }))
})

function subscribed() {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.subscribe(FILTER.responses, FILTER.desired)
  return { ...one, one, peer }
}

test('GET answers desired and reported with versions, without tags and metadata, echoing the request id', () => {
  const { hub, peer } = subscribed()
  hub.twin('d1').patchTags({ room: 'kitchen' })
  peer.publish('$iothub/twin/GET/?x=1&$rid=a%2Fb', ' ')
  expect(peer.published).toEqual([['$iothub/twin/res/200/?$rid=a%2Fb', '{"desired":{"$version":1},"reported":{"$version":1}}']])
})

test('a reported patch answers 204 with the new version and no body', () => {
  const { hub, peer, events } = subscribed()
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=7', '{"a":1}')
  expect(peer.published).toEqual([['$iothub/twin/res/204/?$rid=7&$version=2', '']])
  expect(hub.twin('d1').document().properties.reported).toMatchObject({ a: 1, $version: 2 })
  expect(events.at(-1)).toMatchObject({ type: 'twin', part: 'reported', version: 2 })
})

test.each([
  ['text that is not JSON', '{"a":', 400, 'malformed-twin'],
  ['nothing', '', 400, 'malformed-twin'],
  ['an array', '[]', 400, 'malformed-twin'],
  ['bytes that are not UTF-8', Buffer.from('7b2261223a22ff227d', 'hex'), 400, 'malformed-twin'],
  ['100,000 brackets', '['.repeat(100_000), 400, 'malformed-twin'],
  ['more than 32 KiB', JSON.stringify(filler(33 * 1024)), 413, 'twin-limit']
])('a reported patch of %s answers with an error and says why', (_name, body, status, reason) => {
  const { one, peer, hub } = subscribed()
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=7', body)
  const [[topic, answer] = ['', '']] = peer.published
  expect(topic).toBe(`$iothub/twin/res/${status}/?$rid=7`)
  expect(JSON.parse(answer)).toMatchObject({ errorCode: expect.any(Number), message: expect.any(String), trackingId: expect.any(String), timestampUtc: '2026-01-01T00:00:00.000Z' })
  expect([reasons(one), peer.closed, hub.twin('d1').document().version]).toEqual([[reason], false, 2])
})

test('nobody who has not subscribed to responses gets one, but the patch counts', () => {
  const { hub } = bench()
  const peer = Peer.connected(hub)
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=7', '{"a":1}', { qos: 1, messageId: 3 })
  expect(peer.packets).toMatchObject([{ cmd: 'puback', messageId: 3 }])
  expect(hub.twin('d1').document().properties.reported).toMatchObject({ a: 1 })
})

test('a desired patch is told as it was made, nulls included, with its version', () => {
  const { hub, peer } = subscribed()
  hub.twin('d1').patchDesired({ a: 1, b: { c: 2 } })
  hub.twin('d1').patchDesired({ a: null })
  hub.twin('d1').replaceDesired({ z: 1 })
  expect(peer.published).toEqual([
    ['$iothub/twin/PATCH/properties/desired/?$version=2', '{"a":1,"b":{"c":2},"$version":2}'],
    ['$iothub/twin/PATCH/properties/desired/?$version=3', '{"a":null,"$version":3}'],
    ['$iothub/twin/PATCH/properties/desired/?$version=4', '{"z":1,"$version":4}']
  ])
  expect(hub.twin('d1').document().properties.desired).toEqual({
    z: 1, $version: 4, $metadata: { $lastUpdated: expect.any(String), $lastUpdatedVersion: 4, z: { $lastUpdated: expect.any(String), $lastUpdatedVersion: 4 } }
  })
})

test('a desired patch while the device is away is not told later', () => {
  const { hub, peer } = subscribed()
  peer.cut()
  hub.twin('d1').patchDesired({ a: 1 })
  expect(Peer.connected(hub).published).toEqual([])
})

test('the service is refused by a stale etag and by a broken patch', () => {
  const { hub } = bench()
  const twin = hub.twin('d1')
  const { etag } = twin.document()
  expect(twin.patchTags({ a: 1 }, { ifMatch: etag })).toBe(3)
  expect(() => twin.patchTags({ a: 2 }, { ifMatch: etag })).toThrow(expect.objectContaining({ code: 'PreconditionFailed' }))
  expect(() => twin.patchDesired({ 'a.b': 3 })).toThrow(expect.objectContaining({ code: 'TwinMalformed' }))
  expect(twin.replaceTags({ b: 1 }, { ifMatch: '*' })).toBe(4)
  expect(twin.document().tags).toEqual({ b: 1 })
})
