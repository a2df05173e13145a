// The hub's devices: made from records at start, created, changed and removed afterwards. It knows no protocol.

import { HubError } from '../error.js'
import type { Kept } from '../store/store.js'
import { purgeQueue } from './cloud.js'
import type { Device, HubContext } from './device.js'
import { changedIdentity, identityKey, newIdentity, type Identity, type IdentityChange, type IdentityRequest } from './identity.js'
import { CloudQueue } from './queue.js'
import { Session } from './session.js'
import { newTwin } from './twin.js'

export interface Registry {
  /** Throws DeviceAlreadyExists or ArgumentInvalid. `kept` is called when it is stored. */
  create(request: IdentityRequest, kept?: Kept): Identity
  get(deviceId: string): Identity | undefined
  list(): Identity[]
  /** Throws DeviceNotFound, ArgumentInvalid or PreconditionFailed. A device that is now disabled is disconnected. */
  update(deviceId: string, change: IdentityChange, kept?: Kept): Identity
  /** Throws DeviceNotFound. Twin, session and queue go with it; a connected device is disconnected. */
  remove(deviceId: string, kept?: Kept): void
}

const AUTH_METHOD = JSON.stringify({ scope: 'device', type: 'sas', issuer: 'iothub', acceptingIpFilterRule: null })

function deviceOf(identity: Identity, parts: Partial<Pick<Device, 'twin' | 'queue' | 'session'>> = {}): Device {
  return {
    key: identityKey(identity),
    identity,
    authMethod: AUTH_METHOD,
    twin: newTwin(),
    queue: new CloudQueue(),
    session: new Session(),
    link: undefined,
    cancelLockTimer: undefined,
    awaitingOnline: new Set(),
    ...parts
  }
}

/** Fills the context's devices with what the store has. */
export function loadDevices({ store, devices }: HubContext): void {
  const twins = new Map(store.load('twin'))
  const sessions = new Map(store.load('session'))
  const queues = new Map(store.load('queue'))
  for (const [key, identity] of store.load('identity')) {
    const twin = twins.get(key)
    devices.set(key, deviceOf(identity, {
      ...(twin === undefined ? {} : { twin }),
      session: new Session(sessions.get(key)?.subscriptions),
      queue: new CloudQueue(queues.get(key))
    }))
  }
}

export function findDevice(hub: HubContext, deviceId: string): Device {
  const device = hub.devices.get(deviceId)
  if (device === undefined) { throw new HubError('DeviceNotFound', `there is no device '${deviceId}'. Create it first`) }
  return device
}

const ignore: Kept = () => {}

export function createRegistry(hub: HubContext): Registry {
  return {
    create(request, kept = ignore) {
      const identity = newIdentity(request, hub)
      const device = deviceOf(identity)
      if (hub.devices.has(device.key)) { throw new HubError('DeviceAlreadyExists', `device '${device.key}' exists already`) }
      hub.devices.set(device.key, device)
      hub.store.put('identity', device.key, identity, kept)
      return identity
    },
    get: (deviceId) => hub.devices.get(deviceId)?.identity,
    list: () => Array.from(hub.devices.values(), (device) => device.identity),
    update(deviceId, change, kept = ignore) {
      const device = findDevice(hub, deviceId)
      device.identity = changedIdentity(device.identity, change, hub.random)
      hub.store.put('identity', device.key, device.identity, kept)
      if (device.identity.status === 'disabled') { device.link?.close('device-disabled') }
      return device.identity
    },
    remove(deviceId, kept = ignore) {
      const device = findDevice(hub, deviceId)
      device.link?.close('device-removed')
      purgeQueue(hub, device, ignore)
      hub.devices.delete(device.key)
      hub.store.remove('session', device.key, ignore)
      hub.store.remove('twin', device.key, ignore)
      hub.store.remove('identity', device.key, kept)
    }
  }
}
