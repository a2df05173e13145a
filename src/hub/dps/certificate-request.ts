// Certificate requests (PKCS#10, EC P-384 alone [B6]) checked and answered by an authority of the same curve. It knows no store.

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { HubError } from '../error.js'
import type { CredentialIssuerRecord } from './credentials.js'
import type { IssuedCredentials } from './credential-issuer.js'

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3650
const KEY = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' } as const
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-384' } as const
const MAX_REQUEST_BYTES = 8192

x509.cryptoProvider.set(webcrypto as Crypto)

export interface RequestIssuer {
  /** Rejects with ArgumentInvalid. */
  issue(options: { request: string; registrationId: string; now: number; validityDays: number }): Promise<IssuedCredentials>
}

/** 16 bytes, positive. */
function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0]! &= 0x7f
  return Buffer.from(bytes).toString('hex')
}

export async function newRequestIssuer(now: number): Promise<CredentialIssuerRecord> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']) as CryptoKeyPair
  const serialNumber = newSerial()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    name: `CN=TinyTwin device credentials ${serialNumber.slice(0, 8)}`,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)
    ]
  })
  return {
    certificatePem: certificate.toString('pem'),
    keyPem: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  }
}

const fault = (why: string, cause?: unknown): HubError => new HubError('ArgumentInvalid', `the certificate request is refused: ${why}`, { cause })

async function checked(text: string, registrationId: string): Promise<x509.Pkcs10CertificateRequest> {
  const der = Buffer.from(text, 'base64')
  if (der.length === 0 || der.length > MAX_REQUEST_BYTES || der.toString('base64') !== text) { throw fault('it is not base64 of a PKCS#10') }
  let request: x509.Pkcs10CertificateRequest
  let isSigned: boolean
  let isP384: boolean
  try {
    request = new x509.Pkcs10CertificateRequest(der)
    const algorithm = request.publicKey.algorithm as { name: string; namedCurve?: string }
    isP384 = algorithm.name === 'ECDSA' && algorithm.namedCurve === 'P-384'
    isSigned = isP384 && await request.verify()
  } catch (cause) {
    throw fault('it is not a PKCS#10', cause)
  }
  if (!isP384) { throw fault('its key must be of EC P-384') }
  if (!isSigned) { throw fault('its signature is not that of its key') }
  const names = request.subjectName.getField('CN')
  if (names.length !== 1 || names[0] !== registrationId) { throw fault('its common name must be the registration id') }
  return request
}

const base64 = (raw: ArrayBuffer): string => Buffer.from(raw).toString('base64')

/** Rejects if the texts are no certificate and no key. */
export async function loadRequestIssuer({ certificatePem, keyPem }: CredentialIssuerRecord): Promise<RequestIssuer> {
  const authority = new x509.X509Certificate(certificatePem)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), KEY, false, ['sign']) as CryptoKey
  return {
    async issue({ request: text, registrationId, now, validityDays }) {
      const { publicKey } = await checked(text, registrationId)
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: newSerial(),
        // of the request only its key and its name are taken over
        subject: [{ CN: [registrationId] }],
        issuer: authority.subject,
        notBefore: new Date(now - DAY_MS / 24),
        notAfter: new Date(now + validityDays * DAY_MS),
        publicKey,
        signingKey,
        signingAlgorithm: SIGNATURE,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
          await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
          await x509.SubjectKeyIdentifierExtension.create(publicKey)
        ]
      })
      return { chain: [base64(certificate.rawData), base64(authority.rawData)], authority: base64(authority.rawData) }
    }
  }
}
