/** Reads what a Wasm module imports, exports and asks for, from bytes nobody vouches for. Knows neither boards nor the ABI. */

import { Bytes } from './bytes.js'
import { constant, measureFunction, valueType, type FunctionSize } from './code.js'

export { ModuleError } from './bytes.js'

export type ExternKind = 'function' | 'table' | 'memory' | 'global'

export interface ModuleImport {
  readonly module: string
  readonly name: string
  readonly kind: ExternKind
  /** Of a function as in the ABI: result(parameters), v i I f F as void i32 i64 f32 f64. */
  readonly signature?: string
}

export interface ModuleExport {
  readonly name: string
  readonly kind: ExternKind
  readonly index: number
  readonly signature?: string
  /** Of a global: its value type, and `mut ` before it where it can change. */
  readonly type?: string
}

export interface ModuleInfo {
  readonly bytes: number
  readonly imports: readonly ModuleImport[]
  readonly exports: readonly ModuleExport[]
  /** Of the functions defined here, in order. */
  readonly functions: readonly FunctionSize[]
  /** Parameters of each function defined here. */
  readonly parameters: readonly number[]
  /** 64 KiB pages; undefined without a memory. */
  readonly memory?: { readonly initialPages: number, readonly maximumPages?: number }
  /** Where the static data ends, in bytes from address 0. */
  readonly dataEnd: number
  readonly tableSize: number
  readonly globals: number
  readonly hasStart: boolean
  /** Section id, or `custom NAME`, with the size of its content in bytes. */
  readonly sections: readonly { readonly name: string, readonly bytes: number }[]
  /** Function names of the name section, by index; empty where it was stripped. */
  readonly names: ReadonlyMap<number, string>
}

const sectionNames = ['custom', 'type', 'import', 'function', 'table', 'memory', 'global', 'export', 'start', 'element', 'code', 'data', 'data count']

/** Throws ModuleError. Reads in one pass, linear in the size of the module. */
export function readModule(data: Uint8Array): ModuleInfo {
  const bytes = new Bytes(data)
  for (const expected of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) {
    if (bytes.u8() !== expected) bytes.fail('this is not a Wasm module of version 1')
  }
  const reader = new SectionReader(data.length)
  let last = 0
  while (bytes.left > 0) {
    const id = bytes.u8()
    const section = bytes.part(bytes.u32())
    if (id === 0) {
      reader.custom(section)
      continue
    }
    const order = id === 12 ? 9.5 : id // the data count stands between elements and code
    if (order <= last) bytes.fail(`section ${id} is out of order`)
    last = order
    reader.section(id, section)
  }
  return reader.finish(bytes)
}

interface GlobalType { readonly type: string, readonly mutable: boolean }

class SectionReader {
  readonly #bytes: number
  readonly #types: string[] = []
  readonly #imports: ModuleImport[] = []
  readonly #exports: { name: string, kind: ExternKind, index: number }[] = []
  readonly #functionTypes: string[] = [] // imports first
  readonly #globals: GlobalType[] = []
  readonly #functions: FunctionSize[] = []
  readonly #sections: { name: string, bytes: number }[] = []
  readonly #names = new Map<number, string>()
  #importedFunctions = 0
  #memory: { initialPages: number, maximumPages?: number } | undefined
  #memories = 0
  #tableSize = 0
  #dataEnd = 0
  #hasStart = false

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  custom(section: Bytes): void {
    const size = section.left
    const name = section.name()
    this.#sections.push({ name: `custom ${name}`, bytes: size })
    if (name === 'name') this.#readNames(section)
  }

  section(id: number, section: Bytes): void {
    this.#sections.push({ name: sectionNames[id] ?? section.fail(`there is no section ${id}`), bytes: section.left })
    const each = (read: () => void): void => { for (let left = section.count(); left > 0; left--) read() }
    switch (id) {
      case 1: each(() => this.#readType(section)); break
      case 2: each(() => this.#readImport(section)); break
      case 3: each(() => this.#functionTypes.push(this.#type(section))); break
      case 4: each(() => this.#readTable(section)); break
      case 5: each(() => this.#readMemory(section)); break
      case 6: each(() => { this.#readGlobalType(section); constant(section) }); break
      case 7: each(() => this.#readExport(section)); break
      case 8: section.u32(); this.#hasStart = true; break
      case 9: each(() => this.#readElements(section)); break
      case 10: each(() => this.#readCode(section)); break
      case 11: each(() => this.#readData(section)); break
      case 12: section.u32(); break
    }
    if (section.left > 0) section.fail(`section ${sectionNames[id]} is longer than what is in it`)
  }

  finish(bytes: Bytes): ModuleInfo {
    const defined = this.#functionTypes.slice(this.#importedFunctions)
    if (defined.length !== this.#functions.length) bytes.fail('there are not as many functions as bodies')
    return {
      bytes: this.#bytes,
      imports: this.#imports,
      exports: this.#exports.map((entry) => this.#typed(entry, bytes)),
      functions: this.#functions,
      parameters: defined.map((signature) => signature.length - 'v()'.length),
      ...(this.#memory === undefined ? {} : { memory: this.#memory }),
      dataEnd: this.#dataEnd,
      tableSize: this.#tableSize,
      globals: this.#globals.length,
      hasStart: this.#hasStart,
      sections: this.#sections,
      names: this.#names,
    }
  }

  #typed(entry: { name: string, kind: ExternKind, index: number }, bytes: Bytes): ModuleExport {
    if (entry.kind === 'function') {
      return { ...entry, signature: this.#functionTypes[entry.index] ?? bytes.fail(`export '${entry.name}' is no function`) }
    }
    if (entry.kind === 'global') {
      const global = this.#globals[entry.index] ?? bytes.fail(`export '${entry.name}' is no global`)
      return { ...entry, type: (global.mutable ? 'mut ' : '') + global.type }
    }
    return entry
  }

  #readType(section: Bytes): void {
    if (section.u8() !== 0x60) section.fail('a type is not a function')
    const values = (): string => {
      let letters = ''
      for (let left = section.count(); left > 0; left--) letters += valueType(section)
      return letters
    }
    const parameters = values()
    const results = values()
    if (results.length > 1) section.fail('a function has more than one result')
    this.#types.push(`${results || 'v'}(${parameters})`)
  }

  #type(section: Bytes): string {
    const index = section.u32()
    return this.#types[index] ?? section.fail(`there is no type ${index}`)
  }

  #readImport(section: Bytes): void {
    const module = section.name()
    const name = section.name()
    const kind = externKind(section)
    switch (kind) {
      case 'function': {
        const signature = this.#type(section)
        this.#functionTypes.push(signature)
        this.#importedFunctions++
        this.#imports.push({ module, name, kind, signature })
        return
      }
      case 'table': this.#readTable(section); break
      case 'memory': this.#readMemory(section); break
      case 'global': this.#readGlobalType(section); break
      default: kind satisfies never
    }
    this.#imports.push({ module, name, kind })
  }

  #readTable(section: Bytes): void {
    if (section.u8() !== 0x70) section.fail('a table does not hold functions')
    this.#tableSize += limits(section).minimum
  }

  #readMemory(section: Bytes): void {
    if (this.#memories++ > 0) section.fail('there is more than one memory')
    const { minimum, maximum } = limits(section)
    this.#memory = { initialPages: minimum, ...(maximum === undefined ? {} : { maximumPages: maximum }) }
  }

  #readGlobalType(section: Bytes): void {
    const type = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' }[valueType(section)] ?? ''
    const mutability = section.u8()
    if (mutability > 1) section.fail('a global is neither constant nor mutable')
    this.#globals.push({ type, mutable: mutability === 1 })
  }

  #readExport(section: Bytes): void {
    const name = section.name()
    const kind = externKind(section)
    this.#exports.push({ name, kind, index: section.u32() })
  }

  #readElements(section: Bytes): void {
    if (section.u32() !== 0) section.fail('an element segment is not of the plain kind')
    constant(section)
    for (let left = section.count(); left > 0; left--) section.u32()
  }

  #readCode(section: Bytes): void {
    const index = this.#importedFunctions + this.#functions.length
    this.#functions.push(measureFunction(index, section.part(section.u32())))
  }

  #readData(section: Bytes): void {
    if (section.u32() !== 0) section.fail('a data segment is not of the plain kind')
    const offset = constant(section)
    if (offset === undefined) return section.fail('a data segment does not say where it goes')
    const length = section.u32()
    section.skip(length)
    this.#dataEnd = Math.max(this.#dataEnd, (offset >>> 0) + length)
  }

  // Names are a convenience: what is odd in them is left out, not refused.
  #readNames(section: Bytes): void {
    try {
      while (section.left > 0) {
        const id = section.u8()
        const part = section.part(section.u32())
        if (id !== 1) continue
        for (let left = part.count(); left > 0; left--) {
          const index = part.u32()
          this.#names.set(index, part.name())
        }
      }
    } catch {
      this.#names.clear()
    }
  }
}

function externKind(section: Bytes): ExternKind {
  const kinds = ['function', 'table', 'memory', 'global'] as const
  const kind = section.u8()
  return kinds[kind] ?? section.fail(`there is no kind ${kind} of import or export`)
}

function limits(section: Bytes): { minimum: number, maximum?: number } {
  const flag = section.u8()
  if (flag > 1) section.fail('shared and 64-bit memories are not supported')
  const minimum = section.u32()
  return flag === 1 ? { minimum, maximum: section.u32() } : { minimum }
}
