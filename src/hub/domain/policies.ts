// Shared access policies: who may use the hub's service side, with which rights, proven by which keys. It knows no protocol.

import type { ReasonId } from '../reason.js'
import { quoted } from '../reason.js'
import type { HubContext } from './device.js'
import { newKey } from './identity.js'
import { hostOf, isSignedBy, parseSas, startsWith } from './sas.js'

/** Flags; a policy has several. */
export const Right = { RegistryRead: 1, RegistryWrite: 2, ServiceConnect: 4, DeviceConnect: 8 } as const

export interface Policy {
  readonly name: string
  /** Flags of Right. */
  readonly rights: number
  /** Base64. */
  readonly primaryKey: string
  readonly secondaryKey: string
}

/** What a token proves for as long as it lives; whether that is enough is `permits`. */
export interface ServiceProof {
  readonly policy: string
  readonly rights: number
  /** Where in the hub it counts, decoded and split at `/`; empty is everywhere. */
  readonly scope: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface ServiceRefusal {
  readonly reason: ReasonId
  readonly detail?: string
}

export interface Policies {
  /** Keys are made when they are first asked for, and kept. */
  list(): Policy[]
  get(name: string): Policy | undefined
}

const { RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect } = Right

const builtIn: Readonly<Record<string, number>> = Object.assign(Object.create(null) as Record<string, number>, {
  iothubowner: RegistryRead | RegistryWrite | ServiceConnect | DeviceConnect,
  service: ServiceConnect,
  device: DeviceConnect,
  registryRead: RegistryRead,
  registryReadWrite: RegistryRead | RegistryWrite
})

export function createPolicies({ store, random }: Pick<HubContext, 'store' | 'random'>): Policies {
  const policies = new Map(store.load('policy'))
  const get = (name: string): Policy | undefined => {
    const known = policies.get(name)
    const rights = builtIn[name]
    if (known !== undefined || rights === undefined) { return known }
    // made late: a simulation that never asks draws no random bytes for it
    const policy = { name, rights, primaryKey: newKey(random), secondaryKey: newKey(random) }
    policies.set(name, policy)
    store.put('policy', name, policy, () => {})
    return policy
  }
  return {
    get,
    list() {
      for (const name of Object.keys(builtIn)) { get(name) }
      return [...policies.values()]
    }
  }
}

/** Whether `token` was made with a key of one of the hub's policies and is still good. The scheme of Event Hubs (`sb://host/...`) is a host as well. */
export function authenticateService(hub: Pick<HubContext, 'hostName' | 'clock' | 'policies'>, text: string): ServiceProof | ServiceRefusal {
  const token = parseSas(text)
  if (typeof token === 'string') { return { reason: 'malformed-token', detail: token } }
  const { host, path } = hostOf(token)
  if (host !== hostOf({ resource: [hub.hostName] }).host) { return { reason: 'foreign-token', detail: `${quoted(host)} instead of '${hub.hostName}'` } }
  const policy = token.policy === undefined ? undefined : hub.policies.get(token.policy)
  if (policy === undefined) { return { reason: 'unknown-policy', detail: token.policy === undefined ? 'the token names none' : quoted(token.policy) } }
  if (!isSignedBy(token, [policy.primaryKey, policy.secondaryKey])) { return { reason: 'wrong-signature' } }
  const expiresAt = token.expiry * 1000
  if (expiresAt <= hub.clock.now()) { return { reason: 'expired-token' } }
  return { policy: policy.name, rights: policy.rights, scope: path, expiresAt }
}

/** True if all of `right` is there and the scope is `resource` or one of its parents; segments without the host, [] for the hub as such. */
export function permits(proof: Pick<ServiceProof, 'rights' | 'scope'>, right: number, resource: readonly string[] = []): boolean {
  return (proof.rights & right) === right && startsWith(resource, proof.scope)
}

/** Both at once, for one request that carries its token. A token for less than the resource is refused as foreign. */
export function authorizeService(hub: Pick<HubContext, 'hostName' | 'clock' | 'policies'>, token: string, right: number, resource: readonly string[] = []): ServiceProof | ServiceRefusal {
  const proof = authenticateService(hub, token)
  if ('reason' in proof) { return proof }
  if (!startsWith(resource, proof.scope)) { return { reason: 'foreign-token', detail: `${quoted(proof.scope.join('/'))} does not cover ${quoted(resource.join('/'))}` } }
  return permits(proof, right, resource) ? proof : { reason: 'missing-right', detail: `policy '${proof.policy}'` }
}
