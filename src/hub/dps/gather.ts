// Several things to be stored and one who waits for all of them; it knows neither store nor thing.

import type { Kept } from '../store/store.js'

/** `kept()` for each of them; `done` is called once, after `close` and with the first error. */
export function gather(done: Kept): { kept(): Kept; close(): void } {
  let pending = 1
  let failure: Error | undefined
  const settle: Kept = (error) => {
    failure ??= error
    if (--pending === 0) { done(failure) }
  }
  return {
    kept() {
      pending++
      return settle
    },
    close: () => settle()
  }
}
