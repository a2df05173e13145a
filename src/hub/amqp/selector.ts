// Where a reader of the built-in endpoint wants to begin, from the selector filter of its link (reference E3). It knows no link.

import type { EventPosition } from '../event-log.js'
import { AmqpError } from './error.js'

export const SELECTOR = 'apache.org:selector-filter:string'

const CLAUSE = /^\s*amqp\.annotation\.(x-opt-offset|x-opt-sequence-number|x-opt-enqueued-time(?:utc)?)\s*(>=?)\s*'([^']*)'\s*$/i
const LATEST = '@latest'

function numberIn(text: string, what: string): number {
  const number = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(number)) { throw new AmqpError('com.microsoft:argument-error', `${what} of a selector is a number`) }
  return number
}

/** From the earliest event without a filter. Throws AmqpError. */
export function positionOf(filter: unknown): EventPosition {
  if (filter === undefined) { return { at: 'earliest' } }
  const [, name, operator, value] = typeof filter === 'string' ? CLAUSE.exec(filter) ?? [] : []
  if (name === undefined || value === undefined) {
    throw new AmqpError('com.microsoft:argument-error', `a selector compares x-opt-offset, x-opt-sequence-number or x-opt-enqueued-time with > or >= to a text in single quotes`)
  }
  const inclusive = operator === '>='
  switch (name.toLowerCase()) {
    case 'x-opt-offset':
      if (value.toLowerCase() === LATEST) { return { at: 'latest' } }
      return value === '-1' ? { at: 'earliest' } : { at: 'offset', offset: value, inclusive }
    case 'x-opt-sequence-number': {
      const sequence = numberIn(value, 'the sequence number')
      return sequence < 0 ? { at: 'earliest' } : { at: 'sequence', sequence, inclusive }
    }
    default: return { at: 'time', enqueuedTime: numberIn(value, 'the enqueued time'), inclusive }
  }
}
