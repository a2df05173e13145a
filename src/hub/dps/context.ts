// What every part of the provisioning service is given, and what it tells the outside; it carries no secret and no payload.

import type { Clock, Random } from '../clock.js'
import type { Authorities } from '../domain/authorities.js'
import type { Policies } from '../domain/policies.js'
import type { Hub } from '../hub.js'
import { describeReason, type ReasonId } from '../reason.js'
import type { HubStore } from '../store/store.js'
import type { CredentialIssuer } from './credential-issuer.js'
import type { Enrollments } from './enrollments.js'
import type { Registrations } from './registrations.js'
import type { Post } from './webhook.js'

export interface LinkedHub {
  /** What devices are told, and what enrollments call it: the hub's host name, with a port where it is not 8883. */
  readonly hostName: string
  /** Where devices are made; without it the name is only told, and the device must be made there by somebody else. */
  readonly hub?: Hub
  /** For `hashed`, relative to the others; 1 if not given, and 0 takes no new devices. */
  readonly allocationWeight?: number
  /** For `geoLatency`, which nothing here can measure; 0 if not given. */
  readonly latencyMs?: number
}

export interface DpsContext {
  readonly hostName: string
  readonly idScope: string
  readonly clock: Clock
  readonly random: Random
  readonly store: HubStore
  readonly linkedHubs: readonly LinkedHub[]
  readonly retryAfterSeconds: number
  readonly post: Post
  readonly credentials: CredentialIssuer | undefined
  readonly policies: Policies
  readonly authorities: Authorities
  readonly enrollments: Enrollments
  readonly registrations: Registrations
  report(event: DpsEvent): void
}

interface Occurred {
  /** Milliseconds since 1970, by the service's clock. */
  readonly time: number
}

export interface DpsAssignedEvent extends Occurred {
  readonly type: 'assigned'
  readonly registrationId: string
  readonly assignedHub: string
  readonly deviceId: string
  readonly substatus: string
}

export interface DpsFailedEvent extends Occurred {
  readonly type: 'failed'
  readonly registrationId: string
  readonly code: number
  readonly message: string
}

/** A connection or a request that was refused; what it claimed to be is not proven. */
export interface DpsRefusedEvent extends Occurred {
  readonly type: 'refused'
  readonly registrationId?: string
  readonly peer: string
  readonly reason: ReasonId
  readonly message: string
  readonly code?: number
}

/** Our own mistake, or a store that did not keep what it was given. */
export interface DpsFaultEvent extends Occurred {
  readonly type: 'fault'
  readonly message: string
}

export type DpsEvent = DpsAssignedEvent | DpsFailedEvent | DpsRefusedEvent | DpsFaultEvent

export interface Refusal {
  readonly reason: ReasonId
  readonly detail?: string
}

export function refusedEvent({ clock }: Pick<DpsContext, 'clock'>, peer: string, { reason, detail }: Refusal, registrationId?: string): DpsRefusedEvent {
  return {
    type: 'refused', time: clock.now(), peer, reason, ...describeReason(reason, detail),
    ...(registrationId === undefined ? {} : { registrationId })
  }
}
