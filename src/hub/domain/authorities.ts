// Certificate authorities that may vouch for devices, each only after proof that whoever registered it has its key. Chains are judged in x509.ts.

import { X509Certificate } from 'node:crypto'
import { HubError } from '../error.js'
import type { Kept } from '../store/store.js'
import type { HubContext } from './device.js'
import { checkMatch, newEtag } from './identity.js'
import { commonNameOf, isIssuedBy, isValidAt, readCertificate } from './x509.js'

export interface AuthorityRecord {
  readonly name: string
  /** Base64 of its DER. */
  readonly certificate: string
  readonly isVerified: boolean
  readonly etag: string
  /** Milliseconds since 1970, both. */
  readonly createdAt: number
  readonly updatedAt: number
  /** To be the common name of a certificate that the authority issues. */
  readonly verificationCode?: string
}

export interface AuthorityInfo extends AuthorityRecord {
  readonly subject: string
  /** SHA-1 and SHA-256, upper-case hex. */
  readonly thumbprint: string
  readonly thumbprint256: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface AuthorityChange {
  readonly ifMatch?: string
  readonly kept?: Kept
}

/** All of them throw CertificateNotFound, ArgumentInvalid or PreconditionFailed. */
export interface Authorities {
  list(): AuthorityInfo[]
  get(name: string): AuthorityInfo | undefined
  /** `certificate` is PEM, DER or base64 of DER. `isVerified` is the owner's word instead of the proof. */
  register(request: { name: string; certificate: string | Uint8Array; isVerified?: boolean }, options?: AuthorityChange): AuthorityInfo
  generateVerificationCode(name: string, options?: AuthorityChange): AuthorityInfo
  /** `certificate` has the verification code as its common name and was issued by the authority. */
  verify(name: string, certificate: string | Uint8Array, options?: AuthorityChange): AuthorityInfo
  remove(name: string, options?: AuthorityChange): void
  /** Those that count. */
  verified(): readonly X509Certificate[]
}

const NAME = /^[A-Za-z0-9\-._]{1,64}$/

export function createAuthorities({ store, clock, random }: Pick<HubContext, 'store' | 'clock' | 'random'>): Authorities {
  const authorities = new Map<string, { record: AuthorityRecord; certificate: X509Certificate }>()
  for (const [name, record] of store.load('authority')) {
    authorities.set(name, { record, certificate: new X509Certificate(Buffer.from(record.certificate, 'base64')) })
  }
  const find = (name: string) => {
    const found = authorities.get(name)
    if (found === undefined) { throw new HubError('CertificateNotFound', `there is no certificate authority '${name}'. Register it first`) }
    return found
  }
  const keep = (record: AuthorityRecord, certificate: X509Certificate, kept: Kept = () => {}): AuthorityInfo => {
    authorities.set(record.name, { record, certificate })
    store.put('authority', record.name, record, kept)
    return infoOf(record, certificate)
  }
  const changed = (record: AuthorityRecord): Omit<AuthorityRecord, 'verificationCode'> => {
    const { verificationCode: _, ...rest } = record
    return { ...rest, etag: newEtag(random), updatedAt: clock.now() }
  }

  return {
    list: () => Array.from(authorities.values(), ({ record, certificate }) => infoOf(record, certificate)),
    get(name) {
      const found = authorities.get(name)
      return found && infoOf(found.record, found.certificate)
    },
    register({ name, certificate: given, isVerified = false }, { ifMatch, kept } = {}) {
      if (typeof name !== 'string' || !NAME.test(name)) { throw new HubError('ArgumentInvalid', 'the name of an authority is 1 to 64 letters, digits or - . _') }
      const before = authorities.get(name)
      if (before !== undefined) {
        checkMatch(ifMatch ?? '', before.record.etag, `authority '${name}'`)
      }
      const certificate = readCertificate(given)
      if (!certificate.ca) { throw new HubError('ArgumentInvalid', 'the certificate is not that of an authority: it may not issue others') }
      if (!isValidAt(certificate, clock.now())) { throw new HubError('ArgumentInvalid', 'the certificate is not valid now') }
      const now = clock.now()
      return keep({ name, certificate: certificate.raw.toString('base64'), isVerified, etag: newEtag(random), createdAt: before?.record.createdAt ?? now, updatedAt: now }, certificate, kept)
    },
    generateVerificationCode(name, { ifMatch, kept } = {}) {
      const { record, certificate } = find(name)
      checkMatch(ifMatch, record.etag, `authority '${name}'`)
      return keep({ ...changed(record), verificationCode: Buffer.from(random(24)).toString('hex').toUpperCase() }, certificate, kept)
    },
    verify(name, given, { ifMatch, kept } = {}) {
      const { record, certificate } = find(name)
      checkMatch(ifMatch, record.etag, `authority '${name}'`)
      const proof = readCertificate(given)
      if (record.verificationCode === undefined) { throw new HubError('ArgumentInvalid', 'no verification code is pending. Generate one first') }
      if (commonNameOf(proof) !== record.verificationCode) { throw new HubError('ArgumentInvalid', 'the common name of the certificate is not the verification code') }
      if (!isIssuedBy(proof, certificate)) { throw new HubError('ArgumentInvalid', `the certificate was not issued by authority '${name}'`) }
      if (!isValidAt(proof, clock.now())) { throw new HubError('ArgumentInvalid', 'the certificate is not valid now') }
      return keep({ ...changed(record), isVerified: true }, certificate, kept)
    },
    remove(name, { ifMatch, kept = () => {} } = {}) {
      checkMatch(ifMatch, find(name).record.etag, `authority '${name}'`)
      authorities.delete(name)
      store.remove('authority', name, kept)
    },
    verified: () => [...authorities.values()].flatMap(({ record, certificate }) => record.isVerified ? [certificate] : [])
  }
}

function infoOf(record: AuthorityRecord, certificate: X509Certificate): AuthorityInfo {
  return {
    ...record,
    subject: certificate.subject,
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    thumbprint256: certificate.fingerprint256.replaceAll(':', ''),
    expiresAt: Date.parse(certificate.validTo)
  }
}
