// Devices that prove themselves by certificate: thumbprints, authorities with proof of possession, and everything forged.

import { X509Certificate } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { createHub, memoryStore } from '../../src/hub/index.js'
import { bench, connectPacket, HOST, Peer, reasons, START_MS, token } from './bench.js'
import { certificate, newKeys, type Party } from './certificates.js'

const DAY_MS = 86_400_000
const code = (wanted: string) => expect.objectContaining({ code: wanted })
const thumb = ({ der }: Party, algorithm: 'fingerprint' | 'fingerprint256' = 'fingerprint') => new X509Certificate(der)[algorithm]

let root: Party
let other: Party
let device: Party
beforeAll(async () => {
  root = await certificate('Root', { ca: true })
  other = await certificate('Other', { ca: true })
  device = await certificate('d1', { issuer: root })
})

/** Connects with a certificate as the handshake would have left it. */
function connectWith({ hub }: Pick<ReturnType<typeof bench>, 'hub'>, own: Party, chain: Party[] = [], clientId = 'd1'): Peer {
  const peer = new Peer(hub, 'peer', { protocol: 'TLSv1.3', cipher: 'c', clientCertificate: own.der, clientChain: chain.map(({ der }) => der) })
  peer.bytes(connectPacket({ username: `${HOST}/${clientId}/?api-version=2021-04-12`, clientId, password: Buffer.alloc(0) }))
  return peer
}

/** A hub whose device `d1` goes by authority, with `root` registered. */
function withAuthority({ isVerified = true } = {}) {
  const one = bench()
  one.hub.authorities.register({ name: 'root', certificate: root.pem, isVerified })
  one.hub.devices.update('d1', { authentication: { type: 'certificateAuthority' } })
  return one
}

function withThumbprints(primaryThumbprint: string, secondaryThumbprint?: string) {
  const one = bench()
  one.hub.devices.update('d1', { authentication: { type: 'selfSigned', primaryThumbprint, ...(secondaryThumbprint === undefined ? {} : { secondaryThumbprint }) } })
  return one
}

test.each(['fingerprint', 'fingerprint256'] as const)('a device connects by the %s of its certificate, primary or secondary', (algorithm) => {
  for (const one of [withThumbprints(thumb(device, algorithm)), withThumbprints('00'.repeat(20), thumb(device, algorithm))]) {
    connectWith(one, device)
    expect(reasons(one)).toEqual([])
    expect(one.hub.connections()).toHaveLength(1)
  }
})

test('by thumbprint the name in the certificate and its issuer say nothing', async () => {
  const stranger = await certificate('whoever', { issuer: other })
  const one = withThumbprints(thumb(stranger))
  connectWith(one, stranger)
  expect(reasons(one)).toEqual([])
})

test('another certificate for the same key and name is another certificate', async () => {
  const one = withThumbprints(thumb(device))
  connectWith(one, await certificate('d1', { issuer: root, keys: device.keys }))
  expect(reasons(one)).toEqual(['wrong-certificate'])
})

test('telemetry says that the sender came with a certificate', () => {
  const one = withThumbprints(thumb(device))
  let authMethod = ''
  one.hub.onMessage((message) => { authMethod = message.authMethod })
  connectWith(one, device).publish('devices/d1/messages/events/', 'x')
  expect(JSON.parse(authMethod)).toMatchObject({ scope: 'device', type: 'x509' })
})

test.each([
  ['over', { notAfter: START_MS }],
  ['not yet valid', { notBefore: START_MS + 1000 }]
])('a certificate that is %s is refused, by thumbprint and by authority', async (_what, dates) => {
  const bad = await certificate('d1', { issuer: root, ...dates })
  for (const one of [withThumbprints(thumb(bad)), withAuthority()]) {
    connectWith(one, bad)
    expect(reasons(one)).toEqual(['expired-certificate'])
  }
})

test('a certificate that ends ends its connection', async () => {
  const short = await certificate('d1', { issuer: root, notAfter: START_MS + 60_000 })
  const one = withThumbprints(thumb(short))
  const peer = connectWith(one, short)
  one.clock.advance(59_999)
  expect(peer.closed).toBe(false)
  one.clock.advance(1)
  expect([peer.closed, reasons(one)]).toEqual([true, ['certificate-expired']])
})

test('a device connects by a certificate of a verified authority', () => {
  const one = withAuthority()
  connectWith(one, device)
  expect(reasons(one)).toEqual([])
})

test('an authority that is not verified vouches for nobody', () => {
  const one = withAuthority({ isVerified: false })
  connectWith(one, device)
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test('issuers between come with the device', async () => {
  const middle = await certificate('Middle', { issuer: root, ca: true })
  const lower = await certificate('Lower', { issuer: middle, ca: true })
  const leaf = await certificate('d1', { issuer: lower })
  const one = withAuthority()
  connectWith(one, leaf, [lower, middle, root])
  connectWith(one, leaf, [lower, middle])
  expect(reasons(one)).toEqual(['replaced'])
  for (const chain of [[], [lower], [middle, lower], [root]]) { connectWith(one, leaf, chain) }
  expect(reasons(one).slice(1)).toEqual(Array.from({ length: 4 }, () => 'untrusted-certificate'))
})

test('an authority in the middle may be the registered one', async () => {
  const middle = await certificate('Middle', { issuer: root, ca: true })
  const one = bench()
  one.hub.authorities.register({ name: 'm', certificate: middle.pem, isVerified: true })
  one.hub.devices.update('d1', { authentication: { type: 'certificateAuthority' } })
  connectWith(one, await certificate('d1', { issuer: middle }))
  expect(reasons(one)).toEqual([])
  connectWith(one, device)
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test.each([
  ['of another authority', () => certificate('d1', { issuer: other }), []],
  ['that it signed itself', () => certificate('d1'), []],
  ['that it signed itself as an authority', () => certificate('d1', { ca: true }), []],
  ['that names the authority but has not its signature', async () => certificate('d1', { issuer: { ...root, keys: await newKeys() } }), []]
])('a certificate %s is refused', async (_what, forge) => {
  const one = withAuthority()
  connectWith(one, await forge(), [])
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test('an authority that only bears the name of the registered one is refused', async () => {
  const fake = await certificate('Root', { ca: true })
  const one = withAuthority()
  connectWith(one, await certificate('d1', { issuer: fake }), [fake])
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test('a device cannot vouch for another', async () => {
  const one = withAuthority()
  const neighbour = await certificate('d2', { issuer: root })
  connectWith(one, await certificate('d1', { issuer: neighbour }), [neighbour])
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test('an issuer that is over vouches for nobody', async () => {
  const one = withAuthority()
  const middle = await certificate('Middle', { issuer: root, ca: true, notAfter: START_MS })
  connectWith(one, await certificate('d1', { issuer: middle }), [middle])
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test('nor does an authority that has ended since it was registered', async () => {
  const long = await certificate('d1', { issuer: root, notAfter: START_MS + 9 * DAY_MS })
  const one = withAuthority()
  one.clock.advance(DAY_MS)
  connectWith(one, long)
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test.each([
  ['of another device', [{ CN: ['d2'] }]],
  ['in another case', [{ CN: ['D1'] }]],
  ['with more behind it', [{ CN: ['d1\0.evil'] }]],
  ['twice', [{ CN: ['d1'] }, { CN: ['d2'] }]],
  ['in another field', [{ O: ['d1'] }, { CN: ['x'] }]],
  ['written into another field', [{ O: ['x\nCN=d1'] }]],
  ['in no field', [{ O: ['x'] }]]
])('a certificate with the name %s is refused', async (_what, subject) => {
  const one = withAuthority()
  connectWith(one, await certificate('', { issuer: root, subject }))
  expect(reasons(one)).toEqual(['foreign-certificate'])
})

test('a certificate for servers alone is no client\'s', async () => {
  const one = withAuthority()
  connectWith(one, await certificate('d1', { issuer: root, purposes: ['1.3.6.1.5.5.7.3.1'] }))
  expect(reasons(one)).toEqual(['malformed-certificate'])
  connectWith(one, await certificate('d1', { issuer: root, purposes: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] }))
  expect(reasons(one)).toHaveLength(1)
})

test.each([['empty', ''], ['noise', 'deadbeef'], ['half of one', 'half']])('a certificate that is %s is refused', (_what, hex) => {
  const der = hex === 'half' ? device.der.subarray(0, 200) : Buffer.from(hex, 'hex')
  for (const one of [withAuthority(), withThumbprints(thumb(device))]) {
    connectWith(one, { ...device, der })
    expect(reasons(one)).toEqual(['malformed-certificate'])
  }
})

test('noise in the chain ends the search', async () => {
  const middle = await certificate('Middle', { issuer: root, ca: true })
  const one = withAuthority()
  connectWith(one, await certificate('d1', { issuer: middle }), [{ ...middle, der: new Uint8Array(300) }, middle])
  expect(reasons(one)).toEqual(['untrusted-certificate'])
})

test('each kind of identity wants its own proof', () => {
  const one = bench()
  connectWith(one, device)
  one.hub.devices.update('d1', { authentication: { type: 'none' } })
  connectWith(one, device)
  one.hub.devices.update('d1', { authentication: { type: 'certificateAuthority' } })
  Peer.connected(one.hub, { password: Buffer.from(token()) })
  expect(reasons(one)).toEqual(['wrong-credentials', 'wrong-credentials', 'wrong-credentials'])
})

test('a module comes with its device\'s id and its own', async () => {
  const one = withAuthority()
  one.hub.devices.create({ deviceId: 'd1', moduleId: 'm', authentication: { type: 'certificateAuthority' } })
  connectWith(one, await certificate('d1/m', { issuer: root }), [], 'd1/m')
  expect(one.hub.connections()).toMatchObject([{ moduleId: 'm' }])
  connectWith(one, device, [], 'd1/m')
  expect(reasons(one)).toEqual(['foreign-certificate'])
})

test('an authority counts once whoever registered it has shown its key', async () => {
  const one = withAuthority({ isVerified: false })
  const { authorities } = one.hub
  const before = authorities.get('root')!
  expect(() => authorities.verify('root', device.pem)).toThrow(code('ArgumentInvalid'))
  const { verificationCode, etag } = authorities.generateVerificationCode('root', { ifMatch: before.etag })
  const proof = await certificate(verificationCode!, { issuer: root })
  expect(() => authorities.verify('root', proof.pem, { ifMatch: before.etag })).toThrow(code('PreconditionFailed'))
  expect(authorities.verify('root', proof.pem, { ifMatch: etag })).toMatchObject({ isVerified: true, thumbprint256: thumb(root, 'fingerprint256').replaceAll(':', '') })
  expect(authorities.get('root')).not.toHaveProperty('verificationCode')
  connectWith(one, device)
  expect(reasons(one)).toEqual([])
})

test('proofs of another authority, of another name and of another time prove nothing', async () => {
  const { authorities } = withAuthority({ isVerified: false }).hub
  const { verificationCode } = authorities.generateVerificationCode('root')
  const forged = [
    await certificate(verificationCode!, { issuer: other }),
    await certificate(verificationCode!),
    await certificate(verificationCode!, { issuer: { ...root, keys: other.keys } }),
    await certificate(`${verificationCode!}0`, { issuer: root }),
    await certificate(verificationCode!, { issuer: root, notAfter: START_MS })
  ]
  for (const { pem } of forged) { expect(() => authorities.verify('root', pem)).toThrow(code('ArgumentInvalid')) }
  expect(authorities.verified()).toEqual([])
})

test.each([
  ['no certificate', () => Promise.resolve('hello')],
  ['a device\'s certificate', async () => (await certificate('d1', { issuer: root })).pem],
  ['one that is over', async () => (await certificate('Old', { ca: true, notAfter: START_MS })).pem]
])('%s is not registered as an authority', async (_what, make) => {
  const { authorities } = bench().hub
  const pem = await make()
  expect(() => authorities.register({ name: 'a', certificate: pem })).toThrow(code('ArgumentInvalid'))
  expect(authorities.list()).toEqual([])
})

test('a registered authority is replaced only by who knows its etag, and is then to be verified again', () => {
  const { authorities } = withAuthority().hub
  expect(() => authorities.register({ name: 'root', certificate: other.pem })).toThrow(code('PreconditionFailed'))
  expect(authorities.register({ name: 'root', certificate: other.pem }, { ifMatch: authorities.get('root')!.etag }).isVerified).toBe(false)
  authorities.remove('root')
  expect(() => authorities.remove('root')).toThrow(code('CertificateNotFound'))
})

test.each(['', '../root', 'a b', 'x'.repeat(65)])('the name %j is refused for an authority', (name) => {
  expect(() => bench().hub.authorities.register({ name, certificate: root.pem })).toThrow(code('ArgumentInvalid'))
})

test('authorities are there after a restart, as DER, PEM and base64 alike', () => {
  const store = memoryStore()
  const { authorities } = createHub({ hostName: HOST, store, clock: bench().clock })
  authorities.register({ name: 'a', certificate: root.der, isVerified: true })
  authorities.register({ name: 'b', certificate: Buffer.from(root.der).toString('base64') })
  authorities.register({ name: 'c', certificate: root.pem })
  const again = createHub({ hostName: HOST, store, clock: bench().clock }).authorities
  expect(again.list()).toEqual(authorities.list())
  expect(new Set(again.list().map(({ thumbprint }) => thumbprint)).size).toBe(1)
  expect(again.verified()).toHaveLength(1)
})
