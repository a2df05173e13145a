// Who is let register (reference B4): own keys, keys derived from a group's, certificates and chains, and everything that is almost one of them.

import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { derivedKey } from '../../../src/hub/dps/index.js'
import type { JsonObject } from '../../../src/hub/domain/json.js'
import type { SecureInfo } from '../../../src/hub/index.js'
import { KEY, OTHER_KEY, START_MS } from '../bench.js'
import { certificate, type Party } from '../certificates.js'
import { bySymmetricKey, dpsBench, dpsConnect, DpsPeer, dpsToken, reasonsOf, registered, type DpsBench } from './bench.js'

const DAY_MS = 86_400_000

test('the key of a device of a group is that of the documented example', () => {
  const groupKey = '8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw=='
  expect(derivedKey(groupKey, 'sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6')).toBe('Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=')
})

const group = (keys: JsonObject): JsonObject => ({ attestation: { type: 'symmetricKey', symmetricKey: keys } })

test.each([['primary', KEY], ['secondary', OTHER_KEY]])('a device of a group registers with the key derived from the %s one, which is then its key at the hub', (_name, groupKey) => {
  const { dps, near, far } = dpsBench()
  dps.enrollGroup('g1', group({ primaryKey: KEY, secondaryKey: OTHER_KEY }))
  const { body } = registered(dps, 'dev-9', { key: derivedKey(groupKey, 'dev-9') })
  expect(body).toMatchObject({ status: 'assigned', registrationState: { symmetricKey: { enrollmentGroupId: 'g1' }, deviceId: 'dev-9' } })
  const identity = near.devices.get('dev-9') ?? far.devices.get('dev-9')
  expect(identity?.authentication).toEqual({ type: 'sas', primaryKey: derivedKey(KEY, 'dev-9'), secondaryKey: derivedKey(OTHER_KEY, 'dev-9') })
})

test('a device of an enrollment of its own has its keys at the hub, and the device id of the enrollment', () => {
  const { dps, near, far } = dpsBench()
  dps.enroll('reg-1', bySymmetricKey({ deviceId: 'boiler', attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: OTHER_KEY } } }))
  expect(registered(dps, 'reg-1', { key: OTHER_KEY }).body).toMatchObject({ registrationState: { deviceId: 'boiler', symmetricKey: {} } })
  expect((near.devices.get('boiler') ?? far.devices.get('boiler'))?.authentication).toEqual({ type: 'sas', primaryKey: KEY, secondaryKey: OTHER_KEY })
})

/** The reason for which the CONNECT with this key was refused, or undefined. */
function refusalOf(one: DpsBench, registrationId: string, key: string): string | undefined {
  const peer = new DpsPeer(one.dps)
  peer.bytes(dpsConnect(registrationId, { password: Buffer.from(dpsToken({ registrationId, key })) }))
  return reasonsOf(one)[0]
}

test.each<[string, string, string, string]>([
  ['the group key itself', 'dev-9', KEY, 'wrong-signature'],
  ['the derived key of another device', 'dev-9', derivedKey(KEY, 'dev-8'), 'wrong-signature'],
  ['the derived key of one that has an enrollment of its own', 'own', derivedKey(KEY, 'own'), 'wrong-signature'],
  ['a derived key for an enrollment by certificate', 'by-cert', derivedKey(KEY, 'by-cert'), 'wrong-credentials']
])('%s is refused', async (_name, registrationId, key, reason) => {
  const one = dpsBench()
  one.dps.enrollGroup('g1', group({ primaryKey: KEY }))
  one.dps.enroll('own', bySymmetricKey({ attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: OTHER_KEY } } }))
  one.dps.enroll('by-cert', { attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: (await certificate('by-cert')).pem } } } } })
  expect(refusalOf(one, registrationId, key)).toBe(reason)
})

test('registration ids differ in more than case', () => {
  const { dps } = dpsBench()
  dps.enroll('Dev-1', bySymmetricKey())
  expect(registered(dps, 'dev-1').body).toMatchObject({ status: 'assigned', registrationState: { deviceId: 'Dev-1' } })
  expect(dps.registrations.get('DEV-1')).toBeDefined()
})

test('a disabled enrollment, and a disabled group, say so to those they know and to nobody else', () => {
  const one = dpsBench()
  one.dps.enrollGroup('g1', { ...group({ primaryKey: KEY }), provisioningStatus: 'disabled' })
  expect(registered(one.dps, 'dev-9', { key: derivedKey(KEY, 'dev-9') })).toMatchObject({ status: 200, body: { operationId: '', status: 'disabled', registrationState: { status: 'disabled' } } })
  expect(one.near.devices.list()).toEqual([])
  expect(refusalOf(one, 'dev-9', OTHER_KEY)).toBe('wrong-signature')
})

let root: Party
let intermediate: Party
let leaf: Party
let other: Party
beforeAll(async () => {
  root = await certificate('Root', { ca: true })
  other = await certificate('Root', { ca: true })
  intermediate = await certificate('Line 7', { ca: true, issuer: root })
  leaf = await certificate('dev-x', { issuer: intermediate })
})

const secureOf = (own: Party, ...chain: Party[]): SecureInfo => ({ protocol: 'TLSv1.3', cipher: 'c', clientCertificate: own.der, clientChain: chain.map(({ der }) => der) })
const byCertificate = (by: string, { pem }: Party): JsonObject => ({ attestation: { type: 'x509', x509: { [by]: { primary: { certificate: pem } } } } })
const thumbprint = ({ der }: Party): string => createHash('sha256').update(der).digest('hex').toUpperCase()

/** What the device is told: 200 or the reason the service noted. */
function outcome(one: DpsBench, secure: SecureInfo, registrationId = 'dev-x'): string {
  const { status, body } = registered(one.dps, registrationId, { secure })
  if (status === 200) { return String(body.registrationState?.['status']) }
  expect({ status, body }).toMatchObject({ status: 401, body: { errorCode: 401002, message: 'Invalid certificate.' } })
  return reasonsOf(one)[0]!
}

test('a device registers with the certificate of its enrollment, whose thumbprints it then has at the hub', () => {
  const one = dpsBench()
  one.dps.enroll('dev-x', byCertificate('clientCertificates', leaf))
  expect(outcome(one, secureOf(leaf))).toBe('assigned')
  const identity = one.near.devices.get('dev-x') ?? one.far.devices.get('dev-x')
  expect(identity?.authentication).toEqual({ type: 'selfSigned', primaryThumbprint: thumbprint(leaf), secondaryThumbprint: thumbprint(leaf) })
})

test.each([['the root, sending the whole chain', 'root'], ['the intermediate', 'intermediate']])('a device registers with a certificate below %s', (_name, which) => {
  const one = dpsBench()
  one.dps.enrollGroup('line-7', byCertificate('signingCertificates', which === 'root' ? root : intermediate))
  expect(outcome(one, secureOf(leaf, intermediate))).toBe('assigned')
  expect(one.dps.registrations.find('dev-x')).toMatchObject({ enrollmentGroupId: 'line-7', attestation: 'x509' })
})

test('the group of the nearest issuer counts', () => {
  const one = dpsBench()
  one.dps.enrollGroup('all', byCertificate('signingCertificates', root))
  one.dps.enrollGroup('line-7', byCertificate('signingCertificates', intermediate))
  outcome(one, secureOf(leaf, intermediate))
  expect(one.dps.registrations.find('dev-x').enrollmentGroupId).toBe('line-7')
})

test('a group by reference needs an authority that has proven who it is', () => {
  const one = dpsBench()
  one.dps.authorities.register({ name: 'root', certificate: root.pem })
  one.dps.enrollGroup('by-name', { attestation: { type: 'x509', x509: { caReferences: { primary: 'root' } } } })
  expect(outcome(one, secureOf(leaf, intermediate))).toBe('untrusted-certificate')
  one.dps.authorities.register({ name: 'root', certificate: root.pem, isVerified: true }, { ifMatch: '*' })
  expect(outcome(one, secureOf(leaf, intermediate))).toBe('assigned')
})

test.each<[string, () => Promise<SecureInfo> | SecureInfo, string, string?]>([
  ['the certificate of another device', () => secureOf(leaf, intermediate), 'foreign-certificate', 'dev-y'],
  ['a chain with a link missing', () => secureOf(leaf), 'untrusted-certificate'],
  ['a chain below another root of the same name', async () => secureOf(await certificate('dev-x', { issuer: other })), 'untrusted-certificate'],
  ['a certificate of its own making', async () => secureOf(await certificate('dev-x')), 'untrusted-certificate'],
  ['an issuer that may not issue', async () => {
    const clerk = await certificate('Clerk', { issuer: root })
    return secureOf(await certificate('dev-x', { issuer: clerk }), clerk)
  }, 'untrusted-certificate'],
  ['a certificate that has ended', async () => secureOf(await certificate('dev-x', { issuer: intermediate, notAfter: START_MS - 1 }), intermediate), 'expired-certificate'],
  ['an issuer that has ended', async () => {
    const ended = await certificate('Ended', { ca: true, issuer: root, notAfter: START_MS - DAY_MS / 2 })
    return secureOf(await certificate('dev-x', { issuer: ended }), ended)
  }, 'untrusted-certificate'],
  ['a certificate for servers', async () => secureOf(await certificate('dev-x', { issuer: intermediate, purposes: ['1.3.6.1.5.5.7.3.1'] }), intermediate), 'malformed-certificate'],
  ['bytes that are no certificate', () => ({ ...secureOf(leaf), clientCertificate: Buffer.from('30820000', 'hex') }), 'malformed-certificate']
])('%s is unauthorized when it registers', async (_name, secure, reason, registrationId) => {
  const one = dpsBench()
  one.dps.enrollGroup('all', byCertificate('signingCertificates', root))
  expect(outcome(one, await secure(), registrationId)).toBe(reason)
})

test('another certificate of the same name than the enrolled one is unauthorized', async () => {
  const one = dpsBench()
  one.dps.enroll('dev-x', byCertificate('clientCertificates', leaf))
  expect(outcome(one, secureOf(await certificate('dev-x', { issuer: intermediate }), intermediate))).toBe('wrong-certificate')
})
