// Hostile bytes and documents from a seeded generator: nothing throws but refusals, nothing grows, and the service still works afterwards.

import { generate } from 'mqtt-packet'
import { expect, test } from 'vitest'
import type { JsonValue } from '../../../src/hub/domain/json.js'
import { HubError } from '../../../src/hub/index.js'
import { dpsBench, dpsConnect, DpsPeer, registered, toNear } from './bench.js'
import { generator } from '../fuzzing.js'

const publish = (topic: string, payload: string) => generate({ cmd: 'publish', topic, payload, qos: 1, messageId: 9, dup: false, retain: false })

const valid = [
  dpsConnect('dev-1'),
  generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }] }),
  publish('$dps/registrations/PUT/iotdps-register/?$rid=1', '{"registrationId":"dev-1","payload":{"a":[1,null]}}'),
  publish('$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=5.0.0', ' '),
  generate({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['$dps/registrations/res/#'] }),
  generate({ cmd: 'puback', messageId: 1 }),
  generate({ cmd: 'pingreq' })
]

const FRAMES = 50_000

test(`${FRAMES} mutated frames neither throw nor leave anything behind`, () => {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear())
  const pending = one.clock.pending
  const random = generator(11)
  let peer = new DpsPeer(one.dps)
  for (let i = 0; i < FRAMES; i++) {
    if (peer.closed || random(100) === 0) {
      peer.cut()
      peer = new DpsPeer(one.dps)
      if (random(2) === 0) { peer.bytes(valid[0]!) }
    }
    const bytes = Buffer.from(valid[random(valid.length)]!)
    for (let changes = random(4); changes > 0; changes--) { bytes[random(bytes.length)] = random(256) }
    peer.bytes(random(8) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes)
    peer.packets.length = 0
    one.events.length = 0
  }
  peer.cut()
  expect(one.clock.pending).toBe(pending)
  expect(one.near.devices.list().map(({ deviceId }) => deviceId)).toEqual(['dev-1'])
  expect(registered(one.dps, 'dev-1').body).toMatchObject({ status: 'assigned' })
})

const scraps: JsonValue[] = [null, true, -1, 1e308, '', 'static', 'custom', 'x509', 'symmetricKey', '\u0000', '../..', 'near.test', [], {}, [[]], ['near.test'], { certificate: 'AAAA' }, { primary: null }, { webhookUrl: 'javascript:1' }]
const names = ['attestation', 'type', 'symmetricKey', 'primaryKey', 'x509', 'clientCertificates', 'signingCertificates', 'caReferences', 'primary', 'allocationPolicy', 'iotHubs', 'iotHubHostName',
  'customAllocationDefinition', 'webhookUrl', 'initialTwin', 'tags', 'properties', 'desired', 'reprovisionPolicy', 'updateHubAssignment', 'capabilities', 'iotEdge', 'deviceId', 'provisioningStatus', '__proto__', 'constructor']

test('10000 documents made of scraps are enrollments or refused with ArgumentInvalid and its kind', () => {
  const { dps } = dpsBench()
  const random = generator(13)
  const scrap = (depth: number): JsonValue => {
    if (depth === 0 || random(3) === 0) { return scraps[random(scraps.length)]! }
    return Object.fromEntries(Array.from({ length: random(6) }, () => [names[random(names.length)]!, scrap(depth - 1)]))
  }
  let refused = 0
  for (let i = 0; i < 10_000; i++) {
    const document = { ...scrap(4) as object, ...(random(2) === 0 ? { attestation: { type: 'symmetricKey' } } : {}) } as JsonValue
    try {
      if (random(2) === 0) { dps.enroll('dev-1', document) } else { dps.enrollGroup('g', document) }
    } catch (error) {
      expect(error).toBeInstanceOf(HubError)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(1000)
  expect(refused).toBeLessThan(10_000)
})
