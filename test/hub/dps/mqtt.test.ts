// Provisioning over MQTT, byte for byte and packet by packet (reference B1 to B3): who gets in, what is answered, what ends the connection.

import type { IConnectPacket } from 'mqtt-packet'
import { expect, test } from 'vitest'
import { parseDpsUsername } from '../../../src/hub/dps/mqtt.js'
import { KEY, OTHER_KEY, wire } from '../bench.js'
import { bySymmetricKey, dpsBench, dpsConnect, DpsPeer, dpsToken, NEAR, reasonsOf, SCOPE, toNear } from './bench.js'

function served() {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear())
  one.dps.enroll('dev-2', bySymmetricKey())
  return one
}

test('a device registers: 202 with retry-after, then 200 with its hub, as the clients read it', () => {
  const { dps } = served()
  const peer = DpsPeer.connected(dps, 'dev-1')
  const accepted = peer.register({ registrationId: 'dev-1' })
  expect(accepted).toMatchObject({ status: 202, retryAfter: '3', requestId: 'r1', body: { operationId: expect.stringMatching(/^5\.[0-9a-f]{16}\.[0-9a-f-]{36}$/), status: 'assigning' } })
  expect(peer.status(accepted.body.operationId!)).toEqual({
    status: 200, retryAfter: null, requestId: 'r2',
    body: {
      operationId: accepted.body.operationId, status: 'assigned',
      registrationState: {
        symmetricKey: {}, registrationId: 'dev-1', createdDateTimeUtc: '2026-01-01T00:00:00.000Z', assignedHub: NEAR, deviceId: 'dev-1', status: 'assigned',
        substatus: 'initialAssignment', lastUpdatedDateTimeUtc: '2026-01-01T00:00:00.000Z', etag: expect.any(String)
      }
    }
  })
})

test('CONNECT, SUBSCRIBE and a refused request are these bytes', () => {
  const { dps } = served()
  const peer = new DpsPeer(dps)
  const written: string[] = []
  const connection = dps.accept({ write: (bytes) => { written.push(Buffer.from(bytes).toString('hex')) }, close: () => {} })
  connection.receive(dpsConnect('dev-1'))
  connection.receive(wire({ subscribe: '82', length: '1d', id: '0001', topicLength: '0018', topic: "'$dps/registrations/res/#'", qos: '02' }))
  connection.receive(wire({ unsubscribe: 'a2', length: '1c', id: '0002', topicLength: '0018', topic: "'$dps/registrations/res/#'" }))
  connection.receive(wire({ ping: 'c000' }))
  expect(written).toEqual(['20020000', '9003000101', 'b0020002', 'd000'])
  expect(peer.closed).toBe(false)
})

const password = (text: string) => ({ password: Buffer.from(text) })

test.each<[string, Partial<IConnectPacket>, string, number]>([
  ['another id scope', { username: '0ne0OTHER/registrations/dev-1/api-version=2019-03-31' }, 'wrong-id-scope', 5],
  ['an unknown registration', { clientId: 'nobody', username: `${SCOPE}/registrations/nobody/api-version=2019-03-31`, ...password(dpsToken({ registrationId: 'nobody' })) }, 'unknown-registration', 5],
  ['a wrong key', password(dpsToken({ registrationId: 'dev-1', key: OTHER_KEY })), 'wrong-signature', 5],
  ['an expired token', password(dpsToken({ registrationId: 'dev-1', lifeSeconds: 0 })), 'expired-token', 5],
  ['the token of another registration', password(dpsToken({ registrationId: 'dev-2' })), 'foreign-token', 5],
  ['the token of another scope', password(dpsToken({ registrationId: 'dev-1', scope: '0ne0OTHER' })), 'foreign-token', 5],
  ['a malformed token', password('SharedAccessSignature x'), 'malformed-token', 4],
  ['neither token nor certificate', { password: Buffer.alloc(0) }, 'no-credentials', 4],
  ['client id and user name that differ', { clientId: 'dev-2' }, 'client-id-mismatch', 2],
  ['the user name of a hub', { username: 'hub.test/dev-1/?api-version=2021-04-12' }, 'malformed-registration', 4],
  ['MQTT 5', { protocolVersion: 5 }, 'protocol-level', 1]
])('%s is refused with a reason of its own', (_name, fields, reason, code) => {
  const one = served()
  const peer = new DpsPeer(one.dps)
  peer.bytes(dpsConnect('dev-1', fields))
  expect(peer.packets).toMatchObject([{ cmd: 'connack', returnCode: code }])
  expect(peer.closed).toBe(true)
  expect(reasonsOf(one)).toEqual([reason])
})

test('a refusal names no key and no token', () => {
  const one = served()
  new DpsPeer(one.dps).bytes(dpsConnect('dev-1', password(dpsToken({ registrationId: 'dev-1', key: OTHER_KEY }))))
  expect(JSON.stringify(one.events)).not.toMatch(/sig=|SharedAccess|IiIi/)
})

test.each([
  ['as clients send it', '0ne1/registrations/d/api-version=2019-03-31&ClientVersion=a%2Fb', { idScope: '0ne1', registrationId: 'd' }],
  ['with a question mark', '0ne1/registrations/d/?api-version=2019-03-31', { idScope: '0ne1', registrationId: 'd' }],
  ['without a version', '0ne1/registrations/d/', undefined],
  ['without a registration', '0ne1/registrations//api-version=1', undefined],
  ['with a segment too many', '0ne1/registrations/d/e/api-version=1', undefined]
])('a user name %s is understood or not', (_name, username, expected) => {
  expect(parseDpsUsername(username)).toEqual(expected)
})

test.each<[string, (peer: DpsPeer) => void, string]>([
  ['QoS 2', (peer) => peer.publish('$dps/registrations/PUT/iotdps-register/?$rid=1', '{}', { qos: 2, messageId: 1 }), 'qos-2'],
  ['a topic of a hub', (peer) => peer.publish('devices/dev-1/messages/events/', '{}'), 'unknown-topic'],
  ['a request without $rid', (peer) => peer.publish('$dps/registrations/PUT/iotdps-register/', '{}'), 'unknown-topic'],
  ['a $rid that would break a topic', (peer) => peer.publish('$dps/registrations/PUT/iotdps-register/?$rid=%23', '{}'), 'unknown-topic'],
  ['a second CONNECT', (peer) => peer.bytes(dpsConnect('dev-1')), 'protocol-violation'],
  ['a request beyond 64 KiB', (peer) => peer.publish('$dps/registrations/PUT/iotdps-register/?$rid=1', Buffer.alloc(70_000, 0x20)), 'packet-too-large'],
  ['bytes that are no packet', (peer) => peer.bytes(Buffer.from('f0ffffffffff', 'hex')), 'malformed-packet']
])('%s ends the connection', (_name, act, reason) => {
  const one = served()
  const peer = DpsPeer.connected(one.dps, 'dev-1')
  act(peer)
  expect(peer.closed).toBe(true)
  expect(reasonsOf(one)).toEqual([reason])
})

test.each([
  ['no JSON', '{', 400004],
  ['an array', '[]', 400004],
  ['another registration', '{"registrationId":"dev-2"}', 400004],
  ['no registration', '{}', 400004],
  ['a TPM', '{"registrationId":"dev-1","tpm":{"endorsementKey":"AAAA"}}', 400004],
  ['a certificate request that is a number', '{"registrationId":"dev-1","csr":1}', 400004],
  ['JSON nested without end', '['.repeat(60_000), 400004],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff]), 400004]
])('a request of %s is answered 400 and the connection goes on', (_name, body, errorCode) => {
  const one = served()
  const peer = DpsPeer.connected(one.dps, 'dev-1')
  peer.publish('$dps/registrations/PUT/iotdps-register/?$rid=x', body)
  expect(peer.responses).toMatchObject([{ status: 400, requestId: 'x', body: { errorCode, trackingId: expect.any(String), message: expect.any(String), timestampUtc: '2026-01-01T00:00:00.000Z' } }])
  expect(peer.closed).toBe(false)
})

test('an operation that is not the device\'s own is answered 404', () => {
  const { dps } = served()
  const operation = DpsPeer.connected(dps, 'dev-1').register({ registrationId: 'dev-1' }).body.operationId!
  expect(DpsPeer.connected(dps, 'dev-2').status(operation)).toMatchObject({ status: 404, body: { errorCode: 404204 } })
  expect(DpsPeer.connected(dps, 'dev-1').status('5.0.none')).toMatchObject({ status: 404 })
  expect(DpsPeer.connected(dps, 'dev-1').status(operation)).toMatchObject({ status: 200 })
})

test('who has not subscribed is not answered', () => {
  const { dps } = served()
  const peer = new DpsPeer(dps)
  peer.bytes(dpsConnect('dev-1'))
  peer.publish('$dps/registrations/PUT/iotdps-register/?$rid=1', '{"registrationId":"dev-1"}')
  expect(peer.packets.map(({ cmd }) => cmd)).toEqual(['connack'])
})

test('a request of QoS 1 is acknowledged, and answers to a subscription of QoS 1 carry packet ids', () => {
  const { dps } = served()
  const peer = DpsPeer.connected(dps, 'dev-1')
  peer.publish('$dps/registrations/PUT/iotdps-register/?$rid=1', '{"registrationId":"dev-1"}', { qos: 1, messageId: 7 })
  expect(peer.packets).toMatchObject([{ cmd: 'puback', messageId: 7 }, { cmd: 'publish', qos: 1, messageId: 1 }])
})

test('a subscription of QoS 2 is granted 1, another filter is refused', () => {
  const { dps } = served()
  const peer = new DpsPeer(dps)
  peer.bytes(dpsConnect('dev-1'))
  peer.send({ cmd: 'subscribe', messageId: 3, subscriptions: [{ topic: '$dps/registrations/res/#', qos: 2 }, { topic: '#', qos: 1 }] })
  expect(peer.packets[1]).toMatchObject({ cmd: 'suback', granted: [1, 0x80] })
})

test('a device that was disabled meanwhile is told so at its next request, and one whose keys changed is unauthorized', () => {
  const { dps } = served()
  const peer = DpsPeer.connected(dps, 'dev-1')
  dps.enroll('dev-1', toNear({ provisioningStatus: 'disabled' }))
  expect(peer.register({ registrationId: 'dev-1' })).toMatchObject({ status: 200, body: { operationId: '', status: 'disabled' } })
  dps.enroll('dev-1', bySymmetricKey({ attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: OTHER_KEY, secondaryKey: OTHER_KEY } } }))
  expect(peer.register({ registrationId: 'dev-1' })).toMatchObject({ status: 401, body: { errorCode: 401002 } })
})

test('silence and an expired token end the connection, and nothing stays behind', () => {
  const one = served()
  const pending = one.clock.pending
  const silent = DpsPeer.connected(one.dps, 'dev-1', { keepalive: 10 })
  one.clock.advance(15_001)
  expect(silent.closed).toBe(true)
  const long = DpsPeer.connected(one.dps, 'dev-1', { password: Buffer.from(dpsToken({ registrationId: 'dev-1', key: KEY, lifeSeconds: 60 })) })
  one.clock.advance(60_000)
  expect(long.closed).toBe(true)
  expect(reasonsOf(one)).toEqual(['keep-alive', 'token-expired'])
  expect(one.clock.pending).toBe(pending)
})

test('who never says CONNECT is disconnected', () => {
  const one = served()
  const peer = new DpsPeer(one.dps)
  one.clock.advance(10_000)
  expect(peer.closed).toBe(true)
  expect(reasonsOf(one)).toEqual(['connect-timeout'])
})

test('the first bytes of anything else are a malformed CONNECT', () => {
  const one = served()
  for (const hex of ['c000', '414d515000010000', '100e00044d51545804020000000264', '10']) { new DpsPeer(one.dps).bytes(Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(200)])) }
  expect(reasonsOf(one).every((reason) => reason.startsWith('malformed-'))).toBe(true)
})

test('closing the service ends every connection', async () => {
  const { dps } = served()
  const peer = DpsPeer.connected(dps, 'dev-1')
  await dps.close()
  expect(peer.closed).toBe(true)
  expect(new DpsPeer(dps).closed).toBe(true)
})
