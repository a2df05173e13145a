// What the hub asks of the place that keeps its state; an engine that answers later, or on another machine, fits as well.

import type { AuthorityRecord } from '../domain/authorities.js'
import type { Presence } from '../domain/device.js'
import type { FeedbackRecord } from '../domain/feedback.js'
import type { Identity } from '../domain/identity.js'
import type { Policy } from '../domain/policies.js'
import type { ServiceMessageRecord } from '../domain/service-queue.js'
import type { Subscription } from '../domain/session.js'
import type { TwinState } from '../domain/twin.js'
import type { UploadRecord } from '../domain/uploads.js'
import type { CredentialIssuerRecord } from '../dps/credentials.js'
import type { EnrollmentGroup, IndividualEnrollment } from '../dps/enrollment.js'
import type { RegistrationRecord } from '../dps/registration.js'
import type { ConfigurationRecord } from '../configurations/configuration.js'
import type { DeviceJobRecord, JobRecord } from '../jobs/job.js'
import type { CloudMessage } from '../message.js'

/** A message that waits for a device; `number` orders the messages of one. */
export interface CloudMessageRecord {
  readonly deviceKey: string
  readonly number: number
  readonly message: CloudMessage
}

/** Everything but the event log. All of it is JSON but for the bodies of messages to devices, which are bytes. */
export interface HubRecords {
  // one of each for an identity, by its key
  identity: Identity
  twin: TwinState
  session: { subscriptions: Subscription[] }
  presence: Presence
  // one for each message, by identity key and number
  c2d: CloudMessageRecord
  // one for each thing of the hub itself, by name or number
  policy: Policy
  authority: AuthorityRecord
  feedback: { records: FeedbackRecord[] }
  'service-message': ServiceMessageRecord
  upload: UploadRecord
  job: JobRecord
  // by job id and identity key
  'device-job': DeviceJobRecord
  configuration: ConfigurationRecord
  // of a provisioning service, in a store of its own
  enrollment: IndividualEnrollment
  'enrollment-group': EnrollmentGroup
  registration: RegistrationRecord
  'credential-issuer': CredentialIssuerRecord
}

export type RecordKind = keyof HubRecords

/** Called exactly once, possibly before the storing call returns; without an error the record survives a crash as well as the store can. */
export type Kept = (error?: Error) => void

export interface HubStore {
  /** The records that were there when the store was opened, by key. Those of identities are asked for in one turn. */
  load<K extends RecordKind>(kind: K): Iterable<readonly [key: string, record: HubRecords[K]]>
  /** The record stays the hub's own and changes later: what is to be written must be taken during the call. `kept` is called in the order of the calls. */
  put<K extends RecordKind>(kind: K, key: string, record: HubRecords[K], kept: Kept): void
  remove(kind: RecordKind, key: string, kept: Kept): void
  close(): Promise<void>
}
