/** A network with bad days: slow, lossy or half-open links, names that do not resolve, servers that are not trusted. Knows no fault by its name and no hub. */

import { errors } from '../abi/abi.js'
import type { Random } from '../hub/index.js'
import { deadWire, type Network, type Wire, type WireEvents } from './network.js'

export interface WeatherClock {
  readonly nowMs: number
  setTimer(fired: () => void, ms: number): () => void
}

/** What slows the bytes of every connection down, each way. */
export interface Drag {
  readonly latencyMs: number
  /** Infinity: no limit. */
  readonly bytesPerSecond: number
  /** Share of the segments that do not arrive and are sent again, below 1. */
  readonly loss: number
}

/** First wait for a lost segment's acknowledgement; doubles with each loss of the same one (RFC 6298). */
const retransmitMs = 1000
/** Losses of one segment after which the connection is given up. */
const lossesMax = 6

export class Weather implements Network {
  readonly #network: Network
  readonly #clock: WeatherClock
  readonly #random: Random
  readonly #streams = new Set<Stream>()
  readonly #drags = new Set<Drag>()
  readonly #silences = new Set<object>()
  readonly #refusals = new Map<object, number>()

  constructor(network: Network, clock: WeatherClock, random: Random) {
    this.#network = network
    this.#clock = clock
    this.#random = random
  }

  /** Each of these lasts until its result is called. */
  drag(drag: Drag): () => void {
    this.#drags.add(drag)
    return () => { this.#drags.delete(drag) }
  }

  /** All bytes of the connections there are vanish for good, and nobody is told; new ones are not made as long as it lasts. */
  silence(): () => void {
    const silence = {}
    this.#silences.add(silence)
    for (const stream of this.#streams) stream.silence()
    return () => { this.#silences.delete(silence) }
  }

  /** New connections end with one of the ABI's error codes: `notFound` before they are made, others after. */
  refuse(error: number): () => void {
    const refusal = {}
    this.#refusals.set(refusal, error)
    return () => { this.#refusals.delete(refusal) }
  }

  /** Both ends of every connection are told that it is over. */
  reset(): void {
    for (const stream of this.#streams) stream.reset()
  }

  connect(host: string, port: number, events: WireEvents): Wire {
    for (const error of this.#refusals.values()) {
      if (error !== errors.notFound.code) events.opened()
      events.ended(error)
      return deadWire
    }
    if (this.#silences.size > 0) return deadWire
    const stream = new Stream(this.#clock, () => this.#delayOf(), events, () => { this.#streams.delete(stream) })
    this.#streams.add(stream)
    stream.open((inner) => this.#network.connect(host, port, inner))
    return stream
  }

  /** Of one segment: how long the line is taken by a byte of it, and how long it travels; undefined: the connection is given up. */
  #delayOf(): Delay | undefined {
    let msPerByte = 0
    let travelMs = 0
    for (const { latencyMs, bytesPerSecond, loss } of this.#drags) {
      msPerByte = Math.max(msPerByte, 1000 / bytesPerSecond)
      travelMs += latencyMs
      if (loss === 0) continue
      let losses = 0
      while (this.#chance() < loss) {
        travelMs += retransmitMs * 2 ** losses
        if (++losses === lossesMax) return undefined
      }
    }
    return { msPerByte, travelMs }
  }

  #chance(): number {
    const [high = 0, low = 0] = this.#random(2)
    return (high * 256 + low) / 65_536
  }
}

interface Delay { readonly msPerByte: number, readonly travelMs: number }

/** One direction of a stream: what goes in comes out in order, however long each piece takes. */
interface Lane {
  /** When the line has taken all that was given to it, and when the last of it arrives. */
  freeMs: number
  lastMs: number
  waiting: number
}

class Stream implements Wire {
  readonly #clock: WeatherClock
  readonly #delayOf: () => Delay | undefined
  readonly #events: WireEvents
  readonly #over: () => void
  readonly #up: Lane = { freeMs: 0, lastMs: 0, waiting: 0 }
  readonly #down: Lane = { freeMs: 0, lastMs: 0, waiting: 0 }
  #wire: Wire = deadWire
  #silent = false
  #closed = false
  /** The device was told of the end, or said it. */
  #ended = false

  constructor(clock: WeatherClock, delayOf: () => Delay | undefined, events: WireEvents, over: () => void) {
    this.#clock = clock
    this.#delayOf = delayOf
    this.#events = events
    this.#over = over
  }

  open(connect: (events: WireEvents) => Wire): void {
    this.#wire = connect({
      opened: () => this.#later(this.#down, 0, () => this.#events.opened()),
      received: (bytes) => this.#carry(this.#down, bytes, (arrived) => this.#events.received(arrived)),
      ended: (error) => this.#later(this.#down, 0, () => this.#end(error)),
    })
  }

  write(bytes: Uint8Array): void {
    if (this.#ended) return
    this.#carry(this.#up, bytes, (arrived) => { if (!this.#closed) this.#wire.write(arrived) })
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#silent) this.#over()
    else this.#later(this.#up, 0, () => this.#closeWire())
  }

  silence(): void {
    this.#silent = true
  }

  reset(): void {
    if (this.#silent) return
    this.#closeWire()
    this.#end(errors.closed.code)
  }

  #closeWire(): void {
    if (this.#closed) return
    this.#closed = true
    this.#over()
    this.#wire.close()
  }

  #end(error: number): void {
    this.#closed = true
    this.#over()
    if (this.#ended) return
    this.#ended = true
    this.#events.ended(error)
  }

  // The bytes are borrowed for the call: only what has to wait is copied.
  #carry(lane: Lane, bytes: Uint8Array, arrive: (bytes: Uint8Array) => void): void {
    const dueMs = this.#dueMs(lane, bytes.length)
    if (dueMs === this.#clock.nowMs && lane.waiting === 0) {
      if (!this.#silent && !this.#isStale(lane)) arrive(bytes)
      return
    }
    const copy = Uint8Array.from(bytes)
    this.#at(lane, dueMs, () => arrive(copy))
  }

  #later(lane: Lane, length: number, arrive: () => void): void {
    const dueMs = this.#dueMs(lane, length)
    if (dueMs === this.#clock.nowMs && lane.waiting === 0) {
      if (!this.#silent && !this.#isStale(lane)) arrive()
      return
    }
    this.#at(lane, dueMs, arrive)
  }

  #at(lane: Lane, dueMs: number, arrive: () => void): void {
    lane.waiting++
    this.#clock.setTimer(() => {
      lane.waiting--
      if (!this.#silent && !this.#isStale(lane)) arrive()
    }, dueMs - this.#clock.nowMs)
  }

  #isStale(lane: Lane): boolean {
    return lane === this.#down && this.#ended
  }

  // TCP loses nothing and keeps the order: what follows a piece that was late is late as well.
  #dueMs(lane: Lane, length: number): number {
    const { nowMs } = this.#clock
    const delay = this.#delayOf()
    if (delay === undefined) {
      this.reset()
      return nowMs
    }
    lane.freeMs = Math.max(lane.freeMs, nowMs) + delay.msPerByte * length
    lane.lastMs = Math.max(lane.lastMs, Math.ceil(lane.freeMs + delay.travelMs))
    return lane.lastMs
  }
}
