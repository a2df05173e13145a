// Who is connected: one link for an identity, its session, its subscriptions, its comings and goings. It knows no transport.

import type { ReasonId } from '../reason.js'
import { deliverWaiting, watchQueue } from './cloud.js'
import type { Device, DeviceLink, HubContext } from './device.js'
import type { Subscription } from './session.js'

function keepSession(hub: HubContext, { key, session }: Device, kept: (error?: Error) => void): void {
  if (!session.persistent || session.subscriptions.length === 0) {
    hub.store.remove('session', key, kept)
  } else {
    hub.store.put('session', key, { subscriptions: session.subscriptions }, kept)
  }
}

/** Makes `link` the identity's only one: an earlier one is closed as replaced [MQTT-3.1.4-2]. Returns whether a session was resumed. */
export function attach(hub: HubContext, device: Device, link: DeviceLink, { clean }: { clean: boolean }): boolean {
  device.link?.close('replaced')
  const resumed = device.session.persistent && !clean
  if (!resumed) {
    device.session.clear()
    device.queue.release({ keepTags: false })
  }
  device.session.persistent = !clean
  if (clean) { keepSession(hub, device, () => {}) }
  device.link = link
  device.modelId = link.modelId
  device.connectionStateUpdatedAt = device.lastActivityAt = hub.clock.now()
  return resumed
}

/** Delivers what waited for this connection; call it once the device knows that it is connected. */
export function resume(hub: HubContext, device: Device): void {
  deliverWaiting(hub, device)
  for (const online of device.awaitingOnline) { online() }
}

export function detach(hub: HubContext, device: Device, link: DeviceLink): void {
  if (device.link !== link) { return }
  device.link = undefined
  device.queue.release({ keepTags: device.session.persistent })
  if (!device.session.persistent) { device.session.clear() }
  if (hub.devices.get(device.key) !== device) { return }
  watchQueue(hub, device)
  device.connectionStateUpdatedAt = hub.clock.now()
  // kept when it goes, not for every message: after a crash the times are those of the last connection that ended
  const { connectionStateUpdatedAt, lastActivityAt } = device
  hub.store.put('presence', device.key, { connectionStateUpdatedAt, lastActivityAt }, () => {})
}

/** Something was heard of an identity that keeps no connection. */
export function noteActivity(hub: HubContext, device: Device): void {
  device.lastActivityAt = hub.clock.now()
}

/** `granted` is called once the subscription is kept; streams flow from then on, see resume. */
export function subscribe(hub: HubContext, device: Device, wanted: readonly Subscription[], granted: (results: ((0 | 1) | ReasonId)[]) => void): void {
  const results = wanted.map((subscription): (0 | 1) | ReasonId =>
    device.session.subscribe(subscription) ? subscription.qos : 'too-many-subscriptions')
  keepSession(hub, device, (error) => {
    granted(error === undefined ? results : wanted.map((): ReasonId => 'store-failed'))
  })
}

export function unsubscribe(hub: HubContext, device: Device, filters: readonly string[], done: () => void): void {
  for (const filter of filters) { device.session.unsubscribe(filter) }
  keepSession(hub, device, done)
}
