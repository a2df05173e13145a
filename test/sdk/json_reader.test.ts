/** The SDK's JSON reader against RFC 8259: what it takes, what it refuses and why, in whatever pieces the host hands it over. */

import { beforeAll, describe, expect, test } from 'vitest'
import { jsonGuest, type JsonGuest } from './json_guest.ts'

let guest: JsonGuest
beforeAll(async () => { guest = await jsonGuest() })

const bytes = (hex: string) => Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16))
const reason = () => guest.string(guest.call['reason']!())

describe('accepts what RFC 8259 allows', () => {
  test.each([
    ['an empty object', '{}'],
    ['an empty array', '[]'],
    ['white space of all four kinds', ' \t\r\n[ 1 ,\n2 ]\r\n'],
    ['a lone number', '0'],
    ['a lone text', '"a"'],
    ['the literals', '[true,false,null]'],
    ['nesting', '{"a":[{"b":[[]]},{}],"c":{"d":{}}}'],
    ['an empty name', '{"":1}'],
    ['equal names, the last of which counts', '{"a":1,"a":2}'],
    ['every short escape', '"\\"\\\\\\/\\b\\f\\n\\r\\t"'],
    ['\\u escapes in either case', '"\\u00e9\\u00E9\\u0041\\uFFFF"'],
    ['a surrogate pair', '"\\ud83d\\ude00"'],
    ['NUL as an escape', '"\\u0000"'],
    ['DEL and other characters of Unicode as they are', '"\u007f\u0080é€😀\ufeff"'],
    ['an escaped name', '{"\\u0061\\n":1}'],
    ['a negative zero', '-0'],
    ['all forms of numbers', '[0,-1,10,0.5,-0.25,1e3,1E3,1e+3,1e-3,1.5e10,0e0,0.0]'],
    ['a number of many digits', '[123456789012345678901234567890.123456789012345678901234567890]'],
    ['64 levels', '['.repeat(64) + ']'.repeat(64)],
    ['a long text', JSON.stringify('x'.repeat(5000))],
  ])('%s', (_, document) => {
    expect(guest.parse(document)).toEqual(JSON.parse(document))
  })

  test.each([
    ['a lone high surrogate', '"a\\ud800b"', 'a\ufffdb'],
    ['a lone low surrogate', '"\\udc00"', '\ufffd'],
    ['a high surrogate before another escape', '"\\ud800\\n"', '\ufffd\n'],
    ['two high surrogates', '"\\ud800\\ud83d\\ude00"', '\ufffd😀'],
    ['a high surrogate at the end', '"\\udbff"', '\ufffd'],
  ])('%s becomes U+FFFD, since UTF-8 cannot hold it', (_, document, expected) => {
    expect(guest.parse(document)).toBe(expected)
  })
})

describe('refuses what RFC 8259 does not allow, and says why and where', () => {
  test.each([
    ['nothing', '', 'the document ends too early', 0],
    ['only white space', '  ', 'the document ends too early', 2],
    ['an open object', '{"a":1', 'the document ends too early', 6],
    ['an open text', '"abc', 'the document ends too early', 4],
    ['an open escape', '"\\u00', 'the document ends too early', 5],
    ['a cut literal', 'tru', 'the document ends too early', 3],
    ['a lone minus', '-', 'the document ends too early', 1],
    ['a leading zero', '01', 'a number has a leading zero', 1],
    ['a leading zero after a minus', '-00', 'a number has a leading zero', 2],
    ['a leading plus', '+1', 'expected a value', 0],
    ['a leading point', '.5', 'expected a value', 0],
    ['a point without digits', '[1.]', 'expected a digit', 3],
    ['an exponent without digits', '[1e]', 'expected a digit', 3],
    ['a sign without a number', '[-a]', 'expected a digit', 2],
    ['two points', '[1.2.3]', 'expected a comma or the end of the object or array', 4],
    ['hexadecimal', '[0x1]', 'expected a comma or the end of the object or array', 2],
    ['NaN', 'NaN', 'expected a value', 0],
    ['Infinity', '-Infinity', 'expected a digit', 1],
    ['a wrong literal', 'nulL', 'expected a value', 3],
    ['capital literals', 'True', 'expected a value', 0],
    ['a trailing comma in an array', '[1,]', 'expected a value', 3],
    ['a trailing comma in an object', '{"a":1,}', "expected a member's name", 7],
    ['a leading comma', '[,1]', 'expected a value', 1],
    ['two values', '1 2', 'something follows the document', 2],
    ['a value after the document', '{} x', 'something follows the document', 3],
    ['a missing comma', '[1 2]', 'expected a comma or the end of the object or array', 3],
    ['a missing colon', '{"a" 1}', 'expected a colon', 5],
    ['a missing value', '{"a":}', 'expected a value', 5],
    ['a name that is no text', '{a:1}', "expected a member's name", 1],
    ['a number as a name', '{1:1}', "expected a member's name", 1],
    ['single quotes', "'a'", 'expected a value', 0],
    ['the wrong bracket', '[1}', 'expected a comma or the end of the object or array', 2],
    ['the wrong brace', '{"a":1]', 'expected a comma or the end of the object or array', 6],
    ['a closing bracket alone', ']', 'expected a value', 0],
    ['a comment', '[1/**/]', 'expected a comma or the end of the object or array', 2],
    ['an unknown escape', '"\\x41"', 'a bad escape in a text', 2],
    ['an escape with too few digits', '"\\u12G4"', 'a bad escape in a text', 5],
    ['a line feed in a text', '"a\nb"', 'a control character in a text', 2],
    ['a NUL in a text', '"\u0000"', 'a control character in a text', 1],
    ['a byte order mark', '\ufeff1', 'expected a value', 0],
    ['a no-break space', '\u00a01', 'expected a value', 0],
    ['65 levels', '['.repeat(65) + ']'.repeat(65), 'nested deeper than 64', 64],
  ])('%s', (_, document, why, at) => {
    expect(guest.parse(document)).toBeUndefined()
    expect(reason()).toBe(why)
    expect(guest.call['offset']!()).toBe(at)
  })

  test.each([
    ['a lone continuation byte', '22 80 22'],
    ['an overlong slash', '22 c0 af 22'],
    ['an overlong NUL of three bytes', '22 e0 80 80 22'],
    ['an overlong character of four bytes', '22 f0 80 80 80 22'],
    ['an encoded surrogate', '22 ed a0 80 22'],
    ['a character above U+10FFFF', '22 f4 90 80 80 22'],
    ['a byte that UTF-8 never has', '22 ff 22'],
    ['a character cut by the quote', '22 e2 82 22'],
    ['a character cut by the end', '22 e2 82'],
    ['a lead byte after a lead byte', '22 c3 c3 a9 22'],
  ])('text that is not UTF-8: %s', (_, hex) => {
    expect(guest.parse(bytes(hex))).toBeUndefined()
    expect(reason()).toMatch(/^(a text is not UTF-8|the document ends too early)$/)
  })
})

/** What a reading function makes of a document of one value, or the reason it fails. */
const read = (name: string, document: string, ...args: unknown[]): unknown => {
  guest.give(document)
  const value: unknown = guest.call[name]!(...args)
  return guest.call['failed']!() ? reason() : value
}

describe('numbers keep their value', () => {
  test.each([
    ['0', 0], ['-0', 0], ['2147483647', 2147483647], ['-2147483648', -2147483648],
    ['2147483648', 'number out of range'], ['-2147483649', 'number out of range'], ['1e3', 1000], ['5.0', 5], ['1500e-2', 15],
    ['0.5', 'expected an integer'], ['1e10', 'number out of range'], ['1e-1', 'expected an integer'], ['"1"', 'expected a number'],
    ['true', 'expected a number'], ['0e999999999999', 0], ['1e999999999999', 'number out of range'],
  ])('i32 of %s', (document, expected) => { expect(read('readI32', document)).toBe(expected) })

  test.each([
    ['9223372036854775807', 9223372036854775807n], ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', 'number out of range'], ['-9223372036854775809', 'number out of range'],
    ['4503599627370496', 4503599627370496n], ['18446744073709551616', 'number out of range'], ['92233720368547758070', 'number out of range'],
    ['922337203685477580700e-2', 9223372036854775807n], ['0.0000000000000000001e19', 1n], ['1.00000000000000000000000000', 1n],
    ['1.00000000000000000000000001', 'number out of range'],
  ])('i64 of %s', (document, expected) => { expect(read('readI64', document)).toBe(expected) })

  test.each([
    ['93.25', 2, 9325n], ['93.2', 2, 9320n], ['-0.05', 2, -5n], ['93', 2, 9300n], ['93.250', 2, 9325n], ['9.325e1', 2, 9325n],
    ['93.251', 2, 'too many decimals'], ['92233720368547758.07', 2, 9223372036854775807n], ['92233720368547758.08', 2, 'number out of range'],
    ['0.1', 18, 100000000000000000n],
  ])('fixed point of %s with %i decimals', (document, decimals, expected) => { expect(read('readFixed', document, decimals)).toBe(expected) })

  test.each([
    '0', '-0', '0.1', '1e22', '1e23', '123456789012345678', '9007199254740993', '9007199254740993.00000000000000000000000000001',
    '1.7976931348623157e308', '1.7976931348623158e308', '179769313486231580793728971405301199e273', '2.2250738585072014e-308',
    '2.2250738585072011e-308', '2.225073858507201136057409796709131975934819546351645648023426109724822222021e-308', '5e-324', '2.4703282292062328e-324',
    '2.4703282292062327e-324', '4.9406564584124654e-324', '1e-400', '0.000000000000000000000000000000000000000000000000001e51',
    '8.10109172351e-10', '1.0000000000000001110223024625156540423631668090820312500000000001', '1.00000000000000011102230246251565404236316680908203125',
    '1.00000000000000033306690738754696212708950042724609375', '6929495644600919.5', '3.5e15', '1' + '0'.repeat(400) + 'e-400',
  ])('f64 of %s is the nearest', (document) => { expect(read('readF64', document)).toBe(Number(document)) })

  test('an f64 beyond the largest fails', () => {
    expect(['1e309', '-1e309', '1.7976931348623159e308', '1e999999999'].map((document) => read('readF64', document)))
      .toEqual(Array.from({ length: 4 }, () => 'number out of range'))
  })

  test('a midpoint of 768 digits is told from its neighbour by the digit that follows', () => {
    // The midpoint between the smallest f64 and the next one, 1.5 * 2^-1074, written out in full.
    const exact = (3n * 5n ** 1075n).toString() + 'e-1075'
    expect(read('readF64', exact)).toBe(1e-323)
    expect(read('readF64', exact.replace('e', '1e').replace('-1075', '-1076'))).toBe(1e-323)
    expect(read('readF64', (3n * 5n ** 1075n - 1n).toString() + 'e-1075')).toBe(5e-324)
  })

  test('a flag is true or false and nothing else', () => {
    expect(['true', 'false', '1', 'null'].map((document) => read('readFlag', document))).toEqual([1, 0, 'expected true or false', 'expected true or false'])
  })
})

const find = (document: string, name: string): number => {
  guest.give(document)
  return guest.call['find']!(guest.text(name))
}

describe('find', () => {
  test('goes to the member of that name, whatever is nested before it', () => {
    expect(find('{"a":{"delay":1},"b":[{"delay":2}],"delay":3,"c":4}', 'delay')).toBe(1)
    expect(guest.call['foundI32']!()).toBe(3)
  })

  test('takes the last of equal names, as JSON.parse does', () => {
    expect(find('{"a":1,"\\u0061":2}', 'a')).toBe(1)
    expect(guest.call['foundI32']!()).toBe(2)
  })

  test('finds names outside ASCII', () => {
    expect(find('{"größe😀":7}', 'größe😀')).toBe(1)
    expect(guest.call['foundI32']!()).toBe(7)
  })

  test.each([['{}', 0], ['', 0], ['  ', 0], ['null', 0], ['{"b":1}', 0], ['[]', 1], ['5', 1], ['{"a":1', 1], ['{"a":1}x', 1], ['null x', 1]])(
    'is not there in %j (failure: %i)', (document, failed) => {
      expect(find(document, 'a')).toBe(0)
      expect(guest.call['failed']!()).toBe(failed)
    })
})

describe('the payload comes in pieces', () => {
  const document = '{"näme":"a\\u00e9\\ud83d\\ude00€😀\\n","n":[-12.5e-1,true,false,null,{"x":{}}], "long":' + JSON.stringify('é'.repeat(200)) + '}'

  test('a document reads the same wherever the pieces are cut', () => {
    const expected = JSON.parse(document) as unknown
    for (let padding = 0; padding < 130; padding++) expect(guest.parse(' '.repeat(padding) + document)).toEqual(expected)
  })

  test('every truncation of a document is malformed', () => {
    const whole = new TextEncoder().encode(document)
    for (let length = 0; length < whole.length; length++) expect(guest.parse(whole.subarray(0, length))).toBeUndefined()
  })

  test('a document larger than the guest\'s memory is read, without garbage', () => {
    const items = Array.from({ length: 20_000 }, (_, index) => ({ index, text: 'one reading' }))
    const document = JSON.stringify({ items })
    guest.give(document)
    expect(document.length).toBeGreaterThan(10 * guest.memory.buffer.byteLength)
    const before = guest.heapBytes()
    expect(guest.call['count']!()).toBe(20_000 * 6 + 5)
    expect(guest.heapBytes()).toBe(before)
  })

  test('each piece is fetched once', () => {
    guest.give(JSON.stringify('x'.repeat(1000)))
    const before = guest.reads
    guest.call['count']!()
    expect(guest.reads - before).toBe(Math.ceil(1002 / 128) + 1)
  })
})
