/** The SDK's JSON reader against JSON.parse, on random documents and on documents broken at random; the same ones each time. */

import { beforeAll, expect, test } from 'vitest'
import { jsonGuest, type Json, type JsonGuest } from './json_guest.ts'

let guest: JsonGuest
beforeAll(async () => { guest = await jsonGuest() })

/** mulberry32: numbers from 0 up to 1. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const characters = ['a', 'Z', '0', ' ', '"', '\\', '/', '\n', '\t', '\u0001', '\u007f', 'é', '€', '\uffff', '😀', '\u{10ffff}']

function randomText(random: () => number): string {
  return Array.from({ length: Math.floor(random() * 12) }, () => characters[Math.floor(random() * characters.length)]).join('')
}

/** A document written with random spacing, escapes and number forms. */
function randomDocument(random: () => number, depth = 0): string {
  const space = () => [' ', '\n', '\t', '', '', ''][Math.floor(random() * 6)]!
  const quoted = (text: string) => random() < 0.3
    ? '"' + Array.from({ length: text.length }, (_, i) => '\\u' + text.charCodeAt(i).toString(16).padStart(4, '0')).join('') + '"'
    : JSON.stringify(text)
  const list = (item: () => string) => Array.from({ length: Math.floor(random() * 5) }, () => space() + item() + space()).join(',')
  const kind = Math.floor(random() * (depth < 5 ? 9 : 7))
  switch (kind) {
    case 0: return 'null'
    case 1: return 'true'
    case 2: return 'false'
    case 3: return quoted(randomText(random))
    case 4: return String(Math.floor((random() - 0.5) * 2 ** (random() * 60)))
    case 5: return ((random() - 0.5) * 10 ** Math.floor((random() - 0.5) * 620)).toString().replace(/^(-?)0(?=\d)/, '$1')
    case 6: return `${random() < 0.5 ? '-' : ''}${Math.floor(random() * 1e9) + 1}${Math.floor(random() * 1e15)}.${Math.floor(random() * 1e15)}${Math.floor(random() * 1e15)}e${Math.floor((random() - 0.5) * 640)}`
    case 7: return '[' + list(() => randomDocument(random, depth + 1)) + space() + ']'
    default: return '{' + list(() => quoted(randomText(random)) + space() + ':' + space() + randomDocument(random, depth + 1)) + '}'
  }
}

/** What JSON.parse says, or undefined; an infinite number counts as malformed, for no f64 holds it. */
function parse(document: string): Json | undefined {
  try {
    let finite = true
    const value = JSON.parse(document, (_, inner: Json) => {
      if (typeof inner === 'number' && !Number.isFinite(inner)) finite = false
      return inner
    }) as Json
    return finite ? value : undefined
  } catch {
    return undefined
  }
}

test('3,000 random documents read as JSON.parse reads them', () => {
  const random = randomFrom(20)
  let accepted = 0
  for (let i = 0; i < 3000; i++) {
    const document = randomDocument(random)
    const expected = parse(document)
    if (expected !== undefined) accepted++
    expect(guest.parse(document), document).toEqual(expected)
  }
  expect(accepted).toBeGreaterThan(2000)
})

test('20,000 documents with a character changed, lost or added are accepted exactly when JSON.parse accepts them', () => {
  const random = randomFrom(21)
  const pieces = [...'{}[]",:\\/ue+-.01eEtfn \n\u0000\u001f', '\ufeff', '\u00a0']
  let refused = 0
  for (let i = 0; i < 20_000; i++) {
    const document = randomDocument(random, 3)
    const at = Math.floor(random() * (document.length + 1))
    const removed = Math.floor(random() * 2)
    const broken = (document.slice(0, at) + (random() < 0.7 ? pieces[Math.floor(random() * pieces.length)]! : '') + document.slice(at + removed))
    if (/[\ud800-\udfff]/.test(broken.replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, ''))) continue
    const expected = parse(broken)
    if (expected === undefined) refused++
    const got = guest.parse(broken)
    // A changed escape can make a lone surrogate, which the guest must replace.
    if (expected !== undefined && /\\u[dD]/.test(broken)) expect(got, broken).toBeDefined()
    else expect(got, broken).toEqual(expected)
  }
  expect(refused).toBeGreaterThan(5000)
})

test('10,000 payloads of random bytes neither trap nor read past their end', () => {
  const random = randomFrom(22)
  for (let i = 0; i < 10_000; i++) {
    const payload = Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256))
    if (random() < 0.5) payload[0] = 0x22
    guest.parse(payload)
  }
})
