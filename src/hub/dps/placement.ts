// A registered device's identity and twin in its hub, and out of the hub it was in before (reference B5). It decides nothing.

import { createHash } from 'node:crypto'
import type { AuthenticationRequest } from '../domain/identity.js'
import { newTwin, patchTwin, type TwinState } from '../domain/twin.js'
import type { Hub } from '../hub.js'
import type { Kept } from '../store/store.js'
import type { LinkedHub } from './context.js'
import type { InitialTwin } from './enrollment.js'
import { gather } from './gather.js'

export interface Placement {
  readonly deviceId: string
  readonly linked: LinkedHub
  readonly authentication: AuthenticationRequest
  /** Base64 of DER: an authority whose certificates the device will come with. */
  readonly authority?: string
  readonly iotEdge: boolean
  readonly initialTwin?: InitialTwin | undefined
  /** Where it was; the same hub and id if it stays. */
  readonly before?: { readonly linked: LinkedHub | undefined; readonly deviceId: string } | undefined
  /** What becomes of the twin that it had. */
  readonly data: 'kept' | 'migrated' | 'reset'
  readonly now: number
}

function initialState(initialTwin: InitialTwin | undefined, now: number): TwinState {
  const twin = newTwin()
  if (initialTwin === undefined) { return twin }
  return patchTwin(patchTwin(twin, 'tags', initialTwin.tags, { now }), 'desired', initialTwin.desired, { now })
}

function giveTwin({ context }: Hub, deviceId: string, twin: TwinState, kept: Kept): void {
  const device = context.devices.get(deviceId)!
  device.twin = twin
  context.store.put('twin', device.key, twin, kept)
}

/** An authority is known to a hub by what it is: whoever brings it again changes nothing. */
function trust({ authorities }: Hub, certificate: string, kept: () => Kept): void {
  const name = `provisioning-${createHash('sha256').update(certificate).digest('hex').slice(0, 16)}`
  if (authorities.get(name) === undefined) { authorities.register({ name, certificate, isVerified: true }, { kept: kept() }) }
}

/** Throws what the hub's registry throws. A hub that is only a name is told of by name alone. */
export function place(placement: Placement, kept: Kept): void {
  const { deviceId, linked: { hub }, authentication, authority, iotEdge, initialTwin, before, data, now } = placement
  const all = gather(kept)
  const old = before?.linked?.hub
  const oldTwin = data === 'migrated' ? old?.context.devices.get(before!.deviceId)?.twin : undefined
  const removeOld = (): void => {
    if (old?.devices.get({ deviceId: before!.deviceId }) !== undefined) { old.devices.remove({ deviceId: before!.deviceId }, all.kept()) }
  }
  if (data === 'reset') { removeOld() }
  if (hub !== undefined) {
    if (authority !== undefined) { trust(hub, authority, all.kept) }
    if (hub.devices.get({ deviceId }) === undefined) {
      hub.devices.create({ deviceId, authentication, iotEdge }, all.kept())
      giveTwin(hub, deviceId, oldTwin ?? initialState(initialTwin, now), all.kept())
    } else {
      hub.devices.update({ deviceId }, { authentication, iotEdge }, all.kept())
      if (oldTwin !== undefined) { giveTwin(hub, deviceId, oldTwin, all.kept()) }
    }
  }
  // last: a hub that would not have it leaves it where it was
  if (data === 'migrated') { removeOld() }
  all.close()
}
