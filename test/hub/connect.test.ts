// CONNECT: who gets in, and for everyone else a reason of their own.

import type { IConnectPacket } from 'mqtt-packet'
import { expect, test } from 'vitest'
import { parseUsername } from '../../src/hub/mqtt/connect.js'
import { signSas } from '../../src/hub/index.js'
import { bench, connectPacket, HOST, KEY, OTHER_KEY, Peer, reasons, START_MS, token } from './bench.js'

function outcome(fields: Partial<IConnectPacket>) {
  const one = bench()
  one.hub.devices.create({ deviceId: 'd2', primaryKey: KEY })
  one.hub.devices.create({ deviceId: 'off', primaryKey: KEY, status: 'disabled' })
  const peer = new Peer(one.hub)
  peer.bytes(connectPacket(fields))
  const [connack] = peer.packets
  return {
    reason: reasons(one)[0],
    code: connack?.cmd === 'connack' ? connack.returnCode : undefined,
    closed: peer.closed,
    log: one.log
  }
}

const password = (text: string) => ({ password: Buffer.from(text) })

test.each<[string, Partial<IConnectPacket>, string, number | undefined]>([
  ['an unknown device', { clientId: 'nobody', username: `${HOST}/nobody/?api-version=1` }, 'unknown-device', 5],
  ['a module that does not exist', { clientId: 'd1/m', username: `${HOST}/d1/m/?api-version=1` }, 'unknown-device', 5],
  ['a disabled device', { clientId: 'off', username: `${HOST}/off/?api-version=1`, ...password(token({ deviceId: 'off' })) }, 'disabled-device', 5],
  ['a malformed token', password('SharedAccessSignature sr=x'), 'malformed-token', 4],
  ['an expired token', password(token({ lifeSeconds: 0 })), 'expired-token', 5],
  ['a wrong signature', password(token({ key: Buffer.alloc(32, 9).toString('base64') })), 'wrong-signature', 5],
  ['the token of another device', password(token({ deviceId: 'd2' })), 'foreign-token', 5],
  ['the token of another hub', password(token({ host: 'other.test' })), 'foreign-token', 5],
  ['another hub in the user name', { username: 'other.test/d1/?api-version=1' }, 'wrong-hub', 5],
  ['client id and user name that differ', { clientId: 'd2' }, 'client-id-mismatch', 2],
  ['a user name without a device', { username: HOST }, 'malformed-username', 4],
  ['a will to a topic of someone else', { will: { topic: 'devices/d2/messages/events/', payload: Buffer.from('x'), qos: 0 } }, 'will-topic', undefined],
  ['a will to a twin', { will: { topic: '$iothub/twin/GET/?$rid=1', payload: Buffer.from('x'), qos: 0 } }, 'will-topic', undefined],
  ['a will of QoS 2', { will: { topic: 'devices/d1/messages/events/', payload: Buffer.from('x'), qos: 2 } }, 'will-qos', undefined],
  ['MQTT 3.1', { protocolId: 'MQIsdp', protocolVersion: 3 }, 'protocol-level', 1],
  ['MQTT 5', { protocolVersion: 5 }, 'protocol-level', 1]
])('%s is refused with a reason of its own', (_name, fields, reason, code) => {
  expect(outcome(fields)).toMatchObject({ reason, code, closed: true })
})

test.each([
  ['without a user name', '100e 0004 4d515454 04 02 0000 0002 6431', 'malformed-username'],
  ['without a password', '101b 0004 4d515454 04 82 0000 0002 6431 000b 6875622e746573742f6431', 'no-credentials']
])('a CONNECT %s says what is missing', (_name, hex, reason) => {
  const one = bench()
  const peer = new Peer(one.hub)
  peer.bytes(Buffer.from(hex.replace(/ /g, ''), 'hex'))
  expect(reasons(one)).toEqual([reason])
  expect(peer.packets).toMatchObject([{ cmd: 'connack', returnCode: 4 }])
})

test.each([
  ['another packet first', 'c000'],
  ['a protocol of another name', '100e 0004 4d515458 04 02 0000 0002 6431'],
  ['the reserved flag', '100e 0004 4d515454 04 03 0000 0002 6431'],
  ['a client id longer than the packet', '100e 0004 4d515454 04 02 0000 0009 6431'],
  ['a packet that ends after the name', '1006 0004 4d515454'],
  ['an HTTP request', '474554202f20485454502f312e310d0a0d0a'],
  ['an AMQP header', '414d515000010000']
])('%s is a malformed CONNECT', (_name, hex) => {
  const one = bench()
  const peer = new Peer(one.hub)
  peer.bytes(Buffer.from(hex.replace(/ /g, ''), 'hex'))
  peer.bytes(new Uint8Array(200))
  expect(reasons(one)).toEqual([expect.stringMatching(/malformed-(connect|packet)/)])
  expect(peer.closed).toBe(true)
})

test('an empty client id is CONNACK 2', () => {
  const one = bench()
  const peer = new Peer(one.hub)
  peer.bytes(Buffer.from('100c00044d515454040200000000', 'hex'))
  expect(peer.packets).toMatchObject([{ cmd: 'connack', returnCode: 2 }])
  expect(reasons(one)).toEqual(['empty-client-id'])
})

test('a connection that says nothing is closed after 10 s', () => {
  const one = bench()
  const peer = new Peer(one.hub)
  peer.bytes(Uint8Array.of(0x10))
  one.clock.advance(9_999)
  expect(peer.closed).toBe(false)
  one.clock.advance(1)
  expect(peer.closed).toBe(true)
  expect(reasons(one)).toEqual(['connect-timeout'])
})

test('a peer that leaves without a word is told apart from one that is lost later', () => {
  const one = bench()
  new Peer(one.hub).cut()
  Peer.connected(one.hub).cut()
  expect(reasons(one)).toEqual(['left-early', 'connection-lost'])
})

test('an announced CONNECT of megabytes is refused before it arrives', () => {
  const one = bench()
  new Peer(one.hub).bytes(Buffer.from('10ffffff7f', 'hex'))
  expect(reasons(one)).toEqual(['packet-too-large'])
})

test.each([
  ['the secondary key', password(token({ key: OTHER_KEY }))],
  ['a token for the whole hub', password(signSas({ resource: HOST, key: KEY, expiry: START_MS / 1000 + 60 }))],
  ['a port in user name and token', { username: `${HOST}:8884/d1/?api-version=1`, ...password(token({ host: `${HOST}:8884` })) }],
  ['another case of the host', { username: `HUB.Test/d1/?api-version=1`, ...password(token({ host: 'HUB.TEST' })) }],
  ['no slash before the query', { username: `${HOST}/d1?api-version=1` }],
  ['no query', { username: `${HOST}/d1` }]
])('%s is accepted', (_name, fields) => {
  expect(outcome(fields)).toMatchObject({ reason: undefined, code: 0, closed: false })
})

test.each([
  ['Node', 'h/d/?api-version=2021-04-12&model-id=dtmi:a:b;1&DeviceClientType=azure-iot-device%2F1.18', 'dtmi:a:b;1'],
  ['embedded C', 'h/d/?api-version=2020-09-30&DeviceClientType=c%2F1&model-id=dtmi%3Aa%3Ab%3B1', 'dtmi:a:b;1']
])('the model id is found in the user name of %s', (_name, username, modelId) => {
  expect(parseUsername(username)).toEqual({ hostName: 'h', deviceId: 'd', clientId: 'd', modelId })
})

test('a module is named by two segments', () => {
  expect(parseUsername('h/d/m/?api-version=1')).toEqual({ hostName: 'h', deviceId: 'd', moduleId: 'm', clientId: 'd/m' })
  expect(parseUsername('h/d/m/x/?api-version=1')).toBeUndefined()
})

test('neither log nor events hold a key, a token or a signature', () => {
  const secret = token({ key: Buffer.alloc(32, 9).toString('base64') })
  const { log } = outcome(password(secret))
  const text = JSON.stringify([log, outcome({}).log, outcome(password('SharedAccessSignature sr=x')).log])
  expect(text).toContain('signed with neither key')
  for (const word of [KEY, OTHER_KEY, 'sig=', 'SharedAccessSignature ', secret.split('&')[1]!]) { expect(text).not.toContain(word) }
})

test('control characters in a client id do not reach the log', () => {
  const { log } = outcome({ clientId: 'a\n{"level":"info"}', username: `${HOST}/a\n{"level":"info"}/` })
  expect(log.map(({ deviceId, message }) => `${deviceId}${message}`).join()).not.toContain('\n')
})
