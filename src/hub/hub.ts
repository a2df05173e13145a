// The local hub: the domain put together behind one object, with connections coming in as duplex streams of bytes.

import { memoryBus } from './bus.js'
import { systemClock, systemRandom, type Clock, type Random } from './clock.js'
import { purgeQueue, sendToDevice, type CloudMessageRequest } from './domain/cloud.js'
import type { Device, HubContext } from './domain/device.js'
import type { JsonObject } from './domain/json.js'
import { MethodCalls, type MethodCall, type MethodResult } from './domain/methods.js'
import { createRegistry, findDevice, loadDevices, type Registry } from './domain/registry.js'
import { changeTwin, twinDocument, type TwinChangeOptions, type TwinDocument } from './domain/twins.js'
import { logEntryOf, type HubEvent, type HubLogEntry, type SecureInfo } from './event.js'
import type { HubConnection, HubDuplex } from './duplex.js'
import type { DeviceMessage } from './message.js'
import { MqttConnection } from './mqtt/connection.js'
import { describeReason, type ReasonId } from './reason.js'
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
  /** One entry for each thing worth a line; no secrets, no payloads. */
  readonly log?: (entry: HubLogEntry) => void
}

export interface Hub {
  readonly hostName: string
  readonly devices: Registry
  /** For devices; `port` only if it is not 8883. Throws DeviceNotFound. */
  connectionString(deviceId: string, options?: { port?: number }): string
  accept(duplex: HubDuplex, options?: ConnectionOptions): HubConnection
  /** A connection that failed before it carried a byte for the hub, for log and events. */
  refuse(reason: ReasonId, options: { peer: string; detail?: string }): void
  /** Telemetry in the order in which it was stored; the result ends the subscription. */
  onMessage(listener: (message: DeviceMessage) => void): () => void
  onEvent(listener: (event: HubEvent) => void): () => void
  /** Rejects with DeviceNotFound, ArgumentInvalid, DeviceNotOnline, DeviceTimeout, BadDeviceResponse or HubClosed. */
  invoke(deviceId: string, call: MethodCall): Promise<MethodResult>
  /** Queues a message and returns its id; throws DeviceNotFound, DeviceMaximumQueueDepthExceeded, MessageTooLarge, ArgumentInvalid. */
  send(deviceId: string, message: CloudMessageRequest, kept?: Kept): string
  /** Empties the device's queue and returns how many messages were in it. */
  purge(deviceId: string, kept?: Kept): number
  queueLength(deviceId: string): number
  twin(deviceId: string): TwinHandle
  connections(): ConnectionInfo[]
  /** Disconnects one device, or everything that is connected; the hub goes on. */
  disconnect(deviceId?: string): void
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
    append: (message, appended) => store.append(message, appended),
    close: () => store.close(),
    put: (kind, key, record, kept) => store.put(kind, key, record, logged(kept)),
    remove: (kind, key, kept) => store.remove(kind, key, logged(kept))
  }
}

export function createHub({ hostName, clock = systemClock, random = systemRandom, store = memoryStore(), log = () => {} }: HubOptions): Hub {
  const bus = memoryBus()
  const context: HubContext = {
    hostName, clock, random, bus, log, store: loggedStore(store, clock, log),
    devices: new Map<string, Device>(),
    report(event) {
      log(logEntryOf(event))
      bus.publishEvent(event)
    }
  }
  loadDevices(context)
  const methods = new MethodCalls(context)
  const open = new Set<MqttConnection>()
  let isClosed = false
  const find = (deviceId: string): Device => findDevice(context, deviceId)

  return {
    hostName,
    devices: createRegistry(context),
    connectionString(deviceId, { port } = {}) {
      const key = find(deviceId).identity.authentication.primaryKey
      const host = port === undefined || port === 8883 ? hostName : `${hostName}:${port}`
      return `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${key}`
    },
    accept(duplex, { peer = 'memory', secure = null } = {}) {
      const connection = new MqttConnection({ hub: context, methods, duplex, peer, tls: secure?.protocol ?? null, closed: () => open.delete(connection) })
      open.add(connection)
      if (isClosed) { connection.close('hub-closed') }
      return connection
    },
    refuse(reason, { peer, detail }) {
      context.report({ type: 'refused', time: clock.now(), peer, reason, ...describeReason(reason, detail) })
    },
    onMessage: (listener) => bus.onMessage(listener),
    onEvent: (listener) => bus.onEvent(listener),
    invoke: (deviceId, call) => new Promise((resolve, reject) => {
      methods.invoke(find(deviceId), call, (error, result) => error === undefined ? resolve(result!) : reject(error))
    }),
    send: (deviceId, message, kept = () => {}) => sendToDevice(context, find(deviceId), message, kept),
    purge: (deviceId, kept = () => {}) => purgeQueue(context, find(deviceId), kept),
    queueLength: (deviceId) => find(deviceId).queue.length,
    twin(deviceId) {
      const change = (part: 'tags' | 'desired', replace: boolean) => (values: JsonObject, options: TwinChangeOptions = {}): number =>
        changeTwin(context, find(deviceId), part, values, { ...options, replace })
      find(deviceId)
      return {
        document: () => twinDocument(find(deviceId)),
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
    disconnect(deviceId) {
      if (deviceId !== undefined) {
        find(deviceId).link?.close('hub-closed')
        return
      }
      for (const connection of open) { connection.close('hub-closed') }
    },
    async close() {
      isClosed = true
      for (const connection of open) { connection.close('hub-closed') }
      methods.close()
      await store.close()
    }
  }
}
