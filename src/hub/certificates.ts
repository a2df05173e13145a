// X.509 for the hub's own authority (EC P-256): a self-signed issuer and server certificates. It knows no file.

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import type { ServerCertificate, ServerRequest } from './authority.js'

const DAY_MS = 86_400_000
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const

/** The authority's certificate and the key that signs for it. */
export interface Issuer {
  readonly certificate: x509.X509Certificate
  readonly key: CryptoKey
}

x509.cryptoProvider.set(webcrypto as Crypto)

const newKeys = async (): Promise<CryptoKeyPair> => await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']) as CryptoKeyPair

/** 16 bytes, positive, so that no two are ever equal. */
function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0]! &= 0x7f
  return Buffer.from(bytes).toString('hex')
}

export async function pemOfKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

export async function newIssuer(): Promise<Issuer> {
  const keys = await newKeys()
  const serialNumber = newSerial()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // told apart by name too, since clients look issuers up by it
    name: `CN=TinyTwin local hub ${serialNumber.slice(0, 8)}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 3650 * DAY_MS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)
    ]
  })
  return { certificate, key: keys.privateKey }
}

export async function issueServer({ certificate: issuer, key: signingKey }: Issuer, { hosts, notBefore, notAfter }: ServerRequest): Promise<ServerCertificate> {
  const [first] = hosts
  if (first === undefined) { throw new Error('a server certificate needs at least one host name or address') }
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    // the name that counts is in the SAN; a common name has at most 64 characters
    subject: [{ CN: [first.length > 64 ? 'local hub' : first] }],
    issuer: issuer.subject,
    notBefore: notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: notAfter ?? new Date(Date.now() + 365 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' as const : 'ip' as const, value }))),
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)
    ]
  })
  return { certPem: `${certificate.toString('pem')}\n${issuer.toString('pem')}\n`, keyPem: await pemOfKey(keys.privateKey) }
}

/** A device's, for a year, known by its thumbprint. */
export async function selfSigned(commonName: string): Promise<ServerCertificate> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [commonName.slice(0, 64)] }],
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [new x509.BasicConstraintsExtension(false, undefined, true), new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]
  })
  return { certPem: `${certificate.toString('pem')}\n`, keyPem: await pemOfKey(keys.privateKey) }
}

/** Throws if the texts are no certificate and no key. */
export async function issuerOf(certificatePem: string, keyPem: string): Promise<Issuer> {
  const certificate = new x509.X509Certificate(certificatePem)
  const key = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), KEY, true, ['sign']) as CryptoKey
  return { certificate, key }
}
