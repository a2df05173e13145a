// The built-in endpoint's log (reference E3): partitions of messages in the order in which they came, read from any place in them. It knows no protocol.

import { HubError } from './error.js'
import type { DeviceMessage, StampedMessage } from './message.js'

/** Where reading begins; a place that retention has taken away means the earliest that is left. */
export type EventPosition =
  | { readonly at: 'earliest' }
  /** Only what is stored from now on. */
  | { readonly at: 'latest' }
  | { readonly at: 'offset'; readonly offset: string; readonly inclusive: boolean }
  | { readonly at: 'sequence'; readonly sequence: number; readonly inclusive: boolean }
  /** Milliseconds since 1970. */
  | { readonly at: 'time'; readonly enqueuedTime: number; readonly inclusive: boolean }

/** Of an empty partition `lastSequence` is one less than `firstSequence`, `lastOffset` is '-1', `lastEnqueuedTime` is 0. */
export interface PartitionInfo {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly lastOffset: string
  /** Milliseconds since 1970. */
  readonly lastEnqueuedTime: number
  readonly isEmpty: boolean
}

/** One reader of one partition. Nothing is delivered without credit, and nothing is kept for a reader that has none. */
export interface EventReader {
  /** Lets `count` more messages through, possibly Infinity; what is stored already may come before this returns. */
  addCredit(count: number): void
  close(): void
}

/** Called in the order of the calls for the partition, possibly before the call returns; without an error the message survives a crash as well as the log can. */
export type Appended = (error: Error | undefined, message?: DeviceMessage) => void

export interface EventLog {
  readonly partitionCount: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The message is the log's own from now on, which may complete it in place. */
  append(partition: number, message: StampedMessage, appended: Appended): void
  /** Throws PartitionNotFound. */
  info(partition: number): PartitionInfo
  /** Throws PartitionNotFound, or ArgumentInvalid for a place after the end. `deliver` is called in order, one call for one credit. */
  read(partition: number, position: EventPosition, deliver: (message: DeviceMessage) => void): EventReader
  close(): Promise<void>
}

export interface Retention {
  /** Milliseconds; 1 day if not given. */
  readonly ageMs?: number
  /** Bodies and properties of one partition, about; the oldest go first. */
  readonly bytes?: number
}

/** What the endpoint is called in connection strings (`EntityPath`) and links. */
export const EVENTS_NAME = 'messages'
export const DEFAULT_PARTITIONS = 4
export const DEFAULT_RETENTION_MS = 86_400_000

/** The partition of a device's messages: FNV-1a of its id, so that it is the same after every restart. */
export function partitionOf(deviceId: string, partitionCount: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < deviceId.length; i++) {
    hash = Math.imul(hash ^ deviceId.charCodeAt(i), 0x01000193)
  }
  return (hash >>> 0) % partitionCount
}

interface Bounds {
  readonly number: number
  readonly firstSequence: number
  readonly nextSequence: number
}

/** The sequence number to begin with, of a position that needs no search. Throws ArgumentInvalid. */
export function startOf({ number, firstSequence, nextSequence }: Bounds, position: Exclude<EventPosition, { at: 'time' }>): number {
  if (position.at === 'earliest') { return firstSequence }
  if (position.at === 'latest') { return nextSequence }
  const place = position.at === 'offset' ? sequenceOf(position.offset) : position.sequence
  // before the first there is nothing to exclude
  const start = place < 0 || position.inclusive ? Math.max(place, 0) : place + 1
  if (!(start <= nextSequence)) { throw new HubError('ArgumentInvalid', `the last event of partition ${number} is ${nextSequence - 1}`) }
  return Math.max(start, firstSequence)
}

function sequenceOf(offset: string): number {
  if (!/^(-1|\d{1,16})$/.test(offset)) { throw new HubError('ArgumentInvalid', 'an offset is a number of at most 16 digits, or -1') }
  return Number(offset)
}
