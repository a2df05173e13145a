// The registry of devices and modules: every field of an identity, its rules, etags, gateways and statistics.

import { expect, test } from 'vitest'
import { memoryStore } from '../../src/hub/index.js'
import { identityDocument, identityRequestOf } from '../../src/hub/domain/identity-document.js'
import { authenticate } from '../../src/hub/domain/authentication.js'
import { findDevice } from '../../src/hub/domain/registry.js'
import type { Kept } from '../../src/hub/store/store.js'
import { bench, KEY, OTHER_KEY, Peer, reasons, START_MS, token } from './bench.js'

const code = (wanted: string) => expect.objectContaining({ code: wanted })
const THUMB = 'AB'.repeat(20)

test('an identity says all that the service wants to know of it', () => {
  const { hub, clock } = bench()
  clock.advance(1000)
  Peer.connected(hub)
  hub.send('d1', { body: 'x' })
  expect(identityDocument(findDevice(hub.context, 'd1'))).toEqual({
    deviceId: 'd1', generationId: expect.stringMatching(/^[0-9a-f]{18}$/), etag: expect.any(String), status: 'enabled', statusReason: null,
    statusUpdatedTime: '0001-01-01T00:00:00', connectionState: 'Connected', connectionStateUpdatedTime: '2026-01-01T00:00:01.000Z',
    lastActivityTime: '2026-01-01T00:00:01.000Z', cloudToDeviceMessageCount: 1,
    authentication: { type: 'sas', symmetricKey: { primaryKey: KEY, secondaryKey: OTHER_KEY }, x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null } },
    capabilities: { iotEdge: false }, parentScopes: []
  })
})

test('the times of a connection that ended are there after a restart', () => {
  const store = memoryStore()
  const { hub, clock } = bench({ store })
  const peer = Peer.connected(hub)
  clock.advance(5000)
  peer.publish('devices/d1/messages/events/', 'x')
  clock.advance(5000)
  peer.cut()
  expect(identityDocument(findDevice(bench({ store }).hub.context, 'd1'))).toMatchObject({
    connectionState: 'Disconnected', connectionStateUpdatedTime: '2026-01-01T00:00:10.000Z', lastActivityTime: '2026-01-01T00:00:05.000Z'
  })
})

test('a status change has a reason, a time and another etag', () => {
  const { hub, clock } = bench()
  const { etag } = hub.devices.get('d1')!
  clock.advance(7)
  const changed = hub.devices.update('d1', { status: 'disabled', statusReason: 'stolen', ifMatch: `"${etag}"` })
  expect(changed).toMatchObject({ status: 'disabled', statusReason: 'stolen', statusUpdatedAt: START_MS + 7 })
  expect(changed.etag).not.toBe(etag)
})

test.each([['*'], ['"*"'], [undefined]])('If-Match %j matches whatever is there', (ifMatch) => {
  const { hub } = bench()
  expect(() => hub.devices.update('d1', { statusReason: 'x', ...(ifMatch === undefined ? {} : { ifMatch }) })).not.toThrow()
  expect(() => hub.devices.remove('d1', undefined, ifMatch === undefined ? {} : { ifMatch })).not.toThrow()
})

test.each(['', '""', 'AAAA', '"AAAA"', 'W/"*"'])('If-Match %j matches nothing, and nothing is changed', (ifMatch) => {
  const { hub } = bench()
  expect(() => hub.devices.update('d1', { status: 'disabled', ifMatch })).toThrow(code('PreconditionFailed'))
  expect(() => hub.devices.remove('d1', undefined, { ifMatch })).toThrow(code('PreconditionFailed'))
  expect(hub.devices.get('d1')?.status).toBe('enabled')
})

test('each kind of authentication keeps what belongs to it and nothing else', () => {
  const { hub } = bench()
  const made = (authentication: Parameters<typeof hub.devices.create>[0]['authentication']) =>
    hub.devices.create({ deviceId: `d${Math.random()}`, ...(authentication === undefined ? {} : { authentication }) }).authentication
  expect(made({ type: 'selfSigned', primaryThumbprint: 'ab:'.repeat(20).slice(0, -1) })).toEqual({ type: 'selfSigned', primaryThumbprint: THUMB, secondaryThumbprint: THUMB })
  expect(made({ type: 'certificateAuthority' })).toEqual({ type: 'certificateAuthority' })
  expect(made({ type: 'none' })).toEqual({ type: 'none' })
  expect(made({ type: 'sas', primaryKey: KEY })).toMatchObject({ type: 'sas', primaryKey: KEY, secondaryKey: expect.not.stringMatching(KEY) })
})

test('a device that is changed to a certificate has no key any more', () => {
  const { hub } = bench()
  hub.devices.update('d1', { authentication: { type: 'selfSigned', primaryThumbprint: THUMB } })
  expect(() => hub.connectionString('d1')).toThrow(code('ArgumentInvalid'))
  hub.devices.update('d1', { authentication: { type: 'sas' } })
  expect(hub.devices.get('d1')!.authentication).not.toMatchObject({ primaryKey: KEY })
})

test.each([
  ['no thumbprint', { authentication: { type: 'selfSigned' } }],
  ['a thumbprint of another length', { authentication: { type: 'selfSigned', primaryThumbprint: 'AB'.repeat(21) } }],
  ['a thumbprint that is no hex', { authentication: { type: 'selfSigned', primaryThumbprint: 'G'.repeat(40) } }],
  ['an unknown type', { authentication: { type: 'tpm' } }],
  ['a type that objects have anyway', { authentication: { type: 'constructor' } }],
  ['a long reason', { statusReason: 'x'.repeat(129) }],
  ['another status', { status: 'on' }],
  ['two parents', { parentScopes: ['ms-azure-iot-edge://a-1', 'ms-azure-iot-edge://b-1'] }],
  ['a scope of another scheme', { deviceScope: 'https://a-1' }],
  ['the scope of no gateway', { deviceScope: 'ms-azure-iot-edge://nobody-1' }],
  ['a scope that only looks like that of d1', { deviceScope: 'ms-azure-iot-edge://d1-1' }]
])('%s is refused, and there is no such device', (_what, fields) => {
  const { hub } = bench()
  expect(() => hub.devices.create({ deviceId: 'bad', ...fields } as never)).toThrow(code('ArgumentInvalid'))
  expect(hub.devices.get('bad')).toBeUndefined()
})

test('a gateway has a scope and its two modules from the start', () => {
  const { hub } = bench()
  const gateway = hub.devices.create({ deviceId: 'edge', iotEdge: true })
  expect(gateway.deviceScope).toMatch(/^ms-azure-iot-edge:\/\/edge-\d+$/)
  expect(hub.devices.modules('edge').map(({ moduleId, managedBy }) => [moduleId, managedBy])).toEqual([['$edgeAgent', 'iotEdge'], ['$edgeHub', 'iotEdge']])
  expect(hub.twin('edge/$edgeAgent').document()).toMatchObject({ deviceId: 'edge', moduleId: '$edgeAgent' })
})

test('a device behind a gateway, and a gateway behind a gateway, name their parent', () => {
  const { hub } = bench()
  const scope = hub.devices.create({ deviceId: 'top', iotEdge: true }).deviceScope!
  expect(hub.devices.create({ deviceId: 'leaf', deviceScope: scope })).toMatchObject({ deviceScope: scope, parentScopes: [scope] })
  const nested = hub.devices.create({ deviceId: 'nested', iotEdge: true, parentScopes: [scope] })
  expect(nested.parentScopes).toEqual([scope])
  expect(nested.deviceScope).not.toBe(scope)
})

test('what the service sends empty is taken away, what it does not send stays', () => {
  const { hub } = bench()
  const scope = hub.devices.create({ deviceId: 'edge', iotEdge: true }).deviceScope!
  hub.devices.create({ deviceId: 'x', statusReason: 'r', deviceScope: scope })
  const put = (json: object) => hub.devices.update('x', identityRequestOf(json as never, { deviceId: 'x' }))
  expect(put({ status: 'disabled' })).toMatchObject({ statusReason: 'r', deviceScope: scope, parentScopes: [scope] })
  const { statusReason, deviceScope, parentScopes } = put({ statusReason: null, deviceScope: '' })
  expect([statusReason, deviceScope, parentScopes]).toEqual([undefined, undefined, []])
  expect(put({ parentScopes: [scope] })).toMatchObject({ deviceScope: scope, parentScopes: [scope] })
})

test('a module has its own keys, twin and etag, and goes with its device', () => {
  const { hub, events } = bench()
  const module = hub.devices.create({ deviceId: 'd1', moduleId: 'm' })
  expect(module.authentication.primaryKey).not.toBe(KEY)
  hub.twin({ deviceId: 'd1', moduleId: 'm' }).patchTags({ a: 1 })
  expect(hub.twin('d1').document().tags).toEqual({})
  expect(hub.devices.list()).toHaveLength(1)
  hub.devices.remove('d1')
  expect(hub.devices.get('d1/m')).toBeUndefined()
  expect(events.filter(({ type }) => type === 'lifecycle')).toMatchObject([
    { deviceId: 'd1', change: 'created' }, { deviceId: 'd1', moduleId: 'm', change: 'created' }, { moduleId: 'm', change: 'deleted' }, { deviceId: 'd1', change: 'deleted' }
  ])
})

test('a device has at most 50 modules', () => {
  const { hub } = bench()
  for (let i = 0; i < 50; i++) { hub.devices.create({ deviceId: 'd1', moduleId: `m${i}` }) }
  expect(() => hub.devices.create({ deviceId: 'd1', moduleId: 'm50' })).toThrow(code('TooManyModules'))
  hub.devices.remove('d1/m7')
  expect(hub.devices.create({ deviceId: 'd1', moduleId: 'm50' }).moduleId).toBe('m50')
})

test('a module needs its device, and each is missed under its own name', () => {
  const { hub } = bench()
  expect(() => hub.devices.create({ deviceId: 'no', moduleId: 'm' })).toThrow(code('DeviceNotFound'))
  expect(() => hub.twin('d1/no')).toThrow(code('ModuleNotFound'))
  expect(() => hub.twin('no/no')).toThrow(code('DeviceNotFound'))
  expect(() => hub.devices.modules('no')).toThrow(code('DeviceNotFound'))
  hub.devices.create({ deviceId: 'd1', moduleId: 'm' })
  expect(() => hub.devices.create({ deviceId: 'd1', moduleId: 'm' })).toThrow(code('ModuleAlreadyExists'))
})

test.each(['a/b', '', ' ', '../x', 'a\r\nb', 'a\0', '__proto__ ', 'ä', 'x'.repeat(129)])('the module id %j is refused', (moduleId) => {
  const { hub } = bench()
  expect(() => hub.devices.create({ deviceId: 'd1', moduleId })).toThrow(code('ArgumentInvalid'))
})

test.each(['__proto__', 'constructor', 'toString', '..', '%2e%2e', '#+', '$SYS'])('the device id %j is an id like any other', (deviceId) => {
  const { hub } = bench()
  hub.devices.create({ deviceId })
  hub.twin(deviceId).patchTags({ a: 1 })
  expect(hub.twin(deviceId).document().tags).toEqual({ a: 1 })
  hub.devices.remove(deviceId)
  expect(hub.devices.get(deviceId)).toBeUndefined()
})

test('statistics count devices, not modules', () => {
  const { hub } = bench()
  hub.devices.create({ deviceId: 'off', status: 'disabled' })
  hub.devices.create({ deviceId: 'd1', moduleId: 'm' })
  Peer.connected(hub)
  expect(hub.devices.statistics()).toEqual({ totalDeviceCount: 2, enabledDeviceCount: 1, disabledDeviceCount: 1, connectedDeviceCount: 1 })
})

test('a disabled device takes its modules off the line and keeps them off', () => {
  const one = bench()
  const { hub } = one
  hub.devices.create({ deviceId: 'd1', moduleId: 'm', primaryKey: KEY })
  const connect = { clientId: 'd1/m', username: 'hub.test/d1/m/?api-version=2021-04-12', password: Buffer.from(token({ deviceId: 'd1/modules/m' })) }
  const module = Peer.connected(hub, connect)
  hub.devices.update('d1', { status: 'disabled' })
  expect([module.closed, reasons(one)]).toEqual([true, ['device-disabled']])
  Peer.connected(hub, connect)
  expect(reasons(one).at(-1)).toBe('disabled-device')
})

test('what the service sends as JSON is the same identity again', () => {
  const { hub } = bench()
  hub.devices.create({ deviceId: 'x', status: 'disabled', statusReason: 'new', authentication: { type: 'selfSigned', primaryThumbprint: THUMB } })
  const json = identityDocument(findDevice(hub.context, 'x'))
  expect(identityRequestOf(json, { deviceId: 'x' })).toEqual({
    deviceId: 'x', status: 'disabled', statusReason: 'new', iotEdge: false, parentScopes: [],
    authentication: { type: 'selfSigned', primaryThumbprint: THUMB, secondaryThumbprint: THUMB }
  })
})

test('empty keys, as the Node SDK sends them, are keys to be made', () => {
  const json = { deviceId: 'x', authentication: { type: 'sas', symmetricKey: { primaryKey: '', secondaryKey: null } } }
  expect(identityRequestOf(json, { deviceId: 'x' })).toEqual({ deviceId: 'x', authentication: { type: 'sas' } })
})

test.each([
  ['no object', []],
  ['another id', { deviceId: 'y' }],
  ['another module', { moduleId: 'm' }],
  ['a number for a key', { authentication: { type: 'sas', symmetricKey: { primaryKey: 1 } } }],
  ['an array for authentication', { authentication: [] }],
  ['a text for a flag', { capabilities: { iotEdge: 'true' } }],
  ['numbers for scopes', { parentScopes: [1] }],
  ['an unknown type', { authentication: { type: 'tpm' } }]
])('a body with %s is refused', (_what, json) => {
  expect(() => identityRequestOf(json as never, { deviceId: 'x' })).toThrow(code('ArgumentInvalid'))
})

test('a gateway is kept once all of it is, and gone once all of it is', () => {
  const inner = memoryStore()
  const waiting: Kept[] = []
  const { hub } = bench({ store: { ...inner, put: (kind, key, record, kept) => inner.put(kind, key, record, () => waiting.push(kept)) } })
  waiting.length = 0
  let told = 0
  hub.devices.create({ deviceId: 'edge', iotEdge: true }, () => { told++ })
  expect(waiting).toHaveLength(3)
  for (const [i, kept] of waiting.entries()) {
    expect(told).toBe(0)
    kept(i === 1 ? new Error('disk full') : undefined)
  }
  expect(told).toBe(1)
})

test('a device id with a slash in it does not pass for a module', () => {
  const { hub } = bench()
  hub.devices.create({ deviceId: 'd1', moduleId: 'm1', primaryKey: KEY, secondaryKey: OTHER_KEY })
  expect(findDevice(hub.context, { deviceId: 'd1', moduleId: 'm1' }).key).toBe('d1/m1')
  expect(() => findDevice(hub.context, { deviceId: 'd1/m1' })).toThrow(code('DeviceNotFound'))
  expect(authenticate(hub.context, { hostName: hub.hostName, deviceId: 'd1/m1', token: token() })).toMatchObject({ reason: 'unknown-device' })
})
