// Hostile bytes over AMQP: refused by the rule they break, told in the log, and nothing else happens; then a seeded fuzz.

import { expect, test } from 'vitest'
import { createRequire } from 'node:module'
import { reasons, token, wire } from '../bench.js'
import { generator, HeapGrowth, rounds, timeoutFor } from '../fuzzing.js'
import { decodeMessage } from '../../../src/hub/amqp/codec.js'
import { amqpBench, RawPeer, type AmqpBench } from './peer.js'

const require = createRequire(import.meta.url)
/** The codec of the client: what it writes is well-formed. */
const frames = require('rhea/lib/frames.js') as Record<string, (fields?: unknown) => unknown> & { write_frame(frame: unknown): Buffer; amqp_frame(channel: number, performative: unknown, payload?: Buffer): unknown; sasl_frame(performative: unknown): unknown }
const terminus = require('rhea/lib/terminus.js') as Record<'source' | 'target', (fields: unknown) => { described(): unknown }>
const { message } = require('rhea') as { message: { encode(message: unknown): Buffer; data_section(bytes: Buffer): unknown; accepted(): { described(): unknown } } }

const HEADER = Buffer.from('414d515000010000', 'hex')
const SASL_HEADER = Buffer.from('414d515003010000', 'hex')

const frame = (name: string, fields: unknown = {}, payload?: Buffer, channel = 0): Buffer => frames.write_frame(frames.amqp_frame(channel, frames[name]!(fields), payload))
const open = (fields = {}): Buffer => frame('open', { container_id: 'c', hostname: 'hub.test', ...fields })
const begin = (channel = 0): Buffer => frame('begin', { next_outgoing_id: 0, incoming_window: 100, outgoing_window: 100 }, undefined, channel)
const sender = (address: string, handle = 0): Buffer => frame('attach', { name: `s${handle}`, handle, role: false, source: terminus.source({}).described(), target: terminus.target({ address }).described(), initial_delivery_count: 0 })
const receiver = (address: string, handle = 1): Buffer => frame('attach', { name: `r${handle}`, handle, role: true, source: terminus.source({ address }).described(), target: terminus.target({}).described() })
const transfer = (handle: number, id: number, payload: Buffer, fields = {}): Buffer => frame('transfer', { handle, delivery_id: id, delivery_tag: Buffer.from([id & 255]), message_format: 0, ...fields }, payload)
const flow = (fields = {}): Buffer => frame('flow', { next_incoming_id: 0, incoming_window: 100, next_outgoing_id: 0, outgoing_window: 100, ...fields })
const putToken = (sas: string): Buffer => message.encode({ message_id: '1', application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: 'x' }, body: sas })
const telemetry = message.encode({ application_properties: { k: 'v' }, body: message.data_section(Buffer.from('{"a":1}')) })

const opening = (sas: string): Buffer => Buffer.concat([
  HEADER, open(), begin(), sender('$cbs', 0), receiver('$cbs', 1), flow({ handle: 1, delivery_count: 0, link_credit: 10 }), transfer(0, 0, putToken(sas))
])

/** An opened connection with a session and the device's token. */
function known(one: AmqpBench, bytes = opening(token())): RawPeer {
  const peer = new RawPeer(one)
  peer.bytes(bytes)
  return peer
}

const conditionsIn = (peer: RawPeer): string[] => Buffer.concat(peer.written).toString('latin1').match(/(amqp|com\.microsoft):[a-z:-]+[a-z]/g) ?? []

test.each([
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['AMQP 0-9-1', Buffer.from('414d515000000901', 'hex')],
  ['AMQP with TLS inside', Buffer.from('414d515002010000', 'hex')]
])('%s is answered with the header of AMQP 1.0 and closed', (_what, bytes) => {
  const one = amqpBench()
  const peer = new RawPeer(one)
  peer.bytes(bytes)
  expect([peer.hex, peer.closed, reasons(one), one.clock.pending]).toEqual([HEADER.toString('hex'), true, ['amqp-violation'], 0])
})

test('a frame that says that it is large is refused before it has arrived', () => {
  const one = amqpBench()
  const peer = new RawPeer(one)
  peer.bytes(HEADER)
  peer.bytes(wire({ size: '7fffffff', doff: '02' }))
  expect([peer.closed, conditionsIn(peer), reasons(one)]).toEqual([true, ['amqp:connection:framing-error'], ['amqp-violation']])
})

test.each([
  ['shorter than its header', wire({ size: '00000004', rest: '02000000' })],
  ['with its data beyond its end', wire({ size: '00000008', doff: 'ff', type: '00', channel: '0000' })],
  ['of an unknown type', wire({ size: '00000008', doff: '02', type: '07', channel: '0000' })],
  ['without a performative', wire({ size: '00000009', doff: '02', type: '00', channel: '0000', body: '40' })],
  ['with an unknown performative', wire({ size: '0000000c', doff: '02', type: '00', channel: '0000', descriptor: '005377', list: '45' })],
  ['with a list that is longer than the frame', wire({ size: '00000014', doff: '02', type: '00', channel: '0000', descriptor: '005310', list: 'd0000000ff00000001' })],
  ['with more elements than bytes', wire({ size: '00000014', doff: '02', type: '00', channel: '0000', descriptor: '005310', list: 'd000000004ffffffff' })],
  ['with four billion empty elements', wire({ size: '00000019', doff: '02', type: '00', channel: '0000', descriptor: '005310', list: 'c00c01', array: 'f000000005ffffffff4000' })],
  ['with a number where a text is due', wire({ size: '00000010', doff: '02', type: '00', channel: '0000', descriptor: '005310', list: 'c00301', number: '5201' })],
  ['that begins before it is open', begin()]
])('a frame %s ends the connection', (_what, bytes) => {
  const one = amqpBench()
  const peer = new RawPeer(one)
  peer.bytes(HEADER)
  peer.bytes(bytes)
  expect([peer.closed, reasons(one), one.clock.pending]).toEqual([true, ['amqp-violation'], 0])
})

test('values nested deeper than anyone needs are refused', () => {
  const deep = Buffer.concat([Buffer.alloc(40_000, 0x00), Buffer.from([0x40])])
  expect(() => decodeMessage(deep)).toThrow('well-formed')
  const lists = Array.from({ length: 40 }).reduce<Buffer>((inner) => Buffer.concat([Buffer.from([0xc0, inner.length + 1, 1]), inner]), Buffer.from([0x45]))
  expect(() => decodeMessage(Buffer.concat([Buffer.from([0x00, 0x53, 0x77]), lists]))).toThrow('well-formed')
})

test('a map that names __proto__ touches no prototype', () => {
  const bytes = message.encode({ application_properties: JSON.parse('{"__proto__":{"polluted":"x"},"constructor":"c"}') as object, body: null })
  const { application_properties: properties } = decodeMessage(bytes)
  expect([({} as Record<string, unknown>)['polluted'], (properties as Record<string, unknown>)['polluted'], properties!['constructor']]).toEqual([undefined, undefined, 'c'])
})

test.each([
  ['a handle in use', sender('$cbs', 0), 'amqp:session:handle-in-use'],
  ['a handle beyond the limit', sender('$cbs', 5000), 'amqp:session:errant-link'],
  ['a transfer on a handle of nobody', transfer(9, 1, telemetry), 'amqp:session:unattached-handle'],
  ['a transfer on a link that receives', transfer(1, 1, telemetry), 'amqp:session:errant-link'],
  ['a flow on a handle of nobody', flow({ handle: 9, delivery_count: 0, link_credit: 1 }), 'amqp:session:unattached-handle']
])('%s ends the session', (_what, bytes, condition) => {
  const one = amqpBench()
  const peer = known(one)
  peer.written.length = 0
  peer.bytes(bytes)
  expect([conditionsIn(peer), peer.closed]).toEqual([[condition], false])
  // what comes after the end of a session is nobody's
  peer.bytes(transfer(0, 2, telemetry))
  expect(peer.closed).toBe(false)
})

test('a message without credit ends its link, one without end too', () => {
  const one = amqpBench()
  const peer = known(one)
  peer.bytes(sender('/devices/d1/messages/events', 2))
  peer.written.length = 0
  for (let id = 1; id < 20; id++) { peer.bytes(transfer(2, id, Buffer.alloc(60_000), { more: true })) }
  expect(conditionsIn(peer)).toEqual(['amqp:link:message-size-exceeded'])
  expect(one.hub.connections()).toEqual([])
})

test('a disposition over four billion ids costs no more than there are messages', () => {
  const one = amqpBench()
  const peer = known(one)
  peer.bytes(receiver('/devices/d1/messages/devicebound', 2))
  peer.bytes(flow({ handle: 2, delivery_count: 0, link_credit: 10 }))
  one.hub.send('d1', { body: 'x' })
  peer.bytes(frame('disposition', { role: true, first: 0, last: 0xffffffff, settled: true, state: message.accepted().described() }))
  expect([one.hub.queueLength('d1'), peer.closed]).toEqual([0, false])
})

test('more sessions than allowed and an idle time-out of nothing are refused', () => {
  const one = amqpBench()
  const many = known(one)
  many.bytes(begin(64))
  const hasty = new RawPeer(one)
  hasty.bytes(Buffer.concat([HEADER, open({ idle_time_out: 1 })]))
  expect([many.closed, hasty.closed, conditionsIn(hasty)]).toEqual([true, true, ['amqp:not-allowed']])
})

test('who proves nothing is disconnected after 20 seconds, with or without SASL, and at any stage', () => {
  const one = amqpBench()
  const anonymous = frames.write_frame(frames.sasl_frame(frames['sasl_init']!({ mechanism: 'ANONYMOUS' })))
  const peers = [[], [HEADER], [SASL_HEADER, anonymous, HEADER, open()], [HEADER, open(), begin()]].map((stages) => {
    const peer = new RawPeer(one)
    for (const bytes of stages) { peer.bytes(bytes) }
    return peer
  })
  const good = known(one)
  one.clock.advance(20_000)
  expect([peers.map(({ closed }) => closed), good.closed]).toEqual([[true, true, true, true], false])
  expect(reasons(one)).toEqual(Array(4).fill('unauthenticated-timeout'))
})

test('an unknown SASL mechanism is refused', () => {
  const one = amqpBench()
  const peer = new RawPeer(one)
  peer.bytes(SASL_HEADER)
  peer.bytes(frames.write_frame(frames.sasl_frame(frames['sasl_init']!({ mechanism: 'constructor' }))))
  expect([peer.closed, reasons(one)]).toEqual([true, ['sasl-refused']])
})

test('who says nothing for long is disconnected, who shows signs of life is not, and gets some', () => {
  const one = amqpBench()
  const sas = token({ lifeSeconds: 86_400 })
  const silent = known(one, opening(sas))
  const alive = new RawPeer(one)
  for (const bytes of [HEADER, open({ idle_time_out: 60_000 }), begin(), sender('$cbs', 0), transfer(0, 0, putToken(sas))]) { alive.bytes(bytes) }
  alive.written.length = 0
  for (let minute = 0; minute < 5; minute++) {
    one.clock.advance(60_000)
    alive.bytes(wire({ size: '00000008', doff: '02', type: '00', channel: '0000' }))
  }
  expect([silent.closed, alive.closed, reasons(one)]).toEqual([true, false, ['keep-alive']])
  expect(alive.written.map((bytes) => bytes.toString('hex'))).toEqual(Array(10).fill('0000000802000000'))
})

test('bytes that come one by one are as good as any', () => {
  const one = amqpBench()
  const peer = new RawPeer(one)
  for (const byte of Buffer.concat([HEADER, open(), begin(), sender('$cbs', 0), receiver('$cbs', 1), transfer(0, 0, putToken(token()))])) { peer.bytes(Buffer.from([byte])) }
  peer.bytes(sender('/devices/d1/messages/events', 2))
  expect(one.hub.connections()).toMatchObject([{ deviceId: 'd1' }])
})

test('a token is never told in the log', () => {
  const one = amqpBench()
  known(one, opening(token({ key: Buffer.alloc(32, 7).toString('base64') })))
  expect(JSON.stringify([one.log, one.events])).not.toContain('SharedAccessSignature')
  expect(reasons(one)).toEqual(['wrong-signature'])
})

const valid = [
  sender('/devices/d1/messages/events', 2), receiver('/devices/d1/messages/devicebound', 3), sender('/devices/d1/twin', 4), receiver('/devices/d1/twin', 5),
  sender('/devices/d1/methods/devicebound', 6), receiver('/devices/d1/methods/devicebound', 7), receiver('messages/ConsumerGroups/$Default/Partitions/0', 8),
  transfer(2, 1, telemetry), transfer(2, 2, telemetry, { more: true }), transfer(0, 3, putToken('SharedAccessSignature sr=x&sig=y&se=1')),
  transfer(4, 4, message.encode({ correlation_id: 'c', message_annotations: { operation: 'GET' }, body: null })),
  transfer(6, 5, message.encode({ correlation_id: '1', application_properties: { 'IoThub-status': 200 }, body: message.data_section(Buffer.from('{}')) })),
  flow({ handle: 3, delivery_count: 0, link_credit: 5 }), flow({ handle: 5, delivery_count: 0, link_credit: 100, drain: true }), flow({ echo: true }),
  frame('disposition', { role: true, first: 0, last: 3, settled: true, state: message.accepted().described() }),
  frame('detach', { handle: 2, closed: true }), frame('end'), begin(1), frame('close'), open(), HEADER
]

function mutated(random: (below: number) => number): Buffer {
  const bytes = Buffer.from(valid[random(valid.length)]!)
  // the size stays true more often than not: what is behind it is of interest
  for (let changes = random(4); changes > 0; changes--) { bytes[random(8) === 0 ? random(bytes.length) : Math.min(bytes.length - 1, 4 + random(bytes.length))] = random(256) }
  return random(40) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
}

const FRAMES = rounds('FUZZ_AMQP', 50_000)

test(`${FRAMES} mutated frames neither throw nor grow the hub`, { timeout: timeoutFor(FRAMES) }, () => {
  const growth = new HeapGrowth(FRAMES)
  const one = amqpBench({ log: () => {} })
  const random = generator(7)
  const bytes = opening(token())
  let peer = new RawPeer(one)
  let refused = 0
  for (let i = 0; i < FRAMES; i++) {
    growth.round(i)
    if (peer.closed || random(100) === 0) {
      peer.cut()
      peer = random(8) === 0 ? new RawPeer(one) : known(one, bytes)
      refused++
    }
    if (random(50) === 0 && one.hub.queueLength('d1') < 10) { one.hub.send('d1', { body: 'x' }) }
    peer.bytes(mutated(random))
    peer.written.length = 0
    one.events.length = 0
  }
  peer.cut()
  one.hub.purge('d1')
  expect(refused).toBeGreaterThan(1000)
  expect(growth.isBounded()).toBe(true)
  expect([one.clock.pending, one.amqp.connectionCount, one.hub.connections().length]).toEqual([0, 0, 0])
  const after = known(one)
  after.bytes(sender('/devices/d1/messages/events', 2))
  expect(one.hub.connections()).toMatchObject([{ deviceId: 'd1' }])
})

test('noise behind a header never throws', () => {
  const one = amqpBench({ log: () => {} })
  const random = generator(11)
  for (let i = 0; i < 5000; i++) {
    const peer = new RawPeer(one)
    peer.bytes([HEADER, SASL_HEADER, Buffer.alloc(0)][random(3)]!)
    peer.bytes(Buffer.from(Array.from({ length: 1 + random(64) }, () => random(256))))
    peer.cut()
    one.events.length = 0
  }
  expect([one.clock.pending, one.amqp.connectionCount]).toEqual([0, 0])
})
