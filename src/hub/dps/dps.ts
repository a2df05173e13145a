// The provisioning service: the domain put together behind one object. Devices come in through mqtt.ts, amqp.ts and the routes.

import { AmqpConnection } from '../amqp/connection.js'
import { AmqpError } from '../amqp/error.js'
import { systemClock, systemRandom, type Clock, type Random } from '../clock.js'
import { createAuthorities, type Authorities } from '../domain/authorities.js'
import type { JsonValue } from '../domain/json.js'
import type { HubConnection, HubDuplex } from '../duplex.js'
import type { ConnectionOptions } from '../hub.js'
import { describeReason, type ReasonId } from '../reason.js'
import { memoryStore } from '../store/memory.js'
import type { HubStore, Kept } from '../store/store.js'
import { DpsApplication } from './amqp.js'
import type { DpsContext, DpsEvent, LinkedHub } from './context.js'
import { createCredentialIssuer } from './credentials.js'
import type { CredentialIssuer } from './credential-issuer.js'
import type { EnrollmentGroup, IndividualEnrollment } from './enrollment.js'
import { createEnrollments, type Enrollments } from './enrollments.js'
import { DpsConnection } from './mqtt.js'
import { OWNER, ownerPolicy } from './policy.js'
import { createRegistrations, type Registrations } from './registrations.js'
import type { Post } from './webhook.js'

export interface DpsOptions {
  /** As devices and services name it: a name or an address, without a port. */
  readonly hostName: string
  readonly idScope?: string
  readonly linkedHubs: readonly LinkedHub[]
  readonly clock?: Clock
  readonly random?: Random
  /** Of its own: it shares kinds of records with a hub's. */
  readonly store?: HubStore
  /** How a custom allocation's webhook is called; the global fetch if not given. */
  readonly post?: Post
  /** What devices are told to wait before they ask how far their registration is. */
  readonly retryAfterSeconds?: number
  /** Whether certificates are issued for devices that bring a request [B6]; `validityDays` is 7 to 90, 30 if not given. */
  readonly credentials?: { readonly validityDays?: number } | undefined
}

export interface Dps {
  readonly hostName: string
  readonly idScope: string
  readonly enrollments: Enrollments
  readonly registrations: Registrations
  /** Those that enrollments name as caReferences. */
  readonly authorities: Authorities
  readonly credentials: CredentialIssuer | undefined
  /** For the adapters in this folder. */
  readonly context: DpsContext
  /** Of the service side: a secret. */
  serviceConnectionString(): string
  /** `document` is the JSON of the service's REST calls. */
  enroll(registrationId: string, document: JsonValue): IndividualEnrollment
  enrollGroup(enrollmentGroupId: string, document: JsonValue): EnrollmentGroup
  /** One connection of a device over MQTT. */
  accept(duplex: HubDuplex, options?: ConnectionOptions): HubConnection
  /** And over AMQP. */
  acceptAmqp(duplex: HubDuplex, options?: ConnectionOptions): HubConnection
  /** A connection that failed before it carried a byte for the service. */
  refuse(reason: ReasonId, options: { peer: string; detail?: string }): void
  onEvent(listener: (event: DpsEvent) => void): () => void
  /** Ends every connection and closes the store. */
  close(): Promise<void>
}

/** Of the form of Azure's. */
const DEFAULT_ID_SCOPE = '0ne00000000'
/** [B2] */
const RETRY_AFTER_SECONDS = 3

function reportingStore(store: HubStore, report: (message: string) => void): HubStore {
  const told = (kept: Kept): Kept => (error) => {
    if (error !== undefined) { report(`a record could not be stored: ${error.message}`) }
    kept(error)
  }
  return {
    load: (kind) => store.load(kind),
    close: () => store.close(),
    put: (kind, key, record, kept) => store.put(kind, key, record, told(kept)),
    remove: (kind, key, kept) => store.remove(kind, key, told(kept))
  }
}

export function createDps(options: DpsOptions): Dps {
  const { hostName, idScope = DEFAULT_ID_SCOPE, linkedHubs, clock = systemClock, random = systemRandom, post = fetch, retryAfterSeconds = RETRY_AFTER_SECONDS } = options
  const listeners = new Set<(event: DpsEvent) => void>()
  /** Each ends one connection. */
  const open = new Set<() => void>()
  let isClosed = false
  const report = (event: DpsEvent): void => {
    for (const listener of listeners) { listener(event) }
  }
  const store = reportingStore(options.store ?? memoryStore(), (message) => report({ type: 'fault', time: clock.now(), message }))
  const given = { hostName, idScope, clock, random, store, linkedHubs, retryAfterSeconds, post, report }
  const parts: typeof given & Partial<DpsContext> = given
  const context = Object.assign(parts, {
    policies: ownerPolicy(given),
    authorities: createAuthorities(given),
    credentials: options.credentials === undefined ? undefined : createCredentialIssuer({ ...given, ...options.credentials }),
    enrollments: createEnrollments({ ...given, hubNames: linkedHubs.map((linked) => linked.hostName), removed: (enrollment) => context.registrations.forget(enrollment) })
  }) as typeof given & DpsContext
  Object.assign(parts, { registrations: createRegistrations(context, store) })
  const { enrollments } = context
  const opened = (end: () => void): void => {
    open.add(end)
    if (isClosed) { end() }
  }

  return {
    hostName,
    idScope,
    enrollments,
    registrations: context.registrations,
    authorities: context.authorities,
    credentials: context.credentials,
    context,
    serviceConnectionString: () => `HostName=${hostName};SharedAccessKeyName=${OWNER};SharedAccessKey=${context.policies.get(OWNER)!.primaryKey}`,
    enroll: (registrationId, document) => enrollments.individuals.put(registrationId, document),
    enrollGroup: (enrollmentGroupId, document) => enrollments.groups.put(enrollmentGroupId, document),
    accept(duplex, { peer = 'memory', secure = null } = {}) {
      const connection: DpsConnection = new DpsConnection({ dps: context, duplex, peer, secure, closed: () => open.delete(end) })
      const end = (): void => connection.close('hub-closed')
      opened(end)
      return connection
    },
    acceptAmqp(duplex, { peer = 'memory', secure = null } = {}) {
      const connection: AmqpConnection = new AmqpConnection({
        clock, duplex, containerId: hostName,
        serve: (self) => new DpsApplication({ dps: context, connection: self, peer, secure, closed: () => open.delete(end) })
      })
      const end = (): void => connection.close('hub-closed', new AmqpError('amqp:connection:forced', 'the service was closed'))
      opened(end)
      return connection
    },
    refuse(reason, { peer, detail }) {
      report({ type: 'refused', time: clock.now(), peer, reason, ...describeReason(reason, detail) })
    },
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      isClosed = true
      for (const end of open) { end() }
      await store.close()
    }
  }
}
