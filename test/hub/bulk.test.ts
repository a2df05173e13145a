// Many changes of the registry in one call: each item for itself, with its own error.

import { expect, test } from 'vitest'
import { bulkRegistry } from '../../src/hub/domain/bulk.js'
import type { JsonValue } from '../../src/hub/index.js'
import { bench } from './bench.js'

const bulk = (hub: ReturnType<typeof bench>['hub'], items: JsonValue) => bulkRegistry(hub.context, items, () => {})
const failed = (errorStatus: string) => expect.objectContaining({ errorStatus })

test('items succeed and fail each for itself', () => {
  const { hub } = bench()
  const result = bulk(hub, [
    { id: 'new', importMode: 'create', status: 'disabled', tags: { room: 1 }, properties: { desired: { a: 2 } } },
    { id: 'd1', importMode: 'create' },
    { id: 'no', importMode: 'Update', status: 'enabled' },
    { id: 'b/d', importMode: 'create' },
    { id: 'x', importMode: 'explode' }
  ])
  expect(result).toEqual({
    isSuccessful: false, warnings: [], errors: [
      { deviceId: 'd1', errorCode: 409001, errorStatus: 'DeviceAlreadyExists' },
      { deviceId: 'no', errorCode: 404001, errorStatus: 'DeviceNotFound' },
      { deviceId: 'b/d', errorCode: 400004, errorStatus: 'ArgumentInvalid' },
      { deviceId: 'x', errorCode: 400004, errorStatus: 'ArgumentInvalid' }
    ]
  })
  expect(hub.devices.get('new')?.status).toBe('disabled')
  expect(hub.twin('new').document()).toMatchObject({ tags: { room: 1 }, properties: { desired: { a: 2 } } })
})

test('a stale etag stops update and deletion only where it is asked for', () => {
  const { hub } = bench()
  hub.devices.create({ deviceId: 'd2' })
  expect(bulk(hub, [{ id: 'd1', importMode: 'UpdateIfMatchETag', eTag: 'old' }, { id: 'd2', importMode: 'DeleteIfMatchETag', eTag: 'old' }]).errors)
    .toEqual([failed('PreconditionFailed'), failed('PreconditionFailed')])
  expect(bulk(hub, [{ id: 'd1', importMode: 'Update', eTag: 'old', statusReason: 'r' }, { id: 'd2', importMode: 'Delete', eTag: 'old' }]).isSuccessful).toBe(true)
  expect([hub.devices.get('d1')?.statusReason, hub.devices.get('d2')]).toEqual(['r', undefined])
})

test('without an etag, a change that asks for one is refused', () => {
  expect(bulk(bench().hub, [{ id: 'd1', importMode: 'DeleteIfMatchETag' }]).errors).toEqual([failed('PreconditionFailed')])
})

test('twins are changed by their own etag', () => {
  const { hub } = bench()
  const { etag } = hub.twin('d1').document()
  expect(bulk(hub, [{ id: 'd1', importMode: 'updateTwinIfMatchETag', twinETag: etag, tags: { a: 1 } }]).isSuccessful).toBe(true)
  expect(bulk(hub, [{ id: 'd1', importMode: 'updateTwinIfMatchETag', twinETag: etag, tags: { a: 2 } }]).errors).toEqual([failed('PreconditionFailed')])
  expect(hub.twin('d1').document().tags).toEqual({ a: 1 })
})

test('an identity whose first twin is refused is not created', () => {
  const { hub } = bench()
  expect(bulk(hub, [{ id: 'a', importMode: 'create', tags: { 'a.b': 1 } }, { id: 'b', importMode: 'createOrUpdate', properties: { desired: [] } }]).errors)
    .toEqual([failed('ArgumentInvalid'), failed('ArgumentInvalid')])
  expect(hub.devices.list()).toHaveLength(1)
})

test('modules are items as well', () => {
  const { hub } = bench()
  expect(bulk(hub, [{ id: 'd1', moduleId: 'm', importMode: 'create' }, { id: 'd1', moduleId: 'n', importMode: 'delete' }]).errors)
    .toEqual([{ deviceId: 'd1', moduleId: 'n', errorCode: 404010, errorStatus: 'ModuleNotFound' }])
  expect(hub.devices.modules('d1')).toHaveLength(1)
})

test.each([
  ['nothing', []],
  ['no array', { id: 'a' }],
  ['more than 100', Array.from({ length: 101 }, (_, i) => ({ id: `x${i}`, importMode: 'create' }))],
  ['one id twice', [{ id: 'a', importMode: 'create' }, { id: 'a', importMode: 'delete' }]],
  ['something that is no object', ['a']]
])('%s is refused as a whole', (_what, items) => {
  const { hub } = bench()
  expect(() => bulk(hub, items as never)).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
  expect(hub.devices.list()).toHaveLength(1)
})

test('what is kept is told once, when everything is', () => {
  const { hub } = bench()
  let told = 0
  bulkRegistry(hub.context, [{ id: 'a', importMode: 'create' }, { id: 'd1', importMode: 'create' }, { id: 'b', importMode: 'create' }], () => { told++ })
  expect(told).toBe(1)
})
