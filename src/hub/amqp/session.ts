// One session of an AMQP connection [AMQP 1.0 §2.5]: its windows, its links, deliveries that are not settled yet.

import type { Composite, Outcome, PerformativeName } from './codec.js'
import { accepted, errorFields, outcomeOf } from './codec.js'
import { AmqpError } from './error.js'
import { IncomingLink, OutgoingLink, type AnyLink } from './link.js'

/** Transfers that a peer may send before it hears of us. */
const INCOMING_WINDOW = 2048
const OUTGOING_WINDOW = 0xffffffff
const MAX_HANDLE = 255
/** Messages sent and not settled by the peer; locks end long before a peer has so many. */
const MAX_UNSETTLED = 8192
/** What a transfer's performative takes of a frame, tag included. */
const TRANSFER_BYTES = 128

export interface SessionOwner {
  /** Of frames to the peer. */
  readonly maxFrameBytes: number
  writeFrame(channel: number, name: PerformativeName, fields: Readonly<Record<string, unknown>>, payload?: Buffer): void
  /** Takes the link and sets what is to happen with it, or throws. */
  attach(link: AnyLink): void
}

interface Unsettled {
  readonly link: OutgoingLink
  readonly settled: (outcome: Outcome | undefined) => void
}

export class AmqpSession {
  readonly #owner: SessionOwner
  readonly #channel: number
  readonly #links = new Map<number, AnyLink>()
  readonly #unsettled = new Map<number, Unsettled>()
  /** Encoded transfers that wait for the peer's window. */
  #blocked: { fields: Readonly<Record<string, unknown>>; payload: Buffer }[] = []
  #nextIncoming: number
  #incomingLeft = INCOMING_WINDOW
  #nextOutgoing = 0
  #nextDelivery = 0
  #remoteWindow: number
  #isEnding = false

  constructor(owner: SessionOwner, channel: number, begin: Composite) {
    this.#owner = owner
    this.#channel = channel
    this.#nextIncoming = begin['next_outgoing_id'] as number
    this.#remoteWindow = begin['incoming_window'] as number
    this.write('begin', { remote_channel: channel, next_outgoing_id: 0, incoming_window: INCOMING_WINDOW, outgoing_window: OUTGOING_WINDOW, handle_max: MAX_HANDLE })
  }

  get isBlocked(): boolean {
    return this.#remoteWindow === 0 || this.#blocked.length > 0 || this.#unsettled.size >= MAX_UNSETTLED
  }

  write(name: PerformativeName, fields: Readonly<Record<string, unknown>>, payload?: Buffer): void {
    this.#owner.writeFrame(this.#channel, name, fields, payload)
  }

  writeFlow(link: Readonly<Record<string, unknown>> = {}): void {
    this.#incomingLeft = INCOMING_WINDOW
    this.write('flow', { next_incoming_id: this.#nextIncoming, incoming_window: INCOMING_WINDOW, next_outgoing_id: this.#nextOutgoing, outgoing_window: OUTGOING_WINDOW, ...link })
  }

  /** Throws AmqpError for what ends the session. */
  onFrame(name: PerformativeName, fields: Composite, payload: Buffer): void {
    if (this.#isEnding) { return }
    switch (name) {
      case 'attach': return this.#onAttach(fields)
      case 'detach': return this.#onDetach(fields)
      case 'flow': return this.#onFlow(fields)
      case 'transfer': return this.#onTransfer(fields, payload)
      case 'disposition': return this.#onDisposition(fields)
      default: throw new AmqpError('amqp:not-allowed', `'${name}' has no place in a session`)
    }
  }

  #onAttach(fields: Composite): void {
    const handle = fields['handle'] as number
    if (handle > MAX_HANDLE) { throw new AmqpError('amqp:session:errant-link', `a handle is at most ${MAX_HANDLE}`) }
    if (this.#links.has(handle)) { throw new AmqpError('amqp:session:handle-in-use', `handle ${handle} is in use`) }
    const link = fields['role'] === true ? new OutgoingLink(this, fields) : new IncomingLink(this, fields)
    this.#links.set(handle, link)
    let refused: AmqpError | undefined
    try {
      this.#owner.attach(link)
    } catch (error) {
      if (!(error instanceof AmqpError)) { throw error }
      refused = error
    }
    this.#answerAttach(link, fields, refused)
    if (refused !== undefined) {
      link.detach(refused)
    } else if (link.direction === 'incoming') {
      link.grant()
    }
  }

  /** [§2.6.3] A refused link is attached without its own end and then detached. */
  #answerAttach(link: AnyLink, { source, target }: Composite, refused: AmqpError | undefined): void {
    const isIncoming = link.direction === 'incoming'
    this.write('attach', {
      name: link.name, handle: link.handle, role: isIncoming, rcv_settle_mode: 0,
      ...(isIncoming || refused === undefined ? { source } : {}),
      ...(!isIncoming || refused === undefined ? { target } : {}),
      ...(isIncoming ? { max_message_size: link.maxMessageBytes } : { initial_delivery_count: 0, snd_settle_mode: link.isPresettled ? 1 : 2 })
    })
  }

  #onDetach(fields: Composite): void {
    const link = this.#linkOf(fields)
    this.#links.delete(link.handle)
    if (link.isEnding) { return }
    this.#end(link)
    this.write('detach', { handle: link.handle, closed: fields['closed'] === true })
  }

  /** The peer's answer frees the handle. */
  detach(link: AnyLink, error?: AmqpError): void {
    if (link.isEnding || this.#isEnding) { return }
    this.#end(link)
    this.write('detach', { handle: link.handle, closed: true, ...errorFields(error) })
  }

  #end(link: AnyLink): void {
    link.isEnding = true
    for (const [id, unsettled] of this.#unsettled) {
      if (unsettled.link === link) { this.#unsettled.delete(id) }
    }
    link.detached()
  }

  #linkOf(fields: Composite): AnyLink {
    const link = this.#links.get(fields['handle'] as number)
    if (link === undefined) { throw new AmqpError('amqp:session:unattached-handle', `no link has handle ${String(fields['handle'])}`) }
    return link
  }

  #onFlow(fields: Composite): void {
    const { next_incoming_id: next, incoming_window: window } = fields as unknown as { next_incoming_id?: number | null; incoming_window: number }
    // [§2.5.6]
    this.#remoteWindow = Math.max(0, window + ((next ?? 0) - this.#nextOutgoing | 0))
    this.#nextIncoming = fields['next_outgoing_id'] as number
    this.#unblock()
    if (typeof fields['handle'] === 'number') {
      const link = this.#linkOf(fields)
      if (link.direction === 'outgoing') {
        link.flow(fields)
      } else if (fields['echo'] === true && !link.isEnding) {
        this.writeFlow({ handle: link.handle, delivery_count: link.deliveryCount, link_credit: link.credit })
      }
    } else if (fields['echo'] === true) {
      this.writeFlow()
    }
  }

  #unblock(): void {
    if (this.#blocked.length === 0) { return }
    let sent = 0
    while (sent < this.#blocked.length && this.#remoteWindow > 0) {
      const { fields, payload } = this.#blocked[sent++]!
      this.#writeTransfer(fields, payload)
    }
    this.#blocked = this.#blocked.slice(sent)
    this.#pumpAll()
  }

  #pumpAll(): void {
    for (const link of this.#links.values()) {
      if (this.isBlocked) { return }
      if (link.direction === 'outgoing') { link.pump() }
    }
  }

  #onTransfer(fields: Composite, payload: Buffer): void {
    if (this.#incomingLeft === 0) { throw new AmqpError('amqp:session:window-violation', 'more transfers than the window of the session') }
    this.#incomingLeft--
    this.#nextIncoming = this.#nextIncoming + 1 >>> 0
    const link = this.#linkOf(fields)
    if (link.direction !== 'incoming') { throw new AmqpError('amqp:session:errant-link', 'a transfer on a link that receives') }
    link.transfer(fields, payload)
    if (this.#incomingLeft <= INCOMING_WINDOW / 2 && !this.#isEnding) { this.writeFlow() }
  }

  /** Splits what the peer's frames do not hold. */
  transfer(link: OutgoingLink, bytes: Buffer, tag: Buffer | undefined, settled: ((outcome: Outcome | undefined) => void) | undefined): void {
    const id = this.#nextDelivery
    this.#nextDelivery = id + 1 >>> 0
    if (settled !== undefined) { this.#unsettled.set(id, { link, settled }) }
    const first = { handle: link.handle, delivery_id: id, delivery_tag: tag ?? tagOf(id), message_format: 0, settled: settled === undefined }
    const chunkBytes = this.#owner.maxFrameBytes - TRANSFER_BYTES
    for (let at = 0; at === 0 || at < bytes.length; at += chunkBytes) {
      const more = at + chunkBytes < bytes.length
      const fields = { ...(at === 0 ? first : { handle: link.handle }), more }
      const payload = bytes.subarray(at, at + chunkBytes)
      if (this.#remoteWindow > 0) { this.#writeTransfer(fields, payload) } else { this.#blocked.push({ fields, payload }) }
    }
  }

  #writeTransfer(fields: Readonly<Record<string, unknown>>, payload: Buffer): void {
    this.#remoteWindow--
    this.#nextOutgoing = this.#nextOutgoing + 1 >>> 0
    this.write('transfer', fields, payload)
  }

  #onDisposition(fields: Composite): void {
    // what the peer says of messages it sent changes nothing: we settle them first
    if (fields['role'] !== true) { return }
    const first = fields['first'] as number
    const last = (fields['last'] ?? first) as number
    const outcome = outcomeOf(fields['state'])
    const isSettled = fields['settled'] === true
    if (outcome === undefined && !isSettled) { return }
    const wasBlocked = this.isBlocked
    // ranges are the peer's to name: only what there is is walked
    for (const id of idsIn(first, last, this.#unsettled)) {
      const unsettled = this.#unsettled.get(id)
      if (unsettled === undefined) { continue }
      this.#unsettled.delete(id)
      unsettled.settled(outcome)
      if (!isSettled) { this.write('disposition', { role: false, first: id, settled: true, state: accepted() }) }
    }
    if (wasBlocked) { this.#pumpAll() }
  }

  /** Ends it from our side; `onEnd` follows. */
  close(error: AmqpError): void {
    if (this.#isEnding) { return }
    this.release()
    this.write('end', errorFields(error))
  }

  /** Whether the peer is still to be answered. */
  onEnd(): void {
    if (this.#isEnding) { return }
    this.release()
    this.write('end', {})
  }

  /** Everything in it is over; nothing is written. */
  release(): void {
    if (this.#isEnding) { return }
    this.#isEnding = true
    for (const link of this.#links.values()) {
      if (!link.isEnding) { this.#end(link) }
    }
    this.#links.clear()
    this.#unsettled.clear()
    this.#blocked = []
  }
}

function tagOf(id: number): Buffer {
  const tag = Buffer.alloc(4)
  tag.writeUInt32BE(id)
  return tag
}

function idsIn(first: number, last: number, unsettled: ReadonlyMap<number, unknown>): number[] {
  const count = (last - first >>> 0) + 1
  if (count > unsettled.size) { return [...unsettled.keys()].filter((id) => (id - first >>> 0) < count) }
  return Array.from({ length: count }, (_, i) => first + i >>> 0)
}
