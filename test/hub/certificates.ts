// Certificates for tests: authorities, devices, and forgeries of both, all EC P-256 and made in a few milliseconds.

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { START_MS } from './bench.js'

x509.cryptoProvider.set(webcrypto as Crypto)

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

export interface Party {
  readonly der: Uint8Array
  readonly pem: string
  readonly keyPem: string
  readonly subject: string
  readonly keys: CryptoKeyPair
}

export interface PartyOptions {
  readonly issuer?: Party
  /** May it issue others? */
  readonly ca?: boolean
  readonly notBefore?: number
  readonly notAfter?: number
  readonly purposes?: string[]
  /** More than the common name. */
  readonly subject?: x509.JsonName
  readonly keys?: CryptoKeyPair
}

let serial = 0

export const newKeys = async (): Promise<CryptoKeyPair> => await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as CryptoKeyPair

/** A certificate for `commonName`, self-signed without an issuer, valid from a day before START_MS to a day after. */
export async function certificate(commonName: string, { issuer, ca = false, notBefore = START_MS - DAY_MS, notAfter = START_MS + DAY_MS, purposes, subject, keys: given }: PartyOptions = {}): Promise<Party> {
  const keys = given ?? await newKeys()
  const name = subject ?? [{ CN: [commonName] }]
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: (++serial).toString(16).padStart(4, '0'),
    subject: name,
    issuer: issuer?.subject ?? name,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(ca, undefined, true),
      ...(purposes === undefined ? [] : [new x509.ExtendedKeyUsageExtension(purposes)])
    ]
  })
  return {
    der: new Uint8Array(made.rawData),
    pem: made.toString('pem'),
    keyPem: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    subject: made.subject,
    keys
  }
}
