// Queries of the service side (reference B5): everything of one kind, a page at a time. It knows no HTTP.

import { HubError } from '../error.js'

const DEFAULT_PAGE = 100
const MOST = 1000

/** The whole language: there is nothing to be selected by. */
const QUERY = /^\s*(?:\*|select\s+\*(?:\s+from\s+[a-z]+)?)\s*;?\s*$/i

/** Throws ArgumentInvalid. */
export function checkQuery(text: unknown): void {
  if (typeof text !== 'string' || !QUERY.test(text)) {
    throw new HubError('ArgumentInvalid', `a query is 'SELECT * FROM enrollments' or '*': conditions are not supported here`)
  }
}

export function pageSizeOf(text: string | undefined): number {
  if (text === undefined) { return DEFAULT_PAGE }
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > MOST) { throw new HubError('ArgumentInvalid', `x-ms-max-item-count must be 1 to ${MOST}`) }
  return Number(text)
}

/**
 * In the order of their keys, so that what comes or goes between two pages moves nothing else. A continuation is the
 * last key seen. Throws ArgumentInvalid for one that no page ended with.
 */
export function pageOf<T>(items: readonly T[], keyOf: (item: T) => string, { size, continuation }: { size: number; continuation: string | undefined }): { page: T[]; continuation?: string } {
  const after = continuation === undefined ? undefined : decoded(continuation)
  const sorted = items.map((item) => [keyOf(item), item] as const).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
  const rest = after === undefined ? sorted : sorted.filter(([key]) => key > after)
  const page = rest.slice(0, size)
  const last = page.at(-1)
  return { page: page.map(([, item]) => item), ...(rest.length > size && last !== undefined ? { continuation: Buffer.from(last[0]).toString('base64url') } : {}) }
}

function decoded(continuation: string): string {
  const text = Buffer.from(continuation, 'base64url').toString()
  if (text === '' || Buffer.from(text).toString('base64url') !== continuation) { throw new HubError('ArgumentInvalid', 'the continuation is none of ours') }
  return text
}
