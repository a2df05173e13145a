// What a hub does with the links of one AMQP connection: each address to its part, for whoever has proven the right to it.

import type { ServiceRefusal } from '../domain/policies.js'
import { Right } from '../domain/policies.js'
import type { HubContext } from '../domain/device.js'
import { identityKey, type IdentityName } from '../domain/identity.js'
import type { ClientCertificate } from '../domain/x509.js'
import { EVENTS_NAME } from '../event-log.js'
import { describeReason, quoted, type ReasonId } from '../reason.js'
import { parseAddress, type Address } from './addresses.js'
import { Cbs } from './cbs.js'
import type { AmqpApplication, AmqpConnection } from './connection.js'
import { AmqpDevice, modelIdOf } from './device.js'
import { AmqpError, conditionOf } from './error.js'
import { Grants, type Expired } from './grants.js'
import type { AnyLink } from './link.js'
import { Management } from './management.js'
import type { Readers } from './readers.js'
import { attachReceiver, attachSender } from './service.js'

export interface HubApplicationOptions {
  readonly hub: HubContext
  readonly readers: Readers
  readonly connection: AmqpConnection
  readonly peer: string
  readonly tls: string | null
  readonly certificate: ClientCertificate | undefined
  /** Called once, when the connection is over. */
  closed(): void
}

const unauthorized = (): AmqpError => new AmqpError('amqp:unauthorized-access', 'Unauthorized')

export class HubApplication implements AmqpApplication {
  readonly #options: HubApplicationOptions
  readonly #grants: Grants
  readonly #cbs: Cbs
  readonly #management: Management
  readonly #devices = new Map<string, AmqpDevice>()
  /** Somebody showed a token or a certificate, good or not: that he goes is no news. */
  #isHeard = false

  constructor(options: HubApplicationOptions) {
    const { hub, certificate, connection } = options
    this.#options = options
    this.#grants = new Grants(hub, certificate, () => {
      this.#isHeard = true
      connection.setKnown(!this.#grants.isEmpty)
    })
    this.#cbs = new Cbs((token) => this.#put(token))
    this.#management = new Management(hub)
  }

  plain(_username: string, password: string): boolean {
    return this.#put(password)
  }

  #put(token: string): boolean {
    this.#isHeard = true
    const refused = this.#grants.put(token)
    if (refused !== undefined) { this.#note(refused) }
    return refused === undefined
  }

  attach(link: AnyLink): void {
    const { hub } = this.#options
    const address = link.address === undefined ? undefined : parseAddress(link.address, (name) => hub.devices.has(identityKey(name)))
    const found = address === undefined ? undefined : this.#serve(address, link)
    if (found === undefined) {
      this.#note({ reason: 'unknown-address', detail: link.address === undefined ? 'a link without an address' : quoted(link.address) })
      throw new AmqpError('amqp:not-found', 'nothing is served at this address')
    }
  }

  /** Undefined if the address is none for links of this direction. */
  #serve(address: Address, link: AnyLink): true | undefined {
    const { hub, readers } = this.#options
    switch (address.kind) {
      case 'cbs':
        this.#cbs.attach(link)
        return true
      case 'management':
        this.#asService(link, [EVENTS_NAME, '$management'], () => this.#management.attach(link))
        return true
      case 'to-devices':
        if (link.direction === 'outgoing') { return undefined }
        this.#asService(link, ['messages', 'devicebound'], () => attachSender(hub, link))
        return true
      case 'feedback':
      case 'file-notifications':
        if (link.direction === 'incoming') { return undefined }
        this.#asService(link, ['messages', 'serviceBound', address.kind === 'feedback' ? 'feedback' : 'filenotifications'], () =>
          attachReceiver(hub, link, address.kind === 'feedback' ? hub.feedbackQueue : hub.fileNotifications))
        return true
      case 'events':
        if (link.direction === 'incoming') { return undefined }
        this.#asService(link, address.resource, () => readers.attach(link, address.consumerGroup, address.partition))
        return true
      case 'device':
        this.#deviceFor(address.name, link).attach(address.endpoint, link)
        return true
      default: return address satisfies never
    }
  }

  /** For as long as the token lives. */
  #asService(link: AnyLink, resource: readonly string[], attach: () => void): void {
    const grant = this.#grants.forService(Right.ServiceConnect, resource)
    if (grant === undefined) {
      this.#note({ reason: 'missing-right', detail: `for '${resource.join('/')}'` })
      throw unauthorized()
    }
    attach()
    const expired: Expired = (reason) => link.detach(new AmqpError(conditionOf(reason), describeReason(reason).message))
    grant.users.add(expired)
    const { detached } = link
    link.detached = () => {
      detached()
      grant.users.delete(expired)
    }
  }

  #deviceFor(name: IdentityName, link: AnyLink): AmqpDevice {
    const { hub, peer, tls } = this.#options
    const known = this.#devices.get(identityKey(name))
    if (known !== undefined) { return known }
    const found = this.#grants.forDevice(name)
    if ('reason' in found) {
      this.#note(found, identityKey(name))
      throw unauthorized()
    }
    if (hub.throttles.take('connect') > 0) {
      this.#note({ reason: 'throttled' }, identityKey(name))
      throw new AmqpError(conditionOf('throttled'), 'too many connections; try again later')
    }
    const { grant, proof } = found
    const device = new AmqpDevice({
      hub, proof, peer, tls, modelId: modelIdOf(link), expiresAt: () => grant.expiresAt, ended: (reason) => {
        this.#devices.delete(proof.device.key)
        grant.users.delete(expired)
        // the hub wants nobody here
        if (reason === 'hub-closed') { this.#options.connection.close(reason, new AmqpError(conditionOf(reason), describeReason(reason).message)) }
      }
    })
    const expired: Expired = (reason) => device.close(reason)
    grant.users.add(expired)
    this.#devices.set(proof.device.key, device)
    if (!device.connect()) { throw new AmqpError(conditionOf('hub-closed'), 'the connection was ended') }
    return device
  }

  #note({ reason, detail }: ServiceRefusal, deviceId?: string): void {
    const { hub, peer } = this.#options
    hub.report({
      type: 'refused', time: hub.clock.now(), peer, reason, ...describeReason(reason, detail),
      ...(deviceId === undefined ? {} : { deviceId: quoted(deviceId).slice(1, -1) })
    })
  }

  ended(reason: ReasonId, detail?: string): void {
    const isGoing = reason === 'connection-lost' || reason === 'disconnected'
    for (const device of this.#devices.values()) { device.finish(reason, detail) }
    this.#grants.close()
    if (!isGoing || !this.#isHeard) { this.#note({ reason: reason === 'connection-lost' ? 'left-early' : reason, ...(detail === undefined ? {} : { detail }) }) }
    this.#options.closed()
  }
}
