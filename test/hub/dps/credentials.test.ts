// Operational certificates by request (reference B6): what is issued, that the hub lets it in, and what is refused.

import 'reflect-metadata'
import { webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/hub/domain/json.js'
import { memoryStore } from '../../../src/hub/index.js'
import { connectPacket, Peer, START_MS } from '../bench.js'
import { dpsBench, NEAR, settled, toNear, type DpsBench } from './bench.js'

x509.cryptoProvider.set(webcrypto as Crypto)

const DAY_MS = 86_400_000

async function requestFor(commonName: string, namedCurve = 'P-384'): Promise<string> {
  const hash = namedCurve === 'P-384' ? 'SHA-384' : 'SHA-256'
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']) as CryptoKeyPair
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: [{ CN: [commonName] }], keys, signingAlgorithm: { name: 'ECDSA', hash } })
  return Buffer.from(request.rawData).toString('base64')
}

const registeredWith = (one: DpsBench, csr: string): ReturnType<typeof settled> => settled(one.dps, undefined, csr)

const issuing = (validityDays?: number, store = memoryStore()): DpsBench => {
  const one = dpsBench({ store, credentials: validityDays === undefined ? {} : { validityDays } })
  one.dps.enroll('dev-1', toNear())
  return one
}

const chainOf = (body: { registrationState?: JsonObject }): X509Certificate[] =>
  (body.registrationState!['issuedCertificateChain'] as string[]).map((der) => new X509Certificate(Buffer.from(der, 'base64')))

test('a request is answered with a chain, leaf first, that the hub then lets the device in with', async () => {
  const one = issuing(45)
  const body = await registeredWith(one, await requestFor('dev-1'))
  const [leaf, issuer] = chainOf(body)
  expect(body).toMatchObject({ status: 'assigned', registrationState: { assignedHub: NEAR } })
  expect(leaf!.subject).toBe('CN=dev-1')
  expect(leaf!.verify(issuer!.publicKey)).toBe(true)
  expect(leaf!.ca).toBe(false)
  expect(Date.parse(leaf!.validTo)).toBe(START_MS + 45 * DAY_MS)
  const peer = new Peer(one.near, 'peer', { protocol: 'TLSv1.3', cipher: 'c', clientCertificate: leaf!.raw, clientChain: [issuer!.raw] })
  peer.bytes(connectPacket({ clientId: 'dev-1', username: `${NEAR}/dev-1/?api-version=2021-04-12`, password: Buffer.alloc(0) }))
  expect(peer.packets).toMatchObject([{ cmd: 'connack', returnCode: 0 }])
})

test('the authority is the same after a restart, and the service side is never shown its key', async () => {
  const store = memoryStore()
  const [, first] = chainOf(await registeredWith(issuing(undefined, store), await requestFor('dev-1')))
  const [, second] = chainOf(await registeredWith(issuing(undefined, store), await requestFor('dev-1')))
  expect(second!.raw.equals(first!.raw)).toBe(true)
})

test.each<[string, () => Promise<string>, string]>([
  ['a key of another curve', () => requestFor('dev-1', 'P-256'), 'P-384'],
  ['the name of another device', () => requestFor('dev-2'), 'common name'],
  ['a signature that is not its own', async () => {
    const bytes = Buffer.from(await requestFor('dev-1'), 'base64')
    bytes[bytes.length - 5]! ^= 1
    return bytes.toString('base64')
  }, 'refused'],
  ['bytes that are no request', () => Promise.resolve('MIIB'), 'PKCS#10'],
  ['text that is no base64', () => Promise.resolve('-----BEGIN'), 'base64'],
  ['nothing', () => Promise.resolve(''), 'base64']
])('a request with %s is a registration that failed, and no device is made', async (_name, request, message) => {
  const one = issuing()
  expect(await registeredWith(one, await request())).toMatchObject({ status: 'failed', registrationState: { errorCode: 400004, errorMessage: expect.stringContaining(message) } })
  expect(one.near.devices.list()).toEqual([])
})

test('a service that issues nothing says so', async () => {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear())
  expect(await registeredWith(one, await requestFor('dev-1'))).toMatchObject({ status: 'failed', registrationState: { errorMessage: expect.stringContaining('issues no certificates') } })
})

test.each([6, 91, Number.NaN])('certificates for %d days are refused when the service is made', (validityDays) => {
  expect(() => issuing(validityDays)).toThrow('7 to 90')
})
