// What became of one device that registered (reference B2), as a record and as JSON for itself and for the service.

import type { JsonObject, JsonValue } from '../domain/json.js'

export interface RegistrationRecord {
  readonly registrationId: string
  readonly enrollmentGroupId?: string
  readonly attestation: 'symmetricKey' | 'x509'
  /** A device that could not be assigned anew keeps the hub it had; 'disabled' is told and never kept. */
  readonly status: 'assigned' | 'failed' | 'disabled'
  readonly assignedHub?: string
  readonly deviceId?: string
  readonly substatus?: Substatus
  readonly errorCode?: number
  readonly errorMessage?: string
  /** A custom allocation's word to the device. */
  readonly payload?: JsonValue
  readonly etag: string
  /** Milliseconds since 1970, both. */
  readonly createdAt: number
  readonly updatedAt: number
}

export type Substatus = 'initialAssignment' | 'deviceDataMigrated' | 'deviceDataReset' | 'reprovisionedToInitialAssignment'

/** For the service. */
export function registrationDocument(record: RegistrationRecord): JsonObject {
  const { registrationId, status, assignedHub, deviceId, substatus, errorCode, errorMessage, payload, etag, createdAt, updatedAt } = record
  return {
    registrationId,
    createdDateTimeUtc: new Date(createdAt).toISOString(),
    ...(assignedHub === undefined ? {} : { assignedHub }),
    ...(deviceId === undefined ? {} : { deviceId }),
    status,
    ...(substatus === undefined ? {} : { substatus }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    lastUpdatedDateTimeUtc: new Date(updatedAt).toISOString(),
    etag,
    ...(payload === undefined ? {} : { payload })
  }
}

/** For the device. */
export function registrationState(record: RegistrationRecord): JsonObject {
  const { attestation, enrollmentGroupId } = record
  return { [attestation]: enrollmentGroupId === undefined ? {} : { enrollmentGroupId }, ...registrationDocument(record) }
}
