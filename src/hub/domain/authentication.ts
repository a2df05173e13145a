// Whether a claimed identity is who it says (reference A1 to A3). It knows no packet; the client only ever learns yes or no.

import { quoted, type ReasonId } from '../reason.js'
import type { Device, HubContext } from './device.js'
import { identityKey, type IdentityName } from './identity.js'
import { authenticateService, Right } from './policies.js'
import { hostOf, isSignedBy, parseSas, startsWith } from './sas.js'
import { provesAuthority, provesThumbprint, type ClientCertificate } from './x509.js'

export interface Claim extends IdentityName {
  /** The hub as the client named it, possibly with a port. */
  readonly hostName: string
  readonly token?: string | undefined
  readonly certificate?: ClientCertificate | undefined
}

export interface Refusal {
  readonly reason: ReasonId
  readonly detail?: string
}

export interface Proof {
  readonly device: Device
  /** Milliseconds since 1970; of a certificate, its end. */
  readonly tokenExpiresAt: number
  readonly by: 'token' | 'certificate'
  /** JSON text for `iothub-connection-auth-method`. */
  readonly authMethod: string
}

const authMethod = (scope: 'device' | 'module' | 'hub', type: 'sas' | 'x509'): string =>
  JSON.stringify({ scope, type, issuer: 'iothub', acceptingIpFilterRule: null })

/** Made once: every message carries one of them. */
const authMethods = {
  device: { sas: authMethod('device', 'sas'), x509: authMethod('device', 'x509') },
  module: { sas: authMethod('module', 'sas'), x509: authMethod('module', 'x509') },
  hub: { sas: authMethod('hub', 'sas') }
} as const

const hostNameOf = (hostName: string): string => hostOf({ resource: [hostName] }).host

export function authenticate(hub: HubContext, claim: Claim): Proof | Refusal {
  if (hostNameOf(claim.hostName) !== hostNameOf(hub.hostName)) {
    return { reason: 'wrong-hub', detail: `${quoted(claim.hostName)} instead of '${hub.hostName}'` }
  }
  const device = hub.devices.get(identityKey(claim))
  // an id with a slash in it must not pass for a module's two
  if (device?.identity.deviceId !== claim.deviceId) { return { reason: 'unknown-device', detail: quoted(identityKey(claim)) } }
  const { deviceId, moduleId, status } = device.identity
  const isDisabled = status === 'disabled' || (moduleId !== undefined && hub.devices.get(deviceId)?.identity.status === 'disabled')
  if (isDisabled) { return { reason: 'disabled-device' } }
  if (claim.token !== undefined) { return byToken(hub, device, claim.token) }
  return claim.certificate === undefined ? { reason: 'no-credentials' } : byCertificate(hub, device, claim.certificate)
}

function byToken(hub: HubContext, device: Device, text: string): Proof | Refusal {
  const token = parseSas(text)
  if (typeof token === 'string') { return { reason: 'malformed-token', detail: token } }
  const { deviceId, moduleId, authentication } = device.identity
  const { host, path } = hostOf(token)
  const target = moduleId === undefined ? ['devices', deviceId] : ['devices', deviceId, 'modules', moduleId]
  if (host !== hostNameOf(hub.hostName) || !startsWith(target, path)) {
    return { reason: 'foreign-token', detail: `${quoted(token.resource.join('/'))} does not cover '${[hostNameOf(hub.hostName), ...target].join('/')}'` }
  }
  if (token.policy !== undefined) { return byPolicy(hub, device, text) }
  const tokenExpiresAt = token.expiry * 1000
  if (tokenExpiresAt <= hub.clock.now()) {
    return { reason: 'expired-token', detail: `${Math.ceil((hub.clock.now() - tokenExpiresAt) / 1000)} s ago by the hub's clock` }
  }
  if (authentication.type !== 'sas') { return { reason: 'wrong-credentials', detail: `it is of type '${authentication.type}'` } }
  if (!isSignedBy(token, [authentication.primaryKey, authentication.secondaryKey])) { return { reason: 'wrong-signature' } }
  return { device, tokenExpiresAt, by: 'token', authMethod: authMethods[moduleId === undefined ? 'device' : 'module'].sas }
}

/** A token of the hub's own, for whoever may connect for any device [A3]. */
function byPolicy(hub: HubContext, device: Device, text: string): Proof | Refusal {
  const proof = authenticateService(hub, text)
  if ('reason' in proof) { return proof }
  if ((proof.rights & Right.DeviceConnect) === 0) { return { reason: 'missing-right', detail: `policy '${proof.policy}'` } }
  return { device, tokenExpiresAt: proof.expiresAt, by: 'token', authMethod: authMethods.hub.sas }
}

function byCertificate(hub: HubContext, device: Device, certificate: ClientCertificate): Proof | Refusal {
  const { moduleId, authentication } = device.identity
  const now = hub.clock.now()
  let result: number | ReasonId
  switch (authentication.type) {
    case 'selfSigned': result = provesThumbprint(certificate, authentication, now); break
    case 'certificateAuthority': result = provesAuthority(certificate, device.key, hub.authorities.verified(), now); break
    case 'sas':
    case 'none': return { reason: 'wrong-credentials', detail: `it is of type '${authentication.type}'` }
    default: return authentication satisfies never
  }
  return typeof result === 'number'
    ? { device, tokenExpiresAt: result, by: 'certificate', authMethod: authMethods[moduleId === undefined ? 'device' : 'module'].x509 }
    : { reason: result }
}
