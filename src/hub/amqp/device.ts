// One identity over AMQP (reference E3): its telemetry, its messages, its methods and its twin on the links of one connection.

import { deliverWaiting, lockTokenOf, settle } from '../domain/cloud.js'
import type { Device, DeviceLink, HubContext, MethodRequest } from '../domain/device.js'
import type { Proof } from '../domain/authentication.js'
import { attach, detach, resume, subscribe, unsubscribe } from '../domain/presence.js'
import type { QueuedMessage } from '../domain/queue.js'
import type { Stream } from '../domain/session.js'
import { acceptTelemetry } from '../domain/telemetry.js'
import { HubError } from '../error.js'
import { describeReason, quoted, type ReasonId } from '../reason.js'
import { accepted, bodyOf, dataSection, decodeMessage, idText, rejected, type Outcome } from './codec.js'
import { AmqpError, conditionOf } from './error.js'
import type { Delivery, IncomingLink, OutgoingLink, AnyLink } from './link.js'
import { encodeCloudMessage, MAX_ENCODED_BYTES, messagesIn, telemetryOf } from './messages.js'
import { onTwinRequest } from './twin.js'

export type DeviceEndpoint = 'events' | 'devicebound' | 'methods' | 'twin'

export interface AmqpDeviceOptions {
  readonly hub: HubContext
  readonly proof: Proof
  readonly peer: string
  readonly tls: string | null
  readonly modelId: string | undefined
  /** Of what it relies on, which may be renewed; milliseconds since 1970. */
  expiresAt(): number
  /** Called once, when the identity has no link left. */
  ended(reason: ReasonId): void
}

const MODEL_ID = 'com.microsoft:model-id'

export function modelIdOf({ properties }: AnyLink): string | undefined {
  const modelId = properties[MODEL_ID]
  return typeof modelId === 'string' && modelId !== '' ? modelId : undefined
}

export class AmqpDevice implements DeviceLink {
  readonly hub: HubContext
  readonly device: Device
  readonly peer: string
  readonly tls: string | null
  readonly connectedAt: number
  readonly modelId?: string
  readonly #options: AmqpDeviceOptions
  readonly #links = new Set<AnyLink>()
  #cloud: OutgoingLink | undefined
  #methods: OutgoingLink | undefined
  #twin: OutgoingLink | undefined
  #isOver = false

  constructor(options: AmqpDeviceOptions) {
    const { hub, proof, peer, tls, modelId } = options
    this.#options = options
    this.hub = hub
    this.device = proof.device
    this.peer = peer
    this.tls = tls
    this.connectedAt = hub.clock.now()
    if (modelId !== undefined) { this.modelId = modelId }
  }

  get tokenExpiresAt(): number {
    return this.#options.expiresAt()
  }

  /** Makes it the identity's connection; false if whoever heard that the old one ended has ended this one too. */
  connect(): boolean {
    const { hub, device, peer, tls, tokenExpiresAt } = this
    attach(hub, device, this, { clean: true })
    if (this.#isOver) { return false }
    const { deviceId, moduleId } = device.identity
    hub.report({
      type: 'connected', time: hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }),
      peer, tls, sessionPresent: false, tokenExpiresAt, ...(this.modelId === undefined ? {} : { modelId: this.modelId })
    })
    resume(hub, device)
    return !this.#isOver
  }

  /** Throws AmqpError. */
  attach(endpoint: DeviceEndpoint, link: AnyLink): void {
    this.#links.add(link)
    try {
      if (link.direction === 'incoming') {
        this.#attachIncoming(endpoint, link)
      } else {
        this.#attachOutgoing(endpoint, link)
      }
    } catch (error) {
      this.#leave(link)
      throw error
    }
    const { detached } = link
    link.detached = () => {
      detached()
      this.#leave(link)
    }
  }

  #leave(link: AnyLink): void {
    this.#links.delete(link)
    if (this.#links.size === 0) { this.finish('disconnected') }
  }

  #attachIncoming(endpoint: DeviceEndpoint, link: IncomingLink): void {
    link.maxMessageBytes = MAX_ENCODED_BYTES
    switch (endpoint) {
      case 'events':
        link.received = (delivery) => this.#onTelemetry(delivery)
        break
      case 'methods':
        link.received = (delivery) => this.#onReply(delivery)
        break
      case 'twin':
        link.received = (delivery) => {
          const request = decodeMessage(delivery.bytes)
          delivery.settle(accepted())
          onTwinRequest(this, request)
        }
        break
      case 'devicebound': throw new AmqpError('amqp:not-allowed', 'a device receives on this address')
      default: endpoint satisfies never
    }
  }

  #attachOutgoing(endpoint: DeviceEndpoint, link: OutgoingLink): void {
    switch (endpoint) {
      case 'events':
        // what a module receives are messages to its inputs
        if (this.device.identity.moduleId === undefined) { throw new AmqpError('amqp:not-allowed', 'a device sends to this address') }
        return this.#attachCloud(link)
      case 'devicebound': return this.#attachCloud(link)
      case 'methods':
        this.#methods = link
        this.subscribe('methods', () => resume(this.hub, this.device))
        link.detached = () => {
          if (this.#methods === link) { this.#methods = undefined; this.unsubscribe('methods', () => {}) }
        }
        return
      case 'twin':
        this.#twin = link
        link.detached = () => {
          if (this.#twin === link) { this.#twin = undefined; this.unsubscribe('desired', () => {}) }
        }
        return
      default: endpoint satisfies never
    }
  }

  #attachCloud(link: OutgoingLink): void {
    this.#cloud = link
    this.subscribe('c2d', () => {})
    // credit comes after the attach: nothing can be delivered before
    link.ready = () => deliverWaiting(this.hub, this.device)
    link.detached = () => {
      if (this.#cloud === link) { this.#cloud = undefined; this.unsubscribe('c2d', () => {}) }
    }
  }

  subscribe(stream: Stream, done: (refused?: ReasonId) => void): void {
    subscribe(this.hub, this.device, [{ filter: `amqp:${stream}`, stream, qos: 1 }], ([result]) => done(typeof result === 'string' ? result : undefined))
  }

  unsubscribe(stream: Stream, done: () => void): void {
    if (this.#isOver) { return }
    unsubscribe(this.hub, this.device, [`amqp:${stream}`], done)
  }

  #onTelemetry(delivery: Delivery): void {
    // a batch is taken as a whole or not at all
    const messages = messagesIn(delivery).map((message) => telemetryOf(message))
    let left = messages.length
    let refusal: ReasonId | undefined
    for (const message of messages) {
      const { modelId } = this
      const incoming = { ...message, authMethod: this.#options.proof.authMethod, ...(modelId === undefined ? {} : { modelId }) }
      acceptTelemetry(this.hub, this.device, incoming, (refused) => {
        refusal ??= refused
        if (--left > 0) { return }
        if (refusal !== undefined) { this.note(refusal) }
        delivery.settle(refusal === undefined ? accepted() : rejected(new AmqpError(conditionOf(refusal), describeReason(refusal).message)))
      })
    }
  }

  #onReply(delivery: Delivery): void {
    const reply = decodeMessage(delivery.bytes)
    delivery.settle(accepted())
    const requestId = idText(reply.correlation_id) ?? ''
    const status = reply.application_properties?.['IoThub-status']
    const body = bodyOf(reply)
    const useless = typeof status === 'number' && body !== undefined
      ? this.hub.methods.answer(this.device, requestId, status, body)
      : 'malformed-reply'
    if (useless !== undefined) { this.note(useless, `request id ${quoted(requestId)}`) }
  }

  get cloudCredit(): number {
    return this.#cloud?.available ?? 0
  }

  deliver(queued: QueuedMessage): void {
    const lockToken = lockTokenOf(this.hub, queued)
    this.#cloud?.send(encodeCloudMessage(queued.message), {
      tag: Buffer.from(lockToken, 'hex'),
      settled: (outcome) => this.#onSettled(lockToken, outcome)
    })
  }

  #onSettled(lockToken: string, outcome: Outcome | undefined): void {
    const how = howOf(outcome)
    // settled and nothing said: its lock ends by itself
    if (how === undefined) { return }
    try {
      settle(this.hub, this.device, lockToken, how)
    } catch (error) {
      // the lock was over before
      if (!(error instanceof HubError)) { throw error }
    }
  }

  notifyDesired(_version: number, body: string): void {
    this.post(this.#twin, { body: dataSection(body) })
  }

  respond(message: Parameters<OutgoingLink['post']>[0]): void {
    this.post(this.#twin, message)
  }

  requestMethod({ requestId, method, payload }: MethodRequest): void {
    this.post(this.#methods, { correlation_id: requestId, application_properties: { 'IoThub-methodname': method }, body: dataSection(payload) })
  }

  post(link: OutgoingLink | undefined, message: Parameters<OutgoingLink['post']>[0]): void {
    if (link?.post(message) === false) { this.close('slow-reader') }
  }

  /** A request that was refused while the connection goes on. */
  note(reason: ReasonId, detail?: string): void {
    const { deviceId } = this.device.identity
    this.hub.report({ type: 'refused', time: this.hub.clock.now(), deviceId, peer: this.peer, reason, ...describeReason(reason, detail) })
  }

  close(reason: ReasonId): void {
    const links = [...this.#links]
    this.finish(reason)
    for (const link of links) { link.detach(new AmqpError(conditionOf(reason), describeReason(reason).message)) }
  }

  finish(reason: ReasonId, detail?: string): void {
    if (this.#isOver) { return }
    this.#isOver = true
    detach(this.hub, this.device, this)
    const { deviceId, moduleId } = this.device.identity
    this.hub.report({
      type: 'disconnected', time: this.hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }),
      peer: this.peer, reason, ...describeReason(reason, detail)
    })
    this.#options.ended(reason)
  }
}

/** What an outcome is to a lock [A7]. */
export function howOf(outcome: Outcome | undefined): 'complete' | 'reject' | 'abandon' | undefined {
  switch (outcome) {
    case 'accepted': return 'complete'
    case 'rejected':
    case 'modified-here': return 'reject'
    case 'released':
    case 'modified': return 'abandon'
    case undefined: return undefined
    default: return outcome satisfies never
  }
}
