// Provisioning over AMQP (reference B5): who gets links, what requests are answered with, and what is refused.

import type { Message, Receiver } from 'rhea'
import { beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/hub/domain/json.js'
import { OTHER_KEY } from '../bench.js'
import { Client, data, nextMessage, textIn, type AmqpBench } from '../amqp/peer.js'
import { certificate, type Party } from '../certificates.js'
import { dpsBench, dpsToken, NEAR, reasonsOf, SCOPE, toNear, type DpsBench } from './bench.js'

const ADDRESS = `${SCOPE}/registrations/dev-1`

function served(): DpsBench & AmqpBench {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear())
  return { ...one, amqp: { accept: (duplex, options) => one.dps.acceptAmqp(duplex, options), connectionCount: 0, close() {} } } as DpsBench & AmqpBench
}

const connected = (one: AmqpBench, password = dpsToken({ registrationId: 'dev-1' }), username = ADDRESS): Client => new Client(one, { username, password })

/** The body and the rest of the next answer. */
async function nextAnswer(receiver: Receiver): Promise<Message> {
  receiver.add_credit(1)
  return (await nextMessage(receiver)).message!
}

const registering = (body: string): Message => ({ correlation_id: 'c1', application_properties: { 'iotdps-operation-type': 'iotdps-register', 'iotdps-forceRegistration': false }, body: data(body) })

test('a device registers and asks for its operation, each answer with its correlation id', async () => {
  const one = served()
  const client = connected(one)
  const receiver = await client.receiver(ADDRESS)
  const sender = await client.sender(ADDRESS)
  const first = nextAnswer(receiver)
  expect(await client.send(sender, registering('{"registrationId":"dev-1"}'))).toBe('accepted')
  const message = await first
  expect(message).toMatchObject({ correlation_id: 'c1', application_properties: { 'retry-after': '3' } })
  const { operationId } = JSON.parse(textIn(message)) as { operationId: string }
  const second = nextAnswer(receiver)
  await client.send(sender, { correlation_id: 'c2', application_properties: { 'iotdps-operation-type': 'iotdps-get-operationstatus', 'iotdps-operation-id': operationId }, body: '' })
  expect(JSON.parse(textIn(await second)) as JsonObject).toMatchObject({ operationId, status: 'assigned', registrationState: { assignedHub: NEAR } })
  expect(reasonsOf(one)).toEqual([])
})

test.each([
  ['a wrong key', dpsToken({ registrationId: 'dev-1', key: OTHER_KEY }), ADDRESS, 'wrong-signature'],
  ['an expired token', dpsToken({ registrationId: 'dev-1', lifeSeconds: 0 }), ADDRESS, 'expired-token'],
  ['another id scope', dpsToken({ registrationId: 'dev-1' }), '0ne0OTHER/registrations/dev-1', 'wrong-id-scope'],
  ['the username of a hub', dpsToken({ registrationId: 'dev-1' }), 'd1@sas.hub', 'malformed-registration']
])('%s does not get past SASL', async (_name, password, username, reason) => {
  const one = served()
  await connected(one, password, username).event('connection_error')
  expect(reasonsOf(one)).toEqual([reason])
})

let root: Party
let leaf: Party
beforeAll(async () => {
  root = await certificate('Root', { ca: true })
  leaf = await certificate('dev-1', { issuer: root })
})

test('a device with a certificate needs no words', async () => {
  const one = served()
  one.dps.enroll('dev-1', toNear({ attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: leaf.pem } } } } }))
  const client = new Client(one, { secure: { protocol: 'TLSv1.3', cipher: 'c', clientCertificate: leaf.der, clientChain: [root.der] } })
  expect(await client.send(await client.sender(ADDRESS), registering('{"registrationId":"dev-1"}'))).toBe('accepted')
  expect(one.near.devices.get('dev-1')?.authentication.type).toBe('selfSigned')
})

test('a device with the certificate of another hears so when it registers, and has not long', async () => {
  const one = served()
  const client = new Client(one, { secure: { protocol: 'TLSv1.3', cipher: 'c', clientCertificate: leaf.der, clientChain: [root.der] } })
  const sender = await client.sender(`${SCOPE}/registrations/dev-2`)
  expect(await client.send(sender, registering('{"registrationId":"dev-2"}'))).toBe('amqp:unauthorized-access')
  expect(reasonsOf(one)).toEqual(['foreign-certificate'])
  one.clock.advance(20_000)
  expect(reasonsOf(one)).toEqual(['foreign-certificate', 'unauthenticated-timeout'])
})

test('a device with neither gets no link', async () => {
  const one = served()
  await expect(new Client(one).receiver(ADDRESS)).rejects.toThrow('amqp:unauthorized-access')
  expect(reasonsOf(one)).toEqual(['no-credentials'])
})

test('a link of another registration, and one of a hub, is refused', async () => {
  const one = served()
  one.dps.enroll('dev-2', toNear())
  await expect(connected(one).sender(`${SCOPE}/registrations/dev-2`)).rejects.toThrow('amqp:unauthorized-access')
  await expect(connected(one).sender('/devices/dev-1/messages/events')).rejects.toThrow('amqp:not-found')
})

test.each<[string, Message]>([
  ['of no JSON', registering('{')],
  ['of another registration', registering('{"registrationId":"dev-2"}')],
  ['of no operation', { ...registering('{"registrationId":"dev-1"}'), application_properties: {} }],
  ['nested without end', registering('['.repeat(60_000))]
])('a request %s is rejected and the link goes on', async (_name, message) => {
  const one = served()
  const client = connected(one)
  const receiver = await client.receiver(ADDRESS)
  const sender = await client.sender(ADDRESS)
  expect(await client.send(sender, message)).toBe('com.microsoft:argument-error')
  const answer = nextAnswer(receiver)
  expect(await client.send(sender, registering('{"registrationId":"dev-1"}'))).toBe('accepted')
  expect(textIn(await answer)).toContain('assigning')
})

test('a device whose enrollment went is rejected at its next request', async () => {
  const one = served()
  const client = connected(one)
  const sender = await client.sender(ADDRESS)
  one.dps.enrollments.individuals.remove('dev-1')
  expect(await client.send(sender, registering('{"registrationId":"dev-1"}'))).toBe('amqp:unauthorized-access')
})

test('closing the service ends the connection and says so', async () => {
  const one = served()
  const client = connected(one)
  await client.sender(ADDRESS)
  await one.dps.close()
  expect(await client.ending()).toBe('amqp:connection:forced')
})
