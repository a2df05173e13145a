// The two kinds of links of a session, each with its credit [AMQP 1.0 §2.6]; what is done with messages is their owner's.

import { encodeMessage, symbolsOf, terminusOf, type AmqpMessage, type Composite, type Outcome, type Typed } from './codec.js'
import { AmqpError } from './error.js'
import type { AmqpSession } from './session.js'

/** How many messages a peer may have under way on a link: sent and not yet settled by us. */
const CREDIT_WINDOW = 100
/** Answers and notifications that may wait for credit. */
const MAX_POSTED = 64
const SETTLED = 1

abstract class Link {
  readonly name: string
  /** The peer's; ours is the same. */
  readonly handle: number
  readonly properties: Readonly<Record<string, unknown>>
  readonly desiredCapabilities: readonly string[]
  /** Called once, when the link is over, whoever ended it. */
  detached: () => void = () => {}
  /** We have ended it, and the peer has not answered yet. */
  isEnding = false

  constructor(readonly session: AmqpSession, protected readonly attach: Composite) {
    this.name = attach['name'] as string
    this.handle = attach['handle'] as number
    this.properties = (attach['properties'] ?? {}) as Readonly<Record<string, unknown>>
    this.desiredCapabilities = symbolsOf(attach['desired_capabilities'])
  }

  /** Ends it, with what the peer is to be told of the reason. */
  detach(error?: AmqpError): void {
    this.session.detach(this as unknown as AnyLink, error)
  }
}

/** One message from the peer; it is settled once, at any time. */
export interface Delivery {
  /** Encoded, valid during the call alone. */
  readonly bytes: Buffer
  readonly format: number
  settle(state: Typed): void
}

/** The peer sends, we receive. */
export class IncomingLink extends Link {
  readonly direction = 'incoming'
  readonly address: string | undefined
  received: (delivery: Delivery) => void = () => {}
  /** Of one message, encoded; to be set before the link is accepted. */
  maxMessageBytes = 64 * 1024
  credit = 0
  deliveryCount: number
  #unsettled = 0
  #partial: { id: number; format: number; isSettled: boolean; chunks: Buffer[]; bytes: number } | undefined

  constructor(session: AmqpSession, attach: Composite) {
    super(session, attach)
    this.address = terminusOf(attach['target'])?.address
    this.deliveryCount = (attach['initial_delivery_count'] ?? 0) as number
  }

  /** Fills the window up once half of it is used. */
  grant(): void {
    if (this.isEnding || this.credit + this.#unsettled > CREDIT_WINDOW / 2) { return }
    this.credit = CREDIT_WINDOW - this.#unsettled
    this.session.writeFlow({ handle: this.handle, delivery_count: this.deliveryCount, link_credit: this.credit })
  }

  transfer(fields: Composite, payload: Buffer): void {
    if (this.isEnding) { return }
    if (fields['aborted'] === true) {
      this.#partial = undefined
      return
    }
    const partial = this.#partial ?? this.#begin(fields)
    if (partial === undefined) { return }
    partial.bytes += payload.length
    if (partial.bytes > this.maxMessageBytes) {
      this.detach(new AmqpError('amqp:link:message-size-exceeded', `a message has at most ${this.maxMessageBytes} bytes on this link`))
      return
    }
    if (fields['settled'] === true) { partial.isSettled = true }
    if (fields['more'] !== true) {
      this.#partial = undefined
      this.#deliver(partial, partial.chunks.length === 0 ? payload : Buffer.concat([...partial.chunks, payload]))
      return
    }
    this.#partial = partial
    // what waits for the rest outlives the carrier's buffer
    if (payload.length > 0) { partial.chunks.push(Buffer.from(payload)) }
  }

  #begin(fields: Composite): { id: number; format: number; isSettled: boolean; chunks: Buffer[]; bytes: number } | undefined {
    if (this.credit === 0) {
      this.detach(new AmqpError('amqp:link:transfer-limit-exceeded', 'a message without credit'))
      return undefined
    }
    if (typeof fields['delivery_id'] !== 'number') { throw new AmqpError('amqp:not-allowed', 'a message without a delivery id') }
    this.credit--
    this.deliveryCount = this.deliveryCount + 1 >>> 0
    return { id: fields['delivery_id'], format: (fields['message_format'] ?? 0) as number, isSettled: fields['settled'] === true, chunks: [], bytes: 0 }
  }

  #deliver({ id, format, isSettled }: { id: number; format: number; isSettled: boolean }, bytes: Buffer): void {
    this.#unsettled++
    let isOpen = true
    this.received({
      bytes,
      format,
      settle: (state) => {
        if (!isOpen) { return }
        isOpen = false
        this.#unsettled--
        if (this.isEnding) { return }
        if (!isSettled) { this.session.write('disposition', { role: true, first: id, settled: true, state }) }
        this.grant()
      }
    })
  }
}

/** We send, the peer receives. */
export class OutgoingLink extends Link {
  readonly direction = 'outgoing'
  readonly address: string | undefined
  /** Where the peer says that it puts messages: the address of answers. */
  readonly target: string | undefined
  readonly filter: Readonly<Record<string, unknown>>
  /** The peer wants no say in what becomes of messages. */
  readonly isPresettled: boolean
  /** Called when `available` may have grown. */
  ready: () => void = () => {}
  credit = 0
  deliveryCount = 0
  #isDraining = false
  #posted: Buffer[] = []

  constructor(session: AmqpSession, attach: Composite) {
    super(session, attach)
    const source = terminusOf(attach['source'])
    this.address = source?.address
    this.filter = source?.filter ?? {}
    this.target = terminusOf(attach['target'])?.address
    this.isPresettled = attach['snd_settle_mode'] === SETTLED
  }

  /** How many messages can be sent now; 0 too while the peer's session takes no more frames, so that nothing piles up here. */
  get available(): number {
    return this.isEnding || this.session.isBlocked ? 0 : this.credit
  }

  /** Needs one `available`. `settled` is called once with what became of it, never for a link that ended before; without it the message is sent settled. */
  send(bytes: Buffer, { tag, settled }: { tag?: Buffer; settled?: (outcome: Outcome | undefined) => void } = {}): void {
    this.credit--
    this.deliveryCount = this.deliveryCount + 1 >>> 0
    this.session.transfer(this, bytes, tag, this.isPresettled ? undefined : settled)
    if (this.isPresettled) { settled?.('accepted') }
  }

  /** Sends it settled, now or when there is credit; false if too many wait already. */
  post(message: AmqpMessage): boolean {
    if (this.#posted.length >= MAX_POSTED) { return false }
    this.#posted.push(encodeMessage(message))
    this.pump()
    return true
  }

  flow(fields: Composite): void {
    if (this.isEnding) { return }
    const { delivery_count: count, link_credit: credit } = fields as { delivery_count?: number | null; link_credit?: number | null }
    // [§2.6.7] the peer's count may lag behind ours
    if (typeof credit === 'number') { this.credit = Math.max(0, credit + ((count ?? 0) - this.deliveryCount | 0)) }
    this.#isDraining = fields['drain'] === true
    this.pump()
    if (this.#isDraining && !this.isEnding) {
      this.deliveryCount = this.deliveryCount + this.credit >>> 0
      this.credit = 0
    }
    if (this.#isDraining || fields['echo'] === true) { this.writeFlow() }
  }

  writeFlow(): void {
    if (this.isEnding) { return }
    this.session.writeFlow({ handle: this.handle, delivery_count: this.deliveryCount, link_credit: this.credit, drain: this.#isDraining })
  }

  pump(): void {
    while (this.available > 0 && this.#posted.length > 0) { this.send(this.#posted.shift()!) }
    if (this.available > 0) { this.ready() }
  }
}

export type AnyLink = IncomingLink | OutgoingLink
