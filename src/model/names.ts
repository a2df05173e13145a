/** Gives every thing in a generated file a name of its own. Names of DTDL never end in an underscore, so that one behind a name makes it unique. */

/** Words of the language, its built-ins, and what the generated file itself uses. */
const reserved = new Set([
  'abstract', 'as', 'break', 'case', 'catch', 'class', 'const', 'constructor', 'continue', 'debugger', 'declare', 'default', 'delete', 'do', 'else', 'enum', 'export',
  'extends', 'false', 'finally', 'for', 'from', 'function', 'get', 'if', 'implements', 'import', 'in', 'instanceof', 'interface', 'is', 'keyof', 'let', 'module',
  'namespace', 'new', 'null', 'of', 'override', 'package', 'private', 'protected', 'public', 'readonly', 'return', 'set', 'static', 'super', 'switch', 'this', 'throw',
  'true', 'try', 'type', 'typeof', 'var', 'void', 'while', 'with', 'yield', 'async', 'await',
  'i8', 'i16', 'i32', 'i64', 'isize', 'u8', 'u16', 'u32', 'u64', 'usize', 'f32', 'f64', 'bool', 'boolean', 'string', 'number', 'any', 'never', 'object', 'symbol', 'v128',
  'changetype', 'call_indirect', 'load', 'store', 'memory', 'heap', 'unreachable', 'min', 'max', 'abs', 'select', 'idof', 'sizeof', 'offsetof', 'assert', 'trace', 'unchecked',
  'Array', 'ArrayBuffer', 'Boolean', 'DataView', 'Date', 'Error', 'Function', 'JSON', 'Map', 'Math', 'Number', 'Object', 'RegExp', 'Set', 'StaticArray', 'String', 'Symbol',
  'Int8Array', 'Int16Array', 'Int32Array', 'Uint8Array', 'Uint16Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'process', 'console', 'crypto', 'Atomics', 'performance',
  'NaN', 'Infinity', 'undefined', 'arguments', 'globalThis', 'eval', 'start', 'abort', 'seed',
  'JsonReader', 'JsonWriter', 'Properties', 'Request', 'pnp', 'modelId',
])

/** One scope: a file, or a class. */
export class Names {
  readonly #taken = new Set<string>()

  constructor(...taken: readonly string[]) {
    for (const name of taken) this.#taken.add(name)
  }

  take(wanted: string): string {
    let name = wanted
    while (reserved.has(name) || this.#taken.has(name)) name += '_'
    this.#taken.add(name)
    return name
  }
}

export function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
