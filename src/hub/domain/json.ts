// JSON from outside: bytes to value with a bound on nesting, never an exception. It knows no twin.

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
export interface JsonObject { [key: string]: JsonValue }

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Deep enough for any payload, shallow enough for every recursive walk over the value. */
const DEEPEST = 64
const utf8 = new TextDecoder('utf-8', { fatal: true })

function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 0x5c) { i++ } else if (c === 0x22) { inString = false }
    } else if (c === 0x22) {
      inString = true
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > DEEPEST) { return true }
    } else if (c === 0x7d || c === 0x5d) {
      depth--
    }
  }
  return false
}

/** The value, or what is wrong with the bytes in a few words that quote none of them. */
export function parseJson(bytes: Uint8Array): { value: JsonValue } | { error: string } {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { error: 'it is not UTF-8' }
  }
  if (isTooDeep(text)) { return { error: `it is nested deeper than ${DEEPEST} levels` } }
  try {
    return { value: JSON.parse(text) as JsonValue }
  } catch {
    return { error: 'it is not JSON' }
  }
}
