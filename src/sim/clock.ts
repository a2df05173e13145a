/** Virtual time: it moves when it is told to, and timers fire in the order of their time, then of their start. */

import type { Clock } from '../hub/index.js'

interface Timer {
  readonly dueMs: number
  readonly order: number
  fired: (() => void) | undefined
}

export class VirtualClock implements Clock {
  /** Epoch at virtual time 0. */
  readonly epochMs: number
  /** Virtual milliseconds since the start. */
  nowMs = 0
  readonly #heap: Timer[] = []
  #order = 0

  constructor(epochMs: number) {
    this.epochMs = epochMs
  }

  now(): number {
    return this.epochMs + this.nowMs
  }

  setTimer(fired: () => void, ms: number): () => void {
    const timer: Timer = { dueMs: this.nowMs + Math.max(0, Math.ceil(ms)), order: this.#order++, fired }
    this.#push(timer)
    return () => { timer.fired = undefined }
  }

  /** When the next timer is due, or Infinity. */
  get nextMs(): number {
    while (this.#heap.length > 0 && this.#heap[0]!.fired === undefined) this.#pop()
    return this.#heap[0]?.dueMs ?? Infinity
  }

  /** Fires what is due now; a timer it starts meanwhile and that is due as well fires in the next call. */
  fireDue(): void {
    for (let left = this.#heap.length; left > 0 && this.nextMs <= this.nowMs; left--) {
      const timer = this.#pop()
      const fired = timer.fired!
      timer.fired = undefined
      fired()
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!before(timer, heap[above]!)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = timer
  }

  #pop(): Timer {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++
      if (!before(heap[below]!, last)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
    return first
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}
