// A queue of messages to the service side (feedback, file notifications): locks, delivery counts, expiry, competing consumers [A7]. It knows no protocol.

import type { Clock, Random } from '../clock.js'
import { HubError } from '../error.js'
import type { HubStore, Kept } from '../store/store.js'

export interface ServiceMessage {
  readonly messageId: string
  /** JSON text. */
  readonly body: string
  readonly contentType: string
  /** Milliseconds since 1970, both. */
  readonly enqueuedTime: number
  readonly expiresAt: number
  /** How often it was abandoned. */
  readonly deliveryCount: number
}

export interface ServiceMessageRecord extends ServiceMessage {
  readonly queue: string
  /** Orders the messages of a queue. */
  readonly number: number
}

export interface LockedServiceMessage {
  readonly message: ServiceMessage
  /** Proves the right to settle; 32 hex digits. */
  readonly lockToken: string
}

/** Nothing is delivered without credit. */
export interface ServiceConsumer {
  addCredit(count: number): void
  /** What it holds unsettled can be had by others at once. */
  close(): void
}

interface Waiting {
  record: ServiceMessageRecord
  lockToken: string
  /** Milliseconds since 1970; 0 while nobody holds it. */
  lockedUntil: number
  holder: Consumer | undefined
}

interface Consumer {
  credit: number
  readonly deliver: (locked: LockedServiceMessage) => void
}

const LOCK_MS = 60_000
const TTL_MS = 3_600_000
const MAX_DELIVERIES = 10

export class ServiceQueue {
  readonly #clock: Clock
  readonly #random: Random
  readonly #store: HubStore
  readonly #name: string
  readonly #waiting: Waiting[]
  readonly #consumers = new Set<Consumer>()
  #lastNumber: number
  #cancelTimer: (() => void) | undefined

  constructor({ clock, random, store }: { clock: Clock; random: Random; store: HubStore }, name: string) {
    this.#clock = clock
    this.#random = random
    this.#store = store
    this.#name = name
    this.#waiting = [...store.load('service-message')]
      .flatMap(([, record]) => record.queue === name ? [{ record, lockToken: '', lockedUntil: 0, holder: undefined }] : [])
      .sort((a, b) => a.record.number - b.record.number)
    this.#lastNumber = this.#waiting.at(-1)?.record.number ?? 0
  }

  get length(): number {
    return this.#waiting.length
  }

  /** It is delivered once it is kept. */
  add({ body, contentType }: { body: string; contentType: string }, kept: Kept = () => {}): void {
    const now = this.#clock.now()
    // nobody may ever ask: what is too old goes when something new comes
    for (const old of this.#waiting.filter(({ lockedUntil, record }) => lockedUntil <= now && record.expiresAt <= now)) { this.#remove(old, () => {}) }
    const number = ++this.#lastNumber
    const messageId = Buffer.from(this.#random(16)).toString('hex')
    const record = { queue: this.#name, number, messageId, body, contentType, enqueuedTime: now, expiresAt: now + TTL_MS, deliveryCount: 0 }
    this.#store.put('service-message', this.#keyOf(record), record, (error) => {
      if (error === undefined) { this.#waiting.push({ record, lockToken: '', lockedUntil: 0, holder: undefined }) }
      kept(error)
      if (error === undefined) { this.#deliver() }
    })
  }

  /** Locks the next message for a minute, or undefined if there is none. */
  receive(): LockedServiceMessage | undefined {
    const next = this.#nextFree()
    return next === undefined ? undefined : this.#lock(next, undefined)
  }

  /** `deliver` gets the messages that are there and those that come, as far as the credit goes. */
  consume(deliver: (locked: LockedServiceMessage) => void): ServiceConsumer {
    const consumer: Consumer = { credit: 0, deliver }
    this.#consumers.add(consumer)
    return {
      addCredit: (count) => {
        consumer.credit += count
        this.#deliver()
      },
      close: () => {
        if (!this.#consumers.delete(consumer)) { return }
        for (const one of this.#waiting) {
          if (one.holder === consumer) { this.#free(one) }
        }
        this.#deliver()
      }
    }
  }

  /** Throws MessageLockLost, like the two that follow. */
  complete(lockToken: string, kept: Kept = () => {}): void {
    this.#remove(this.#held(lockToken), kept)
  }

  reject(lockToken: string, kept: Kept = () => {}): void {
    this.#remove(this.#held(lockToken), kept)
  }

  /** It can be had again at once, unless it was abandoned too often. */
  abandon(lockToken: string, kept: Kept = () => {}): void {
    const one = this.#held(lockToken)
    one.record = { ...one.record, deliveryCount: one.record.deliveryCount + 1 }
    if (one.record.deliveryCount >= MAX_DELIVERIES) {
      this.#remove(one, kept)
      return
    }
    this.#free(one)
    this.#store.put('service-message', this.#keyOf(one.record), one.record, kept)
    this.#deliver()
  }

  /** No timer is left; what waits stays in the store. */
  close(): void {
    this.#cancelTimer?.()
    this.#consumers.clear()
  }

  #keyOf({ number }: { number: number }): string {
    return `${this.#name}|${number}`
  }

  #held(lockToken: string): Waiting {
    const now = this.#clock.now()
    const one = this.#waiting.find((each) => each.lockToken === lockToken && each.lockedUntil > now)
    if (one === undefined || lockToken === '') { throw new HubError('MessageLockLost', 'no message is locked under this token; the lock may have ended') }
    return one
  }

  #remove(one: Waiting, kept: Kept): void {
    this.#waiting.splice(this.#waiting.indexOf(one), 1)
    this.#store.remove('service-message', this.#keyOf(one.record), kept)
    this.#watch()
  }

  #free(one: Waiting): void {
    one.lockToken = ''
    one.lockedUntil = 0
    one.holder = undefined
  }

  #lock(one: Waiting, holder: Consumer | undefined): LockedServiceMessage {
    one.lockToken = Buffer.from(this.#random(16)).toString('hex')
    one.lockedUntil = this.#clock.now() + LOCK_MS
    one.holder = holder
    this.#watch()
    return { message: one.record, lockToken: one.lockToken }
  }

  #nextFree(): Waiting | undefined {
    const now = this.#clock.now()
    for (;;) {
      const next = this.#waiting.find(({ lockedUntil }) => lockedUntil <= now)
      if (next === undefined || next.record.expiresAt > now) { return next }
      this.#remove(next, () => {})
    }
  }

  #deliver(): void {
    for (const consumer of this.#consumers) {
      while (consumer.credit > 0) {
        const next = this.#nextFree()
        if (next === undefined) { return }
        consumer.credit--
        consumer.deliver(this.#lock(next, consumer))
      }
    }
  }

  /** A lock that ends lets the next consumer have the message. */
  #watch(): void {
    this.#cancelTimer?.()
    const ends = this.#waiting.flatMap(({ lockedUntil }) => lockedUntil > 0 ? [lockedUntil] : [])
    this.#cancelTimer = ends.length === 0 ? undefined : this.#clock.setTimer(() => {
      const now = this.#clock.now()
      for (const one of this.#waiting) {
        if (one.lockedUntil > 0 && one.lockedUntil <= now) { this.#free(one) }
      }
      this.#watch()
      this.#deliver()
    }, Math.max(Math.min(...ends) - this.#clock.now(), 0))
  }
}
