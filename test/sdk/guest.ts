/** Compiles an AssemblyScript file as the build does and runs it on V8 under a host of a few lines, which records what the guest did. */

import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instantiate } from '@assemblyscript/loader'

const root = fileURLToPath(new URL('../..', import.meta.url))

// The part of asc's interface used here; its own declarations would bring AssemblyScript's globals.
interface Compiler {
  main(argv: readonly string[], options: {
    readonly stdout: { write(chunk: unknown): void }
    readonly stderr: { write(chunk: unknown): void }
    readonly readFile: (name: string, baseDir: string) => Promise<string | null>
    readonly writeFile: (name: string, contents: Uint8Array | string) => void
    readonly listFiles: () => string[]
  }): Promise<{ readonly error: Error | null }>
}

const compilerModule: string = 'assemblyscript/asc'

/** `entry` is relative to the project. */
export async function compile(entry: string, ...options: readonly string[]): Promise<Uint8Array> {
  const { main } = await import(compilerModule) as Compiler
  const written = new Map<string, Uint8Array | string>()
  let said = ''
  const { error } = await main([
    entry, '--baseDir', root, '--config', 'asconfig.json', '--target', 'release',
    '--transform', join(root, 'assembly', 'transform.mjs'), '--outFile', 'guest.wasm', ...options,
  ], {
    stdout: { write: () => {} },
    stderr: { write: (chunk) => { said += String(chunk) } },
    readFile: (name, baseDir) => readFile(resolve(baseDir, name), 'utf8').catch(() => null),
    writeFile: (name, contents) => { written.set(name, contents) },
    listFiles: () => [],
  })
  const wasm = written.get('guest.wasm')
  if (error !== null || !(wasm instanceof Uint8Array)) throw new Error(`${entry} does not compile: ${said}`)
  return wasm
}

export interface Guest {
  /** The guest's exports: functions by name, pointers as numbers. */
  readonly call: Record<string, (...args: unknown[]) => never>
  readonly memory: WebAssembly.Memory
  /** A string in the guest, for a call; needs --exportRuntime. */
  text(value: string): number
  /** The string at a pointer the guest returned. */
  string(pointer: number): string
  /** UTF-8 at a pointer, copied. */
  bytes(pointer: number, length: number): Uint8Array
  /** Bytes of the guest's heap in use. */
  heapBytes(): number
}

export type Imports = Record<string, Record<string, (...args: never[]) => unknown>>

/** Instantiates and starts the module. What is neither in `imports` nor an event's payload answers 0. */
export async function run(wasm: Uint8Array, imports: Imports = {}): Promise<Guest> {
  const module = await WebAssembly.compile(wasm.slice())
  const stubs: Record<string, Record<string, unknown>> = {}
  for (const { module: capability, name } of WebAssembly.Module.imports(module)) {
    (stubs[capability] ??= {})[name] = imports[capability]?.[name] ?? (() => 0)
  }
  const { exports } = await instantiate(module, stubs as never)
  const exported = exports as unknown as Record<string, unknown>
  const memory = exported['memory'] as WebAssembly.Memory
  const call = exported as Guest['call']
  const started = call['start'] as unknown as () => void
  started()
  return {
    call,
    memory,
    text: (value) => (exported['__newString'] as (value: string) => number)(value),
    string: (pointer) => (exported['__getString'] as (pointer: number) => string)(pointer),
    bytes: (pointer, length) => new Uint8Array(memory.buffer, pointer, length).slice(),
    heapBytes: () => (exported['heap_bytes'] as WebAssembly.Global).value as number,
  }
}

/** The `event` capability over bytes that can be changed between events. */
export function eventSource(guestMemory: () => WebAssembly.Memory): { payload: Uint8Array, name: Uint8Array, reads: number, imports: Imports['event'] & {} } {
  const source = {
    payload: new Uint8Array(),
    name: new Uint8Array(),
    reads: 0,
    imports: {
      size: () => source.payload.length,
      read: (offset: number, into: number, capacity: number) => {
        source.reads++
        const part = source.payload.subarray(offset, offset + capacity)
        new Uint8Array(guestMemory().buffer, into, part.length).set(part)
        return part.length
      },
      name: (into: number, capacity: number) => {
        new Uint8Array(guestMemory().buffer, into, Math.min(capacity, source.name.length)).set(source.name.subarray(0, capacity))
        return source.name.length
      },
    },
  }
  return source
}

/** The `json` capability as native/test/json_writer.c holds the real one to it; `take` is the finished value, undefined when it is over 1,024 bytes. */
export function jsonHost(guestMemory: () => WebAssembly.Memory, payload: () => Uint8Array = () => new Uint8Array()): { take(): string | undefined, imports: Imports['json'] & {} } {
  const utf16 = (at: number, units: number) => new TextDecoder('utf-16le', { ignoreBOM: true }).decode(new Uint8Array(guestMemory().buffer, at, 2 * units))
  let text = ''
  let open: { readonly array: boolean, filled: boolean }[] = []
  const put = (nameAt: number, nameUnits: number, json: string) => {
    const inner = open.at(-1)
    if (inner !== undefined) {
      text += `${inner.filled ? ',' : ''}${inner.array ? '' : `${JSON.stringify(utf16(nameAt, nameUnits))}:`}`
      inner.filled = true
    }
    text += json
  }
  const close = () => { text += open.pop()!.array ? ']' : '}' }
  const fixed = (value: bigint, decimals: number) => {
    const after = Math.max(0, Math.min(decimals, 18))
    const digits = String(value < 0n ? -value : value).padStart(after + 1, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, digits.length - after)}${after > 0 ? `.${digits.slice(-after)}` : ''}`
  }
  return {
    take() {
      while (open.length > 0) close()
      return new TextEncoder().encode(text).length <= 1024 ? text : undefined
    },
    imports: {
      begin: (asObject: number) => {
        text = asObject ? '{' : ''
        open = asObject ? [{ array: false, filled: false }] : []
      },
      open: (at: number, units: number, array: number) => {
        put(at, units, array ? '[' : '{')
        open.push({ array: array !== 0, filled: false })
      },
      close: () => { if (open.length > 1) close() },
      number: (at: number, units: number, value: bigint, decimals: number) => put(at, units, fixed(value, decimals)),
      word: (at: number, units: number, which: number) => put(at, units, ['false', 'true'][which] ?? 'null'),
      text: (at: number, units: number, valueAt: number, valueUnits: number) => put(at, units, JSON.stringify(utf16(valueAt, valueUnits))),
      raw: (at: number, units: number, valueAt: number, valueUnits: number) => put(at, units, utf16(valueAt, valueUnits)),
      payload: (at: number, units: number, offset: number, length: number) => put(at, units, new TextDecoder().decode(payload().subarray(offset, offset + length))),
    },
  }
}
