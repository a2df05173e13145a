// Whether a client's certificate is the one or comes from the one that it must: thumbprints, names, dates, chains. The handshake has proven its key.

import { X509Certificate } from 'node:crypto'
import { HubError } from '../error.js'
import type { SecureInfo } from '../event.js'
import type { ReasonId } from '../reason.js'
import type { ThumbprintAuthentication } from './identity.js'

/** DER, as in SecureInfo. */
export interface ClientCertificate {
  readonly certificate: Uint8Array
  /** The further certificates the client sent. */
  readonly chain: readonly Uint8Array[]
}

/** What a transport has of the client's certificate, or undefined. */
export function clientCertificateOf(secure: SecureInfo | null): ClientCertificate | undefined {
  return secure?.clientCertificate === undefined ? undefined : { certificate: secure.clientCertificate, chain: secure.clientChain ?? [] }
}

const MAX_CHAIN = 8
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_PURPOSE = '2.5.29.37.0'

/** Of PEM, DER or base64 of DER. Throws ArgumentInvalid. */
export function readCertificate(given: string | Uint8Array): X509Certificate {
  try {
    const bytes = typeof given === 'string' && !given.includes('-----') ? Buffer.from(given, 'base64') : given
    return new X509Certificate(bytes)
  } catch (cause) {
    throw new HubError('ArgumentInvalid', 'that is no X.509 certificate', { cause })
  }
}

/** The only common name of the subject, or undefined. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  // the text form of a subject can be made to say anything; this one is by field
  const name: unknown = (certificate.toLegacyObject().subject as unknown as Record<string, unknown> | undefined)?.['CN']
  return typeof name === 'string' ? name : undefined
}

/** Milliseconds since 1970. */
export function isValidAt({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now < Date.parse(validTo)
}

/** Named as issuer, permitted to be one, and its key made the signature. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    // keys of kinds that OpenSSL does not know
    return false
  }
}

/** The certificate if it may be used by a client now, else why not. */
function readClient(der: Uint8Array, now: number): X509Certificate | ReasonId {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(der)
  } catch {
    return 'malformed-certificate'
  }
  const purposes = certificate.keyUsage as string[] | undefined
  if (purposes !== undefined && !purposes.includes(CLIENT_AUTH) && !purposes.includes(ANY_PURPOSE)) { return 'malformed-certificate' }
  return isValidAt(certificate, now) ? certificate : 'expired-certificate'
}

/** Both thumbprints count, each of SHA-1 or SHA-256. The result is when the proof ends, or why there is none. */
export function provesThumbprint({ certificate: der }: ClientCertificate, { primaryThumbprint, secondaryThumbprint }: ThumbprintAuthentication, now: number): number | ReasonId {
  const certificate = readClient(der, now)
  if (typeof certificate === 'string') { return certificate }
  const own = [certificate.fingerprint, certificate.fingerprint256].map((text) => text.replaceAll(':', ''))
  return own.includes(primaryThumbprint) || own.includes(secondaryThumbprint) ? Date.parse(certificate.validTo) : 'wrong-certificate'
}

/** The common name must be `id`, and the chain that the client sent must lead to a verified authority. */
export function provesAuthority({ certificate: der, chain }: ClientCertificate, id: string, authorities: readonly X509Certificate[], now: number): number | ReasonId {
  const certificate = readClient(der, now)
  if (typeof certificate === 'string') { return certificate }
  if (!leadsTo(certificate, chain, authorities, now)) { return 'untrusted-certificate' }
  return commonNameOf(certificate) === id ? Date.parse(certificate.validTo) : 'foreign-certificate'
}

/** Every issuer on the way may issue and is valid now. */
export function leadsTo(leaf: X509Certificate, chain: readonly Uint8Array[], authorities: readonly X509Certificate[], now: number): boolean {
  let current = leaf
  for (const der of [...chain.slice(0, MAX_CHAIN), undefined]) {
    if (authorities.some((authority) => isValidAt(authority, now) && isIssuedBy(current, authority))) { return true }
    if (der === undefined) { return false }
    let issuer: X509Certificate
    try {
      issuer = new X509Certificate(der)
    } catch {
      return false
    }
    if (!isValidAt(issuer, now) || !isIssuedBy(current, issuer)) { return false }
    current = issuer
  }
  return false
}
