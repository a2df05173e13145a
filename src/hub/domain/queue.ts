// The queue of messages to one device (reference A7): depth, expiry, locks, completion. It knows no packet and sends nothing.

import type { CloudMessage } from '../message.js'

export const MAX_QUEUED = 50
/** How long a delivered message is invisible before it is delivered again. */
export const LOCK_MS = 60_000
const LAST_TAG = 0xffff

export interface QueuedMessage {
  readonly message: CloudMessage
  /** 1 to 65535 once it was delivered in this session and until it ends; 0 before. MQTT uses it as packet id. */
  tag: number
  /** Milliseconds since 1970; 0 while nobody holds it. */
  lockedUntil: number
}

export class CloudQueue {
  readonly #waiting: QueuedMessage[]
  #lastTag = 0

  constructor(messages: readonly CloudMessage[] = []) {
    this.#waiting = messages.map((message) => ({ message, tag: 0, lockedUntil: 0 }))
  }

  get length(): number {
    return this.#waiting.length
  }

  get messages(): CloudMessage[] {
    return this.#waiting.map((queued) => queued.message)
  }

  /** False if the queue is full. */
  add(message: CloudMessage): boolean {
    if (this.#waiting.length >= MAX_QUEUED) { return false }
    this.#waiting.push({ message, tag: 0, lockedUntil: 0 })
    return true
  }

  /** Takes out what has expired by `now` and nobody holds. */
  removeExpired(now: number): CloudMessage[] {
    return this.#removeWhere((queued) => queued.lockedUntil <= now && queued.message.expiresAt <= now)
  }

  /** Locks and returns everything that can be delivered, in order. Call removeExpired first. */
  lockDeliverable(now: number): { queued: QueuedMessage; again: boolean }[] {
    const deliverable: { queued: QueuedMessage; again: boolean }[] = []
    for (const queued of this.#waiting) {
      if (queued.lockedUntil > now) { continue }
      const again = queued.tag !== 0
      if (!again) { queued.tag = this.#freeTag() }
      queued.lockedUntil = now + LOCK_MS
      deliverable.push({ queued, again })
    }
    return deliverable
  }

  /** When the first lock ends, or undefined without a lock. */
  get nextLockEnd(): number | undefined {
    const held = this.#waiting.filter((queued) => queued.lockedUntil > 0)
    return held.length === 0 ? undefined : Math.min(...held.map((queued) => queued.lockedUntil))
  }

  complete(tag: number): CloudMessage | undefined {
    return this.#removeWhere((queued) => queued.tag === tag && tag !== 0)[0]
  }

  /** The link is gone: everything is deliverable again. A session that is kept keeps its tags as well. */
  release({ keepTags }: { keepTags: boolean }): void {
    for (const queued of this.#waiting) {
      queued.lockedUntil = 0
      if (!keepTags) { queued.tag = 0 }
    }
  }

  purge(): CloudMessage[] {
    return this.#removeWhere(() => true)
  }

  #removeWhere(isGone: (queued: QueuedMessage) => boolean): CloudMessage[] {
    const gone: CloudMessage[] = []
    for (let i = 0; i < this.#waiting.length;) {
      if (isGone(this.#waiting[i]!)) {
        gone.push(this.#waiting.splice(i, 1)[0]!.message)
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
