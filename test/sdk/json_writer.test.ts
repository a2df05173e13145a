/** The SDK's JSON writer, number text and property bag over a host that writes what it is told: JSON.parse reads it back. */

import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonGuest, type Json, type JsonGuest } from './json_guest.ts'

let guest: JsonGuest
beforeAll(async () => { guest = await jsonGuest() })
// The texts of the test before.
beforeEach(() => { guest.call['__collect']!() })

/** Puts a JavaScript value through the writer's calls. */
function put(name: string, value: Json | bigint): void {
  const call = (member: string, ...args: unknown[]) => { guest.call[member]!(guest.text(name), ...args) }
  if (value === null) return call('putNothing')
  if (typeof value === 'boolean') return call('putFlag', value)
  if (typeof value === 'number') return call('putF64', value)
  if (typeof value === 'bigint') return call('putI64', value)
  if (typeof value === 'string') return call('putText', guest.text(value))
  call(Array.isArray(value) ? 'openArray' : 'openObject')
  for (const [key, inner] of Object.entries(value)) put(key, inner)
  guest.call['end']!()
}

const written = (value: Record<string, Json | bigint>) => guest.write(() => { for (const [name, inner] of Object.entries(value)) put(name, inner) })

describe('what is written', () => {
  test.each<[string, Record<string, Json>]>([
    ['an empty object', {}],
    ['every kind of value', { a: true, b: false, c: null, d: 'x', e: 1.5, f: [1, 2], g: { h: [] } }],
    ['names and texts of all planes', { 'größe €😀': 'é€😀\u007f\uffff' }],
    ['what JSON escapes', { 'a"b\\c/': '\u0000\u0001\b\t\n\f\r\u001f"\\/' }],
    ['nesting', { a: [[[{ b: [{}, [], 'x'] }]], 1] }],
    ['floats', { a: [0.1, 1e21, 5e-324, 1.7976931348623157e308, -123456.789, 1e-7] }],
  ])('reads back as it was: %s', (_, value) => {
    expect(JSON.parse(written(value)!)).toEqual(value)
  })

  test('is what JSON.stringify writes, byte for byte', () => {
    const value = { celsius: [93.5, -1.25], text: 'a"\n\u0001😀', flag: true, nothing: null, object: { x: 'y' } }
    expect(written(value)!).toBe(JSON.stringify(value))
  })

  test('writes null for what is no number', () => {
    expect(written({ a: Number.NaN, b: Infinity })).toBe('{"a":null,"b":null}')
  })

  test('closes what is still open', () => {
    expect(guest.write(() => { guest.call['openArray']!(guest.text('a')); guest.call['openObject']!(guest.text('')) })).toBe('{"a":[{}]}')
  })

  test('does not close the object itself before it is sent', () => {
    expect(guest.write(() => { guest.call['end']!(); put('a', 1n) })).toBe('{"a":1}')
  })

  test('goes through the reader unchanged', () => {
    const value = { a: [1.5, 'é😀"\\\n', null, true], b: { c: -0.001 } }
    expect(guest.parse(written(value)!)).toEqual(value)
  })
})

describe('integers and fixed point', () => {
  test.each([
    [0n, 0, '0'], [-1n, 0, '-1'], [9223372036854775807n, 0, '9223372036854775807'], [-9223372036854775808n, 0, '-9223372036854775808'],
    [4294967295n, 0, '4294967295'], [4294967296n, 0, '4294967296'], [9325n, 2, '93.25'], [-5n, 2, '-0.05'], [0n, 2, '0.00'], [930n, 1, '93.0'],
    [-9223372036854775808n, 18, '-9.223372036854775808'], [1n, 18, '0.000000000000000001'], [7n, -3, '7'], [7n, 99, '0.000000000000000007'],
  ])('%s / 10^%i is %s', (value, decimals, text) => {
    const length = guest.call['decimal']!(value, decimals) as number
    expect(new TextDecoder().decode(guest.bytes(guest.call['textAt']!(), length))).toBe(text)
  })
})

const bag = () => new TextDecoder().decode(guest.bytes(guest.call['bagAt']!(), guest.call['bagSize']!()))
const add = (name: string, value: string) => { guest.call['addProperty']!(guest.text(name), guest.text(value)) }

describe('a property bag', () => {
  test('is percent-encoded, names and values, so that no character can end one', () => {
    guest.call['newBag']!()
    add('alert level', 'a&b=c%/?#$+')
    add('größe', '😀-._~')
    expect(bag()).toBe('alert%20level=a%26b%3Dc%25%2F%3F%23%24%2B&gr%C3%B6%C3%9Fe=%F0%9F%98%80-._~')
    expect(Object.fromEntries(bag().split('&').map((pair) => pair.split('=').map(decodeURIComponent)))).toEqual({ 'alert level': 'a&b=c%/?#$+', größe: '😀-._~' })
  })

  test('names the body\'s type and encoding as IoT Hub does', () => {
    guest.call['newBag']!()
    add('a', '1')
    expect(guest.call['describeBody']!(guest.text('application/json'), guest.text('utf-8'))).toBe(0)
    expect(bag()).toBe('a=1&$.ct=application%2Fjson&$.ce=utf-8')
  })

  test('is written again when another message went in between, or its text is another', () => {
    const describeBody = (type: string) => { guest.call['newBag']!(); guest.call['describeBody']!(guest.text(type), guest.text('')); return bag() }
    expect(describeBody('text/plain')).toBe('$.ct=text%2Fplain')
    expect(describeBody('text/plain')).toBe('$.ct=text%2Fplain')
    guest.call['__collect']!()
    expect(describeBody('image/jpeg')).toBe('$.ct=image%2Fjpeg')
    expect([guest.call['describeLiteral']!(), bag()]).toEqual([0, '$.ct=application%2Fjson&$.ce=utf-8'])
    add('a', '1')
    expect([guest.call['describeLiteral']!(), bag()]).toEqual([0, '$.ct=application%2Fjson&$.ce=utf-8'])
    guest.call['newBag']!()
    add('b', '2')
    expect([guest.call['describeMore']!(), bag()]).toEqual([0, 'b=2&$.ct=application%2Fjson&$.ce=utf-8'])
    expect([guest.call['describeLiteral']!(), bag()]).toEqual([0, '$.ct=application%2Fjson&$.ce=utf-8'])
  })

  test('is refused when it is too long, never cut', () => {
    guest.call['newBag']!()
    add('a', 'x'.repeat(400))
    expect(guest.call['describeBody']!(guest.text(''), guest.text(''))).toBe(-3)
  })
})

test('nothing that is written or read leaves garbage', () => {
  const [name, text, json] = [guest.text('name'), guest.text('é€😀\n'), guest.text('{"a":1}')]
  guest.give(JSON.stringify({ name: ['é€😀\n', 0.1, 1234567890123456, { a: null }] }))
  const before = guest.heapBytes()
  for (let i = 0; i < 1000; i++) {
    guest.call['begin']!()
    guest.call['putText']!(name, text)
    guest.call['putI64']!(name, 1234567890123n)
    guest.call['putF64']!(name, 0.1)
    guest.call['putJson']!(name, json)
    guest.call['send']!()
    guest.call['newBag']!()
    guest.call['addProperty']!(name, text)
    guest.call['walk']!()
    guest.call['find']!(name)
  }
  expect(guest.heapBytes()).toBe(before)
})
