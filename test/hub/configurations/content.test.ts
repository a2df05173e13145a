// What a configuration sets, as values: paths, what stands there afterwards, and the patch that makes a twin so.

import { expect, test } from 'vitest'
import { contentOf, patchBetween, settled } from '../../../src/hub/configurations/content.js'
import type { JsonObject } from '../../../src/hub/index.js'

function desiredAfter(desired: JsonObject, deviceContent: JsonObject): JsonObject {
  return settled(desired, contentOf({ deviceContent }).settings)
}

test('a path below desired is set whole and leaves its neighbours', () => {
  expect(desiredAfter({ a: { old: 1 }, b: 2 }, { 'properties.desired.a': { x: 1 } })).toEqual({ a: { x: 1 }, b: 2 })
  expect(desiredAfter({ a: { keep: 1 } }, { 'properties.desired.a.x.y': true })).toEqual({ a: { keep: 1, x: { y: true } } })
  expect(desiredAfter({ a: 5 }, { 'properties.desired.a.x': 1 })).toEqual({ a: { x: 1 } })
})

test('desired itself can be set, and null takes away', () => {
  expect(desiredAfter({ a: 1 }, { 'properties.desired': { b: 2, c: null } })).toEqual({ b: 2 })
  expect(desiredAfter({ a: 1, b: 2 }, { 'properties.desired.a': null })).toEqual({ b: 2 })
})

test('a key like __proto__ is a key', () => {
  const desired = desiredAfter({}, { 'properties.desired.__proto__': { x: 1 } })
  expect(Object.keys(desired)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('a patch holds what differs and nothing else', () => {
  expect(patchBetween({ a: { x: 1, y: 2 }, b: [1], c: 0 }, { a: { x: 1, y: 3 }, b: [1, 2] })).toEqual({ a: { y: 3 }, b: [1, 2], c: null })
  expect(patchBetween({ a: { x: [{ y: 1 }] } }, { a: { x: [{ y: 1 }] } })).toBeUndefined()
})

test.each([
  ['tags', { deviceContent: { 'tags.a': 1 } }, 'it can set properties.desired'],
  ['a name that only begins alike', { deviceContent: { 'properties.desiredX': 1 } }, 'it can set properties.desired'],
  ['desired as a number', { deviceContent: { 'properties.desired': 1 } }, 'properties.desired must be an object'],
  ['an empty name', { deviceContent: { 'properties.desired.a..b': 1 } }, 'the patch of desired is refused'],
  ['a name that no twin takes', { deviceContent: { 'properties.desired.a b': 1 } }, 'the patch of desired is refused'],
  ['more than a twin holds', { deviceContent: { 'properties.desired.a': Array.from({ length: 9 }, () => 'x'.repeat(4096)) } }, 'of at most 32768'],
  ['devices and modules', { deviceContent: {}, moduleContent: {} }, 'not for both'],
  ['something else', { extra: {} }, `content has 'extra'`],
  ['modules that are no object', { modulesContent: [] }, 'modulesContent must be an object']
])('content that sets %s is refused', (_, content, message) => {
  expect(() => contentOf(content as JsonObject)).toThrow(message)
})
