// The local hub: the domain put together behind one object, with connections coming in as duplex streams of bytes.

import { memoryBus } from './bus.js'
import { Configurations } from './configurations/configurations.js'
import { systemClock, systemRandom, type Clock, type Random } from './clock.js'
import { createAuthorities, type Authorities } from './domain/authorities.js'
import { purgeQueue, sendToDevice, type CloudMessageRequest } from './domain/cloud.js'
import type { Device, HubContext } from './domain/device.js'
import { Feedback } from './domain/feedback.js'
import type { JsonObject } from './domain/json.js'
import { MethodCalls, type MethodCall, type MethodResult } from './domain/methods.js'
import { createPolicies, type Policies } from './domain/policies.js'
import { createRegistry, findDevice, loadDevices, type Name, type Registry } from './domain/registry.js'
import { ServiceQueue } from './domain/service-queue.js'
import { createThrottles, unthrottled, type ThrottleOptions, type Throttles } from './domain/throttles.js'
import { changeTwin, twinDocument, type TwinChangeOptions, type TwinDocument } from './domain/twins.js'
import type { BlobContainer } from './domain/uploads.js'
import { HubError } from './error.js'
import { EVENTS_NAME, type EventLog } from './event-log.js'
import { logEntryOf, type HubEvent, type HubLogEntry, type SecureInfo } from './event.js'
import { clientCertificateOf } from './domain/x509.js'
import type { HubConnection, HubDuplex } from './duplex.js'
import type { DeviceMessage } from './message.js'
import { jobLimits, Jobs } from './jobs/jobs.js'
import { createQueries, type Queries } from './jobs/queries.js'
import { MqttConnection } from './mqtt/connection.js'
import { describeReason, type ReasonId } from './reason.js'
import { memoryEventLog } from './store/memory-log.js'
import { memoryStore } from './store/memory.js'
import type { HubStore, Kept } from './store/store.js'

export interface ConnectionOptions {
  /** For logs: an address, a name. */
  readonly peer?: string
  readonly secure?: SecureInfo | null
}

export interface ConnectionInfo {
  readonly deviceId: string
  readonly moduleId?: string
  readonly peer: string
  readonly tls: string | null
  /** Milliseconds since 1970, both. */
  readonly connectedAt: number
  readonly tokenExpiresAt: number
  readonly subscriptions: string[]
  readonly modelId?: string
}

/** The service's side of one twin; versions are those of the part, errors are HubErrors. */
export interface TwinHandle {
  document(): TwinDocument
  patchDesired(patch: JsonObject, options?: TwinChangeOptions): number
  replaceDesired(values: JsonObject, options?: TwinChangeOptions): number
  patchTags(patch: JsonObject, options?: TwinChangeOptions): number
  replaceTags(values: JsonObject, options?: TwinChangeOptions): number
}

export interface HubOptions {
  /** As in the connection strings: a name or an address, without a port. */
  readonly hostName: string
  readonly clock?: Clock
  readonly random?: Random
  readonly store?: HubStore
  /** The log of the built-in endpoint; in memory if not given. */
  readonly events?: EventLog
  /** Besides `$Default`. */
  readonly consumerGroups?: readonly string[]
  /** Where devices upload files; without it they cannot. */
  readonly blobs?: BlobContainer
  /** Rates are limited only with a tier, or as whoever runs the hub decides. */
  readonly throttle?: ThrottleOptions | Throttles
  /** One entry for each thing worth a line; no secrets, no payloads. */
  readonly log?: (entry: HubLogEntry) => void
}

export interface Hub {
  readonly hostName: string
  readonly devices: Registry
  readonly policies: Policies
  /** Those whose certificates devices may come with. */
  readonly authorities: Authorities
  /** The built-in endpoint. */
  readonly events: EventLog
  /** Of devices, modules and what jobs did to them. */
  readonly queries: Queries
  readonly jobs: Jobs
  readonly configurations: Configurations
  /** For the adapters in this folder. */
  readonly context: HubContext
  /** Of a shared access policy, iothubowner if not given: a secret. Throws ArgumentInvalid. */
  serviceConnectionString(policy?: string): string
  /** Of the built-in endpoint, `port` only if it is not 5671: a secret. */
  eventHubsConnectionString(options?: { port?: number }): string
  /** For devices; `port` only if it is not 8883. Throws DeviceNotFound, ModuleNotFound, or ArgumentInvalid if it has no key. */
  connectionString(name: Name, options?: { port?: number }): string
  accept(duplex: HubDuplex, options?: ConnectionOptions): HubConnection
  /** A connection that failed before it carried a byte for the hub, for log and events. */
  refuse(reason: ReasonId, options: { peer: string; detail?: string }): void
  /** Telemetry in the order in which it was stored; the result ends the subscription. */
  onMessage(listener: (message: DeviceMessage) => void): () => void
  onEvent(listener: (event: HubEvent) => void): () => void
  /** Rejects with DeviceNotFound, ArgumentInvalid, DeviceNotOnline, DeviceTimeout, BadDeviceResponse or HubClosed. */
  invoke(name: Name, call: MethodCall): Promise<MethodResult>
  /** Queues a message and returns its id; throws DeviceNotFound, DeviceMaximumQueueDepthExceeded, MessageTooLarge, ArgumentInvalid. */
  send(name: Name, message: CloudMessageRequest, kept?: Kept): string
  /** Empties the device's queue and returns how many messages were in it. */
  purge(name: Name, kept?: Kept): number
  queueLength(name: Name): number
  twin(name: Name): TwinHandle
  connections(): ConnectionInfo[]
  /** Disconnects one device, or everything that is connected; the hub goes on. */
  disconnect(name?: Name): void
  /** Disconnects everything, now and from now on, ends pending calls and closes the store. */
  close(): Promise<void>
}

/** A record that could not be kept is logged whether or not anyone waits for it. */
function loggedStore(store: HubStore, clock: Clock, log: (entry: HubLogEntry) => void): HubStore {
  const logged = (kept: Kept): Kept => (error) => {
    if (error !== undefined) { log({ time: clock.now(), level: 'error', event: 'store', message: `a record could not be stored: ${error.message}` }) }
    kept(error)
  }
  return {
    load: (kind) => store.load(kind),
    close: () => store.close(),
    put: (kind, key, record, kept) => store.put(kind, key, record, logged(kept)),
    remove: (kind, key, kept) => store.remove(kind, key, logged(kept))
  }
}

/** Reads of the built-in endpoint need ServiceConnect; this is the policy of Azure's own connection strings. */
const EVENT_POLICY = 'iothubowner'

export function createHub(options: HubOptions): Hub {
  const { hostName, clock = systemClock, random = systemRandom, store = memoryStore(), log = () => {}, throttle } = options
  const bus = memoryBus()
  const context = createContext(options, { hostName, clock, random, bus, log, store: loggedStore(store, clock, log) }, throttlesOf(throttle, clock))
  const configurations = new Configurations(context, { count: (text) => queries.count(text) })
  const jobs = new Jobs(context, { configurationsOf: configurations.of, limits: jobLimits(throttle !== undefined && 'tier' in throttle ? throttle : undefined) })
  const queries = createQueries(context, { configurationsOf: configurations.of, jobRows: (after) => jobs.rows(after) })
  const open = new Set<MqttConnection>()
  let isClosed = false
  const find = (name: Name): Device => findDevice(context, name)
  const policyOf = (name: string): { primaryKey: string } => {
    const policy = context.policies.get(name)
    if (policy === undefined) { throw new HubError('ArgumentInvalid', `there is no shared access policy '${name}'`) }
    return policy
  }

  return {
    hostName,
    devices: context.registry,
    policies: context.policies,
    authorities: context.authorities,
    events: context.events,
    queries,
    jobs,
    configurations,
    context,
    serviceConnectionString: (policy = 'iothubowner') => `HostName=${hostName};SharedAccessKeyName=${policy};SharedAccessKey=${policyOf(policy).primaryKey}`,
    eventHubsConnectionString({ port } = {}) {
      const host = port === undefined || port === 5671 ? hostName : `${hostName}:${port}`
      return `Endpoint=sb://${host}/;SharedAccessKeyName=${EVENT_POLICY};SharedAccessKey=${policyOf(EVENT_POLICY).primaryKey};EntityPath=${EVENTS_NAME}`
    },
    connectionString(name, { port } = {}) {
      const { deviceId, moduleId, authentication } = find(name).identity
      if (authentication.type !== 'sas') { throw new HubError('ArgumentInvalid', `the identity has no key: it is of type '${authentication.type}'`) }
      const host = port === undefined || port === 8883 ? hostName : `${hostName}:${port}`
      return `HostName=${host};DeviceId=${deviceId};${moduleId === undefined ? '' : `ModuleId=${moduleId};`}SharedAccessKey=${authentication.primaryKey}`
    },
    accept(duplex, { peer = 'memory', secure = null } = {}) {
      const connection = new MqttConnection({
        hub: context, duplex, peer, tls: secure?.protocol ?? null, certificate: clientCertificateOf(secure), closed: () => open.delete(connection)
      })
      open.add(connection)
      if (isClosed) { connection.close('hub-closed') }
      return connection
    },
    refuse(reason, { peer, detail }) {
      context.report({ type: 'refused', time: clock.now(), peer, reason, ...describeReason(reason, detail) })
    },
    onMessage: (listener) => bus.onMessage(listener),
    onEvent: (listener) => bus.onEvent(listener),
    invoke: (name, call) => new Promise((resolve, reject) => {
      context.methods.invoke(find(name), call, (error, result) => error === undefined ? resolve(result!) : reject(error))
    }),
    send: (name, message, kept = () => {}) => sendToDevice(context, find(name), message, kept),
    purge: (name, kept = () => {}) => purgeQueue(context, find(name), kept),
    queueLength: (name) => find(name).queue.length,
    twin(name) {
      const change = (part: 'tags' | 'desired', replace: boolean) => (values: JsonObject, options: TwinChangeOptions = {}): number =>
        changeTwin(context, find(name), part, values, { ...options, replace })
      find(name)
      return {
        document: () => twinDocument(find(name)),
        patchDesired: change('desired', false),
        replaceDesired: change('desired', true),
        patchTags: change('tags', false),
        replaceTags: change('tags', true)
      }
    },
    connections: () => [...context.devices.values()].flatMap(({ identity, link, session }) => link === undefined ? [] : [{
      deviceId: identity.deviceId,
      ...(identity.moduleId === undefined ? {} : { moduleId: identity.moduleId }),
      peer: link.peer,
      tls: link.tls,
      connectedAt: link.connectedAt,
      tokenExpiresAt: link.tokenExpiresAt,
      subscriptions: session.subscriptions.map((subscription) => subscription.filter),
      ...(link.modelId === undefined ? {} : { modelId: link.modelId })
    }]),
    disconnect(name) {
      if (name !== undefined) {
        find(name).link?.close('hub-closed')
        return
      }
      for (const { link } of context.devices.values()) { link?.close('hub-closed') }
      for (const connection of open) { connection.close('hub-closed') }
    },
    async close() {
      isClosed = true
      jobs.close()
      configurations.close()
      this.disconnect()
      context.methods.close()
      context.feedback.close()
      context.feedbackQueue.close()
      context.fileNotifications.close()
      for (const device of context.devices.values()) { device.cancelQueueTimer?.() }
      await context.events.close()
      await store.close()
    }
  }
}

function throttlesOf(throttle: HubOptions['throttle'], clock: Clock): Throttles {
  if (throttle === undefined) { return unthrottled }
  return 'take' in throttle ? throttle : createThrottles(throttle, clock)
}

type Given = Pick<HubContext, 'hostName' | 'clock' | 'random' | 'store' | 'bus' | 'log'>

function createContext({ events, consumerGroups = [], blobs }: HubOptions, given: Given, throttles: Throttles): HubContext {
  const { clock, store, bus, log } = given
  const feedbackQueue = new ServiceQueue(given, 'feedback')
  const context: Omit<HubContext, 'registry'> & { registry?: Registry } = {
    ...given,
    devices: new Map<string, Device>(),
    methods: new MethodCalls({ clock, throttles }),
    events: events ?? memoryEventLog({ clock }),
    consumerGroups: new Set(['$Default', ...consumerGroups]),
    policies: createPolicies(given),
    authorities: createAuthorities(given),
    throttles,
    feedbackQueue,
    feedback: new Feedback({ clock, store }, feedbackQueue),
    fileNotifications: new ServiceQueue(given, 'files'),
    uploads: new Map(store.load('upload')),
    blobs,
    report(event) {
      log(logEntryOf(event))
      bus.publishEvent(event)
    }
  }
  const hub = Object.assign(context, { registry: createRegistry(context as HubContext) })
  loadDevices(hub)
  return hub
}
