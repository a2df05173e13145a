// One identity at run time and what its parts share; no behaviour of its own.

import type { HubBus } from '../bus.js'
import type { Clock, Random } from '../clock.js'
import type { HubEvent, HubLogEntry } from '../event.js'
import type { EventLog } from '../event-log.js'
import type { StampedMessage } from '../message.js'
import type { ReasonId } from '../reason.js'
import type { HubStore } from '../store/store.js'
import type { Authorities } from './authorities.js'
import type { Feedback } from './feedback.js'
import type { Identity } from './identity.js'
import type { MethodCalls } from './methods.js'
import type { Policies } from './policies.js'
import type { CloudQueue, QueuedMessage } from './queue.js'
import type { Registry } from './registry.js'
import type { ServiceQueue } from './service-queue.js'
import type { Session } from './session.js'
import type { Throttles } from './throttles.js'
import type { TwinState } from './twin.js'
import type { BlobContainer, UploadRecord } from './uploads.js'

/** What every part of the domain, and every adapter, is given. */
export interface HubContext {
  readonly hostName: string
  readonly clock: Clock
  readonly random: Random
  readonly store: HubStore
  readonly bus: HubBus
  /** Devices and modules by identity key. */
  readonly devices: Map<string, Device>
  readonly registry: Registry
  readonly methods: MethodCalls
  /** The built-in endpoint. */
  readonly events: EventLog
  /** `$Default` and others, for readers of the built-in endpoint. */
  readonly consumerGroups: ReadonlySet<string>
  readonly policies: Policies
  readonly authorities: Authorities
  readonly throttles: Throttles
  readonly feedback: Feedback
  readonly feedbackQueue: ServiceQueue
  readonly fileNotifications: ServiceQueue
  /** By correlation id. */
  readonly uploads: Map<string, UploadRecord>
  readonly blobs: BlobContainer | undefined
  report(event: HubEvent): void
  log(entry: HubLogEntry): void
}

export interface MethodRequest {
  readonly requestId: string
  readonly method: string
  /** JSON text. */
  readonly payload: string
}

/** A connected device as the domain sees it; one adapter, one implementation. */
export interface DeviceLink {
  readonly peer: string
  /** 'TLSv1.2', 'TLSv1.3', or null without TLS. */
  readonly tls: string | null
  readonly connectedAt: number
  /** Milliseconds since 1970; of a certificate, its end. */
  readonly tokenExpiresAt: number
  readonly modelId?: string
  /** How many more messages it takes now; whoever lets it grow calls deliverWaiting. */
  readonly cloudCredit: number
  /** `queued` is locked for this link until it is settled. */
  deliver(queued: QueuedMessage, options: { again: boolean; qos: 0 | 1 }): void
  notifyDesired(version: number, body: string): void
  requestMethod(request: MethodRequest): void
  /** Ends the connection; the link detaches itself before this returns. */
  close(reason: ReasonId): void
}

/** What is known of the comings and goings of an identity; milliseconds since 1970, 0 is never. */
export interface Presence {
  readonly connectionStateUpdatedAt: number
  readonly lastActivityAt: number
}

export interface Device {
  readonly key: string
  identity: Identity
  /** Of the built-in endpoint. */
  readonly partition: number
  twin: TwinState
  readonly queue: CloudQueue
  readonly session: Session
  link: DeviceLink | undefined
  connectionStateUpdatedAt: number
  lastActivityAt: number
  /** Announced at the last connection. */
  modelId: string | undefined
  /** Of a device that has any. */
  modules: Set<Device> | undefined
  cancelQueueTimer: (() => void) | undefined
  /** Method calls that wait for the device to come online. */
  readonly awaitingOnline: Set<() => void>
}

export type IncomingMessage = Pick<StampedMessage, 'body' | 'system' | 'properties' | 'authMethod' | 'modelId'>
