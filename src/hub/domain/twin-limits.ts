// The limits of device twins (reference A8): what a patch and what a section may hold. It knows neither versions nor merging.

import type { JsonObject, JsonValue } from './json.js'

const MAX_KEY_BYTES = 1024
const MAX_STRING_BYTES = 4096
const MAX_DEPTH = 10
const MAX_INTEGER = 4503599627370495
const MIN_INTEGER = -4503599627370496

export const MAX_SECTION_BYTES = { tags: 8 * 1024, desired: 32 * 1024, reported: 32 * 1024 } as const

const FORBIDDEN_IN_KEY = /[.$ \p{Cc}]/u
const CONTROLS = /\p{Cc}/gu

/** What is beyond a limit in a few words, or undefined. */
export function findLimitBroken(value: JsonValue, depth = 0): string | undefined {
  switch (typeof value) {
    case 'string':
      return Buffer.byteLength(value) > MAX_STRING_BYTES ? `a string is longer than ${MAX_STRING_BYTES} bytes` : undefined
    case 'number':
      if (!Number.isFinite(value)) { return 'a number is too large' }
      return Number.isInteger(value) && (value > MAX_INTEGER || value < MIN_INTEGER)
        ? `an integer is outside ${MIN_INTEGER} to ${MAX_INTEGER}` : undefined
    case 'boolean':
      return undefined
    default:
  }
  if (value === null) { return undefined }
  if (depth > MAX_DEPTH) { return `it is nested deeper than ${MAX_DEPTH} levels` }
  if (Array.isArray(value)) {
    return firstBroken(value, (item) => findLimitBroken(item, depth + 1))
  }
  return firstBroken(Object.keys(value), (key) => {
    if (key === '' || FORBIDDEN_IN_KEY.test(key)) { return `a key is empty or holds '.', '$', a space or a control character` }
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) { return `a key is longer than ${MAX_KEY_BYTES} bytes` }
    return findLimitBroken(value[key]!, depth + 1)
  })
}

function firstBroken<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const broken = check(item)
    if (broken !== undefined) { return broken }
  }
  return undefined
}

const textBytes = (text: string): number => Buffer.byteLength(text.replace(CONTROLS, ''))

/** Keys and strings in UTF-8 without control characters, numbers 8, booleans 4, null nothing. */
export function sectionBytes(value: JsonValue): number {
  if (value === null) { return 0 }
  switch (typeof value) {
    case 'string': return textBytes(value)
    case 'number': return 8
    case 'boolean': return 4
    default:
  }
  if (Array.isArray(value)) { return value.reduce<number>((sum, item) => sum + sectionBytes(item), 0) }
  return Object.keys(value as JsonObject).reduce((sum, key) => sum + textBytes(key) + sectionBytes((value as JsonObject)[key]!), 0)
}
