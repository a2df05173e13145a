// Who may register and what becomes of them: enrollments of one device and of groups (reference B4, B5), as records. Their JSON is in enrollment-document.ts.

import type { JsonObject } from '../domain/json.js'

export interface SymmetricKeyAttestation {
  readonly type: 'symmetricKey'
  /** Base64; of a group the keys from which its devices' keys are derived. */
  readonly primaryKey: string
  readonly secondaryKey: string
}

export interface X509Attestation {
  readonly type: 'x509'
  /** The device's own certificates, or those of who issued it, or names of authorities that have proven who they are. */
  readonly by: 'clientCertificates' | 'signingCertificates' | 'caReferences'
  /** Base64 of DER, or the name of the authority. */
  readonly primary: string
  readonly secondary?: string
}

export type Attestation = SymmetricKeyAttestation | X509Attestation

export type AllocationPolicy = 'hashed' | 'geoLatency' | 'static' | 'custom'

export interface ReprovisionPolicy {
  readonly updateHubAssignment: boolean
  readonly migrateDeviceData: boolean
}

export interface InitialTwin {
  readonly tags: JsonObject
  readonly desired: JsonObject
}

interface Settings {
  readonly attestation: Attestation
  readonly provisioningStatus: 'enabled' | 'disabled'
  readonly reprovisionPolicy: ReprovisionPolicy
  /** `hashed` if not given, as the service itself is set. */
  readonly allocationPolicy?: AllocationPolicy
  /** Of the linked ones; none is all of them. */
  readonly iotHubs: readonly string[]
  readonly webhook?: { readonly url: string; readonly apiVersion: string }
  readonly initialTwin?: InitialTwin
  readonly iotEdge: boolean
  readonly etag: string
  /** Milliseconds since 1970, both. */
  readonly createdAt: number
  readonly updatedAt: number
}

export interface IndividualEnrollment extends Settings {
  readonly registrationId: string
  /** The registration id if not given. */
  readonly deviceId?: string
  /** The owner's own notes, never read. */
  readonly optionalDeviceInformation?: JsonObject
}

export interface EnrollmentGroup extends Settings {
  readonly enrollmentGroupId: string
}

export type Enrollment = IndividualEnrollment | EnrollmentGroup

export const isGroup = (enrollment: Enrollment): enrollment is EnrollmentGroup => 'enrollmentGroupId' in enrollment

export const idOf = (enrollment: Enrollment): string => isGroup(enrollment) ? enrollment.enrollmentGroupId : enrollment.registrationId

const ID = /^[A-Za-z0-9\-._:]{1,128}$/
export const ID_RULE = '1 to 128 letters, digits or - . _ :'

export const isRegistrationId = (text: unknown): text is string => typeof text === 'string' && ID.test(text)

/** Ids differ in more than case [B4]. */
export const keyOfId = (id: string): string => id.toLowerCase()
