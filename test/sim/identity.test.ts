// Who a device can be, against the hub's real listener: keys, certificates, modules, gateways.

import { constants, createECDH, createPrivateKey, privateEncrypt, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import { loadAuthority, type Authority, type DeviceMessage, type HubEvent } from '../../src/hub/index.js'
import { RealDevice, type HubAddress } from '../../src/sim/index.js'
import { certificate, type Party, type PartyOptions } from '../hub/certificates.js'
import { dayMs, firstWords, hubHost, identify, loopback, outcome as meet, serve, type Served } from './meet.js'

const valid = { notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs }

let app: BuiltApp
let authority: Authority
let served: Served
let root: Party
beforeAll(async () => {
  app = await buildApp({ app: 'bench', board: 'host' })
  authority = await loadAuthority()
  served = await serve(authority)
  root = await certificate('Root', { ca: true, ...valid })
  const { authorities } = served.hub
  authorities.register({ name: 'root', certificate: root.pem })
  const { verificationCode } = authorities.generateVerificationCode('root')
  authorities.verify('root', (await certificate(verificationCode!, { issuer: root, ...valid })).pem)
})
afterAll(() => served.close())

const outcome = (address: Omit<HubAddress, 'ca'>, board = loadBoard('host')): Promise<{ device: string, hub: HubEvent }> =>
  meet(app, { ca: authority.caPem, ...address }, served, board)

const text = (pem: string): Uint8Array => Buffer.from(pem)
const x509 = (deviceId: string): string => `HostName=${hubHost};DeviceId=${deviceId};x509=true`
const derOf = (keyPem: string, type: 'sec1' | 'pkcs1' | 'pkcs8' = 'pkcs8'): Uint8Array => createPrivateKey(keyPem).export({ format: 'der', type: type as 'pkcs8' })
const rsaKeys = async (): Promise<CryptoKeyPair> =>
  await webcrypto.subtle.generateKey({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, true, ['sign', 'verify']) as CryptoKeyPair

/** A device of the registry whose leaf the root issued. */
async function byAuthority(deviceId: string, options: PartyOptions = {}): Promise<Party> {
  served.hub.devices.create({ deviceId, authentication: { type: 'certificateAuthority' } })
  return certificate(deviceId, { issuer: root, ...valid, ...options })
}

const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const bytes32 = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let [b, e] = [base % order, exponent]; e > 0n; b = b * b % order, e >>= 1n) if ((e & 1n) === 1n) result = result * b % order
  return result
}

/** What a secure element does with a digest, FIPS 186-5 §6.4.1; Node's own calls hash once more. */
function ecdsaOfDigest(keyPem: string, digest: Uint8Array): Uint8Array {
  const d = number(Buffer.from(createPrivateKey(keyPem).export({ format: 'jwk' }).d!, 'base64url'))
  const k = number(randomBytes(32)) % (order - 1n) + 1n
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(bytes32(k))
  const r = number(ecdh.getPublicKey().subarray(1, 33)) % order
  const s = power(k, order - 2n) * (number(digest) + r * d) % order
  return Buffer.concat([bytes32(r), bytes32(s)])
}

/** RFC 8017 §9.2: the digest behind the name of its hash, padded and signed. */
function rsaOfDigest(keyPem: string, digest: Uint8Array): Uint8Array {
  const name = digest.length === 32 ? '3031300d060960864801650304020105000420' : '3041300d060960864801650304020205000430'
  return privateEncrypt({ key: keyPem, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([Buffer.from(name, 'hex'), digest]))
}

test('a device connects by the thumbprint of a certificate that it signed itself, without a token', async () => {
  const own = await certificate('whoever', valid)
  served.hub.devices.create({ deviceId: 'thumb', authentication: { type: 'selfSigned', primaryThumbprint: new X509Certificate(own.der).fingerprint256 } })
  const told = await outcome({ connection: x509('thumb'), client: { certificate: text(own.pem), key: text(own.keyPem) } })
  expect(told.device).toMatch(/^connected: TLSv1\.2 /)
  expect(told.hub).toMatchObject({ type: 'connected', deviceId: 'thumb' })
})

test.each([
  ['PEM and SEC 1 in DER', 'der-1', (leaf: Party) => ({ certificate: text(leaf.pem), key: derOf(leaf.keyPem, 'sec1') })],
  ['DER and PKCS #8 in DER', 'der-2', (leaf: Party) => ({ certificate: leaf.der, key: derOf(leaf.keyPem) })],
  ['DER and PEM', 'der-3', (leaf: Party) => ({ certificate: leaf.der, key: text(leaf.keyPem) })],
])('certificate and key may be %s', async (_, deviceId, client) => {
  const leaf = await byAuthority(deviceId)
  expect((await outcome({ connection: x509(deviceId), client: client(leaf) })).device).toMatch(/^connected: /)
})

test.each([['PEM', true], ['DER', false]] as const)('a chain of several certificates in %s leads to the authority the hub knows', async (form, pem) => {
  const middle = await certificate('Middle', { issuer: root, ca: true, ...valid })
  const lower = await certificate('Lower', { issuer: middle, ca: true, ...valid })
  const leaf = await byAuthority(`chain-${form}`, { issuer: lower })
  const parts = [leaf, lower, middle]
  const chain = pem ? text(parts.map((part) => part.pem).join('\n')) : Buffer.concat(parts.map((part) => part.der))
  const told = await outcome({ connection: x509(`chain-${form}`), client: { certificate: chain, key: text(leaf.keyPem) } })
  expect(told.device).toMatch(/^connected: /)
})

test.each(['1.2', '1.3'] as const)('a device with an RSA key of 2048 bits connects, on a board whose newest TLS is %s too', async (version) => {
  const host = loadBoard('host')
  const leaf = await byAuthority(`rsa-${version}`, { keys: await rsaKeys() })
  const board = { ...host, network: { ...host.network, tls: { ...host.network.tls, version } } }
  const told = await outcome({ connection: x509(`rsa-${version}`), client: { certificate: text(leaf.pem), key: derOf(leaf.keyPem, 'pkcs1') } }, board)
  expect(told.device).toMatch(/^connected: TLSv1\.2 /)
})

test('a device with a P-256 key connects over TLS 1.3', async () => {
  const host = loadBoard('host')
  const leaf = await byAuthority('ec-13')
  const board = { ...host, network: { ...host.network, tls: { ...host.network.tls, version: '1.3' as const } } }
  const told = await outcome({ connection: x509('ec-13'), client: { certificate: text(leaf.pem), key: text(leaf.keyPem) } }, board)
  expect(told.device).toMatch(/^connected: TLSv1\.3 /)
})

test('a private key that never comes near the device signs in its slot: P-256', async () => {
  const leaf = await byAuthority('element-ec')
  const asked: number[] = []
  const sign = (digest: Uint8Array): Uint8Array => {
    asked.push(digest.length)
    return ecdsaOfDigest(leaf.keyPem, digest)
  }
  const told = await outcome({ connection: x509('element-ec'), client: { certificate: text(leaf.pem), sign } })
  expect(told.device).toMatch(/^connected: /)
  expect(asked).toEqual([32])
})

test('a private key that never comes near the device signs in its slot: RSA', async () => {
  const leaf = await byAuthority('element-rsa', { keys: await rsaKeys() })
  const asked: number[] = []
  const sign = (digest: Uint8Array): Uint8Array => {
    asked.push(digest.length)
    return rsaOfDigest(leaf.keyPem, digest)
  }
  const told = await outcome({ connection: x509('element-rsa'), client: { certificate: text(leaf.pem), sign, signBits: 2048 } })
  expect(told.device).toMatch(/^connected: /)
  expect([[32], [48]]).toContainEqual(asked)
})

test('a slot that does not sign ends the handshake with a reason', async () => {
  const leaf = await byAuthority('element-broken')
  const told = await outcome({ connection: x509('element-broken'), client: { certificate: text(leaf.pem), sign: () => new Uint8Array(0) } })
  expect(told.device).toBe("disconnected: tls: the device's private key does not sign")
})

test('the key of another certificate is refused in the handshake', async () => {
  const leaf = await byAuthority('wrong-key')
  const other = await certificate('other', valid)
  const told = await outcome({ connection: x509('wrong-key'), client: { certificate: text(leaf.pem), key: text(other.keyPem) } })
  expect(told.device).toMatch(/^disconnected: tls: /)
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'tls-handshake' })
})

test('the certificate of another device is refused at CONNECT', async () => {
  const leaf = await byAuthority('one')
  await byAuthority('two')
  const told = await outcome({ connection: x509('two'), client: { certificate: text(leaf.pem), key: text(leaf.keyPem) } })
  expect(told.device).toBe('disconnected: auth: the hub does not authorize this device (CONNACK 5)')
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'foreign-certificate' })
})

test.each([
  ['has expired', { notBefore: Date.now() - 2 * dayMs, notAfter: Date.now() - dayMs }],
  ['is not valid yet', { notBefore: Date.now() + dayMs, notAfter: Date.now() + 2 * dayMs }],
])('a device whose own certificate %s says so', async (words, dates) => {
  const leaf = await certificate('dated', { issuer: root, ...dates })
  const client = { certificate: text(leaf.pem), key: text(leaf.keyPem) }
  const device = await firstWords(app, { connection: x509('dated'), address: loopback, port: served.listener.port, ca: authority.caPem, client })
  expect(device).toBe(`disconnected: tls: the device's own certificate ${words}`)
})

test.each([
  ['no key', 'not a key', "the device's private key cannot be read"],
  ['a key on another curve', undefined, "the device's private key is neither P-256 nor RSA of 2048 to 4096 bits"],
])('%s is refused before anything runs', async (_, given, sentence) => {
  const { privateKey } = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign']) as CryptoKeyPair
  const key = given === undefined ? Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)) : Buffer.from(given)
  const client = { certificate: root.der, key }
  expect(() => new RealDevice(app, { board: loadBoard('host'), hub: { connection: x509('x'), ca: authority.caPem, client } })).toThrow(sentence)
})

test('a module has telemetry, methods and a twin of its own', async () => {
  const { hub } = served
  hub.devices.create({ deviceId: 'gate' })
  hub.devices.create({ deviceId: 'gate', moduleId: 'lift' })
  const arrived = new Promise<DeviceMessage>((resolve) => { hub.onMessage(resolve) })
  using _device = new RealDevice(app, {
    board: loadBoard('host'),
    hub: { connection: hub.connectionString('gate/lift'), address: loopback, port: served.listener.port, ca: authority.caPem },
  })
  hub.twin('gate/lift').patchDesired({ speed: 3 })
  expect(await hub.invoke('gate/lift', { method: 'turns', payload: { n: 10 }, connectTimeoutMs: 5000 })).toEqual({ status: 200, payload: { sum: 5 } })
  await hub.invoke('gate/lift', { method: 'flood' })
  expect(await arrived).toMatchObject({ deviceId: 'gate', moduleId: 'lift' })
  await hub.invoke('gate/lift', { method: 'quiet' })
  await expect(hub.invoke('gate', { method: 'turns', payload: { n: 1 } })).rejects.toThrow()
})

test('with a gateway the device goes there, verifies it, and names the hub all the same', async () => {
  const edge = await serve(authority, { hosts: ['edge.tinytwin.test'] })
  try {
    const { connection } = identify(edge.hub)
    const through = { connection: `${connection};GatewayHostName=edge.tinytwin.test`, ca: authority.caPem }
    const told = await meet(app, through, edge)
    expect(told.device).toMatch(/^connected: /)
    expect((await meet(app, { connection, ca: authority.caPem }, edge)).device).toMatch(/certificate is for another host name$/)
  } finally {
    await edge.close()
  }
})

test('a hub that refuses the primary key gets the secondary at once', async () => {
  const { connection } = identify(served.hub)
  const wrong = connection.replace(/SharedAccessKey=.*/, `SharedAccessKey=${Buffer.alloc(32, 1).toString('base64')}`)
  const said: string[] = []
  const device = new Promise<RealDevice>((resolve) => {
    const made: RealDevice = new RealDevice(app, {
      board: loadBoard('host'),
      hub: { connection: `${wrong}\n${connection}\n`, address: loopback, port: served.listener.port, ca: authority.caPem },
      notice: (kind) => {
        said.push(kind)
        if (kind === 'connected') resolve(made)
      },
    })
  })
  ;(await device).close()
  expect(said).toEqual(['disconnected', 'connected'])
})
