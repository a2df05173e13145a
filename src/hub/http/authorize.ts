// Who may ask for what over HTTP: policies for the service's side, identities for the device's (reference A3, E1). The client only learns yes or no.

import { authenticate, type Proof } from '../domain/authentication.js'
import type { HubContext } from '../domain/device.js'
import type { IdentityName } from '../domain/identity.js'
import { identityKey } from '../domain/identity.js'
import { authorizeService, type ServiceProof } from '../domain/policies.js'
import { clientCertificateOf } from '../domain/x509.js'
import { describeReason, quoted, type ReasonId } from '../reason.js'
import { HttpError } from './error.js'
import type { HttpRequest } from './request.js'

function refuse(hub: HubContext, peer: string, { reason, detail }: { reason: ReasonId; detail?: string }, deviceId?: string): HttpError {
  hub.report({
    type: 'refused', time: hub.clock.now(), peer, reason, ...describeReason(reason, detail),
    ...(deviceId === undefined ? {} : { deviceId: quoted(deviceId).slice(1, -1) })
  })
  return new HttpError(401, 'IotHubUnauthorizedAccess', 'Unauthorized', { 'www-authenticate': 'SharedAccessSignature' })
}

/** Throws 401 unless the request's token has `right` for `resource`, whose segments are without the host. */
export function requireService(hub: HubContext, request: HttpRequest, right: number, resource: readonly string[] = []): ServiceProof {
  const token = request.header('authorization')
  const proof = token === undefined ? { reason: 'no-credentials' } as const : authorizeService(hub, token, right, resource)
  if ('reason' in proof) { throw refuse(hub, request.peer, proof) }
  return proof
}

/** Throws 401 unless the request comes from this identity; an unknown one is unauthorized as well. */
export function requireDevice(hub: HubContext, request: HttpRequest, name: IdentityName): Proof {
  const token = request.header('authorization')
  const certificate = token === undefined ? clientCertificateOf(request.secure) : undefined
  const proof = authenticate(hub, { ...name, hostName: hub.hostName, token, certificate })
  if ('reason' in proof) { throw refuse(hub, request.peer, proof, identityKey(name)) }
  return proof
}
