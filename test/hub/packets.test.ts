// MQTT 3.1.1 on the wire: literal bytes in, literal bytes out.

import { expect, test } from 'vitest'
import { createHub } from '../../src/hub/index.js'
import { bench, FILTER, hexOf, KEY, Peer, reasons, START_MS, wire } from './bench.js'

const connect = wire({
  'CONNECT, 132 bytes': '10 84 01',
  'protocol': '00 04 4d 51 54 54',
  'level': '04',
  'user name, password': 'c0',
  'keep-alive 60 s': '00 3c',
  'client id': '00 01 64',
  'user name, 6 bytes': '00 06',
  'user name': "'h/d/?a'",
  'password, 109 bytes': '00 6d',
  'password': "'SharedAccessSignature sr=h%2Fdevices%2Fd&sig=C0cc%2BGeWsjHHPJ3zMIyNoPq8tiJ%2BiCm86No0KX1KjwA%3D&se=1767229200'"
})

function literalHub() {
  const hub = createHub({ hostName: 'h', clock: { now: () => START_MS, setTimer: () => () => {} } })
  hub.devices.create({ deviceId: 'd', primaryKey: KEY })
  return hub
}

test('a CONNECT with a valid token is answered by CONNACK 0', () => {
  const peer = new Peer(literalHub())
  peer.bytes(connect)
  expect(peer.written.map(hexOf)).toEqual(['20020000'])
})

test('a CONNECT that arrives byte by byte is answered after its last byte', () => {
  const peer = new Peer(literalHub())
  for (const byte of connect.subarray(0, -1)) { peer.bytes(Uint8Array.of(byte)) }
  expect(peer.written).toEqual([])
  peer.bytes(connect.subarray(-1))
  expect(peer.written.map(hexOf)).toEqual(['20020000'])
})

test('one flipped bit of the signature is CONNACK 5 and the end', () => {
  const peer = new Peer(literalHub())
  const forged = Buffer.from(connect)
  forged[forged.indexOf('C0cc')]! ^= 1
  peer.bytes(forged)
  expect(peer.written.map(hexOf)).toEqual(['20020005'])
  expect(peer.closed).toBe(true)
})

test('a QoS 1 PUBLISH is answered by its PUBACK within the call', () => {
  const { hub } = bench()
  const peer = Peer.connected(hub)
  const bodies: string[] = []
  hub.onMessage(({ body }) => bodies.push(Buffer.from(body).toString()))
  peer.bytes(wire({
    'PUBLISH QoS 1, 34 bytes': '32 22',
    'topic, 27 bytes': '00 1b',
    'topic': "'devices/d1/messages/events/'",
    'packet id': '12 34',
    'body': "'hey'"
  }))
  expect(peer.written.map(hexOf)).toEqual(['40021234'])
  expect(bodies).toEqual(['hey'])
})

test('packets that arrive in one piece are answered in order', () => {
  const peer = Peer.connected(bench().hub)
  peer.bytes(wire({ 'PINGREQ': 'c0 00', 'UNSUBSCRIBE, 5 bytes': 'a2 05', 'packet id': '00 07', 'filter': '00 01 78', 'PINGREQ again': 'c0 00' }))
  expect(peer.written.map(hexOf)).toEqual(['d000', 'b0020007', 'd000'])
})

test('a SUBSCRIBE is granted QoS 1 at most, and 0x80 for a filter that IoT Hub does not know', () => {
  const peer = Peer.connected(bench().hub)
  peer.bytes(wire({
    'SUBSCRIBE, 52 bytes': '82 34',
    'packet id': '00 0a',
    'first filter, 18 bytes': '00 12', 'first': "'$iothub/twin/res/#'", 'QoS 2': '02',
    'second filter, 22 bytes': '00 16', 'second': "'$iothub/methods/POST/#'", 'QoS 0': '00',
    'third filter, 1 byte': '00 01 23', 'QoS 1': '01'
  }))
  expect(peer.written.map(hexOf)).toEqual(['9005000a010080'])
})

test.each([
  ['a fixed header with reserved flags', '83 00', 'malformed-packet'],
  ['a remaining length of five bytes', '30 ff ff ff ff 01', 'malformed-packet'],
  ['packet type 0', '00 00', 'malformed-packet'],
  ['packet type 15', 'f0 00', 'malformed-packet'],
  ['a PUBLISH whose topic is longer than the packet', '30 03 00 09 61', 'malformed-packet'],
  ['a PUBLISH of QoS 3', '36 03 00 01 61', 'malformed-packet'],
  ['a QoS 1 PUBLISH with packet id 0', '32 05 00 01 61 00 00', 'malformed-packet'],
  ['a QoS 1 PUBLISH without a packet id', '32 03 00 01 61', 'malformed-packet'],
  ['a QoS 2 PUBLISH', '34 05 00 01 61 00 01', 'qos-2'],
  ['DUP on a QoS 0 PUBLISH', '38 03 00 01 61', 'protocol-violation'],
  ['a topic with a wildcard', '30 03 00 01 23', 'malformed-packet'],
  ['a topic that is not UTF-8', '30 04 00 02 c3 28', 'malformed-packet'],
  ['a topic with a NUL', '30 04 00 02 61 00', 'malformed-packet'],
  ['a SUBSCRIBE without a filter', '82 02 00 01', 'malformed-packet'],
  ['a SUBSCRIBE with packet id 0', '82 06 00 00 00 01 61 00', 'malformed-packet'],
  ['a SUBSCRIBE with reserved QoS bits', '82 06 00 01 00 01 61 04', 'malformed-packet'],
  ['an UNSUBSCRIBE without a filter', 'a2 02 00 01', 'malformed-packet'],
  ['a CONNACK from a device', '20 02 00 00', 'protocol-violation'],
  ['a PUBREL from a device', '62 02 00 01', 'protocol-violation'],
  ['a SUBACK from a device', '90 03 00 01 00', 'protocol-violation']
])('%s ends the connection', (_name, hex, reason) => {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.bytes(wire({ packet: hex }))
  expect(peer.closed).toBe(true)
  expect(reasons(one)).toEqual([reason])
})

test('a second CONNECT ends the connection', () => {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.bytes(connect)
  expect(reasons(one)).toEqual(['protocol-violation'])
})

test('a packet that announces more than a message can hold ends the connection before it arrives', () => {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.bytes(wire({ 'PUBLISH, 268,435,455 bytes': '30 ff ff ff 7f' }))
  expect(reasons(one)).toEqual(['packet-too-large'])
})

test('bytes after the end are ignored', () => {
  const peer = Peer.connected(bench().hub)
  peer.bytes(wire({ 'DISCONNECT': 'e0 00', 'PINGREQ': 'c0 00' }))
  peer.bytes(wire({ 'PINGREQ': 'c0 00' }))
  expect(peer.written).toEqual([])
  expect(peer.closed).toBe(true)
})

test('a device that answers inside the hub\'s own write is heard in turn', () => {
  const { hub } = bench()
  const seen: string[] = []
  let answered = false
  const peer = Peer.connected(hub)
  peer.subscribe(FILTER.c2d)
  const write = peer.packets.push.bind(peer.packets)
  peer.packets.push = (...packets) => {
    if (!answered) {
      answered = true
      peer.publish('devices/d1/messages/events/', 'from inside')
    }
    return write(...packets)
  }
  hub.onMessage(({ body }) => seen.push(Buffer.from(body).toString()))
  hub.send('d1', { body: 'x' })
  expect(seen).toEqual(['from inside'])
})

test('the caller may reuse its buffer after receive', () => {
  const { hub } = bench()
  const bodies: Uint8Array[] = []
  hub.onMessage(({ body }) => bodies.push(body))
  const peer = Peer.connected(hub)
  const packet = wire({ 'PUBLISH, 32 bytes': '30 20', 'topic, 27 bytes': '00 1b', 'topic': "'devices/d1/messages/events/'", 'body': "'abc'" })
  peer.bytes(packet.subarray(0, 20))
  const rest = Buffer.from(packet.subarray(20))
  peer.bytes(rest)
  rest.fill(0)
  expect(Buffer.from(bodies[0]!).toString()).toBe('abc')
})
