// The hub's devices and modules: made from records at start, created, changed and removed afterwards. It knows no protocol.

import { HubError } from '../error.js'
import { partitionOf } from '../event-log.js'
import { whenAll } from '../store/kept.js'
import type { CloudMessageRecord, Kept } from '../store/store.js'
import { purgeQueue, watchQueue } from './cloud.js'
import type { Device, HubContext } from './device.js'
import { changedIdentity, checkMatch, identityKey, newIdentity, type Identity, type IdentityChange, type IdentityName, type IdentityRequest, type SasIdentity } from './identity.js'
import { CloudQueue } from './queue.js'
import { Session } from './session.js'
import { newTwin } from './twin.js'

/** A device id, a `device/module`, or either as an object. */
export type Name = string | IdentityName

export interface RegistryStatistics {
  readonly totalDeviceCount: number
  readonly enabledDeviceCount: number
  readonly disabledDeviceCount: number
  readonly connectedDeviceCount: number
}

/** Each `kept` is called when the change is stored. */
export interface Registry {
  /** Throws DeviceAlreadyExists, ModuleAlreadyExists, DeviceNotFound (of a module's device), TooManyModules, Throttled or ArgumentInvalid. */
  create(request: IdentityRequest & { authentication?: undefined }, kept?: Kept): SasIdentity
  create(request: IdentityRequest, kept?: Kept): Identity
  get(name: Name): Identity | undefined
  /** Devices, without modules, in the order of their creation. */
  list(): Identity[]
  /** Throws DeviceNotFound. */
  modules(deviceId: string): Identity[]
  /** Throws DeviceNotFound, ModuleNotFound, ArgumentInvalid, Throttled or PreconditionFailed. Who is now disabled is disconnected. */
  update(name: Name, change: IdentityChange, kept?: Kept): Identity
  /** Throws DeviceNotFound, ModuleNotFound, Throttled or PreconditionFailed. Twin, session, queue and modules go with it; who is connected is disconnected. */
  remove(name: Name, kept?: Kept, options?: { ifMatch?: string }): void
  statistics(): RegistryStatistics
}

const MAX_MODULES = 50
/** What every gateway has [G]. */
const EDGE_MODULES = ['$edgeAgent', '$edgeHub']

type Parts = Pick<Device, 'twin' | 'queue' | 'session' | 'connectionStateUpdatedAt' | 'lastActivityAt'>

function deviceOf(identity: Identity, partitionCount: number, parts: Partial<Parts> = {}): Device {
  return {
    key: identityKey(identity),
    identity,
    partition: partitionOf(identity.deviceId, partitionCount),
    twin: newTwin(),
    queue: new CloudQueue(),
    session: new Session(),
    link: undefined,
    connectionStateUpdatedAt: 0,
    lastActivityAt: 0,
    modelId: undefined,
    modules: undefined,
    cancelQueueTimer: undefined,
    awaitingOnline: new Set(),
    ...parts
  }
}

/** Fills the context's devices with what the store has. */
export function loadDevices(hub: HubContext): void {
  const { store, devices, events } = hub
  const twins = new Map(store.load('twin'))
  const sessions = new Map(store.load('session'))
  const presences = new Map(store.load('presence'))
  const queues = new Map<string, CloudMessageRecord[]>()
  for (const [, record] of store.load('c2d')) {
    const queue = queues.get(record.deviceKey)
    if (queue === undefined) { queues.set(record.deviceKey, [record]) } else { queue.push(record) }
  }
  const identities = [...store.load('identity')].sort(([, a], [, b]) => a.createdAt - b.createdAt)
  for (const [key, identity] of identities) {
    const twin = twins.get(key)
    const device = deviceOf(identity, events.partitionCount, {
      ...(twin === undefined ? {} : { twin }),
      ...presences.get(key),
      session: new Session(sessions.get(key)?.subscriptions),
      queue: new CloudQueue(queues.get(key))
    })
    devices.set(key, device)
    if (device.queue.length > 0) { watchQueue(hub, device) }
  }
  for (const device of devices.values()) { listModule(hub, device) }
}

function listModule(hub: HubContext, device: Device): void {
  const { deviceId, moduleId } = device.identity
  const owner = moduleId === undefined ? undefined : hub.devices.get(deviceId)
  if (owner !== undefined) { (owner.modules ??= new Set()).add(device) }
}

/** Throws DeviceNotFound or ModuleNotFound. */
export function findDevice(hub: HubContext, name: Name): Device {
  const key = typeof name === 'string' ? name : identityKey(name)
  const device = hub.devices.get(key)
  // an id with a slash in it must not pass for a module's two
  if (device !== undefined && (typeof name === 'string' || device.identity.deviceId === name.deviceId)) { return device }
  const [deviceId = '', moduleId] = typeof name === 'string' ? name.split('/') : [name.deviceId, name.moduleId]
  throw moduleId !== undefined && hub.devices.has(deviceId)
    ? new HubError('ModuleNotFound', `device '${deviceId}' has no module '${moduleId}'. Create it first`)
    : new HubError('DeviceNotFound', `there is no device '${deviceId}'. Create it first`)
}

export function modulesOf({ modules }: Device): Device[] {
  return modules === undefined ? [] : [...modules]
}

/** A scope that is given must be that of a gateway there is. */
function checkScopes(hub: HubContext, { moduleId, iotEdge, deviceScope, parentScopes }: Identity): void {
  if (moduleId !== undefined) { return }
  const needed = new Set(parentScopes)
  if (!iotEdge && deviceScope !== undefined) { needed.add(deviceScope) }
  for (const scope of needed) {
    const id = scope.slice('ms-azure-iot-edge://'.length, scope.lastIndexOf('-'))
    const gateway = hub.devices.get(id)?.identity
    if (gateway === undefined || !gateway.iotEdge || gateway.deviceScope !== scope) {
      throw new HubError('ArgumentInvalid', `no gateway has the scope '${scope}'`)
    }
  }
}

const ignore: Kept = () => {}

export function createRegistry(hub: HubContext): Registry {
  const isNew = (key: string, { moduleId }: IdentityName): void => {
    if (!hub.devices.has(key)) { return }
    throw moduleId === undefined
      ? new HubError('DeviceAlreadyExists', `device '${key}' exists already`)
      : new HubError('ModuleAlreadyExists', `module '${key}' exists already`)
  }
  const add = (identity: Identity, kept: Kept): void => {
    const device = deviceOf(identity, hub.events.partitionCount)
    hub.devices.set(device.key, device)
    listModule(hub, device)
    hub.store.put('identity', device.key, identity, (error) => {
      kept(error)
      if (error === undefined) { reportLifecycle(hub, identity, 'created') }
    })
  }
  const missingModules = ({ deviceId, iotEdge }: Identity): IdentityName[] =>
    iotEdge ? EDGE_MODULES.map((moduleId) => ({ deviceId, moduleId })).filter((name) => !hub.devices.has(identityKey(name))) : []
  const addModules = (names: readonly IdentityName[], kept: Kept): void => {
    for (const name of names) { add(newIdentity({ ...name, managedBy: 'iotEdge' }, hub), kept) }
  }
  const removeOne = (device: Device, kept: Kept): void => {
    device.link?.close('device-removed')
    purgeQueue(hub, device, ignore)
    hub.devices.delete(device.key)
    if (device.identity.moduleId !== undefined) { hub.devices.get(device.identity.deviceId)?.modules?.delete(device) }
    hub.store.remove('session', device.key, ignore)
    hub.store.remove('presence', device.key, ignore)
    hub.store.remove('twin', device.key, ignore)
    hub.store.remove('identity', device.key, (error) => {
      kept(error)
      if (error === undefined) { reportLifecycle(hub, device.identity, 'deleted') }
    })
  }

  return {
    create(request: IdentityRequest, kept: Kept = ignore) {
      const identity = newIdentity(request, hub)
      const key = identityKey(identity)
      isNew(key, identity)
      if (identity.moduleId !== undefined) {
        if (modulesOf(findDevice(hub, identity.deviceId)).length >= MAX_MODULES) {
          throw new HubError('TooManyModules', `device '${identity.deviceId}' has ${MAX_MODULES} modules already`)
        }
      }
      checkScopes(hub, identity)
      hub.throttles.require('registry')
      const modules = missingModules(identity)
      const oneKept = whenAll(1 + modules.length, kept)
      add(identity, oneKept)
      addModules(modules, oneKept)
      return identity as SasIdentity
    },
    get: (name) => hub.devices.get(typeof name === 'string' ? name : identityKey(name))?.identity,
    list: () => Array.from(hub.devices.values(), (device) => device.identity).filter(({ moduleId }) => moduleId === undefined),
    modules(deviceId) {
      return modulesOf(findDevice(hub, { deviceId })).map(({ identity }) => identity)
    },
    update(name, change, kept = ignore) {
      const device = findDevice(hub, name)
      const identity = changedIdentity(device.identity, change, hub)
      checkScopes(hub, identity)
      hub.throttles.require('registry')
      const modules = missingModules(identity)
      const oneKept = whenAll(1 + modules.length, kept)
      device.identity = identity
      hub.store.put('identity', device.key, identity, oneKept)
      addModules(modules, oneKept)
      if (identity.status === 'disabled') {
        for (const each of [device, ...modulesOf(device)]) { each.link?.close('device-disabled') }
      }
      return identity
    },
    remove(name, kept = ignore, { ifMatch } = {}) {
      const device = findDevice(hub, name)
      checkMatch(ifMatch, device.identity.etag, `'${device.key}'`)
      hub.throttles.require('registry')
      const modules = modulesOf(device)
      const oneKept = whenAll(1 + modules.length, kept)
      for (const each of [...modules, device]) { removeOne(each, oneKept) }
    },
    statistics() {
      const counts = { totalDeviceCount: 0, enabledDeviceCount: 0, disabledDeviceCount: 0, connectedDeviceCount: 0 }
      for (const { identity, link } of hub.devices.values()) {
        if (identity.moduleId !== undefined) { continue }
        counts.totalDeviceCount++
        counts[identity.status === 'enabled' ? 'enabledDeviceCount' : 'disabledDeviceCount']++
        if (link !== undefined) { counts.connectedDeviceCount++ }
      }
      return counts
    }
  }
}

function reportLifecycle(hub: HubContext, { deviceId, moduleId }: Identity, change: 'created' | 'deleted'): void {
  hub.report({ type: 'lifecycle', time: hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }), change })
}
