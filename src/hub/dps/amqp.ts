// A device's connection to the provisioning service over AMQP (reference B5): SASL PLAIN or a certificate, two links, requests and answers.

import { accepted, bodyOf, dataSection, decodeMessage, rejected, type AmqpMessage } from '../amqp/codec.js'
import type { AmqpApplication, AmqpConnection } from '../amqp/connection.js'
import { AmqpError, amqpErrorOf } from '../amqp/error.js'
import type { AnyLink, Delivery, OutgoingLink } from '../amqp/link.js'
import { parseJson } from '../domain/json.js'
import { clientCertificateOf } from '../domain/x509.js'
import { HubError } from '../error.js'
import type { SecureInfo } from '../event.js'
import { quoted, type ReasonId } from '../reason.js'
import { attest, type Attested, type RegistrationClaim } from './attest.js'
import { refusedEvent, type DpsContext, type Refusal } from './context.js'
import type { RegistrationAnswer } from './registrations.js'
import { MAX_REQUEST_BYTES, registrationRequestOf } from './request.js'

export interface DpsApplicationOptions {
  readonly dps: DpsContext
  readonly connection: AmqpConnection
  readonly peer: string
  readonly secure: SecureInfo | null
  /** Called once, when the connection is over. */
  closed(): void
}

const OPERATION_TYPE = 'iotdps-operation-type'
const OPERATION_ID = 'iotdps-operation-id'

/** The username of SASL PLAIN and the address of both links. */
function parseRegistration(text: string): { idScope: string; registrationId: string } | undefined {
  const [, idScope, registrationId] = /^(?:amqps?:\/\/[^/]*)?\/?([^/]+)\/registrations\/([^/]+)$/i.exec(text) ?? []
  return idScope === undefined || registrationId === undefined ? undefined : { idScope, registrationId }
}

export class DpsApplication implements AmqpApplication {
  readonly #options: DpsApplicationOptions
  /** What came by SASL PLAIN, or with the first link of who has a certificate. */
  #claim: RegistrationClaim | undefined
  #answers: OutgoingLink | undefined
  #wasKnown = false

  constructor(options: DpsApplicationOptions) {
    this.#options = options
  }

  plain(username: string, password: string): boolean {
    const named = parseRegistration(username)
    if (named === undefined) {
      this.#note({ reason: 'malformed-registration' })
      return false
    }
    this.#claim = { ...named, token: password }
    return this.#attested() !== undefined
  }

  attach(link: AnyLink): void {
    const named = link.address === undefined ? undefined : parseRegistration(link.address)
    if (named === undefined) {
      this.#note({ reason: 'unknown-address', detail: link.address === undefined ? 'a link without an address' : quoted(link.address) })
      throw new AmqpError('amqp:not-found', 'nothing is served at this address')
    }
    this.#claim ??= { ...named, certificate: clientCertificateOf(this.#options.secure) }
    if (named.idScope !== this.#claim.idScope || named.registrationId.toLowerCase() !== this.#claim.registrationId.toLowerCase()) {
      this.#note({ reason: 'foreign-topic', detail: quoted(link.address!) })
      throw new AmqpError('amqp:unauthorized-access', 'Unauthorized')
    }
    // who comes with a certificate hears of it when it registers, as over MQTT: clients are deaf to links that are refused
    if (this.#claim.certificate === undefined && this.#attested() === undefined) { throw new AmqpError('amqp:unauthorized-access', 'Unauthorized') }
    if (link.direction === 'outgoing') {
      this.#answers = link
      link.detached = () => { if (this.#answers === link) { this.#answers = undefined } }
    } else {
      link.maxMessageBytes = MAX_REQUEST_BYTES + 1024
      link.received = (delivery) => this.#onRequest(delivery)
    }
  }

  /** Enrollments change during a connection: each request is judged anew. */
  #attested(): Attested | undefined {
    const { dps, connection } = this.#options
    const attested = attest(dps, this.#claim!)
    if ('reason' in attested) {
      this.#note(attested)
      return undefined
    }
    this.#wasKnown = true
    connection.setKnown(true)
    return attested
  }

  #onRequest(delivery: Delivery): void {
    try {
      const request = decodeMessage(delivery.bytes)
      const answer = this.#perform(request)
      delivery.settle(accepted())
      this.#answer(request, answer)
    } catch (error) {
      const refusal = amqpErrorOf(error)
      // why nobody is known was told where it was found out
      if (refusal.condition !== 'amqp:unauthorized-access') { this.#note({ reason: 'registration-refused', detail: quoted(refusal.message) }) }
      delivery.settle(rejected(refusal))
    }
  }

  /** Throws HubError or AmqpError. */
  #perform(request: AmqpMessage): RegistrationAnswer {
    const { registrations } = this.#options.dps
    const attested = this.#attested()
    if (attested === undefined) { throw new AmqpError('amqp:unauthorized-access', 'Unauthorized') }
    const { [OPERATION_TYPE]: type, [OPERATION_ID]: operationId } = request.application_properties ?? {}
    if (type === 'iotdps-get-operationstatus') { return registrations.status(attested, typeof operationId === 'string' ? operationId : '') }
    if (type !== 'iotdps-register') { throw new HubError('ArgumentInvalid', `${OPERATION_TYPE} is none that is known here`) }
    const parsed = parseJson(bodyOf(request) ?? Buffer.alloc(0))
    if ('error' in parsed) { throw new HubError('ArgumentInvalid', `the request is refused: ${parsed.error}`) }
    return registrations.register(attested, registrationRequestOf(parsed.value, attested.registrationId))
  }

  #answer({ correlation_id: id }: AmqpMessage, { retryAfterSeconds, body }: RegistrationAnswer): void {
    const isPosted = this.#answers?.post({
      ...(id === undefined || id === null ? {} : { correlation_id: id }),
      ...(retryAfterSeconds === undefined ? {} : { application_properties: { 'retry-after': String(retryAfterSeconds) } }),
      content_type: 'application/json; charset=utf-8',
      body: dataSection(JSON.stringify(body))
    })
    if (isPosted === false) { throw new AmqpError('amqp:resource-limit-exceeded', 'too many answers wait for credit') }
  }

  #note(refusal: Refusal): void {
    const { dps, peer } = this.#options
    const registrationId = this.#claim && quoted(this.#claim.registrationId).slice(1, -1)
    dps.report(refusedEvent(dps, peer, refusal, registrationId))
  }

  ended(reason: ReasonId, detail?: string): void {
    const isGoodbye = this.#wasKnown && (reason === 'connection-lost' || reason === 'hub-closed')
    // why SASL did not succeed was told where it was found out
    if (!isGoodbye && reason !== 'disconnected' && reason !== 'sasl-refused') {
      this.#note({ reason: reason === 'connection-lost' ? 'left-early' : reason, ...(detail === undefined ? {} : { detail }) })
    }
    this.#options.closed()
  }
}
