// Microsoft's azure-iot-device over azure-iot-device-mqtt, unmodified, against the local hub over verified TLS.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHub, listen, loadAuthority, signSas, type Authority, type DeviceMessage, type Hub, type HubEvent, type HubListener } from '../../src/hub/index.js'
import { SdkDevice } from './device.js'

const HOST = '127.0.0.1'

let folder: string
let authority: Authority
let hub: Hub
let listener: HubListener

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-'))
  authority = await loadAuthority(folder)
  hub = createHub({ hostName: HOST })
  listener = await listen(hub, { host: HOST, port: 0, certificate: await authority.issueServer({ hosts: [HOST] }) })
})

afterAll(async () => {
  await hub.close()
  await listener.close()
  await rm(folder, { recursive: true })
})

function nextMessage(): Promise<DeviceMessage> {
  return new Promise((resolve) => {
    const stop = hub.onMessage((message) => {
      stop()
      resolve(message)
    })
  })
}

function eventOf(wanted: (event: HubEvent) => boolean): Promise<HubEvent> {
  return new Promise((resolve) => {
    const stop = hub.onEvent((event) => {
      if (!wanted(event)) { return }
      stop()
      resolve(event)
    })
  })
}

const connectionString = (deviceId: string): string => hub.connectionString(deviceId, { port: listener.port })

function sasFor(deviceId: string, lifeSeconds: number): string {
  const key = /SharedAccessKey=(.*)$/.exec(connectionString(deviceId))![1]!
  const resource = `${HOST}:${listener.port}/devices/${deviceId}`
  return signSas({ resource, key, expiry: Math.floor(Date.now() / 1000) + lifeSeconds })
}

test('the SDK connects over TLS trusting the authority alone and its telemetry arrives with its properties', async () => {
  hub.devices.create({ deviceId: 'telemetry' })
  await using device = new SdkDevice(authority.caPath)
  const connected = eventOf(({ type }) => type === 'connected')
  await device.do('open', { connectionString: connectionString('telemetry') })
  expect(await connected).toMatchObject({ deviceId: 'telemetry', tls: 'TLSv1.3' })
  const arrived = nextMessage()
  await device.do('telemetry', { body: '{"celsius":93}', contentType: 'application/json', properties: { room: 'küche/2', 'a&b': '' } })
  const { body, system, properties } = await arrived
  expect(Buffer.from(body).toString()).toBe('{"celsius":93}')
  expect(system).toEqual({ contentType: 'application/json' })
  expect({ ...properties }).toEqual({ room: 'küche/2', 'a&b': '' })
})

test('the SDK receives a queued message from the cloud and its completion empties the queue', async () => {
  hub.devices.create({ deviceId: 'c2d' })
  hub.send('c2d', { body: 'water', messageId: 'm-1', properties: { litres: '2', 'note/1': 'a=b&c' } })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: connectionString('c2d') })
  const completed = eventOf((event) => event.type === 'c2d' && event.outcome === 'Success')
  await device.do('messages')
  expect(await device.event('message')).toMatchObject({ body: 'water', messageId: 'm-1', completed: true, properties: { litres: '2', 'note/1': 'a=b&c' } })
  await completed
  expect(hub.queueLength('c2d')).toBe(0)
})

test('the SDK reads its twin, reports properties and follows desired ones', async () => {
  hub.devices.create({ deviceId: 'twin' })
  hub.twin('twin').patchDesired({ interval: 10 })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: connectionString('twin') })
  expect(await device.do('twin')).toMatchObject({ desired: { interval: 10, $version: 2 }, reported: { $version: 1 } })
  await device.event('desired')
  await device.do('report', { patch: { firmware: { build: 7 } } })
  expect(hub.twin('twin').document().properties.reported).toMatchObject({ firmware: { build: 7 }, $version: 2 })
  hub.twin('twin').patchDesired({ interval: 20 })
  expect(await device.event('desired')).toMatchObject({ desired: { interval: 20, $version: 3 } })
})

test('the SDK gets an error for a reported property that the twin cannot hold', async () => {
  hub.devices.create({ deviceId: 'limits' })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: connectionString('limits') })
  await device.do('twin')
  await expect(device.do('report', { patch: { text: 'x'.repeat(4097) } })).rejects.toThrow('Error')
  expect(hub.twin('limits').document().properties.reported['$version']).toBe(1)
})

test('the SDK answers a direct method', async () => {
  hub.devices.create({ deviceId: 'methods' })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: connectionString('methods') })
  await device.do('method', { name: 'brew' })
  const answer = await hub.invoke('methods', { method: 'brew', payload: { cups: 2 }, connectTimeoutMs: 10_000 })
  expect(answer).toEqual({ status: 202, payload: { got: { cups: 2 } } })
})

test('after the SDK renewed its token, without SUBSCRIBE, desired properties, methods and messages still flow', async () => {
  hub.devices.create({ deviceId: 'renewal' })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { sas: sasFor('renewal', 60) })
  await device.do('messages')
  await device.do('method', { name: 'brew' })
  await device.do('twin')
  await device.event('desired')
  await hub.invoke('renewal', { method: 'brew', connectTimeoutMs: 10_000 })

  const resumed = eventOf((event) => event.type === 'connected' && event.deviceId === 'renewal')
  await device.do('renew', { sas: sasFor('renewal', 120) })
  expect(await resumed).toMatchObject({ sessionPresent: true })

  expect(await hub.invoke('renewal', { method: 'brew', payload: 1 })).toEqual({ status: 202, payload: { got: 1 } })
  hub.twin('renewal').patchDesired({ interval: 5 })
  expect(await device.event('desired')).toMatchObject({ desired: { interval: 5, $version: 2 } })
  hub.send('renewal', { body: 'still here' })
  expect(await device.event('message')).toMatchObject({ body: 'still here', completed: true })
})

test("the SDK's own renewal before expiry resumes the session", async () => {
  hub.devices.create({ deviceId: 'by-itself' })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: connectionString('by-itself') })
  await device.do('method', { name: 'brew' })
  await hub.invoke('by-itself', { method: 'brew', connectTimeoutMs: 10_000 })
  const resumed = eventOf((event) => event.type === 'connected' && event.deviceId === 'by-itself')
  await device.do('renewOften', { validSeconds: 4, marginSeconds: 3 })
  expect(await resumed).toMatchObject({ sessionPresent: true })
  expect(await hub.invoke('by-itself', { method: 'brew', connectTimeoutMs: 10_000 })).toMatchObject({ status: 202 })
})

test('the SDK is told Unauthorized with a wrong key, and the hub says why', async () => {
  hub.devices.create({ deviceId: 'wrong-key' })
  await using device = new SdkDevice(authority.caPath)
  const refused = eventOf(({ type }) => type === 'refused')
  const wrong = connectionString('wrong-key').replace(/SharedAccessKey=.*/, `SharedAccessKey=${Buffer.alloc(32, 1).toString('base64')}`)
  await expect(device.do('open', { connectionString: wrong })).rejects.toThrow('UnauthorizedError')
  expect(await refused).toMatchObject({ deviceId: 'wrong-key', reason: 'wrong-signature' })
})

test('the SDK does not connect when it does not trust the authority, and the hub says why that may be', async () => {
  hub.devices.create({ deviceId: 'no-trust' })
  await using device = new SdkDevice(undefined)
  const refused = eventOf(({ type }) => type === 'refused')
  await expect(device.do('open', { connectionString: connectionString('no-trust') })).rejects.toThrow(/Error/)
  // whose view of the handshake ends first is the operating system's choice
  expect(await refused).toMatchObject({ reason: expect.stringMatching(/^(tls-handshake|left-early)$/) })
})
