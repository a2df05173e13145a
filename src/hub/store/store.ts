// What the hub asks of the place that keeps its state; an engine that answers later, or on another machine, fits as well.

import type { CloudMessage, DeviceMessage } from '../message.js'
import type { Identity } from '../domain/identity.js'
import type { Subscription } from '../domain/session.js'
import type { TwinState } from '../domain/twin.js'

/** Everything but telemetry: one record of each kind for an identity. All of it is JSON but for message bodies. */
export interface HubRecords {
  identity: Identity
  twin: TwinState
  session: { subscriptions: Subscription[] }
  queue: CloudMessage[]
}

export type RecordKind = keyof HubRecords

/** Called exactly once, possibly before the storing call returns; without an error the record survives a crash as well as the store can. */
export type Kept = (error?: Error) => void

export interface HubStore {
  /** The records that were there when the store was opened, by identity key. */
  load<K extends RecordKind>(kind: K): Iterable<readonly [key: string, record: HubRecords[K]]>
  /** The record stays the hub's own and changes later: what is to be written must be taken during the call. */
  put<K extends RecordKind>(kind: K, key: string, record: HubRecords[K], kept: Kept): void
  remove(kind: RecordKind, key: string, kept: Kept): void
  /**
   * Keeps the message under the next sequence number. `appended` is called in the order of the calls: PUBACK and the
   * listeners follow from it.
   */
  append(message: Omit<DeviceMessage, 'sequence'>, appended: (error: Error | undefined, sequence: number) => void): void
  close(): Promise<void>
}
