// Answers that wait until what they promise is stored; it knows neither store nor request.

import { HubError } from '../error.js'
import type { Kept } from '../store/store.js'

/** Resolves with the result of `work` once `kept` was called, rejects with what it throws or with StoreFailed. */
export async function stored<T>(work: (kept: Kept) => T): Promise<T> {
  let kept: Kept
  const done = new Promise<void>((resolve, reject) => {
    kept = (error) => error === undefined ? resolve() : reject(new HubError('StoreFailed', 'the change could not be stored', { cause: error }))
  })
  const result = work(kept!)
  await done
  return result
}

/** An etag as a header has it. */
export const inQuotes = (etag: string): { etag: string } => ({ etag: `"${etag}"` })
