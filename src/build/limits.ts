/** What a module may ask for before any engine of ours sees it: imports of the ABI, the exports, sizes an interpreter can bear. */

import { capabilities, guestExports, type Call, type ParameterKind } from '../abi/abi.js'
import { ModuleError, type ModuleInfo } from './module.js'

/**
 * The engine on the device has limits of its own and trusts the build to stay well below them: its compiler recurses for
 * each nested block and refuses 256, a stack frame has 128 slots, and branch tables are compiled target by target.
 */
export const moduleLimits = {
  bytes: 256 * 1024,
  functions: 4096,
  imports: 64,
  exports: 64,
  globals: 1024,
  tableSize: 4096,
  nesting: 128,
  branchTargets: 1024,
  /** Parameters and locals of one function. */
  locals: 120,
} as const

/** Throws ModuleError with one sentence. `guestBytes` is the board's N. */
export function checkModule(module: ModuleInfo, { guestBytes }: { readonly guestBytes: number }): void {
  checkSizes(module)
  checkImports(module)
  checkExports(module)
  checkMemory(module, guestBytes)
}

/** The capabilities a module imports, in the ABI's order. */
export function importedCapabilities(module: Pick<ModuleInfo, 'imports'>): string[] {
  return capabilities.map(({ name }) => name).filter((name) => module.imports.some((entry) => entry.module === name))
}

function checkSizes(module: ModuleInfo): void {
  within('bytes', module.bytes, moduleLimits.bytes)
  within('functions', module.functions.length, moduleLimits.functions)
  within('imports', module.imports.length, moduleLimits.imports)
  within('exports', module.exports.length, moduleLimits.exports)
  within('globals', module.globals, moduleLimits.globals)
  within('functions in its table', module.tableSize, moduleLimits.tableSize)
  for (const [position, size] of module.functions.entries()) {
    const where = `in function ${module.names.get(size.index) ?? `#${size.index}`}`
    within(`nested blocks ${where}`, size.nesting, moduleLimits.nesting)
    within(`branch targets ${where}`, size.branchTargets, moduleLimits.branchTargets)
    within(`parameters and locals ${where}`, size.locals + (module.parameters[position] ?? 0), moduleLimits.locals)
  }
}

function within(what: string, value: number, limit: number): void {
  if (value > limit) throw new ModuleError(`the app has ${value} ${what}, more than the ${limit} a device takes`)
}

function checkImports(module: ModuleInfo): void {
  for (const { module: from, name, kind, signature } of module.imports) {
    const capability = capabilities.find((entry) => entry.name === from)
    const call = capability?.calls.find((entry) => entry.name === name)
    if (kind !== 'function' || call === undefined) {
      throw new ModuleError(`the app imports ${kind} '${from}.${name}', which no device has`)
    }
    const expected = signatureOf(call)
    if (signature !== expected) {
      throw new ModuleError(`the app imports '${from}.${name}' as ${signature}, but it is ${expected}: it was built with another version of the SDK`)
    }
  }
}

function checkExports(module: ModuleInfo): void {
  const find = (name: string, kind: string) => module.exports.find((entry) => entry.name === name && entry.kind === kind)
  for (const [name, { parameters }] of Object.entries(guestExports)) {
    const expected = `v(${'i'.repeat(parameters.length)})`
    const found = find(name, 'function')
    if (found?.signature !== expected) {
      throw new ModuleError(`the app does not export the function '${name}' as ${expected}${found === undefined ? '' : ` but as ${found.signature}`}`)
    }
  }
  if (find('memory', 'memory') === undefined) throw new ModuleError(`the app does not export its memory as 'memory'`)
  if (find('heap_bytes', 'global')?.type !== 'mut i32') throw new ModuleError(`the app does not export 'heap_bytes' as a mutable i32 global`)
  if (module.hasStart) throw new ModuleError('the app runs code before its memory can be seen; it must be compiled with exportStart')
}

function checkMemory(module: ModuleInfo, guestBytes: number): void {
  const { initialPages, maximumPages } = module.memory ?? { initialPages: 0 }
  if (initialPages !== 1 || maximumPages !== 1) {
    throw new ModuleError(`the app asks for ${initialPages} to ${maximumPages ?? 'any number of'} pages of memory; a device gives exactly one`)
  }
  if (module.dataEnd > guestBytes) {
    throw new ModuleError(`the app's static data ends at ${module.dataEnd} bytes, beyond the board's guestBytes of ${guestBytes}`)
  }
}

function signatureOf(call: Call): string {
  const letters: Record<ParameterKind, string> = { i32: 'i', i64: 'I', f64: 'F', text: 'ii', units: 'ii', bytes: 'ii', out: 'ii' }
  const results = { none: 'v', i32: 'i', i64: 'I', f64: 'F' } as const
  return `${results[call.result]}(${call.parameters.map(({ kind }) => letters[kind]).join('')})`
}
