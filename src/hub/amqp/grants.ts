// What one connection has proven: tokens put by CBS or SASL, and its certificate, each for its time (reference A3, E3). It knows no link.

import { authenticate, type Proof, type Refusal } from '../domain/authentication.js'
import type { HubContext } from '../domain/device.js'
import { identityKey, type IdentityName } from '../domain/identity.js'
import { authenticateService, permits, Right, type ServiceProof, type ServiceRefusal } from '../domain/policies.js'
import { hostOf, parseSas } from '../domain/sas.js'
import type { ClientCertificate } from '../domain/x509.js'
import type { ReasonId } from '../reason.js'

/** Whoever relies on a grant; told when it ends. */
export type Expired = (reason: ReasonId) => void

export class Grant {
  readonly users = new Set<Expired>()
  cancelTimer: (() => void) | undefined

  constructor(public proof: Proof | ServiceProof, public token: string | undefined) {}

  get expiresAt(): number {
    return 'device' in this.proof ? this.proof.tokenExpiresAt : this.proof.expiresAt
  }
}

/** A gateway has a token for each of its devices. */
const MAX_GRANTS = 2000
const MISSING: Refusal = { reason: 'no-credentials' }

export class Grants {
  readonly #hub: HubContext
  readonly #certificate: ClientCertificate | undefined
  readonly #changed: () => void
  readonly #grants = new Map<string, Grant>()

  /** `changed` is called when there is one more or one less. */
  constructor(hub: HubContext, certificate: ClientCertificate | undefined, changed: () => void) {
    this.#hub = hub
    this.#certificate = certificate
    this.#changed = changed
  }

  get isEmpty(): boolean {
    return this.#grants.size === 0
  }

  /** A token for the same thing takes the place of the one before. */
  put(token: string): Refusal | ServiceRefusal | undefined {
    const sas = parseSas(token)
    if (typeof sas === 'string') { return { reason: 'malformed-token', detail: sas } }
    const { path } = hostOf(sas)
    const name = identityIn(path)
    const proof = name === undefined
      ? authenticateService(this.#hub, token)
      : authenticate(this.#hub, { hostName: this.#hub.hostName, ...name, token })
    if ('reason' in proof) { return proof }
    return this.#keep(`sas:${path.join('/')}`, proof, token) === undefined ? { reason: 'throttled', detail: `more than ${MAX_GRANTS} tokens on one connection` } : undefined
  }

  /** Who may speak for the identity on this connection: its own token, one of the hub's, or the certificate. */
  forDevice(name: IdentityName): { grant: Grant; proof: Proof } | Refusal {
    const path = name.moduleId === undefined ? ['devices', name.deviceId] : ['devices', name.deviceId, 'modules', name.moduleId]
    const claim = { hostName: this.#hub.hostName, ...name }
    for (const grant of this.#grants.values()) {
      const isForIt = 'device' in grant.proof ? grant.proof.device.key === identityKey(name) && grant.token !== undefined : permits(grant.proof, Right.DeviceConnect, path)
      if (!isForIt) { continue }
      const proof = authenticate(this.#hub, { ...claim, token: grant.token })
      return 'reason' in proof ? proof : { grant, proof }
    }
    if (this.#certificate === undefined) { return MISSING }
    const proof = authenticate(this.#hub, { ...claim, certificate: this.#certificate })
    if ('reason' in proof) { return proof }
    const grant = this.#keep(`x509:${identityKey(name)}`, proof, undefined)
    return grant === undefined ? { reason: 'throttled' } : { grant, proof }
  }

  /** `resource` as in `permits`. */
  forService(right: number, resource: readonly string[]): Grant | undefined {
    for (const grant of this.#grants.values()) {
      if (!('device' in grant.proof) && permits(grant.proof, right, resource)) { return grant }
    }
    return undefined
  }

  close(): void {
    for (const grant of this.#grants.values()) {
      grant.cancelTimer?.()
      grant.users.clear()
    }
    this.#grants.clear()
  }

  #keep(key: string, proof: Proof | ServiceProof, token: string | undefined): Grant | undefined {
    let grant = this.#grants.get(key)
    if (grant === undefined) {
      if (this.#grants.size >= MAX_GRANTS) { return undefined }
      grant = new Grant(proof, token)
      this.#grants.set(key, grant)
      this.#changed()
    } else {
      grant.proof = proof
      grant.token = token
      grant.cancelTimer?.()
    }
    const kept = grant
    kept.cancelTimer = this.#hub.clock.setTimer(() => this.#expire(key, kept), Math.max(0, kept.expiresAt - this.#hub.clock.now()))
    return kept
  }

  #expire(key: string, grant: Grant): void {
    this.#grants.delete(key)
    const reason = grant.token === undefined ? 'certificate-expired' : 'token-expired'
    for (const expired of grant.users) { expired(reason) }
    grant.users.clear()
    this.#changed()
  }
}

function identityIn([devices, deviceId, modules, moduleId, ...more]: readonly string[]): IdentityName | undefined {
  if (devices !== 'devices' || deviceId === undefined || more.length > 0) { return undefined }
  if (modules === undefined) { return { deviceId } }
  return modules === 'modules' && moduleId !== undefined ? { deviceId, moduleId } : undefined
}
