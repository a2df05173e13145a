// Several changes that count as one: told once, when the last of them is kept, with the first error if there was one.

import type { Kept } from './store.js'

/** The result is to be called `count` times; for 0, `kept` is called at once. */
export function whenAll(count: number, kept: Kept): Kept {
  let left = count
  let failed: Error | undefined
  if (left === 0) { kept() }
  return (error) => {
    failed ??= error
    if (--left === 0) { kept(failed) }
  }
}
