// Device to cloud: topics, property bags, stamps, sizes and acknowledgements.

import { expect, test } from 'vitest'
import { memoryEventLog, type DeviceMessage, type EventLog } from '../../src/hub/index.js'
import { formatBag, parseBag } from '../../src/hub/mqtt/bag.js'
import { parsePublishTopic, streamOf } from '../../src/hub/mqtt/topics.js'
import { bench, Peer, reasons, START_MS, VirtualClock } from './bench.js'

const EVENTS = 'devices/d1/messages/events/'

function received(topic: string, payload: string | Buffer = 'x', fields = {}): DeviceMessage[] {
  const { hub } = bench()
  const seen: DeviceMessage[] = []
  hub.onMessage((message) => seen.push(message))
  Peer.connected(hub).publish(topic, payload, fields)
  return seen
}

test('a message carries who sent it, when, and how the sender proved itself', () => {
  const { hub } = bench()
  const seen: DeviceMessage[] = []
  hub.onMessage((message) => seen.push(message))
  Peer.connected(hub, { username: 'hub.test/d1/?model-id=dtmi:a;1' }).publish(EVENTS, 'x')
  expect(seen).toEqual([{
    deviceId: 'd1', partition: 2, sequence: 0, offset: '0', enqueuedTime: START_MS, body: new Uint8Array(Buffer.from('x')), system: {}, properties: {},
    source: 'Telemetry', authMethod: '{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}',
    generationId: hub.devices.get('d1')!.generationId, modelId: 'dtmi:a;1'
  }])
})

test.each([
  ['k=v', { k: 'v' }],
  ['k=v/', { k: 'v' }],
  ['?k=v', { k: 'v' }],
  ['', {}],
  ['a&b=&c=%C3%A9%26%3D', { a: null, b: '', c: 'é&=' }],
  ['a=1&a=2', { a: '2' }],
  ['a=b=c', { a: 'b=c' }],
  ['a=%ZZ&b=%', { a: '%ZZ', b: '%' }],
  ['__proto__=x&constructor=y', JSON.parse('{"__proto__":"x","constructor":"y"}') as object],
  ['$.unknown=1', { '$.unknown': '1' }]
])('the bag %j gives its user properties', (bag, properties) => {
  expect({ ...received(EVENTS + bag)[0]!.properties }).toEqual(properties)
})

test('system properties are recognised with either form of the dollar', () => {
  const bag = '$.mid=1&%24.cid=2&$.uid=3&$.to=4&$.exp=5&$.ct=application%2Fjson&%24.ce=utf-8&$.sub=6&$.ifid=7&$.on=8&$.ctime=9'
  expect(received(EVENTS + bag)[0]!.system).toEqual({
    messageId: '1', correlationId: '2', userId: '3', to: '4', expiry: '5', contentType: 'application/json', contentEncoding: 'utf-8',
    component: '6', interfaceId: '7', outputName: '8', creationTime: '9'
  })
})

test('a bag is written so that it reads back the same', () => {
  const system = { messageId: 'a/b', contentType: 'text/plain' }
  const properties = { 'k&=': 'v%', empty: '', none: null }
  const text = formatBag(system, properties)
  expect(text).toBe('%24.mid=a%2Fb&%24.ct=text%2Fplain&k%26%3D=v%25&empty=&none')
  expect(parseBag(text)).toEqual({ system, properties: Object.assign(Object.create(null) as object, properties) })
})

test('the topic may end without its slash', () => {
  expect(received('devices/d1/messages/events')).toHaveLength(1)
})

test('RETAIN keeps nothing and becomes a property', () => {
  expect({ ...received(`${EVENTS}a=1`, 'x', { retain: true })[0]!.properties }).toEqual({ a: '1', 'mqtt-retain': 'true' })
})

test('a message that is sent again is a message again', () => {
  const { hub } = bench()
  const seen: number[] = []
  hub.onMessage(({ sequence }) => seen.push(sequence))
  const peer = Peer.connected(hub)
  peer.publish(EVENTS, 'x', { qos: 1, messageId: 5 })
  peer.publish(EVENTS, 'x', { qos: 1, messageId: 5, dup: true })
  expect(seen).toEqual([0, 1])
  expect(peer.packets).toMatchObject([{ cmd: 'puback', messageId: 5 }, { cmd: 'puback', messageId: 5 }])
})

test('body and properties together may have 256 KiB', () => {
  expect(received(`${EVENTS}ab=cd&$.ct=ef`, Buffer.alloc(262_144 - 6))).toHaveLength(1)
})

test('one byte more ends the connection without PUBACK', () => {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.publish(`${EVENTS}ab=cd&$.ct=ef`, Buffer.alloc(262_144 - 5), { qos: 1, messageId: 1 })
  expect([peer.packets, reasons(one)]).toEqual([[], ['message-too-large']])
})

test.each([
  ['devices/d2/messages/events/', 'foreign-topic'],
  ['devices/d1/modules/m/messages/events/', 'foreign-topic'],
  ['devices/d1/messages/eventsx', 'unknown-topic'],
  ['devices/d1/messages/devicebound/', 'unknown-topic'],
  ['$iothub/twin/GET/', 'unknown-topic'],
  ['$iothub/twin/PATCH/properties/desired/?$rid=1', 'unknown-topic'],
  ['$iothub/methods/res/abc/?$rid=1', 'unknown-topic'],
  ['$iothub/methods/POST/x/?$rid=1', 'unknown-topic'],
  ['anything', 'unknown-topic'],
  ['/', 'unknown-topic']
])('a PUBLISH to %j ends the connection', (topic, reason) => {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.publish(topic, 'x')
  expect([peer.closed, reasons(one)]).toEqual([true, [reason]])
})

test('topics and filters of a module are its own', () => {
  const module = { deviceId: 'd1', moduleId: 'm' }
  expect(parsePublishTopic('devices/d1/modules/m/messages/events/$.on=out/', module)).toMatchObject({ kind: 'telemetry', system: { outputName: 'out' } })
  expect(parsePublishTopic('devices/d1/messages/events/', module)).toEqual({ kind: 'foreign' })
  expect(streamOf('devices/d1/messages/devicebound/#', module)).toBeUndefined()
})

/** A log that answers when told to, as an engine with a disk does. */
function delayedLog(): EventLog & { answers: ((error?: Error) => void)[] } {
  const inner = memoryEventLog({ clock: new VirtualClock() })
  const answers: ((error?: Error) => void)[] = []
  return {
    ...inner,
    answers,
    append: (partition, message, appended) => inner.append(partition, message, (_none, stored) => answers.push((error) => appended(error, error === undefined ? stored : undefined)))
  }
}

test('PUBACK and listeners wait until the log has the message', () => {
  const events = delayedLog()
  const { hub } = bench({ events })
  let count = 0
  hub.onMessage(() => count++)
  const peer = Peer.connected(hub)
  peer.publish(EVENTS, 'x', { qos: 1, messageId: 1 })
  expect([peer.packets.length, count]).toEqual([0, 0])
  events.answers[0]!()
  expect([peer.packets.length, count]).toEqual([1, 1])
})

test('PUBACKs keep the order of the PUBLISHes when the log does not', () => {
  const events = delayedLog()
  const peer = Peer.connected(bench({ events }).hub)
  peer.publish(EVENTS, 'x', { qos: 1, messageId: 1 })
  peer.publish('$iothub/twin/GET/?$rid=1', '', { qos: 1, messageId: 2 })
  expect(peer.packets).toEqual([])
  events.answers[0]!()
  expect(peer.packets).toMatchObject([{ cmd: 'puback', messageId: 1 }, { cmd: 'puback', messageId: 2 }])
})

test('a message that cannot be stored is never acknowledged', () => {
  const events = delayedLog()
  const one = bench({ events })
  const peer = Peer.connected(one.hub)
  peer.publish(EVENTS, 'x', { qos: 1, messageId: 1 })
  events.answers[0]!(new Error('disk full'))
  expect([peer.packets, peer.closed, reasons(one)]).toEqual([[], true, ['store-failed']])
})

test('a log that answers after the connection ended disturbs nothing', () => {
  const events = delayedLog()
  const { hub } = bench({ events })
  const seen: number[] = []
  hub.onMessage(({ sequence }) => seen.push(sequence))
  const peer = Peer.connected(hub)
  peer.publish(EVENTS, 'x', { qos: 1, messageId: 1 })
  peer.cut()
  events.answers[0]!()
  expect([peer.packets, seen]).toEqual([[], [0]])
})
