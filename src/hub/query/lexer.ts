// Text of the query language (reference E2) to tokens. It knows no grammar but the shapes of names, numbers and strings.

import { quoted } from '../reason.js'
import { QueryError } from './syntax.js'

export type Token =
  | { readonly kind: 'word'; readonly at: number; readonly text: string }
  /** `[[name]]`: a name whatever it holds. */
  | { readonly kind: 'escaped'; readonly at: number; readonly text: string; readonly name: string }
  | { readonly kind: 'number'; readonly at: number; readonly text: string; readonly value: number }
  | { readonly kind: 'string'; readonly at: number; readonly text: string; readonly value: string }
  | { readonly kind: 'sign'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number; readonly text: '' }

export const MAX_TEXT_CHARS = 16_384

const SPACE = /[\s\ufeff]+/uy
/** System properties of messages may hold hyphens: `$dt-subject`. */
const WORD = /[\p{L}_][\p{L}\p{N}_$]*|\$[\p{L}\p{N}_$]*(?:-\p{L}[\p{L}\p{N}_]*)*/uy
/** Without brackets inside, so that no text is scanned twice. */
const ESCAPED = /\[\[([^[\]\p{Cc}]+)\]\]/uy
const NUMBER = /0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const STRING = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y
const SIGN = /<>|<=|>=|!=|[=<>+\-*/%(),.[\]]/y
const ESCAPE = /\\(u[0-9a-fA-F]{4}|[^])/g
const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '/': '/', '\\': '\\', "'": "'", '"': '"' }

function unescaped(text: string, at: number): string {
  return text.slice(1, -1).replace(ESCAPE, (whole, code: string, index: number) => {
    if (code.length === 5) { return String.fromCharCode(parseInt(code.slice(1), 16)) }
    const plain = escapes[code]
    if (plain === undefined) { throw new QueryError(at + index + 1, `one of \\' \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX`, quoted(whole)) }
    return plain
  })
}

/** Ends with one token of kind `end`. Throws QueryError. */
export function tokensOf(text: string): Token[] {
  if (text.length > MAX_TEXT_CHARS) { throw new QueryError(MAX_TEXT_CHARS + 1, `at most ${MAX_TEXT_CHARS} characters`, `${text.length}`) }
  const tokens: Token[] = []
  let index = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = index
    return pattern.exec(text)
  }
  for (;;) {
    index += match(SPACE)?.[0].length ?? 0
    const at = index + 1
    if (index === text.length) {
      tokens.push({ kind: 'end', at, text: '' })
      return tokens
    }
    const token = tokenAt(match, at)
    if (token === undefined) {
      const first = text[index]!
      if (first === "'" || first === '"') { throw new QueryError(text.length + 1, `the closing ${first}`, 'the end') }
      throw new QueryError(at, 'a name, a constant or an operator', quoted(String.fromCodePoint(text.codePointAt(index)!)))
    }
    tokens.push(token)
    index += token.text.length
  }
}

function tokenAt(match: (pattern: RegExp) => RegExpExecArray | null, at: number): Token | undefined {
  const word = match(WORD)?.[0]
  if (word !== undefined) { return { kind: 'word', at, text: word } }
  const number = match(NUMBER)?.[0]
  if (number !== undefined) {
    const value = Number(number)
    if (!Number.isFinite(value)) { throw new QueryError(at, 'a number that is not too large', quoted(number)) }
    return { kind: 'number', at, text: number, value }
  }
  const string = match(STRING)?.[0]
  if (string !== undefined) { return { kind: 'string', at, text: string, value: unescaped(string, at) } }
  const escaped = match(ESCAPED)
  if (escaped !== null) { return { kind: 'escaped', at, text: escaped[0], name: escaped[1]! } }
  const sign = match(SIGN)?.[0]
  return sign === undefined ? undefined : { kind: 'sign', at, text: sign }
}
