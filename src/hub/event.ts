// What the hub tells the outside about connections, twins and queues; it carries no secret and no payload.

import type { ReasonId } from './reason.js'

/** What a transport knows of its TLS session; null for a transport without TLS. */
export interface SecureInfo {
  /** 'TLSv1.2' or 'TLSv1.3'. */
  readonly protocol: string
  readonly cipher: string
  /** DER of the client's certificate, if it sent one; that it has the key was proven by the handshake. */
  readonly clientCertificate?: Uint8Array
  /** DER of the further certificates it sent, each the issuer of the one before. */
  readonly clientChain?: readonly Uint8Array[]
}

interface Occurred {
  /** Milliseconds since 1970, by the hub's clock. */
  readonly time: number
}

export interface ConnectedEvent extends Occurred {
  readonly type: 'connected'
  readonly deviceId: string
  readonly moduleId?: string
  readonly peer: string
  /** 'TLSv1.2', 'TLSv1.3', or null without TLS. */
  readonly tls: string | null
  readonly sessionPresent: boolean
  /** Milliseconds since 1970. */
  readonly tokenExpiresAt: number
  readonly modelId?: string
}

export interface DisconnectedEvent extends Occurred {
  readonly type: 'disconnected'
  readonly deviceId: string
  readonly moduleId?: string
  readonly peer: string
  readonly reason: ReasonId
  readonly message: string
  readonly code?: number
}

/** A connection that was never accepted, or one request of an accepted one. */
export interface RefusedEvent extends Occurred {
  readonly type: 'refused'
  /** As claimed by the peer, not proven. */
  readonly deviceId?: string
  readonly peer: string
  readonly reason: ReasonId
  readonly message: string
  readonly code?: number
}

export interface TwinChangedEvent extends Occurred {
  readonly type: 'twin'
  readonly deviceId: string
  readonly moduleId?: string
  readonly part: 'tags' | 'desired' | 'reported'
  /** The part's `$version`, for tags the root version. */
  readonly version: number
}

export interface CloudMessageEvent extends Occurred {
  readonly type: 'c2d'
  readonly deviceId: string
  readonly moduleId?: string
  readonly messageId: string
  readonly outcome: CloudOutcome
}

/** How a message to a device ended, in the words of feedback [A7]. */
export type CloudOutcome = 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged'

/** An identity was created or deleted. */
export interface LifecycleEvent extends Occurred {
  readonly type: 'lifecycle'
  readonly deviceId: string
  readonly moduleId?: string
  readonly change: 'created' | 'deleted'
}

export type HubEvent = ConnectedEvent | DisconnectedEvent | RefusedEvent | TwinChangedEvent | CloudMessageEvent | LifecycleEvent

export interface HubLogEntry {
  readonly time: number
  readonly level: 'info' | 'warn' | 'error'
  readonly event: HubEvent['type'] | 'store' | 'http' | 'configuration'
  readonly message: string
  readonly deviceId?: string
  readonly peer?: string
  readonly reason?: ReasonId
  readonly code?: number
}

/** The line of the log that says the same as `event`. */
export function logEntryOf(event: HubEvent): HubLogEntry {
  const { time, type } = event
  switch (event.type) {
    case 'connected':
      return { time, level: 'info', event: type, deviceId: event.deviceId, peer: event.peer, message: `connected over ${event.tls ?? 'a connection without TLS'}` }
    case 'disconnected':
    case 'refused':
      return {
        time, event: type, peer: event.peer, reason: event.reason, message: event.message,
        level: event.reason === 'disconnected' ? 'info' : 'warn',
        ...(event.deviceId === undefined ? {} : { deviceId: event.deviceId }),
        ...(event.code === undefined ? {} : { code: event.code })
      }
    case 'twin':
      return { time, level: 'info', event: type, deviceId: event.deviceId, message: `${event.part} is now version ${event.version}` }
    case 'c2d':
      return { time, level: 'info', event: type, deviceId: event.deviceId, message: `message ended with ${event.outcome}` }
    case 'lifecycle':
      return { time, level: 'info', event: type, deviceId: event.deviceId, message: `${event.moduleId === undefined ? 'the device' : `module '${event.moduleId}'`} was ${event.change}` }
    default:
      return event satisfies never
  }
}
