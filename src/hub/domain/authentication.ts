// Whether a claimed identity is who it says (reference A1, A3). It knows no packet; the client only ever learns yes or no.

import { quoted, type ReasonId } from '../reason.js'
import type { Device, HubContext } from './device.js'
import { identityKey, type IdentityName } from './identity.js'
import { coversResource, isSignedBy, parseSas } from './sas.js'

export interface Claim extends IdentityName {
  /** The hub as the client named it, possibly with a port. */
  readonly hostName: string
  readonly token: string | undefined
}

export interface Refusal {
  readonly reason: ReasonId
  readonly detail?: string
}

export interface Proof {
  readonly device: Device
  /** Milliseconds since 1970. */
  readonly tokenExpiresAt: number
}

/** SDKs repeat the port of the connection string in user name and token [E4]; the hub is the same on any port. */
function withoutPort(hostName: string): string {
  return hostName.replace(/:\d{1,5}$/, '').toLowerCase()
}

export function authenticate(hub: HubContext, claim: Claim): Proof | Refusal {
  if (withoutPort(claim.hostName) !== withoutPort(hub.hostName)) {
    return { reason: 'wrong-hub', detail: `${quoted(claim.hostName)} instead of '${hub.hostName}'` }
  }
  const device = hub.devices.get(identityKey(claim))
  if (device === undefined) { return { reason: 'unknown-device', detail: quoted(identityKey(claim)) } }
  const { identity } = device
  if (identity.status === 'disabled') { return { reason: 'disabled-device' } }
  if (claim.token === undefined) { return { reason: 'no-credentials' } }
  const token = parseSas(claim.token)
  if (typeof token === 'string') { return { reason: 'malformed-token', detail: token } }

  const [host = '', ...path] = token.resource
  const scope = { ...token, resource: [withoutPort(host), ...path] }
  const target = [withoutPort(hub.hostName), 'devices', identity.deviceId]
  if (identity.moduleId !== undefined) { target.push('modules', identity.moduleId) }
  if (!coversResource(scope, target)) {
    return { reason: 'foreign-token', detail: `${quoted(token.resource.join('/'))} does not cover '${target.join('/')}'` }
  }
  const tokenExpiresAt = token.expiry * 1000
  if (tokenExpiresAt <= hub.clock.now()) {
    return { reason: 'expired-token', detail: `${Math.ceil((hub.clock.now() - tokenExpiresAt) / 1000)} s ago by the hub's clock` }
  }
  const { primaryKey, secondaryKey } = identity.authentication
  if (!isSignedBy(token, [primaryKey, secondaryKey])) { return { reason: 'wrong-signature' } }
  return { device, tokenExpiresAt }
}
