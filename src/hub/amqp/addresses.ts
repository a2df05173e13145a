// The addresses of links that a hub serves (reference E3) and what each means; it knows neither links nor who may use them.

import { EVENTS_NAME } from '../event-log.js'
import type { IdentityName } from '../domain/identity.js'
import { CBS } from './cbs.js'
import type { DeviceEndpoint } from './device.js'
import { MANAGEMENT } from './management.js'

export type Address =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'management' }
  | { readonly kind: 'to-devices' }
  | { readonly kind: 'feedback' }
  | { readonly kind: 'file-notifications' }
  | { readonly kind: 'device'; readonly endpoint: DeviceEndpoint; readonly name: IdentityName }
  | { readonly kind: 'events'; readonly consumerGroup: string; readonly partition: number; readonly resource: readonly string[] }

const fixed: Readonly<Record<string, Address>> = {
  'messages/devicebound': { kind: 'to-devices' },
  'messages/servicebound/feedback': { kind: 'feedback' },
  'messages/servicebound/filenotifications': { kind: 'file-notifications' }
}

const endpoints: Readonly<Record<string, DeviceEndpoint>> = {
  'messages/events': 'events',
  'messages/devicebound': 'devicebound',
  'methods/devicebound': 'methods',
  'twin': 'twin'
}

const DEVICE = /^devices\/([^/]+)(?:\/modules\/([^/]+))?\/(messages\/events|messages\/devicebound|methods\/devicebound|twin)$/i
const EVENTS = new RegExp(`^${EVENTS_NAME}(?:/events)?/ConsumerGroups/([^/]+)/Partitions/(\\d{1,4})$`, 'i')

/** A scheme and a host may stand before the path. */
function pathIn(address: string): string {
  return address.replace(/^amqps?:\/\/[^/]*/i, '').replace(/^\//, '')
}

/** Ids stand in addresses as they are [E5]; some SDKs encode them: `isKnown` tells which of the two it is. */
export function parseAddress(address: string, isKnown: (name: IdentityName) => boolean): Address | undefined {
  if (address === CBS) { return { kind: 'cbs' } }
  if (address === MANAGEMENT) { return { kind: 'management' } }
  const path = pathIn(address)
  const plain = Object.hasOwn(fixed, path.toLowerCase()) ? fixed[path.toLowerCase()] : undefined
  if (plain !== undefined) { return plain }
  const [, deviceId, moduleId, rest] = DEVICE.exec(path) ?? []
  if (deviceId !== undefined && rest !== undefined) {
    const asIs: IdentityName = { deviceId, ...(moduleId === undefined ? {} : { moduleId }) }
    const name = isKnown(asIs) ? asIs : decoded(asIs)
    return { kind: 'device', endpoint: endpoints[rest.toLowerCase()]!, name }
  }
  const [, consumerGroup, partition] = EVENTS.exec(path) ?? []
  return consumerGroup === undefined ? undefined : { kind: 'events', consumerGroup, partition: Number(partition), resource: path.split('/') }
}

function decoded(name: IdentityName): IdentityName {
  try {
    return {
      deviceId: decodeURIComponent(name.deviceId),
      ...(name.moduleId === undefined ? {} : { moduleId: decodeURIComponent(name.moduleId) })
    }
  } catch {
    return name
  }
}
