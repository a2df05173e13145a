/**
 * Gives a module a fuel counter of its own, for an engine without one: it is counted where wasm3 counts, at calls and loop turns.
 * V8 could also be stopped from outside (node:vm's timeout), but only by tearing down everything that runs in the process's main
 * thread up to the outermost frame, the C runtime among it, after a time that differs from run to run and without a place in the code.
 */

import { Bytes } from '../build/bytes.js'
import { immediates, valueType } from '../build/code.js'
import { readModule, type ModuleImport, type ModuleInfo } from '../build/module.js'

export interface FueledModule {
  readonly wasm: Uint8Array<ArrayBuffer>
  /** The exported mutable i32 global: units left; below zero when they ran out. */
  readonly fuelName: string
  readonly imports: readonly ModuleImport[]
  readonly names: ReadonlyMap<number, string>
  /** An offset in the new module as one in the old. */
  originalOffset(offset: number): number
}

/** A run of bytes; `from` is where it was, or for what is `added` the instruction it was added to. */
interface Piece { readonly bytes: Uint8Array, readonly from?: number, readonly added?: true }

const section = { global: 6, export: 7, code: 10 } as const
const fuelName = 'fuel'

/** Throws ModuleError for what src/build would refuse. */
export function addFuel(module: Uint8Array): FueledModule {
  const info = readModule(module)
  const pieces: Piece[] = [{ bytes: module.subarray(0, 8), from: 0 }]
  const bytes = new Bytes(module, 8)
  let globals = false
  while (bytes.left > 0) {
    const begin = bytes.at
    const id = bytes.u8()
    const content = bytes.part(bytes.u32())
    if (!globals && id !== 0 && id >= section.global) {
      globals = true
      const old = id === section.global ? listed(module, content) : { count: 0, items: [] }
      pieces.push(...framed(section.global, [leb(old.count + 1), ...old.items, fresh(0x7f, 0x01, 0x41, 0x00, 0x0b)]))
      if (id === section.global) continue
    }
    if (id === section.export) {
      const { count, items } = listed(module, content)
      const name = new TextEncoder().encode(fuelName)
      pieces.push(...framed(id, [leb(count + 1), ...items, fresh(name.length, ...name, 0x03), leb(info.globals)]))
    } else if (id === section.code) {
      const count = content.u32()
      const bodies = Array.from({ length: count }, () => {
        const body = fueledBody(module, content.part(content.u32()), info)
        return [leb(length(body)), ...body]
      })
      pieces.push(...framed(id, [leb(count), ...bodies.flat()]))
    } else {
      pieces.push({ bytes: module.subarray(begin, bytes.at), from: begin })
    }
  }
  return { ...joined(pieces), fuelName, imports: info.imports, names: info.names }
}

// A unit is taken at the entry, before the call of an import (which has no entry) and at the top of each loop; the first time round
// a loop is free, so one is given back before it.
function fueledBody(module: Uint8Array, body: Bytes, { globals, imports }: ModuleInfo): Piece[] {
  const global = [...leb(globals).bytes]
  const take = added(0x23, ...global, 0x41, 0x01, 0x6b, 0x24, ...global, 0x23, ...global, 0x41, 0x00, 0x48, 0x04, 0x40, 0x00, 0x0b)
  const give = added(0x23, ...global, 0x41, 0x01, 0x6a, 0x24, ...global)
  const pieces: Piece[] = []
  let copied = body.at
  const copy = (): void => {
    pieces.push({ bytes: module.subarray(copied, body.at), from: copied })
    copied = body.at
  }
  for (let groups = body.count(); groups > 0; groups--) {
    body.u32()
    valueType(body)
  }
  copy()
  pieces.push({ ...take, from: copied })
  for (let depth = 1; depth > 0;) {
    const before = body.at
    const opcode = body.u8()
    if (opcode === 0x10) {
      if (body.u32() >= imports.length) continue
      pieces.push({ bytes: module.subarray(copied, before), from: copied }, { ...take, from: before })
      copied = before
    } else if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) {
      depth++
      if (opcode === 0x03) {
        pieces.push({ bytes: module.subarray(copied, before), from: copied }, { ...give, from: before })
        copied = before
      }
      body.signed(33)
      if (opcode === 0x03) {
        copy()
        pieces.push({ ...take, from: before })
      }
    } else if (opcode === 0x0b) {
      depth--
    } else if (opcode === 0x0e) {
      for (let targets = body.count(); targets >= 0; targets--) body.u32()
    } else {
      immediates(opcode, body)
    }
  }
  copy()
  return pieces
}

function listed(module: Uint8Array, content: Bytes): { count: number, items: Piece[] } {
  const count = content.u32()
  return { count, items: [{ bytes: module.subarray(content.at, content.end), from: content.at }] }
}

function framed(id: number, content: readonly Piece[]): Piece[] {
  return [fresh(id), leb(length(content)), ...content]
}

function fresh(...bytes: number[]): Piece {
  return { bytes: Uint8Array.from(bytes) }
}

function added(...bytes: number[]): Piece {
  return { ...fresh(...bytes), added: true }
}

function leb(value: number): Piece {
  const bytes: number[] = []
  do {
    bytes.push(value > 0x7f ? (value & 0x7f) | 0x80 : value)
    value >>>= 7
  } while (value > 0)
  return fresh(...bytes)
}

function length(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

function joined(pieces: readonly Piece[]): Pick<FueledModule, 'wasm' | 'originalOffset'> {
  const wasm = new Uint8Array(length(pieces))
  const runs: { readonly at: number, readonly from: number, readonly bytes: number }[] = []
  let at = 0
  for (const { bytes, from, added = false } of pieces) {
    wasm.set(bytes, at)
    if (from !== undefined) runs.push({ at, from, bytes: added ? 0 : bytes.length })
    at += bytes.length
  }
  return {
    wasm,
    originalOffset(offset) {
      const run = runs.findLast((candidate) => candidate.at <= offset)
      return run === undefined ? 0 : run.from + Math.min(offset - run.at, run.bytes)
    },
  }
}
