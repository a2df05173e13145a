// One identity at run time and what its parts share; no behaviour of its own.

import type { HubBus } from '../bus.js'
import type { Clock, Random } from '../clock.js'
import type { HubEvent, HubLogEntry } from '../event.js'
import type { DeviceMessage } from '../message.js'
import type { ReasonId } from '../reason.js'
import type { HubStore } from '../store/store.js'
import type { Identity } from './identity.js'
import type { CloudQueue, QueuedMessage } from './queue.js'
import type { Session } from './session.js'
import type { TwinState } from './twin.js'

/** What every part of the domain is given. */
export interface HubContext {
  readonly hostName: string
  readonly clock: Clock
  readonly random: Random
  readonly store: HubStore
  readonly bus: HubBus
  readonly devices: Map<string, Device>
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
  readonly tokenExpiresAt: number
  readonly modelId?: string
  deliver(queued: QueuedMessage, options: { again: boolean; qos: 0 | 1 }): void
  notifyDesired(version: number, body: string): void
  requestMethod(request: MethodRequest): void
  /** Ends the connection; the link detaches itself before this returns. */
  close(reason: ReasonId): void
}

export interface Device {
  readonly key: string
  identity: Identity
  /** How the device proves itself, as JSON text: `iothub-connection-auth-method`. */
  readonly authMethod: string
  twin: TwinState
  readonly queue: CloudQueue
  readonly session: Session
  link: DeviceLink | undefined
  cancelLockTimer: (() => void) | undefined
  /** Method calls that wait for the device to come online. */
  readonly awaitingOnline: Set<() => void>
}

export type IncomingMessage = Pick<DeviceMessage, 'body' | 'system' | 'properties'>
