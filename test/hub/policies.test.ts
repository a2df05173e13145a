// Shared access policies: what a token of the hub's own may do, and where.

import { expect, test } from 'vitest'
import { authenticateService, authorizeService, permits } from '../../src/hub/domain/policies.js'
import { memoryStore, Right, signSas } from '../../src/hub/index.js'
import { bench, HOST, KEY, Peer, reasons, START_MS } from './bench.js'

const ALL = Right.RegistryRead | Right.RegistryWrite | Right.ServiceConnect | Right.DeviceConnect

/** As the service SDKs sign: the host as it is, or any resource. */
function tokenOf({ hub }: ReturnType<typeof bench>, policy: string, { resource = HOST, key = hub.policies.get(policy)!.primaryKey, lifeSeconds = 60 } = {}): string {
  return `${signSas({ resource, key, expiry: START_MS / 1000 + lifeSeconds })}&skn=${policy}`
}

test.each([
  ['iothubowner', ALL],
  ['service', Right.ServiceConnect],
  ['device', Right.DeviceConnect],
  ['registryRead', Right.RegistryRead],
  ['registryReadWrite', Right.RegistryRead | Right.RegistryWrite]
])('policy %s has its rights and no others', (policy, rights) => {
  const one = bench()
  const granted = Object.values(Right).filter((right) => !('reason' in authorizeService(one.hub.context, tokenOf(one, policy), right)))
  expect(granted.reduce<number>((sum, right) => sum | right, 0)).toBe(rights)
})

test('a right that is missing is refused as such', () => {
  const one = bench()
  expect(authorizeService(one.hub.context, tokenOf(one, 'registryRead'), Right.RegistryWrite)).toEqual({ reason: 'missing-right', detail: `policy 'registryRead'` })
})

test('keys are the same after a restart, and others on another hub', () => {
  const store = memoryStore()
  const { primaryKey, secondaryKey } = bench({ store }).hub.policies.get('service')!
  expect(bench({ store }).hub.policies.get('service')).toMatchObject({ primaryKey, secondaryKey })
  expect(primaryKey).not.toBe(secondaryKey)
  expect(bench({ store }).hub.policies.list().map(({ name }) => name).sort()).toEqual(['device', 'iothubowner', 'registryRead', 'registryReadWrite', 'service'])
})

test('either key signs, in any spelling of the host and of Event Hubs', () => {
  const one = bench()
  const { secondaryKey } = one.hub.policies.get('service')!
  for (const resource of [HOST, 'HUB.TEST', `${HOST}:443`, `${HOST}/`, `sb://${HOST}:5671/`]) {
    expect(authenticateService(one.hub.context, tokenOf(one, 'service', { resource, key: secondaryKey }))).toMatchObject({ rights: Right.ServiceConnect, scope: [] })
  }
})

test('a token for a part of the hub counts for that part alone', () => {
  const one = bench()
  const proof = authenticateService(one.hub.context, tokenOf(one, 'iothubowner', { resource: `sb://${HOST}/messages/$management` }))
  if ('reason' in proof) { throw new Error(proof.reason) }
  expect(permits(proof, Right.ServiceConnect, ['messages', '$management'])).toBe(true)
  expect(permits(proof, Right.ServiceConnect, ['messages', '$managementX'])).toBe(false)
  expect(permits(proof, Right.ServiceConnect)).toBe(false)
  expect(authorizeService(one.hub.context, tokenOf(one, 'iothubowner', { resource: `${HOST}/devices/d1` }), Right.RegistryRead, ['devices', 'd2'])).toMatchObject({ reason: 'foreign-token' })
})

test.each([
  ['of another hub', { resource: 'other.test' }, 'iothubowner', 'foreign-token'],
  ['of a host that only begins alike', { resource: `${HOST}.evil.test` }, 'iothubowner', 'foreign-token'],
  ['that is over', { lifeSeconds: 0 }, 'iothubowner', 'expired-token'],
  ['of a device key', { key: KEY }, 'iothubowner', 'wrong-signature'],
  ['of an empty key', { key: '' }, 'iothubowner', 'wrong-signature'],
  ['of no policy', { key: KEY }, '', 'unknown-policy'],
  ['of an unknown policy', { key: KEY }, 'nobody', 'unknown-policy'],
  ['of a policy that objects have anyway', { key: KEY }, 'constructor', 'unknown-policy'],
  ['of another', { key: KEY }, '__proto__', 'unknown-policy']
])('a token %s is refused', (_what, fields, policy, reason) => {
  const one = bench()
  expect(authenticateService(one.hub.context, tokenOf(one, policy, fields))).toMatchObject({ reason })
})

test('noise instead of a token is refused without being quoted', () => {
  const { hub } = bench()
  for (const text of ['', 'Bearer secret', 'SharedAccessSignature secret', 'x'.repeat(10_000)]) {
    const refusal = authenticateService(hub.context, text)
    expect(refusal).toMatchObject({ reason: 'malformed-token' })
    expect(JSON.stringify(refusal)).not.toContain('secret')
  }
})

function connectWith(one: ReturnType<typeof bench>, password: string): Peer {
  return Peer.connected(one.hub, { password: Buffer.from(password) })
}

test('whoever may connect for any device does, and messages say so', () => {
  const one = bench()
  let authMethod = ''
  one.hub.onMessage((message) => { authMethod = message.authMethod })
  connectWith(one, tokenOf(one, 'device')).publish('devices/d1/messages/events/', 'x')
  expect(JSON.parse(authMethod)).toMatchObject({ scope: 'hub', type: 'sas' })
})

test.each([
  ['service', {}, 'missing-right'],
  ['device', { resource: `${HOST}/devices/d2` }, 'foreign-token'],
  ['device', { key: KEY }, 'wrong-signature'],
  ['device', { lifeSeconds: 0 }, 'expired-token']
])('a device that comes with a token of policy %s and %j is refused as %s', (policy, fields, reason) => {
  const one = bench()
  connectWith(one, tokenOf(one, policy, fields))
  expect(reasons(one)).toEqual([reason])
})

test('a device key cannot pass for the whole hub', () => {
  const one = bench()
  connectWith(one, signSas({ resource: HOST, key: KEY, expiry: START_MS / 1000 + 60 }))
  // as on IoT Hub, a device's key may sign for a parent of its own address: it proves the device and nothing more
  expect(reasons(one)).toEqual([])
  expect(authenticateService(one.hub.context, signSas({ resource: HOST, key: KEY, expiry: START_MS / 1000 + 60 }))).toMatchObject({ reason: 'unknown-policy' })
})

test('connection strings name the policy and the endpoint', () => {
  const { hub } = bench()
  const { primaryKey } = hub.policies.get('iothubowner')!
  expect(hub.serviceConnectionString()).toBe(`HostName=hub.test;SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey}`)
  expect(hub.eventHubsConnectionString({ port: 5672 })).toBe(`Endpoint=sb://hub.test:5672/;SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey};EntityPath=messages`)
  expect(() => hub.serviceConnectionString('nobody')).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
})
