// Which hub a device is given (reference B5), and what a custom allocation's webhook may answer.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { byHash } from '../../../src/hub/dps/allocation.js'
import { createDps, type Post } from '../../../src/hub/dps/index.js'
import type { JsonObject } from '../../../src/hub/domain/json.js'
import { bySymmetricKey, dpsBench, DpsPeer, DPS_HOST, FAR, NEAR, registered, settled, toNear, type DpsBench } from './bench.js'

const assignedTo = (one: DpsBench, document: JsonObject): unknown => {
  one.dps.enroll('dev-1', document)
  return registered(one.dps, 'dev-1').body.registrationState?.['assignedHub']
}

test('static is the hub of the enrollment, and so is a bare iotHubHostName', () => {
  expect(assignedTo(dpsBench(), toNear())).toBe(NEAR)
  expect(assignedTo(dpsBench(), bySymmetricKey({ iotHubHostName: FAR }))).toBe(FAR)
})

test('geoLatency is the hub that is set to be the nearest, of those that the enrollment has', () => {
  expect(assignedTo(dpsBench(), bySymmetricKey({ allocationPolicy: 'geoLatency' }))).toBe(NEAR)
  expect(assignedTo(dpsBench(), bySymmetricKey({ allocationPolicy: 'geoLatency', iotHubs: [FAR] }))).toBe(FAR)
})

const ids = Array.from({ length: 3000 }, (_value, i) => `dev-${i}`)
const counted = (hubs: Parameters<typeof byHash>[0]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const id of ids) { counts[byHash(hubs, id)!.hostName] = (counts[byHash(hubs, id)!.hostName] ?? 0) + 1 }
  return counts
}

test('hashed spreads devices by weight', () => {
  const counts = counted([{ hostName: 'a' }, { hostName: 'b', allocationWeight: 2 }, { hostName: 'c', allocationWeight: 0 }])
  expect(counts['a']).toBeGreaterThan(850)
  expect(counts['a']).toBeLessThan(1150)
  expect(counts['c']).toBeUndefined()
})

test('hashed moves only devices that a new hub gains', () => {
  const before = [{ hostName: 'a' }, { hostName: 'b' }]
  const after = [...before, { hostName: 'c' }]
  const moved = ids.filter((id) => byHash(before, id) !== byHash(after, id))
  expect(moved.every((id) => byHash(after, id)!.hostName === 'c')).toBe(true)
  expect(moved.length).toBeGreaterThan(850)
  expect(byHash([], 'x')).toBeUndefined()
})

test('without a linked hub a registration fails and says what to do', () => {
  const one = dpsBench({ linkedHubs: [] })
  one.dps.enroll('dev-1', bySymmetricKey())
  expect(registered(one.dps, 'dev-1').body).toMatchObject({ status: 'failed', registrationState: { status: 'failed', errorCode: 400004, errorMessage: expect.stringContaining('Link one') } })
  expect(one.events).toMatchObject([{ type: 'failed', code: 400004 }])
})

test('a hub that is only a name is told, with its port, and no device is made', () => {
  const one = dpsBench({ linkedHubs: [{ hostName: '127.0.0.1:28883' }] })
  expect(assignedTo(one, bySymmetricKey())).toBe('127.0.0.1:28883')
})

test('what a hub refuses is a registration that failed', () => {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear({ deviceId: 'no such/id' }))
  expect(registered(one.dps, 'dev-1').body).toMatchObject({ status: 'failed', registrationState: { errorCode: 400004 } })
})

test('the device has the initial twin and the capabilities of its enrollment', () => {
  const one = dpsBench()
  assignedTo(one, toNear({ capabilities: { iotEdge: true }, initialTwin: { tags: { line: 7 }, properties: { desired: { intervalS: 10 } } } }))
  expect(one.near.devices.get('dev-1')).toMatchObject({ iotEdge: true })
  expect(one.near.twin('dev-1').document()).toMatchObject({ tags: { line: 7 }, properties: { desired: { intervalS: 10, $version: 2 } } })
})

const custom = (webhookUrl: string): JsonObject => bySymmetricKey({ allocationPolicy: 'custom', customAllocationDefinition: { webhookUrl, apiVersion: '2021-10-01' }, initialTwin: { tags: { from: 'enrollment' } } })

/** A webhook that answers these bytes, in pieces. */
const answering = (text: string | Buffer, { status = 200 } = {}): Post => () => Promise.resolve({
  ok: status === 200, status,
  body: (async function* () { for (let at = 0; at < text.length; at += 1000) { yield Buffer.from(text).subarray(at, at + 1000) } })()
})

test('custom allocation asks the webhook with what is known, and takes its hub, twin and payload', async () => {
  const asked: JsonObject[] = []
  const one = dpsBench({
    post: (url, { method, headers, body, redirect }) => {
      asked.push({ url, method, redirect, contentType: headers['content-type']!, ...JSON.parse(body) as JsonObject })
      return answering(JSON.stringify({ iotHubHostName: NEAR, initialTwin: { tags: { from: 'webhook' } }, payload: { hello: 'dev-1' } }))(url, {} as never)
    }
  })
  one.dps.enroll('dev-1', custom('https://allocate.test/hook?code=1'))
  expect(await settled(one.dps, { sku: 7 })).toMatchObject({ status: 'assigned', registrationState: { assignedHub: NEAR, payload: { hello: 'dev-1' } } })
  expect(one.near.twin('dev-1').document().tags).toEqual({ from: 'webhook' })
  expect(asked).toMatchObject([{
    url: 'https://allocate.test/hook?code=1', method: 'POST', redirect: 'error', contentType: 'application/json; charset=utf-8',
    individualEnrollment: { registrationId: 'dev-1', attestation: { type: 'symmetricKey' } },
    deviceRuntimeContext: { registrationId: 'dev-1', symmetricKey: {}, payload: { sku: 7 } },
    linkedHubs: [FAR, NEAR]
  }])
  expect(JSON.stringify(asked)).not.toContain('primaryKey')
})

test('while the webhook thinks, the device is told to ask again and a second request joins the first', async () => {
  let answer: (response: Awaited<ReturnType<Post>>) => void
  const one = dpsBench({ post: () => new Promise((resolve) => { answer = resolve }) })
  one.dps.enroll('dev-1', custom('http://allocate.test'))
  const peer = DpsPeer.connected(one.dps, 'dev-1')
  const { operationId } = peer.register({ registrationId: 'dev-1' }).body
  expect(peer.register({ registrationId: 'dev-1' }).body.operationId).toBe(operationId)
  expect(peer.status(operationId!)).toMatchObject({ status: 202, retryAfter: '3', body: { status: 'assigning' } })
  answer!(await answering(JSON.stringify({ iotHubHostName: FAR }))('', {} as never))
  expect(await settled(one.dps)).toMatchObject({ registrationState: { assignedHub: FAR } })
})

test('a device whose enrollment went while the webhook thought is not assigned', async () => {
  let answer: (response: Awaited<ReturnType<Post>>) => void
  const one = dpsBench({ post: () => new Promise((resolve) => { answer = resolve }) })
  one.dps.enroll('dev-1', custom('http://allocate.test'))
  DpsPeer.connected(one.dps, 'dev-1').register({ registrationId: 'dev-1' })
  one.dps.enrollments.individuals.remove('dev-1')
  answer!(await answering(JSON.stringify({ iotHubHostName: FAR }))('', {} as never))
  await new Promise((resolve) => { setImmediate(resolve) })
  expect(one.far.devices.list()).toEqual([])
  expect(one.dps.registrations.get('dev-1')).toBeUndefined()
})

test.each<[string, Post, string]>([
  ['says 500', answering('{}', { status: 500 }), 'it answered 500'],
  ['answers no JSON', answering('<html>'), 'it is not JSON'],
  ['answers an array', answering('[]'), 'no JSON object'],
  ['answers without a hub', answering('{"iotHubHostName":5}'), 'no iotHubHostName'],
  ['names a hub that is not linked', answering('{"iotHubHostName":"evil.test"}'), 'none of the linked hubs'],
  ['answers a twin that no twin can be', answering(`{"iotHubHostName":"${NEAR}","initialTwin":{"tags":{"a.b":1}}}`), 'custom allocation failed'],
  ['answers more than 64 KiB', answering(Buffer.alloc(70_000, 0x20)), 'more than 65536 bytes'],
  ['answers JSON nested without end', answering('['.repeat(60_000)), 'nested deeper'],
  ['cannot be reached', () => Promise.reject(new TypeError('fetch failed: secret.internal')), 'it cannot be reached'],
  ['throws at once', () => { throw new Error('secret') }, 'it cannot be reached']
])('a registration whose webhook %s fails as 400207 and the service goes on', async (_name, post, message) => {
  const one = dpsBench({ post })
  one.dps.enroll('dev-1', custom('http://allocate.test'))
  const body = await settled(one.dps)
  expect(body).toMatchObject({ status: 'failed', registrationState: { errorCode: 400207, errorMessage: expect.stringContaining(message) } })
  expect(JSON.stringify(body)).not.toContain('secret')
  one.dps.enroll('dev-1', toNear())
  expect(registered(one.dps, 'dev-1').body).toMatchObject({ status: 'assigned', registrationState: { assignedHub: NEAR } })
})

test('a webhook that does not answer is given up after 10 s and is told to stop', async () => {
  let signal: AbortSignal | undefined
  const one = dpsBench({
    post: (_url, request) => {
      signal = request.signal
      return new Promise(() => {})
    }
  })
  one.dps.enroll('dev-1', custom('http://allocate.test'))
  const outcome = settled(one.dps)
  one.clock.advance(10_000)
  expect(await outcome).toMatchObject({ status: 'failed', registrationState: { errorMessage: expect.stringContaining('within 10 s') } })
  expect(signal?.aborted).toBe(true)
})

test('the global fetch fits: a webhook on this machine is asked', async () => {
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => { text += chunk.toString() })
    request.on('end', () => response.end(JSON.stringify({ iotHubHostName: (JSON.parse(text) as { linkedHubs: string[] }).linkedHubs[1] })))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const bench = dpsBench()
  const { clock, random, linkedHubs } = bench.dps.context
  const dps = createDps({ hostName: DPS_HOST, idScope: bench.dps.idScope, clock, random, linkedHubs })
  dps.enroll('dev-1', custom(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
  expect(await settled(dps)).toMatchObject({ registrationState: { assignedHub: NEAR } })
  server.closeAllConnections()
  server.close()
})
