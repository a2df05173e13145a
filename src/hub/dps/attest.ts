// Whether a device is one that an enrollment expects (reference B4). It knows no protocol; the device learns only yes or no.

import { X509Certificate } from 'node:crypto'
import { quoted, type ReasonId } from '../reason.js'
import { isSignedBy, parseSas, type SasToken } from '../domain/sas.js'
import { commonNameOf, isValidAt, leadsTo, readCertificate, type ClientCertificate } from '../domain/x509.js'
import type { DpsContext, Refusal } from './context.js'
import { derivedKey } from './derived-key.js'
import { isRegistrationId, keyOfId, type Attestation, type Enrollment, type X509Attestation } from './enrollment.js'

export interface RegistrationClaim {
  readonly idScope: string
  readonly registrationId: string
  readonly token?: string | undefined
  readonly certificate?: ClientCertificate | undefined
}

/** How the device will authenticate to its hub. */
export type HubCredentials =
  | { readonly type: 'sas'; readonly primaryKey: string; readonly secondaryKey: string }
  /** SHA-256 of the certificates. */
  | { readonly type: 'selfSigned'; readonly primaryThumbprint: string; readonly secondaryThumbprint: string }

export interface Attested {
  readonly registrationId: string
  readonly enrollment: Enrollment
  readonly credentials: HubCredentials
  /** The certificate it came with. */
  readonly certificate?: X509Certificate
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export function attest(dps: DpsContext, claim: RegistrationClaim): Attested | Refusal {
  const { idScope, registrationId, token, certificate } = claim
  if (idScope !== dps.idScope) { return { reason: 'wrong-id-scope', detail: quoted(idScope) } }
  if (!isRegistrationId(registrationId)) { return { reason: 'unknown-registration', detail: quoted(registrationId) } }
  if (token !== undefined) { return byToken(dps, registrationId, token) }
  return certificate === undefined ? { reason: 'no-credentials' } : byCertificate(dps, registrationId, certificate)
}

function candidates<T extends Attestation['type']>({ enrollments }: DpsContext, registrationId: string, type: T): Enrollment[] | Refusal {
  const own = enrollments.individuals.get(registrationId)
  // an enrollment of its own is the only one that counts
  if (own !== undefined) {
    return own.attestation.type === type ? [own] : { reason: 'wrong-credentials', detail: `the enrollment is of type '${own.attestation.type}'` }
  }
  const groups = enrollments.groups.list().filter(({ attestation }) => attestation.type === type)
  return groups.length > 0 ? groups : { reason: 'unknown-registration', detail: quoted(registrationId) }
}

function byToken(dps: DpsContext, registrationId: string, text: string): Attested | Refusal {
  const token = parseSas(text)
  if (typeof token === 'string') { return { reason: 'malformed-token', detail: token } }
  const [scope, registrations, id, ...more] = token.resource
  if (scope !== dps.idScope || registrations !== 'registrations' || id === undefined || keyOfId(id) !== keyOfId(registrationId) || more.length > 0) {
    return { reason: 'foreign-token', detail: `${quoted(token.resource.join('/'))} is not '${dps.idScope}/registrations/${registrationId}'` }
  }
  const expiresAt = token.expiry * 1000
  const lateMs = dps.clock.now() - expiresAt
  if (lateMs >= 0) { return { reason: 'expired-token', detail: `${Math.ceil(lateMs / 1000)} s ago by the service's clock` } }
  const found = candidates(dps, registrationId, 'symmetricKey')
  if (!Array.isArray(found)) { return found }
  for (const enrollment of found) {
    const credentials = keysFor(enrollment, registrationId, token)
    if (credentials !== undefined) { return { registrationId, enrollment, credentials, expiresAt } }
  }
  return { reason: 'wrong-signature' }
}

/** The device's two keys if one of them signed the token; a group's own keys sign for nobody. */
function keysFor(enrollment: Enrollment, registrationId: string, token: SasToken): HubCredentials | undefined {
  const { attestation } = enrollment
  if (attestation.type !== 'symmetricKey') { return undefined }
  const own = (key: string): string => 'enrollmentGroupId' in enrollment ? derivedKey(key, registrationId) : key
  const [primaryKey, secondaryKey] = [own(attestation.primaryKey), own(attestation.secondaryKey)]
  return isSignedBy(token, [primaryKey, secondaryKey]) ? { type: 'sas', primaryKey, secondaryKey } : undefined
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_PURPOSE = '2.5.29.37.0'

function readClient({ certificate: der }: ClientCertificate, registrationId: string, now: number): X509Certificate | ReasonId {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(der)
  } catch {
    return 'malformed-certificate'
  }
  const purposes = certificate.keyUsage as string[] | undefined
  if (purposes !== undefined && !purposes.includes(CLIENT_AUTH) && !purposes.includes(ANY_PURPOSE)) { return 'malformed-certificate' }
  if (!isValidAt(certificate, now)) { return 'expired-certificate' }
  const name = commonNameOf(certificate)
  return name !== undefined && keyOfId(name) === keyOfId(registrationId) ? certificate : 'foreign-certificate'
}

function byCertificate(dps: DpsContext, registrationId: string, given: ClientCertificate): Attested | Refusal {
  const now = dps.clock.now()
  const certificate = readClient(given, registrationId, now)
  if (typeof certificate === 'string') { return { reason: certificate } }
  const found = candidates(dps, registrationId, 'x509')
  if (!Array.isArray(found)) { return found }
  const proven = (enrollment: Enrollment, credentials: HubCredentials): Attested =>
    ({ registrationId, enrollment, credentials, certificate, expiresAt: Date.parse(certificate.validTo) })
  const thumbprint = thumbprintOf(certificate)
  const presented: HubCredentials = { type: 'selfSigned', primaryThumbprint: thumbprint, secondaryThumbprint: thumbprint }
  const [first] = found
  const attestation = first!.attestation as X509Attestation
  if (attestation.by === 'clientCertificates') {
    const expected = [attestation.primary, attestation.secondary ?? attestation.primary].map((der) => thumbprintOf(readCertificate(der)))
    if (!expected.includes(thumbprint)) { return { reason: 'wrong-certificate' } }
    return proven(first!, { type: 'selfSigned', primaryThumbprint: expected[0]!, secondaryThumbprint: expected[1]! })
  }
  // the issuer nearest to the device decides, so that the group of an intermediate wins over that of its root
  for (let length = 0; length <= given.chain.length; length++) {
    const issuedBy = found.find(({ attestation: each }) => leadsTo(certificate, given.chain.slice(0, length), issuersOf(dps, each as X509Attestation), now))
    if (issuedBy !== undefined) { return proven(issuedBy, presented) }
  }
  return { reason: 'untrusted-certificate' }
}

const thumbprintOf = (certificate: X509Certificate): string => certificate.fingerprint256.replaceAll(':', '')

function issuersOf({ authorities }: DpsContext, { by, primary, secondary }: X509Attestation): X509Certificate[] {
  const names = secondary === undefined ? [primary] : [primary, secondary]
  if (by !== 'caReferences') { return names.map((der) => readCertificate(der)) }
  return names.flatMap((name) => {
    const authority = authorities.get(name)
    // one whose proof of possession is still missing vouches for nobody
    return authority?.isVerified ? [readCertificate(authority.certificate)] : []
  })
}

