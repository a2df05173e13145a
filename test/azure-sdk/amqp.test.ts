// Microsoft's azure-iot-device-amqp, azure-iothub over AMQP and @azure/event-hubs, unmodified, against the local hub over verified TLS.

import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createAmqpServer, type AmqpServer } from '../../src/hub/amqp/server.js'
import { newIssuer, pemOfKey } from '../../src/hub/certificates.js'
import { listenHub } from '../../src/hub/http/serve.js'
import { createHub, EVENTS_NAME, loadAuthority, type Authority, type DeviceMessage, type Hub, type HubEvent, type HubListener } from '../../src/hub/index.js'
import { SdkDevice } from './device.js'

const HOST = '127.0.0.1'

let folder: string
let authority: Authority
let hub: Hub
let amqp: AmqpServer
let listener: HubListener

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-'))
  authority = await loadAuthority(folder)
  hub = createHub({ hostName: HOST })
  amqp = createAmqpServer(hub.context)
  listener = await listenHub(hub, { host: HOST, port: 0, certificate: await authority.issueServer({ hosts: [HOST] }), amqp: amqp.accept })
})

afterAll(async () => {
  amqp.close()
  await hub.close()
  await listener.close()
  await rm(folder, { recursive: true })
})

const connectionString = (name: string): string => hub.connectionString(name, { port: listener.port })
const serviceString = (): string => hub.serviceConnectionString().replace(HOST, `${HOST}:${listener.port}`)

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

async function opened(deviceId: string): Promise<SdkDevice> {
  if (hub.devices.get(deviceId) === undefined) { hub.devices.create({ deviceId }) }
  const device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: connectionString(deviceId), transport: 'amqp' })
  return device
}

async function service(): Promise<SdkDevice> {
  const sdk = new SdkDevice(authority.caPath, 'amqp-service.cjs')
  await sdk.do('open', { connectionString: serviceString() })
  return sdk
}

test('telemetry over AMQP arrives with its properties', async () => {
  await using device = await opened('telemetry')
  const message = nextMessage()
  await device.do('telemetry', { body: '{"celsius":93}', properties: { unit: 'C', 'a b': 'ü&=' }, contentType: 'application/json' })
  expect(await message).toMatchObject({ deviceId: 'telemetry', system: { contentType: 'application/json' }, properties: { unit: 'C', 'a b': 'ü&=' } })
})

test('a wrong key and an unknown device are refused as unauthorized', async () => {
  hub.devices.create({ deviceId: 'locked' })
  for (const wrong of [connectionString('locked').replace(/SharedAccessKey=.*/, `SharedAccessKey=${Buffer.alloc(32).toString('base64')}`), connectionString('locked').replace('DeviceId=locked', 'DeviceId=nobody')]) {
    await using device = new SdkDevice(authority.caPath)
    await expect(device.do('open', { connectionString: wrong, transport: 'amqp' })).rejects.toThrow('UnauthorizedError')
  }
})

test('a device that does not trust the authority does not connect', async () => {
  hub.devices.create({ deviceId: 'distrustful' })
  await using device = new SdkDevice(undefined)
  const refused = eventOf(({ type }) => type === 'refused')
  // the SDK tries again for minutes
  device.do('open', { connectionString: connectionString('distrustful'), transport: 'amqp' }).catch(() => {})
  expect(await refused).toMatchObject({ reason: expect.stringMatching(/^(tls-handshake|left-early)$/) })
})

test('a method is invoked and answered, the twin is read, reported and followed', async () => {
  await using device = await opened('twin')
  await device.do('method', { name: 'brew' })
  await eventOf(({ type }) => type === 'connected')
  expect(await hub.invoke('twin', { method: 'brew', payload: { cups: 2 }, connectTimeoutMs: 10_000 })).toEqual({ status: 202, payload: { got: { cups: 2 } } })
  hub.twin('twin').patchDesired({ target: 91 })
  expect(await device.do('twin')).toMatchObject({ desired: { target: 91 } })
  await device.do('report', { patch: { celsius: 90 } })
  expect(hub.twin('twin').document().properties.reported).toMatchObject({ celsius: 90 })
  await device.event('desired')
  hub.twin('twin').patchDesired({ target: 95 })
  expect(await device.event('desired')).toMatchObject({ desired: { target: 95 } })
})

test('messages are ended by devices with complete and reject, and the service hears of it', async () => {
  await using sender = await service()
  await using completing = await opened('c2d-complete')
  await using rejecting = await opened('c2d-reject')
  for (const [device, how] of [[completing, 'complete'], [rejecting, 'reject']] as const) {
    await device.do('settle', { how })
    await sender.do('send', { to: `c2d-${how}`, body: 'go', messageId: `m-${how}`, ack: 'full', properties: { k: 'v' } })
    expect(await device.event('message')).toMatchObject({ body: 'go', how })
  }
  await sender.do('feedback', { hows: ['abandon', 'complete'] })
  const first = await sender.event('feedback')
  expect(first).toMatchObject({ how: 'abandon', contentType: 'application/vnd.microsoft.iothub.feedback.json' })
  expect(first['body']).toMatchObject([
    { originalMessageId: 'm-complete', statusCode: 'Success', deviceId: 'c2d-complete' },
    { originalMessageId: 'm-reject', statusCode: 'Rejected', deviceId: 'c2d-reject' }
  ])
  expect(await sender.event('feedback')).toMatchObject({ how: 'complete', body: first['body'] })
  // the SDK does not wait for its settlement to arrive
  await vi.waitFor(() => expect(hub.context.feedbackQueue.length).toBe(0))
})

test('an abandoned message comes again until it is dead', async () => {
  await using device = await opened('abandon')
  const dead = eventOf((event) => event.type === 'c2d' && event.deviceId === 'abandon')
  hub.send('abandon', { body: 'again' })
  await device.do('settle', { how: 'abandon' })
  expect(await dead).toMatchObject({ outcome: 'DeliveryCountExceeded' })
})

test('the service learns that a device is unknown, and that a queue is full', async () => {
  await using sender = await service()
  await expect(sender.do('send', { to: 'nobody#+%', body: 'x' })).rejects.toThrow('DeviceNotFoundError')
  hub.devices.create({ deviceId: 'full' })
  for (let i = 0; i < 50; i++) { hub.send('full', { body: 'x' }) }
  await expect(sender.do('send', { to: 'full', body: 'x' })).rejects.toThrow('DeviceMaximumQueueDepthExceededError')
})

test('a policy without ServiceConnect is refused', async () => {
  await using sender = new SdkDevice(authority.caPath, 'amqp-service.cjs')
  await sender.do('open', { connectionString: hub.serviceConnectionString('registryRead').replace(HOST, `${HOST}:${listener.port}`) })
  hub.devices.create({ deviceId: 'target' })
  await expect(sender.do('send', { to: 'target', body: 'x' })).rejects.toThrow('UnauthorizedError')
})

test('file notifications are received and settled', async () => {
  await using receiver = await service()
  const body = { deviceId: 'd', blobName: 'd/x', blobSizeInBytes: 3 }
  hub.context.fileNotifications.add({ body: JSON.stringify(body), contentType: 'application/json' })
  await receiver.do('files', { hows: ['complete'] })
  expect(await receiver.event('file')).toMatchObject({ body, how: 'complete' })
  await vi.waitFor(() => expect(hub.context.fileNotifications.length).toBe(0))
})

test('a renewed token keeps the connection, its messages and its twin', async () => {
  await using device = await opened('renewing')
  await device.do('messages')
  await device.do('twin')
  const expiresAt = (): number | undefined => hub.connections().find(({ deviceId }) => deviceId === 'renewing')?.tokenExpiresAt
  const before = expiresAt()
  await device.do('renewOften', { validSeconds: 60, marginSeconds: 58 })
  await vi.waitFor(() => expect(expiresAt()).not.toBe(before), { timeout: 20_000 })
  hub.send('renewing', { body: 'still here' })
  hub.twin('renewing').patchDesired({ target: 1 })
  expect(await device.event('message')).toMatchObject({ body: 'still here', completed: true })
  await vi.waitFor(async () => expect(await device.event('desired')).toMatchObject({ desired: { target: 1 } }))
})

test('a device with a certificate needs no token', async () => {
  const { certificate, key } = await newIssuer()
  const pem = certificate.toString('pem')
  hub.devices.create({ deviceId: 'thumb', authentication: { type: 'selfSigned', primaryThumbprint: new X509Certificate(pem).fingerprint256 } })
  await using device = new SdkDevice(authority.caPath)
  const credentials = { connectionString: `HostName=${HOST}:${listener.port};DeviceId=thumb;x509=true`, transport: 'amqp', x509: { cert: pem, key: await pemOfKey(key) } }
  await device.do('open', credentials)
  const message = nextMessage()
  await device.do('telemetry', { body: '1', properties: {}, contentType: 'application/json' })
  expect((await message).authMethod).toContain('"type":"x509"')
})

test('a module sends to its outputs, receives at its inputs, and has methods and a twin', async () => {
  hub.devices.create({ deviceId: 'with-module' })
  hub.devices.create({ deviceId: 'with-module', moduleId: 'm' })
  await using module = new SdkDevice(authority.caPath, 'module.cjs')
  await module.do('open', { connectionString: connectionString('with-module/m'), transport: 'amqp' })
  const message = nextMessage()
  await module.do('output', { name: 'hot', body: 'water' })
  expect(await message).toMatchObject({ deviceId: 'with-module', moduleId: 'm', system: { outputName: 'hot' } })
  await module.do('inputs')
  hub.send('with-module/m', { body: 'beans', inputName: 'hopper', properties: { grams: '18' } })
  expect(await module.event('input')).toMatchObject({ input: 'hopper', body: 'beans', properties: { grams: '18' }, completed: true })
  await module.do('method', { name: 'grind' })
  expect(await hub.invoke('with-module/m', { method: 'grind', payload: 7, connectTimeoutMs: 10_000 })).toEqual({ status: 200, payload: { got: 7 } })
  hub.twin('with-module/m').patchDesired({ interval: 10 })
  expect(await module.do('twin')).toMatchObject({ desired: { interval: 10 } })
})

test('another connection of the same identity is told to the first', async () => {
  await using first = await opened('twice')
  await first.do('messages')
  await using second = await opened('twice')
  const replaced = eventOf((event) => event.type === 'disconnected' && event.deviceId === 'twice')
  await second.do('messages')
  expect(await replaced).toMatchObject({ reason: 'replaced' })
})

async function reader(group?: string): Promise<SdkDevice> {
  const sdk = new SdkDevice(authority.caPath, 'event-hubs.cjs')
  await sdk.do('open', { connectionString: hub.eventHubsConnectionString({ port: listener.port }), ...(group === undefined ? {} : { group }) })
  return sdk
}

test('the built-in endpoint describes itself and its partitions', async () => {
  await using sdk = await reader()
  expect(await sdk.do('about')).toMatchObject({ name: EVENTS_NAME, partitionIds: ['0', '1', '2', '3'], createdOn: new Date(hub.events.createdAt).toISOString() })
  expect(await sdk.do('partition', { partition: '2' })).toMatchObject({ eventHubName: EVENTS_NAME, partitionId: '2', beginningSequenceNumber: expect.any(Number), isEmpty: expect.any(Boolean) })
  await expect(sdk.do('partition', { partition: '77' })).rejects.toThrow('ArgumentOutOfRangeError')
})

test('all partitions are read, with everything the device and the hub said', async () => {
  await using device = await opened('read-me')
  await using sdk = await reader()
  await sdk.do('subscribe', { options: { startPosition: { offset: '@latest' } } })
  for (let i = 0; i < 4; i++) { await sdk.event('initialized') }
  const received = sdk.event('event')
  const again = setInterval(() => { void device.do('telemetry', { body: '{"celsius":93}', properties: { unit: 'C' }, contentType: 'application/json' }) }, 200)
  try {
    expect(await received).toMatchObject({
      body: { celsius: 93 }, properties: { unit: 'C' }, contentType: 'application/json',
      systemProperties: { 'iothub-connection-device-id': 'read-me', 'iothub-message-source': 'Telemetry', 'iothub-connection-auth-method': expect.stringContaining('sas') }
    })
  } finally {
    clearInterval(again)
  }
  await sdk.do('close')
})

test('a partition is read from its beginning, from a sequence number and from a time', async () => {
  hub.devices.create({ deviceId: 'positions' })
  await using device = await opened('positions')
  const sequences: number[] = []
  let partition = 0
  let lastEnqueued = 0
  const stop = hub.onMessage((message) => {
    partition = message.partition
    lastEnqueued = message.enqueuedTime
    sequences.push(message.sequence)
  })
  for (const n of [1, 2, 3]) { await device.do('telemetry', { body: String(n), properties: { from: 'positions' }, contentType: 'application/json' }) }
  stop()
  await using sdk = await reader()
  await sdk.do('subscribe', { partition: String(partition), options: { startPosition: { sequenceNumber: sequences[1], isInclusive: true } } })
  expect([await sdk.event('event'), await sdk.event('event')]).toMatchObject([{ body: 2, sequenceNumber: sequences[1] }, { body: 3, sequenceNumber: sequences[2] }])
  await using earliest = await reader()
  await earliest.do('subscribe', { partition: String(partition), options: { startPosition: { offset: '-1' } } })
  expect(await earliest.event('event')).toMatchObject({ sequenceNumber: 0 })
  await using timed = await reader()
  await timed.do('subscribe', { partition: String(partition), options: { startPosition: { enqueuedOn: lastEnqueued - 60_000 } } })
  expect(await timed.event('event')).toMatchObject({ offset: expect.any(String) })
})

test('a reader with a higher owner level takes a partition over', async () => {
  await using first = await reader()
  await first.do('subscribe', { partition: '3', options: { ownerLevel: 1, startPosition: { offset: '@latest' } } })
  await first.event('initialized')
  await using second = await reader()
  await second.do('about')
  await second.do('subscribe', { partition: '3', options: { ownerLevel: 2, startPosition: { offset: '@latest' } } })
  expect(await first.event('failed')).toMatchObject({ code: 'ReceiverDisconnectedError' })
})

test('a consumer group that is not there is an error of the SDK', async () => {
  await using sdk = await reader('nobody')
  await sdk.do('subscribe', { partition: '0', options: { startPosition: { offset: '-1' } } })
  expect(await sdk.event('failed')).toMatchObject({ code: 'MessagingEntityNotFoundError' })
})
