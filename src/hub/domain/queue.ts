// The queue of messages to one device (reference A7): depth, expiry, locks, delivery counts. It knows no packet and sends nothing.

import type { CloudMessage } from '../message.js'
import type { CloudMessageRecord } from '../store/store.js'

export const MAX_QUEUED = 50
/** How long a delivered message is invisible before it is delivered again. */
export const LOCK_MS = 60_000
const LAST_TAG = 0xffff

export interface QueuedMessage {
  message: CloudMessage
  /** Orders the messages and names the record. */
  readonly number: number
  /** 1 to 65535 once it was delivered in this session and until it ends; 0 before. MQTT uses it as packet id. */
  tag: number
  /** Milliseconds since 1970; 0 while nobody holds it. */
  lockedUntil: number
  /** Empty until it is asked for, and once the lock is over. */
  lockToken: string
}

const waiting = (message: CloudMessage, number: number): QueuedMessage => ({ message, number, tag: 0, lockedUntil: 0, lockToken: '' })

export class CloudQueue {
  readonly #waiting: QueuedMessage[]
  #lastTag = 0
  #lastNumber: number

  /** `records` in any order. */
  constructor(records: readonly CloudMessageRecord[] = []) {
    this.#waiting = records.map(({ message, number }) => waiting(message, number)).sort((a, b) => a.number - b.number)
    this.#lastNumber = this.#waiting.at(-1)?.number ?? 0
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Undefined if the queue is full. */
  add(message: CloudMessage): QueuedMessage | undefined {
    if (this.#waiting.length >= MAX_QUEUED) { return undefined }
    const queued = waiting(message, ++this.#lastNumber)
    this.#waiting.push(queued)
    return queued
  }

  /** Takes out what has expired by `now` and nobody holds. */
  removeExpired(now: number): QueuedMessage[] {
    return this.#removeWhere((queued) => queued.lockedUntil <= now && queued.message.expiresAt <= now)
  }

  /** Locks and returns what can be delivered, in order, at most `limit`. Call removeExpired first. */
  lockDeliverable(now: number, limit: number): { queued: QueuedMessage; again: boolean }[] {
    const deliverable: { queued: QueuedMessage; again: boolean }[] = []
    for (const queued of this.#waiting) {
      if (deliverable.length >= limit) { break }
      if (queued.lockedUntil > now) { continue }
      const again = queued.tag !== 0
      if (!again) { queued.tag = this.#freeTag() }
      queued.lockedUntil = now + LOCK_MS
      queued.lockToken = ''
      deliverable.push({ queued, again })
    }
    return deliverable
  }

  /** When a lock ends or something free expires, or undefined if time alone changes nothing. Locks count only while someone listens. */
  nextChange({ isHeard }: { isHeard: boolean }, now: number): number | undefined {
    let next: number | undefined
    for (const { lockedUntil, message } of this.#waiting) {
      const isLocked = lockedUntil > now
      const at = !isLocked ? message.expiresAt : isHeard ? lockedUntil : Math.max(lockedUntil, message.expiresAt)
      if (next === undefined || at < next) { next = at }
    }
    return next
  }

  /** Still locked under this token. */
  held(lockToken: string, now: number): QueuedMessage | undefined {
    return lockToken === '' ? undefined : this.#waiting.find((queued) => queued.lockToken === lockToken && queued.lockedUntil > now)
  }

  tagged(tag: number): QueuedMessage | undefined {
    return tag === 0 ? undefined : this.#waiting.find((queued) => queued.tag === tag)
  }

  remove(gone: QueuedMessage): void {
    this.#removeWhere((queued) => queued === gone)
  }

  /** Deliverable again. */
  unlock(queued: QueuedMessage): void {
    queued.lockedUntil = 0
    queued.lockToken = ''
  }

  /** The link is gone: everything is deliverable again. A session that is kept keeps its tags as well. */
  release({ keepTags }: { keepTags: boolean }): void {
    for (const queued of this.#waiting) {
      this.unlock(queued)
      if (!keepTags) { queued.tag = 0 }
    }
  }

  purge(): QueuedMessage[] {
    return this.#removeWhere(() => true)
  }

  #removeWhere(isGone: (queued: QueuedMessage) => boolean): QueuedMessage[] {
    const gone: QueuedMessage[] = []
    for (let i = 0; i < this.#waiting.length;) {
      if (isGone(this.#waiting[i]!)) {
        gone.push(this.#waiting.splice(i, 1)[0]!)
      } else {
        i++
      }
    }
    return gone
  }

  #freeTag(): number {
    do {
      this.#lastTag = this.#lastTag % LAST_TAG + 1
    } while (this.#waiting.some((queued) => queued.tag === this.#lastTag))
    return this.#lastTag
  }
}
