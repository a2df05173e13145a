// The service's side over HTTP as it goes over the wire: rights, etags, error bodies, limits, times.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { QueryEngine } from '../../../src/hub/http/engines.js'
import { signSas } from '../../../src/hub/index.js'
import { FILTER, HOST, Peer, START_MS, token } from '../bench.js'
import { asked, deviceToken, errorOf, type Asked } from './asked.js'

let asking: Asked
beforeEach(async () => { asking = await asked() })
afterEach(async () => { await asking[Symbol.asyncDispose]() })

test('an unknown device is the error that clients take apart', async () => {
  const answer = await asking.ask('GET /devices/nobody?api-version=2021-04-12')
  expect(errorOf(answer)).toBe('404 DeviceNotFound')
  expect(answer.headers['content-type']).toContain('application/json')
})

test('a device is answered with its etag in quotes; without api-version and with any other as well', async () => {
  const answer = await asking.ask('GET /devices/d1')
  const { deviceId, etag } = JSON.parse(answer.body) as { deviceId: string; etag: string }
  expect([answer.status, deviceId, answer.headers['etag']]).toEqual([200, 'd1', `"${etag}"`])
  expect((await asking.ask('GET /devices/d1?api-version=2099-01-01-preview')).status).toBe(200)
})

test('PUT without If-Match makes, with it changes, and a stale etag is refused', async () => {
  expect((await asking.ask('PUT /devices/d2', { body: { deviceId: 'd2' } })).status).toBe(200)
  expect(errorOf(await asking.ask('PUT /devices/d2', { body: { deviceId: 'd2' } }))).toBe('409 DeviceAlreadyExists')
  const etag = asking.hub.devices.get('d2')!.etag
  const change = { body: { deviceId: 'd2', status: 'disabled' }, headers: { 'If-Match': `"${etag}"` } }
  expect((await asking.ask('PUT /devices/d2', change)).status).toBe(200)
  expect(errorOf(await asking.ask('PUT /devices/d2', change))).toBe('412 PreconditionFailed')
  expect(errorOf(await asking.ask('PUT /devices/d3', { ...change, body: { deviceId: 'd3' } }))).toBe('404 DeviceNotFound')
})

test('DELETE answers 204 without a body, and heeds If-Match', async () => {
  expect(errorOf(await asking.ask('DELETE /devices/d1', { headers: { 'If-Match': '"AAAA"' } }))).toBe('412 PreconditionFailed')
  expect(await asking.ask('DELETE /devices/d1', { headers: { 'If-Match': '"*"' } })).toMatchObject({ status: 204, body: '' })
})

test('the list ends with a slash or not, and top cuts it', async () => {
  asking.hub.devices.create({ deviceId: 'd2' })
  expect(JSON.parse((await asking.ask('GET /devices/?api-version=1')).body)).toHaveLength(2)
  expect(JSON.parse((await asking.ask('GET /devices?top=1')).body)).toHaveLength(1)
  expect(errorOf(await asking.ask('GET /devices?top=0'))).toBe('400 ArgumentInvalid')
})

test.each([
  ['registryRead', 'GET /devices/d1', 200],
  ['registryRead', 'DELETE /devices/d1', 401],
  ['registryRead', 'GET /twins/d1', 401],
  ['registryReadWrite', 'DELETE /devices/d1', 204],
  ['service', 'GET /twins/d1', 200],
  ['service', 'GET /devices/d1', 401],
  ['service', 'DELETE /devices/d1/commands', 200],
  ['device', 'GET /devices/d1', 401],
  ['device', 'GET /devices/d1/messages/devicebound', 204],
  ['registryRead', 'POST /jobs/create', 401],
  ['none', 'GET /devices/d1', 401]
] as const)('the policy %s gets from %s the status %d', async (as, line, status) => {
  expect((await asking.ask(line, { as })).status).toBe(status)
})

test.each([
  ['of another hub', () => asking.tokenOf('iothubowner', 'other.test')],
  ['for another device', () => asking.tokenOf('iothubowner', `${HOST}/devices/d2`)],
  ['of a device', () => deviceToken()],
  ['that has ended', () => `${signSas({ resource: HOST, key: asking.hub.context.policies.get('iothubowner')!.primaryKey, expiry: START_MS / 1000 - 1 })}&skn=iothubowner`],
  ['of a bearer', () => 'Shared'.replace('Shared', 'SharedBearer abc')]
])('a token %s is Unauthorized, and why is only in the log', async (_name, tokenOf) => {
  const answer = await asking.ask('GET /devices/d1', { as: tokenOf() })
  expect(errorOf(answer)).toBe('401 IotHubUnauthorizedAccess')
  expect(answer.body).toContain(';Unauthorized"')
  expect(asking.events.filter(({ type }) => type === 'refused')).toHaveLength(1)
})

test('a token for one device only is enough for that device', async () => {
  expect((await asking.ask('GET /twins/d1', { as: asking.tokenOf('service', `${HOST}/devices/d1`) })).status).toBe(200)
})

test('a twin that was read can be put back whole', async () => {
  asking.hub.twin('d1').patchDesired({ targetC: 93 })
  const read = await asking.ask('GET /twins/d1')
  const put = await asking.ask('PUT /twins/d1', { body: read.body, headers: { 'If-Match': read.headers['etag']! } })
  expect(put.status).toBe(200)
  expect(asking.hub.twin('d1').document().properties.desired).toMatchObject({ targetC: 93, $version: 3 })
})

test.each([
  ['text', '"x"'], ['no JSON', '{'], ['properties that are none', '{"properties":[]}'], ['a key with a dot', '{"tags":{"a.b":1}}']
])('a twin patch that is %s is refused', async (_name, body) => {
  expect(errorOf(await asking.ask('PATCH /twins/d1', { body }))).toBe('400 ArgumentInvalid')
  expect(asking.hub.twin('d1').document().version).toBe(2)
})

test('a method is answered with status and payload', async () => {
  const peer = Peer.connected(asking.hub, { password: Buffer.from(token()) })
  peer.subscribe(FILTER.methods)
  const answer = asking.ask('POST /twins/d1/methods', { body: { methodName: 'brew', payload: { cups: 2 } } })
  await expect.poll(() => peer.published).toEqual([['$iothub/methods/POST/brew/?$rid=1', '{"cups":2}']])
  peer.publish('$iothub/methods/res/201/?$rid=1', '{"ok":true}')
  expect(await answer).toMatchObject({ status: 200, body: '{"status":201,"payload":{"ok":true}}' })
})

test('a device that does not answer in time is 504, one that answers nonsense 502, one that is away 404', async () => {
  expect(errorOf(await asking.ask('POST /twins/d1/methods', { body: { methodName: 'brew' } }))).toBe('404 DeviceNotOnline')
  const peer = Peer.connected(asking.hub, { password: Buffer.from(token()) })
  peer.subscribe(FILTER.methods)
  const silent = asking.ask('POST /twins/d1/methods', { body: { methodName: 'brew', responseTimeoutInSeconds: 5 } })
  await expect.poll(() => peer.published).toHaveLength(1)
  asking.clock.advance(5000)
  expect(errorOf(await silent)).toBe('504 GatewayTimeout')
  const nonsense = asking.ask('POST /twins/d1/methods', { body: { methodName: 'brew' } })
  await expect.poll(() => peer.published).toHaveLength(2)
  peer.publish('$iothub/methods/res/200/?$rid=2', '{')
  expect(errorOf(await nonsense)).toBe('502 InvalidDeviceResponse')
})

test.each([
  [{ methodName: 'brew', responseTimeoutInSeconds: 4 }], [{ methodName: 'brew', responseTimeoutInSeconds: 301 }],
  [{ methodName: 'brew', connectTimeoutInSeconds: -1 }], [{ methodName: 'brew', responseTimeoutInSeconds: '30' }], [{ methodName: 7 }], [{}]
])('a method called as %j is refused', async (body) => {
  expect(errorOf(await asking.ask('POST /twins/d1/methods', { body }))).toBe('400 ArgumentInvalid')
})

test('a method of a module reaches the module', async () => {
  const { authentication } = asking.hub.devices.create({ deviceId: 'd1', moduleId: 'm1' })
  const peer = Peer.connected(asking.hub, {
    clientId: 'd1/m1', username: `${HOST}/d1/m1/?api-version=2021-04-12`,
    password: Buffer.from(signSas({ resource: `${HOST}/devices/d1/modules/m1`, key: authentication.primaryKey, expiry: START_MS / 1000 + 60 }))
  })
  peer.subscribe(FILTER.methods)
  const answer = asking.ask('POST /twins/d1/modules/m1/methods', { body: { methodName: 'brew' } })
  await expect.poll(() => peer.published).toHaveLength(1)
  peer.publish('$iothub/methods/res/200/?$rid=1', '1')
  expect(await answer).toMatchObject({ status: 200, body: '{"status":200,"payload":1}' })
  expect(errorOf(await asking.ask('POST /twins/d1/modules/m2/methods', { body: { methodName: 'brew' } }))).toBe('404 ModuleNotFound')
})

test('purging says how many messages there were', async () => {
  asking.hub.send('d1', { body: 'a' })
  asking.hub.send('d1', { body: 'b' })
  expect(JSON.parse((await asking.ask('DELETE /devices/d1/commands')).body)).toMatchObject({ totalMessagesPurged: 2, deviceId: 'd1' })
  expect(asking.hub.queueLength('d1')).toBe(0)
})

test('feedback is read over HTTP, abandoned, read again and completed', async () => {
  expect((await asking.ask('GET /messages/serviceBound/feedback')).status).toBe(204)
  asking.hub.send('d1', { body: 'a', messageId: 'm1', ack: 'full' })
  asking.hub.purge('d1')
  asking.clock.advance(16_000)
  const first = await asking.ask('GET /messages/servicebound/feedback')
  expect(JSON.parse(first.body)).toMatchObject([{ originalMessageId: 'm1', statusCode: 'Purged' }])
  const lock = first.headers['etag']!.slice(1, -1)
  expect((await asking.ask(`POST /messages/serviceBound/feedback/${lock}/abandon`)).status).toBe(204)
  const again = await asking.ask('GET /messages/serviceBound/feedback')
  expect(errorOf(await asking.ask(`DELETE /messages/serviceBound/feedback/${lock}`))).toBe('412 DeviceMessageLockLost')
  expect((await asking.ask(`DELETE /messages/serviceBound/feedback/${again.headers['etag']!.slice(1, -1)}`)).status).toBe(204)
  expect((await asking.ask('GET /messages/serviceBound/feedback')).status).toBe(204)
})

test('statistics tell devices and connections', async () => {
  Peer.connected(asking.hub, { password: Buffer.from(token()) })
  expect(JSON.parse((await asking.ask('GET /statistics/devices')).body)).toEqual({ totalDeviceCount: 1, enabledDeviceCount: 1, disabledDeviceCount: 0 })
  expect(JSON.parse((await asking.ask('GET /statistics/service')).body)).toEqual({ connectedDeviceCount: 1 })
})

test('import and export say 501 while the hub has no blob endpoint', async () => {
  expect(errorOf(await asking.ask('GET /jobs'))).toBe('501 NotImplemented')
})

test('pages of a query are joined by x-ms-continuation, which is absent at the end', async () => {
  const query: QueryEngine = { run: (_text, { maxItems, continuation }) => continuation === undefined ? { items: [maxItems], continuation: 'next', itemType: 'Raw' } : { items: [], itemType: 'Raw' } }
  await using paged = await asked({}, { query })
  const body = { query: 'SELECT * FROM devices' }
  const first = await paged.ask('POST /devices/query', { body, headers: { 'x-ms-max-item-count': '7' } })
  expect([first.body, first.headers['x-ms-continuation'], first.headers['x-ms-item-type']]).toEqual(['[7]', 'next', 'Raw'])
  const last = await paged.ask('POST /devices/query', { body, headers: { 'x-ms-continuation': 'next' } })
  expect([last.body, 'x-ms-continuation' in last.headers]).toEqual(['[]', false])
  expect(errorOf(await paged.ask('POST /devices/query', { body, headers: { 'x-ms-max-item-count': 'x' } }))).toBe('400 ArgumentInvalid')
})

test('a tier\'s rate is answered 429 with the seconds to wait', async () => {
  await using slow = await asked({ throttle: { tier: 'S1' } })
  const statuses = new Set<number>()
  let last = await slow.ask('GET /devices/d1')
  for (let i = 0; i < 120 && last.status === 200; i++) {
    statuses.add(last.status)
    last = await slow.ask('GET /devices/d1')
  }
  expect(errorOf(last)).toBe('429 ThrottlingException')
  expect(Number(last.headers['retry-after'])).toBeGreaterThan(0)
})

test.each([
  [[{ op: 'replace', path: '/targetC', value: 5 }], { targetC: 5 }],
  [[{ op: 'add', path: '/boiler/limitC', value: 5 }, { op: 'add', path: '/boiler/on', value: true }], { boiler: { __t: 'c', limitC: 5, on: true } }],
  [[{ op: 'add', path: '/boiler', value: { $metadata: {}, limitC: 5 } }], { boiler: { __t: 'c', limitC: 5 } }],
  [[{ op: 'add', path: '/a~1b~0c', value: 1 }], { 'a/b~c': 1 }]
])('the JSON Patch %j of a digital twin writes desired properties', async (body, desired) => {
  const answer = await asking.ask('PATCH /digitaltwins/d1', { body })
  expect([answer.status, answer.headers['location']]).toEqual([202, `https://${HOST}/digitaltwins/d1`])
  expect(asking.hub.twin('d1').document().properties.desired).toMatchObject(desired)
})

test.each([
  [{}], [[]], [[{ op: 'test', path: '/a', value: 1 }]], [[{ op: 'add', path: 'a', value: 1 }]], [[{ op: 'add', path: '/a/b/c', value: 1 }]], [[{ op: 'add', path: '/a' }]], [[{ op: 'add', path: '/', value: 1 }]]
])('the JSON Patch %j is refused', async (body) => {
  expect(errorOf(await asking.ask('PATCH /digitaltwins/d1', { body }))).toBe('400 ArgumentInvalid')
})

test('an acknowledged property shows what was wanted and what was answered', async () => {
  asking.hub.twin('d1').patchDesired({ targetC: 95 })
  const peer = Peer.connected(asking.hub, { password: Buffer.from(token()) })
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', JSON.stringify({ targetC: { value: 95, ac: 200, av: 2, ad: 'ok' } }))
  const { targetC, $metadata } = JSON.parse((await asking.ask('GET /digitaltwins/d1')).body) as { targetC: number; $metadata: Record<string, unknown> }
  expect(targetC).toBe(95)
  expect($metadata['targetC']).toMatchObject({ desiredValue: 95, desiredVersion: 2, ackVersion: 2, ackCode: 200, ackDescription: 'ok' })
})
