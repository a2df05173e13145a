/** The module reader and its limits: what V8 accepts is read right, what nobody should see is refused, and nothing else happens. */

import { expect, test } from 'vitest'
import { moduleLimits, checkModule } from '../../src/build/limits.js'
import { ModuleError, readModule } from '../../src/build/module.js'
import { withoutCustomSections } from '../../src/build/strip.js'

const magic = '00 61 73 6d 01 00 00 00'
const hex = (...parts: string[]): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(parts.join('').replaceAll(/\s+/g, ''), 'hex'))
const leb = (value: number): string => {
  const bytes: number[] = []
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0))
    value >>>= 7
  } while (value > 0)
  return Buffer.from(bytes).toString('hex')
}
const section = (id: string, content: string): string => id + leb(content.replaceAll(/\s+/g, '').length / 2) + content

// The least a guest must have: types v(), v(ii); three functions; one page; heap_bytes; the five exports.
const types = section('01', '02 60 00 00 60 02 7f 7f 00')
const functions = section('03', '03 00 01 00')
const memory = section('05', '01 01 01 01')
const globals = section('06', '01 7f 01 41 00 0b')
const exports = section('07', `05 05${Buffer.from('start').toString('hex')}0000 08${Buffer.from('on_event').toString('hex')}0001
  09${Buffer.from('__collect').toString('hex')}0002 06${Buffer.from('memory').toString('hex')}0200 0a${Buffer.from('heap_bytes').toString('hex')}0300`)
const code = section('0a', '03 02 00 0b 02 00 0b 02 00 0b')
const guest = hex(magic, types, functions, memory, globals, exports, code)
const withBody = (body: string): Uint8Array<ArrayBuffer> => {
  const size = body.replaceAll(/\s+/g, '').length / 2
  return hex(magic, types, functions, memory, globals, exports, section('0a', `03 ${leb(size)} ${body} 02 00 0b 02 00 0b`))
}
const check = (wasm: Uint8Array, guestBytes = 16384): void => checkModule(readModule(wasm), { guestBytes })

test('a guest with all it must have is valid and passes', () => {
  expect(WebAssembly.validate(guest)).toBe(true)
  check(guest)
  expect(readModule(guest)).toMatchObject({
    memory: { initialPages: 1, maximumPages: 1 },
    exports: [
      { name: 'start', signature: 'v()' }, { name: 'on_event', signature: 'v(ii)' }, { name: '__collect', signature: 'v()' },
      { name: 'memory', kind: 'memory' }, { name: 'heap_bytes', type: 'mut i32' },
    ],
  })
})

test('locals, nesting and branch targets of a function are counted', () => {
  // 2 i32 locals; block block br_table 2 targets; end end end
  const module = readModule(withBody('01 02 7f 02 40 02 40 41 00 0e 02 00 01 00 0b 0b 0b'))
  expect(module.functions[0]).toMatchObject({ index: 0, locals: 2, nesting: 2, branchTargets: 2 })
})

test.each([
  ['20,000 nested blocks', withBody(`00 ${'02 40'.repeat(20000)} ${'0b'.repeat(20000)} 0b`), `the app has 20000 nested blocks in function #0, more than the ${moduleLimits.nesting} a device takes`],
  ['a branch table of 2,000 targets', withBody(`00 41 00 0e ${leb(2000)} ${'00'.repeat(2001)} 0b`), 'the app has 2000 branch targets in function #0'],
  ['50,000 locals', withBody(`01 ${leb(50000)} 7f 0b`), 'the app has 50000 parameters and locals in function #0'],
])('%s are refused although V8 takes them', (_, wasm, problem) => {
  expect(WebAssembly.validate(wasm)).toBe(true)
  expect(() => check(wasm)).toThrow(problem)
})

test.each([
  ['an import nobody has', section('02', `01 03${Buffer.from('env').toString('hex')} 01 66 00 00`), `the app imports function 'env.f', which no device has`],
  ['an import with another signature', section('02', `01 04${Buffer.from('gpio').toString('hex')} 05${Buffer.from('write').toString('hex')} 00 01`), `the app imports 'gpio.write' as v(ii), but it is i(ii)`],
  ['an imported memory', section('02', `01 03${Buffer.from('env').toString('hex')} 01 6d 02 00 01`), 'there is more than one memory'],
])('%s is refused', (_, imports, problem) => {
  expect(() => check(hex(magic, types, imports, functions, memory, globals, exports, code))).toThrow(problem)
})

test.each([
  ['a memory that may grow', hex(magic, types, functions, section('05', '01 00 01'), globals, exports, code), 'the app asks for 1 to any number of pages'],
  ['a constant heap_bytes', hex(magic, types, functions, memory, section('06', '01 7f 00 41 00 0b'), exports, code), `does not export 'heap_bytes' as a mutable i32 global`],
  ['a start function', hex(magic, types, functions, memory, globals, exports, section('08', '00'), code), 'the app runs code before its memory can be seen'],
  ['static data beyond the guest memory', hex(magic, types, functions, memory, globals, exports, code, section('0b', '01 00 41 ff ff 00 0b 02 61 62')), `the app's static data ends at 16385 bytes, beyond the board's guestBytes of 16384`],
  ['no exports', hex(magic, types, functions, memory, globals, code), `does not export the function 'start' as v()`],
])('%s is refused with one sentence', (_, wasm, problem) => {
  expect(() => check(wasm)).toThrow(problem)
})

test.each([
  ['an empty file', '', 'it ends too early at byte 0'],
  ['another file', '7f 45 4c 46 02 01 01 00', 'not a Wasm module of version 1'],
  ['a section that claims more than there is', `${magic} 01 ff ff ff ff 0f`, 'it ends too early'],
  ['a list that claims 4 billion items', `${magic} 01 05 ff ff ff ff 0f`, 'a list of 4294967295 items does not fit'],
  ['a number of 33 bits', `${magic} 01 05 ff ff ff ff 1f`, 'a number is larger than 32 bits'],
  ['sections out of order', `${magic} 03 01 00 01 01 00`, 'section 1 is out of order'],
  ['a vector type', `${magic} 01 05 01 60 01 7b 00`, 'value type 0x7b is not supported'],
  ['a vector instruction', `${magic} 01 04 01 60 00 00 03 02 01 00 0a 08 01 06 00 fd 0c 00 00 0b`, 'instruction 0xfd is not supported'],
  ['a name that is not UTF-8', `${magic} 01 04 01 60 00 00 02 07 01 01 ff 01 66 00 00`, 'a name is not UTF-8'],
  ['a body without its end', `${magic} 01 04 01 60 00 00 03 02 01 00 0a 04 01 02 00 02`, 'it ends too early'],
])('%s is refused', (_, bytes, problem) => {
  expect(() => readModule(hex(bytes))).toThrow(ModuleError)
  expect(() => readModule(hex(bytes))).toThrow(problem)
})

test('custom sections are taken out and the code stays where it is', () => {
  const named = hex(Buffer.from(guest).toString('hex'), '00 0b 04', Buffer.from('name').toString('hex'), '01 04 01 00 01 66')
  expect(readModule(named).names).toEqual(new Map([[0, 'f']]))
  expect(withoutCustomSections(named)).toEqual(guest)
})

test('a custom section in front of the code is refused, since it would move the offsets', () => {
  expect(() => withoutCustomSections(hex(magic, section('00', '01 61'), types))).toThrow('a custom section stands before')
})

// A linear congruential generator, so that a failure repeats.
function randoms(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

test('100,000 mutations are each read, or refused as malformed, and never anything else', () => {
  const sample = withBody('01 02 7f 02 40 02 40 41 00 0e 02 00 01 00 0b 0b 42 7f 1a 43 00 00 00 00 1a 0b')
  const random = randoms(2)
  let read = 0
  for (let turn = 0; turn < 100_000; turn++) {
    const wasm = sample.slice(0, random(20) === 0 ? random(sample.length) : sample.length)
    for (let change = random(4); change >= 0 && wasm.length > 0; change--) wasm[random(wasm.length)] = random(256)
    try {
      check(withoutCustomSections(wasm))
      read++
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error
    }
  }
  expect(read).toBeGreaterThan(100)
})

test('what V8 finds valid among mutations is never called malformed unless it uses what no engine of ours has', () => {
  const random = randoms(3)
  let valid = 0
  for (let turn = 0; turn < 20_000; turn++) {
    const wasm = guest.slice()
    wasm[random(wasm.length)] = random(256)
    if (!WebAssembly.validate(wasm)) continue
    valid++
    try {
      readModule(wasm)
    } catch (error) {
      expect((error as Error).message).toMatch(/not supported|not of the plain kind|more than one|does not hold functions|not a plain constant/)
    }
  }
  expect(valid).toBeGreaterThan(1000)
})
