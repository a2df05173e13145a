// Hostile bytes from a seeded generator: nothing throws, nothing grows, and the hub still works afterwards.

import { generate } from 'mqtt-packet'
import { expect, test } from 'vitest'
import { lenientlyDecoded, parseBag } from '../../src/hub/mqtt/bag.js'
import { parsePublishTopic, streamOf } from '../../src/hub/mqtt/topics.js'
import { parseUsername } from '../../src/hub/mqtt/connect.js'
import { parseSas } from '../../src/hub/domain/sas.js'
import type { Hub } from '../../src/hub/index.js'
import { parseJson } from '../../src/hub/domain/json.js'
import { bench, connectPacket, FILTER, Peer, token } from './bench.js'
import { generator, HeapGrowth, rounds, timeoutFor } from './fuzzing.js'

const publish = (topic: string, payload: string) => generate({ cmd: 'publish', topic, payload, qos: 1, messageId: 9, dup: false, retain: false })

const valid = [
  connectPacket(),
  connectPacket({ will: { topic: 'devices/d1/messages/events/a=b', payload: Buffer.from('will'), qos: 1 } }),
  generate({ cmd: 'subscribe', messageId: 1, subscriptions: Object.values(FILTER).map((topic) => ({ topic, qos: 1 as const })) }),
  generate({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [FILTER.c2d] }),
  publish('devices/d1/messages/events/$.ct=application%2Fjson&k=v', '{"a":1}'),
  publish('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"a":{"b":[1,"x",null]}}'),
  publish('$iothub/twin/GET/?$rid=2', ''),
  publish('$iothub/methods/res/200/?$rid=1', '{}'),
  generate({ cmd: 'puback', messageId: 1 }),
  generate({ cmd: 'pingreq' })
]

function mutated(random: (below: number) => number): Buffer {
  const bytes = Buffer.from(valid[random(valid.length)]!)
  for (let changes = random(4); changes > 0; changes--) { bytes[random(bytes.length)] = random(256) }
  return random(8) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
}

/** As Peer.connected, without a signature made anew each time. */
function connected(hub: Hub): Peer {
  const peer = new Peer(hub)
  peer.bytes(valid[0]!)
  return peer
}

const FRAMES = rounds('FUZZ_MQTT', 100_000)

test(`${FRAMES} mutated frames neither throw nor grow the hub`, { timeout: timeoutFor(FRAMES) }, () => {
  const growth = new HeapGrowth(FRAMES)
  const one = bench({ log: () => {} })
  const random = generator(7)
  let peer = new Peer(one.hub)
  let refused = 0
  for (let i = 0; i < FRAMES; i++) {
    growth.round(i)
    if (peer.closed || random(200) === 0) {
      peer.cut()
      peer = random(4) === 0 ? new Peer(one.hub) : connected(one.hub)
      one.events.length = 0
      refused++
    }
    peer.bytes(mutated(random))
    peer.packets.length = 0
    peer.written.length = 0
  }
  peer.cut()
  expect(refused).toBeGreaterThan(1000)
  expect(growth.isBounded()).toBe(true)
  expect([one.clock.pending, one.hub.connections().length, one.hub.devices.list().length]).toEqual([0, 0, 1])
  const after = Peer.connected(one.hub, { password: Buffer.from(token()) })
  after.publish('devices/d1/messages/events/', 'still here', { qos: 1, messageId: 1 })
  expect(after.packets).toMatchObject([{ cmd: 'puback' }])
})

test('noise instead of a CONNECT ends every connection that it completes a packet on', () => {
  const one = bench({ log: () => {} })
  const random = generator(11)
  for (let i = 0; i < 10_000; i++) {
    const peer = new Peer(one.hub)
    peer.bytes(Buffer.from(Array.from({ length: 1 + random(64) }, () => random(256))))
    expect(peer.packets).toEqual([])
    peer.cut()
  }
  expect(one.clock.pending).toBe(0)
})

const alphabet = ['$iothub/', 'twin/', 'GET/', '?', '$rid=', '%24', '%', '&', '=', '/', 'devices/', 'd1', 'messages/', 'events/', 'methods/', 'res/', '200', '\u0000', 'é', '\ud800', '"', '{', '[', '\\', 'SharedAccessSignature ', 'sr=', 'sig=', 'se=', '__proto__']

test('text parsers take any text and any bytes', () => {
  const random = generator(13)
  for (let i = 0; i < 50_000; i++) {
    const text = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join('')
    lenientlyDecoded(text)
    parseBag(text)
    parsePublishTopic(text, { deviceId: 'd1' })
    streamOf(text, { deviceId: 'd1' })
    parseUsername(text)
    parseSas(text)
    parseJson(Buffer.from(text))
  }
  expect(({} as Record<string, unknown>)['k']).toBeUndefined()
})
