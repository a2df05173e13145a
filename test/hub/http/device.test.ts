// The device's side over HTTP as it goes over the wire: telemetry, messages and their locks, files.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BlobContainer } from '../../../src/hub/domain/uploads.js'
import type { DeviceMessage } from '../../../src/hub/index.js'
import { OTHER_KEY } from '../bench.js'
import { asked, deviceToken, errorOf, type Asked } from './asked.js'
import { answerOn } from './wire.js'

let asking: Asked
let messages: DeviceMessage[]
beforeEach(async () => {
  asking = await asked()
  messages = []
  asking.hub.onMessage((message) => messages.push(message))
})
afterEach(async () => { await asking[Symbol.asyncDispose]() })

const EVENTS = 'POST /devices/d1/messages/events?api-version=2021-04-12'
const BOUND = '/devices/d1/messages/devicebound'
const BATCH = { 'Content-Type': 'application/vnd.microsoft.iothub.json' }
const as = deviceToken()

test('headers become the properties of a message, their names in their own case', async () => {
  const headers = {
    'IoTHub-MessageId': 'm1', 'iothub-correlationid': 'c1', 'IoTHub-UserId': 'u', 'iothub-to': '/devices/d1/messages/events',
    'iothub-contenttype': 'application/json', 'iothub-contentencoding': 'utf-8', 'dt-subject': 'boiler', 'iothub-app-RoomNo': '7', 'iothub-app-': 'x', 'X-Other': 'y'
  }
  expect(await asking.ask(EVENTS, { as, headers, body: '{}' })).toMatchObject({ status: 204, body: '' })
  expect(messages).toMatchObject([{
    deviceId: 'd1',
    system: { messageId: 'm1', correlationId: 'c1', userId: 'u', to: '/devices/d1/messages/events', contentType: 'application/json', contentEncoding: 'utf-8', component: 'boiler' }
  }])
  expect({ ...messages[0]!.properties }).toEqual({ RoomNo: '7' })
})

test('a message without a body is a message', async () => {
  expect((await asking.ask(EVENTS, { as })).status).toBe(204)
  expect(messages[0]!.body).toHaveLength(0)
})

test('either key is good, an ended token is not', async () => {
  expect((await asking.ask(EVENTS, { as: deviceToken('d1', OTHER_KEY) })).status).toBe(204)
  expect(errorOf(await asking.ask(EVENTS, { as: deviceToken('d1', OTHER_KEY, -1) }))).toBe('401 IotHubUnauthorizedAccess')
})

test('a token of one device does not send for another, and nobody learns which devices there are', async () => {
  asking.hub.devices.create({ deviceId: 'd2' })
  const foreign = await asking.ask('POST /devices/d2/messages/events', { as })
  const unknown = await asking.ask('POST /devices/d3/messages/events', { as })
  expect([errorOf(foreign), errorOf(unknown)]).toEqual(['401 IotHubUnauthorizedAccess', '401 IotHubUnauthorizedAccess'])
  expect(messages).toEqual([])
})

test('a disabled device is Unauthorized', async () => {
  asking.hub.devices.update('d1', { status: 'disabled' })
  expect((await asking.ask(EVENTS, { as })).status).toBe(401)
})

test('a message of 256 KiB is accepted and a larger one is not', async () => {
  expect((await asking.ask(EVENTS, { as, body: Buffer.alloc(256 * 1024) })).status).toBe(204)
  expect(errorOf(await asking.ask(EVENTS, { as, body: Buffer.alloc(256 * 1024 + 1) }))).toBe('413 RequestEntityTooLarge')
  expect(errorOf(await asking.ask(EVENTS, { as, headers: { 'iothub-app-a': 'x' }, body: Buffer.alloc(256 * 1024) }))).toBe('413 MessageTooLarge')
  expect(messages).toHaveLength(1)
})

test('a batch keeps its order and its properties', async () => {
  const body = [{ body: 'MQ==', properties: { 'iothub-app-Room': 'a' } }, { body: 'Mg', properties: { 'iothub-messageid': 'm2' } }, { body: 'three', base64Encoded: false }]
  expect((await asking.ask(EVENTS, { as, headers: BATCH, body })).status).toBe(204)
  expect(messages.map(({ body: bytes }) => Buffer.from(bytes).toString())).toEqual(['1', '2', 'three'])
  expect({ ...messages[0]!.properties }).toEqual({ Room: 'a' })
  expect(messages[1]!.system).toEqual({ messageId: 'm2' })
})

test.each([
  ['no array', {}], ['empty', []], ['no body', [{}]], ['a body that is no base64', [{ body: '*' }]], ['a body that is no text', [{ body: 1 }]],
  ['a property that is no text', [{ body: '', properties: { a: 1 } }]], ['properties that are none', [{ body: '', properties: [] }]]
])('a batch with %s is refused whole', async (_name, body) => {
  expect(errorOf(await asking.ask(EVENTS, { as, headers: BATCH, body: Array.isArray(body) && body.length > 0 ? [{ body: 'MQ==' }, ...body] : body }))).toBe('400 ArgumentInvalid')
  expect(messages).toEqual([])
})

test('a batch beyond 256 KiB is refused whole', async () => {
  const body = [1, 2].map(() => ({ body: Buffer.alloc(130 * 1024).toString('base64') }))
  expect(errorOf(await asking.ask(EVENTS, { as, headers: BATCH, body }))).toBe('413 MessageTooLarge')
  expect(messages).toEqual([])
})

test('a module sends under its own name', async () => {
  const { authentication } = asking.hub.devices.create({ deviceId: 'd1', moduleId: 'm1' })
  const moduleToken = deviceToken('d1/modules/m1', authentication.primaryKey)
  expect((await asking.ask('POST /devices/d1/modules/m1/messages/events', { as: moduleToken })).status).toBe(204)
  expect(messages).toMatchObject([{ deviceId: 'd1', moduleId: 'm1' }])
})

test('a message is polled with its properties and a lock, once', async () => {
  asking.hub.send('d1', { body: 'water', messageId: 'm1', contentType: 'text/plain', properties: { litres: '2' }, ack: 'full' })
  const got = await asking.ask(`GET ${BOUND}`, { as })
  expect(got).toMatchObject({ status: 200, body: 'water' })
  expect(got.headers).toMatchObject({ 'iothub-messageid': 'm1', 'iothub-contenttype': 'text/plain', 'iothub-app-litres': '2', 'iothub-ack': 'full', 'iothub-to': '/devices/d1/messages/deviceBound', 'iothub-deliverycount': '0' })
  expect((await asking.ask(`GET ${BOUND}`, { as })).status).toBe(204)
})

const lockOf = ({ headers }: { headers: Record<string, string> }): string => headers['etag']!.slice(1, -1)

test('a lock ends after a minute, and what it proved is lost', async () => {
  asking.hub.send('d1', { body: 'water' })
  const first = await asking.ask(`GET ${BOUND}`, { as })
  asking.clock.advance(60_000)
  expect(errorOf(await asking.ask(`DELETE ${BOUND}/${lockOf(first)}`, { as }))).toBe('412 DeviceMessageLockLost')
  const again = await asking.ask(`GET ${BOUND}`, { as })
  expect(again.body).toBe('water')
  expect((await asking.ask(`DELETE ${BOUND}/${lockOf(again)}`, { as })).status).toBe(204)
  expect(asking.hub.queueLength('d1')).toBe(0)
})

test('a message that was abandoned comes again and counts, one that was rejected is gone', async () => {
  asking.hub.send('d1', { body: 'water' })
  const first = await asking.ask(`GET ${BOUND}`, { as })
  expect((await asking.ask(`POST ${BOUND}/${lockOf(first)}/abandon`, { as })).status).toBe(204)
  const again = await asking.ask(`GET ${BOUND}`, { as })
  expect(again.headers['iothub-deliverycount']).toBe('1')
  expect((await asking.ask(`DELETE ${BOUND}/${lockOf(again)}?api-version=1&reject`, { as })).status).toBe(204)
  expect(asking.events).toContainEqual(expect.objectContaining({ type: 'c2d', outcome: 'Rejected' }))
})

test('the lock of one device does not settle the message of another', async () => {
  const { authentication } = asking.hub.devices.create({ deviceId: 'd2' })
  asking.hub.send('d1', { body: 'water' })
  const lock = lockOf(await asking.ask(`GET ${BOUND}`, { as }))
  const other = deviceToken('d2', authentication.primaryKey)
  expect(errorOf(await asking.ask(`DELETE /devices/d2/messages/devicebound/${lock}`, { as: other }))).toBe('412 DeviceMessageLockLost')
  expect(asking.hub.queueLength('d1')).toBe(1)
})

test('properties cannot break out of their headers', async () => {
  asking.hub.send('d1', { body: 'x', messageId: 'm\r\nX-Evil: 1', properties: { 'a\r\nX-Evil': '1', 'b c': 'ü', 'd': 'one\r\ntwo', 'e': ' blank ' } })
  const got = await asking.ask(`GET ${BOUND}`, { as })
  expect(got.status).toBe(200)
  expect(got.headers).not.toHaveProperty('x-evil')
  expect(got.headers).toMatchObject({ 'iothub-messageid': 'm%0D%0AX-Evil%3A%201', 'iothub-app-a%0d%0ax-evil': '1', 'iothub-app-b%20c': '%C3%BC', 'iothub-app-d': 'one%0D%0Atwo', 'iothub-app-e': '%20blank%20' })
})

const post = (token: string): string => `POST /devices/d1/messages/events HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nContent-Length: 1\r\n\r\nx`

test('a connection carries one request after the other, each with its own token', async () => {
  const socket = await asking.open()
  socket.write(post(as))
  expect((await answerOn(socket)).status).toBe(204)
  socket.write(post(deviceToken('d1', OTHER_KEY, -1)))
  expect((await answerOn(socket)).status).toBe(401)
  socket.destroy()
  expect(messages).toHaveLength(1)
})

test('without a container there are no files', async () => {
  expect(errorOf(await asking.ask('POST /devices/d1/files', { as, body: { blobName: 'a' } }))).toBe('400 ArgumentInvalid')
})

const container: BlobContainer = { hostName: 'blobs.test:1', containerName: 'c', sasFor: (name) => `?sig=for-${name}`, find: () => Promise.resolve({ sizeBytes: 5, lastModified: 0 }) }

test.each([
  ['in the path', (id: string) => ({ line: `POST /devices/d1/files/notifications/${id}`, more: {} })],
  ['in the body', (id: string) => ({ line: 'POST /devices/d1/files/notifications', more: { correlationId: id } })]
] as const)('an upload begins, and ends with its correlation id %s', async (_name, ending) => {
  await using with_ = await asked({ blobs: container })
  const begun = await with_.ask('POST /devices/d1/files', { as, body: { blobName: 'a/b.txt' } })
  const { correlationId, ...grant } = JSON.parse(begun.body) as Record<string, string>
  expect(grant).toEqual({ hostName: 'blobs.test:1', containerName: 'c', blobName: 'd1/a/b.txt', sasToken: '?sig=for-d1/a/b.txt' })
  const { line, more } = ending(correlationId!)
  expect((await with_.ask(line, { as, body: { ...more, isSuccess: true, statusCode: 200, statusDescription: 'ok' } })).status).toBe(204)
  expect(JSON.parse(with_.hub.context.fileNotifications.receive()!.message.body)).toMatchObject({ deviceId: 'd1', blobName: 'd1/a/b.txt', blobSizeInBytes: 5 })
  expect(errorOf(await with_.ask(line, { as, body: { ...more, isSuccess: true } }))).toBe('404 GenericNotFound')
})

test('an eleventh upload at once is refused, and a failed one is told to nobody', async () => {
  await using with_ = await asked({ blobs: container })
  const begin = () => with_.ask('POST /devices/d1/files', { as, body: { blobName: 'a' } })
  const first = JSON.parse((await begin()).body) as { correlationId: string }
  for (let i = 1; i < 10; i++) { expect((await begin()).status).toBe(200) }
  expect(errorOf(await begin())).toBe('403 DeviceMaximumActiveFileUploadLimitExceeded')
  expect((await with_.ask(`POST /devices/d1/files/notifications/${first.correlationId}`, { as, body: { isSuccess: false, statusCode: 500 } })).status).toBe(204)
  expect(with_.hub.context.fileNotifications.length).toBe(0)
  expect((await begin()).status).toBe(200)
})

test.each([
  '../x', 'a/../../x', '/x', 'a//b', '..', '.', 'a\\..\\b', 'a\0b', 'a%2f..%2fb', '%2e%2e/x', '%2E%2E', 'a\r\nb', '', 'x'.repeat(1024), 7, null
])('a blob called %j is refused', async (blobName) => {
  await using with_ = await asked({ blobs: container })
  expect(errorOf(await with_.ask('POST /devices/d1/files', { as, body: { blobName } }))).toBe('400 ArgumentInvalid')
})
