// Time and randomness as arguments; the hub knows no other source of either.

import { randomFillSync } from 'node:crypto'

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `fired` once, `ms` from now; the returned function cancels it and may be called at any time. */
  setTimer(fired: () => void, ms: number): () => void
}

/** `length` random bytes, fresh on every call. */
export type Random = (length: number) => Uint8Array

/** setTimeout takes a signed 32-bit number of milliseconds; longer waits are taken in steps. */
const LONGEST_STEP_MS = 0x7fffffff

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(fired, ms) {
    let handle: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      handle = leftMs > LONGEST_STEP_MS
        ? setTimeout(() => wait(leftMs - LONGEST_STEP_MS), LONGEST_STEP_MS)
        : setTimeout(fired, leftMs)
    }
    wait(ms)
    return () => clearTimeout(handle)
  }
}

export const systemRandom: Random = (length) => randomFillSync(new Uint8Array(length))
