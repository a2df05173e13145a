/** Walks one Wasm function body and measures what an interpreter pays for: locals, nesting, branch tables. Types are V8's to check. */

import type { Bytes } from './bytes.js'

export interface FunctionSize {
  /** Index among all functions, imports first. */
  readonly index: number
  /** Of the body in the module file, in bytes. */
  readonly offset: number
  readonly bytes: number
  /** Without parameters. */
  readonly locals: number
  /** Deepest nesting of blocks, loops and ifs. */
  readonly nesting: number
  /** Targets of the largest branch table. */
  readonly branchTargets: number
}

/** `body` holds exactly one function body, without its length. */
export function measureFunction(index: number, body: Bytes): FunctionSize {
  const offset = body.at
  let locals = 0
  for (let groups = body.count(); groups > 0; groups--) {
    locals += body.u32()
    valueType(body)
  }
  let depth = 1 // the body itself is a block
  let nesting = 0
  let branchTargets = 0
  while (depth > 0) {
    const opcode = body.u8()
    if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) {
      body.signed(33)
      depth++
      nesting = Math.max(nesting, depth - 1)
    } else if (opcode === 0x0b) {
      depth--
    } else if (opcode === 0x0e) {
      const count = body.count()
      branchTargets = Math.max(branchTargets, count)
      for (let target = 0; target <= count; target++) body.u32()
    } else {
      immediates(opcode, body)
    }
  }
  if (body.left > 0) body.fail('code follows the end of a function')
  return { index, offset, bytes: body.end - offset, locals, nesting, branchTargets }
}

/** A constant expression; the value of an i32.const, else undefined. */
export function constant(bytes: Bytes): number | undefined {
  const opcode = bytes.u8()
  let value: number | undefined
  if (opcode === 0x41) value = Number(bytes.signed(32))
  else if (opcode === 0x42 || opcode === 0x43 || opcode === 0x44 || opcode === 0x23) immediates(opcode, bytes)
  else bytes.fail('an initial value is not a plain constant')
  if (bytes.u8() !== 0x0b) bytes.fail('an initial value is not a plain constant')
  return value
}

/** One letter: i i32, I i64, f f32, F f64. No engine of ours takes vectors or references. */
export function valueType(bytes: Bytes): string {
  const byte = bytes.u8()
  const letter = ({ 0x7f: 'i', 0x7e: 'I', 0x7d: 'f', 0x7c: 'F' } as Record<number, string>)[byte]
  return letter ?? bytes.fail(`value type 0x${byte.toString(16)} is not supported`)
}

/** Skips what follows `opcode`, which is none that opens or closes a block and no br_table. */
export function immediates(opcode: number, body: Bytes): void {
  if (opcode >= 0x45 && opcode <= 0xc4) return // arithmetic, comparison, conversion, sign extension
  if (opcode >= 0x28 && opcode <= 0x3e) return times(2, () => body.u32()) // load and store: alignment, offset
  switch (opcode) {
    case 0x00: case 0x01: case 0x05: case 0x0f: case 0x1a: case 0x1b: // unreachable nop else return drop select
      return
    case 0x0c: case 0x0d: case 0x10: case 0x20: case 0x21: case 0x22: case 0x23: case 0x24: // br br_if call local.* global.*
      body.u32()
      return
    case 0x11: // call_indirect
      return times(2, () => body.u32())
    case 0x3f: case 0x40: // memory.size memory.grow
      body.u8()
      return
    case 0x41:
      body.signed(32)
      return
    case 0x42:
      body.signed(64)
      return
    case 0x43:
      return body.skip(4)
    case 0x44:
      return body.skip(8)
    case 0xfc: {
      const operation = body.u32()
      if (operation <= 7) return // saturating truncation
      if (operation === 10) return body.skip(2) // memory.copy
      if (operation === 11) return body.skip(1) // memory.fill
      return body.fail(`instruction 0xfc ${operation} is not supported`)
    }
    default:
      return body.fail(`instruction 0x${opcode.toString(16)} is not supported`)
  }
}

function times(count: number, read: () => unknown): void {
  for (let turn = 0; turn < count; turn++) read()
}
