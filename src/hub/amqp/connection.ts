// One AMQP connection: protocol headers, SASL, open and close, signs of life, sessions [AMQP 1.0 §2.4, §5.3]. It knows no address and no socket.

import type { Clock } from '../clock.js'
import type { HubConnection, HubDuplex } from '../duplex.js'
import type { ReasonId } from '../reason.js'
import { decodeFrame, EMPTY_FRAME, encodeFrame, encodeSasl, errorFields, AMQP_FRAME, headerOf, SASL_FRAME, type Composite, type Frame, type PerformativeName } from './codec.js'
import { AmqpError } from './error.js'
import { Frames } from './frames.js'
import type { AnyLink } from './link.js'
import { AmqpSession, type SessionOwner } from './session.js'

/** What links mean; one for each connection. */
export interface AmqpApplication {
  /** Whether the words of SASL PLAIN are good; ANONYMOUS and EXTERNAL, as no SASL at all, prove nothing and are let through. */
  plain(username: string, password: string): boolean
  /** Takes the link and sets what is to happen with it, or throws AmqpError. */
  attach(link: AnyLink): void
  /** Called once, when everything is over. */
  ended(reason: ReasonId, detail?: string): void
}

export interface AmqpConnectionOptions {
  readonly clock: Clock
  readonly duplex: HubDuplex
  /** Our name. */
  readonly containerId: string
  /** Called at once. */
  serve(connection: AmqpConnection): AmqpApplication
}

/** From the first byte, and whenever nobody is known any more. */
const ANONYMOUS_MS = 20_000
const MAX_SASL_FRAME_BYTES = 8 * 1024
const MAX_FRAME_BYTES = 64 * 1024
/** [§2.3.3] */
const MIN_MAX_FRAME_BYTES = 512
const MAX_CHANNEL = 63
/** After twice this silence the connection ends [§2.4.5]. */
const IDLE_TIME_OUT_MS = 120_000
/** Who wants a sign of life more often wants our time. */
const MIN_PEER_IDLE_MS = 1000

const mechanisms = ['ANONYMOUS', 'PLAIN', 'EXTERNAL']
const SASL_OK = 0
const SASL_AUTH = 1

type Stage = 'header' | 'sasl' | 'second-header' | 'open' | 'opened' | 'over'

export class AmqpConnection implements HubConnection, SessionOwner {
  readonly #options: AmqpConnectionOptions
  readonly #application: AmqpApplication
  readonly #frames = new Frames(MAX_SASL_FRAME_BYTES)
  readonly #sessions = new Map<number, AmqpSession>()
  readonly #arrived: Uint8Array[] = []
  #stage: Stage = 'header'
  #isReceiving = false
  #isOpenSent = false
  #lastHeard: number
  #lastWritten: number
  #cancelSilence: (() => void) | undefined
  #cancelHeartbeat: (() => void) | undefined
  #cancelAnonymous: (() => void) | undefined
  /** Of frames to the peer. */
  maxFrameBytes = MIN_MAX_FRAME_BYTES

  constructor(options: AmqpConnectionOptions) {
    this.#options = options
    this.#lastHeard = this.#lastWritten = options.clock.now()
    this.#watchSilence()
    this.setKnown(false)
    this.#application = options.serve(this)
  }

  get isOver(): boolean {
    return this.#stage === 'over'
  }

  receive(bytes: Uint8Array): void {
    if (this.isOver) { return }
    if (this.#isReceiving) {
      // the peer answers inside our own write: its bytes wait for their turn
      this.#arrived.push(Uint8Array.from(bytes))
      return
    }
    this.#lastHeard = this.#options.clock.now()
    this.#isReceiving = true
    try {
      for (let next: Uint8Array | undefined = bytes; next !== undefined && !this.isOver; next = this.#arrived.shift()) {
        this.#frames.push(next, (frame) => {
          this.#take(frame)
          return !this.isOver
        })
      }
    } catch (error) {
      if (!(error instanceof AmqpError)) { throw error }
      this.close('amqp-violation', error, error.message)
    } finally {
      this.#isReceiving = false
    }
  }

  ended(why: ReasonId = 'connection-lost'): void {
    this.#finish(why)
  }

  /** Tells the peer of `error`, if it is there, and ends everything. */
  close(reason: ReasonId, error?: AmqpError, detail?: string): void {
    if (this.isOver) { return }
    if (this.#stage === 'open' && error !== undefined) { this.#writeOpen() }
    if (this.#isOpenSent) { this.writeFrame(0, 'close', errorFields(error)) }
    this.#finish(reason, detail)
    this.#options.duplex.close()
  }

  /** While nobody is, the connection has not long to live. */
  setKnown(isKnown: boolean): void {
    if (isKnown) {
      this.#cancelAnonymous?.()
      this.#cancelAnonymous = undefined
    } else if (!this.isOver) {
      this.#cancelAnonymous ??= this.#options.clock.setTimer(() => {
        this.close('unauthenticated-timeout', new AmqpError('amqp:unauthorized-access', 'nobody was authenticated in time'))
      }, ANONYMOUS_MS)
    }
  }

  writeFrame(channel: number, name: PerformativeName, fields: Readonly<Record<string, unknown>>, payload?: Buffer): void {
    this.#write(encodeFrame(channel, name, fields, payload))
  }

  attach(link: AnyLink): void {
    this.#application.attach(link)
  }

  #write(bytes: Buffer): void {
    if (this.isOver) { return }
    this.#lastWritten = this.#options.clock.now()
    this.#options.duplex.write(bytes)
  }

  #finish(reason: ReasonId, detail?: string): void {
    if (this.isOver) { return }
    this.#stage = 'over'
    this.#cancelSilence?.()
    this.#cancelHeartbeat?.()
    this.#cancelAnonymous?.()
    this.#arrived.length = 0
    for (const session of this.#sessions.values()) { session.release() }
    this.#sessions.clear()
    this.#application.ended(reason, detail)
  }

  #take(frame: Buffer): void {
    switch (this.#stage) {
      case 'header':
      case 'second-header': return this.#onHeader(frame)
      case 'sasl': return this.#onSasl(decodeFrame(frame, SASL_FRAME))
      case 'open':
      case 'opened': return this.#onFrame(decodeFrame(frame, AMQP_FRAME))
      case 'over': return
      default: return this.#stage satisfies never
    }
  }

  #onHeader(header: Buffer): void {
    const isSasl = header.equals(headerOf(3)) && this.#stage === 'header'
    if (!isSasl && !header.equals(headerOf(0))) {
      // [§2.2] the answer to what is not spoken here is what is
      this.#write(headerOf(0))
      this.close('amqp-violation', undefined, 'the protocol header is none of AMQP 1.0')
      return
    }
    this.#frames.isHeaderDue = false
    this.#write(headerOf(isSasl ? 3 : 0))
    if (isSasl) {
      this.#stage = 'sasl'
      this.#write(encodeSasl('sasl_mechanisms', { sasl_server_mechanisms: mechanisms }))
    } else {
      this.#stage = 'open'
      this.#frames.maxBytes = MAX_FRAME_BYTES
    }
  }

  #onSasl(frame: Frame): void {
    if (frame.name !== 'sasl_init') { throw new AmqpError('amqp:not-allowed', 'an empty SASL frame') }
    const { mechanism, initial_response: response } = frame.fields as unknown as { mechanism: string; initial_response?: Buffer | null }
    if (!mechanisms.includes(mechanism) || (mechanism === 'PLAIN' && !this.#isPlainGood(response ?? Buffer.alloc(0)))) {
      this.#write(encodeSasl('sasl_outcome', { code: SASL_AUTH }))
      this.close('sasl-refused')
      return
    }
    this.#write(encodeSasl('sasl_outcome', { code: SASL_OK }))
    this.#stage = 'second-header'
    this.#frames.isHeaderDue = true
  }

  /** [RFC 4616] */
  #isPlainGood(response: Buffer): boolean {
    const words = response.toString('utf8').split('\0')
    return words.length === 3 && this.#application.plain(words[1]!, words[2]!)
  }

  #onFrame(frame: Frame): void {
    if (frame.name === 'empty') { return }
    const { name, channel, fields, payload } = frame
    if (this.#stage === 'open') {
      if (name !== 'open') { throw new AmqpError('amqp:not-allowed', `'${name}' before 'open'`) }
      this.#onOpen(fields)
      return
    }
    switch (name) {
      case 'begin': return this.#onBegin(channel, fields)
      case 'end': return this.#onEnd(channel)
      case 'close': return this.#onClose()
      case 'attach':
      case 'detach':
      case 'flow':
      case 'transfer':
      case 'disposition': return this.#inSession(channel, (session) => session.onFrame(name, fields, payload))
      case 'open':
      case 'sasl_init': throw new AmqpError('amqp:not-allowed', `a second '${name}'`)
      default: name satisfies never
    }
  }

  #onOpen({ max_frame_size: maxFrameBytes, idle_time_out: idleTimeOut }: Composite): void {
    const size = (maxFrameBytes ?? MAX_FRAME_BYTES) as number
    if (size < MIN_MAX_FRAME_BYTES) { throw new AmqpError('amqp:not-allowed', `a maximum frame size is at least ${MIN_MAX_FRAME_BYTES}`) }
    this.maxFrameBytes = Math.min(size, MAX_FRAME_BYTES)
    this.#writeOpen()
    this.#stage = 'opened'
    if (typeof idleTimeOut === 'number' && idleTimeOut > 0) {
      if (idleTimeOut < MIN_PEER_IDLE_MS) { throw new AmqpError('amqp:not-allowed', `an idle time-out is at least ${MIN_PEER_IDLE_MS} ms`) }
      this.#beat(idleTimeOut / 2)
    }
  }

  #writeOpen(): void {
    this.#isOpenSent = true
    this.writeFrame(0, 'open', { container_id: this.#options.containerId, max_frame_size: MAX_FRAME_BYTES, channel_max: MAX_CHANNEL, idle_time_out: IDLE_TIME_OUT_MS })
  }

  /** Our channel for a session is the peer's. */
  #onBegin(channel: number, fields: Composite): void {
    if (channel > MAX_CHANNEL) { throw new AmqpError('amqp:not-allowed', `a channel is at most ${MAX_CHANNEL}`) }
    if (this.#sessions.has(channel)) { throw new AmqpError('amqp:not-allowed', `channel ${channel} is in use`) }
    this.#sessions.set(channel, new AmqpSession(this, channel, fields))
  }

  #onEnd(channel: number): void {
    const session = this.#sessionOf(channel)
    this.#sessions.delete(channel)
    session.onEnd()
  }

  #onClose(): void {
    this.writeFrame(0, 'close', {})
    this.#finish('disconnected')
    this.#options.duplex.close()
  }

  #sessionOf(channel: number): AmqpSession {
    const session = this.#sessions.get(channel)
    if (session === undefined) { throw new AmqpError('amqp:not-allowed', `no session on channel ${channel}`) }
    return session
  }

  /** What breaks the rules of a session ends it and nothing else, unless it broke the encoding. */
  #inSession(channel: number, action: (session: AmqpSession) => void): void {
    const session = this.#sessionOf(channel)
    try {
      action(session)
    } catch (error) {
      if (!(error instanceof AmqpError) || error.condition === 'amqp:decode-error') { throw error }
      session.close(error)
    }
  }

  /** Frames do not touch the timer; it looks back when it fires. */
  #watchSilence(): void {
    const { clock } = this.#options
    const leftMs = this.#lastHeard + 2 * IDLE_TIME_OUT_MS - clock.now()
    if (leftMs <= 0) {
      this.close('keep-alive', new AmqpError('amqp:resource-limit-exceeded', 'nothing was heard for too long'))
    } else {
      this.#cancelSilence = clock.setTimer(() => this.#watchSilence(), leftMs)
    }
  }

  /** A frame at least every `everyMs`. */
  #beat(everyMs: number): void {
    const { clock } = this.#options
    if (clock.now() - this.#lastWritten >= everyMs) { this.#write(EMPTY_FRAME) }
    if (this.isOver) { return }
    this.#cancelHeartbeat = clock.setTimer(() => this.#beat(everyMs), Math.max(1, this.#lastWritten + everyMs - clock.now()))
  }
}
