/** The part of a stub that a model's schemas become: enums, writers, views and their checks, each once. */

import { lastSegment } from './dtmi.js'
import type { Complex, Schema } from './model.js'
import { Names, capitalized } from './names.js'

/** The names a structured schema has in the file. */
interface Shape {
  /** The enum, or the view an app reads it by. */
  readonly type: string
  /** `name<P>`; an enum has none. */
  readonly writer: string
  /** The function that says whether what the reader stands at is one. */
  readonly check: string
}

/** Writing one value as a member of what is being written. */
export interface Writing {
  /** Parameters of the method, such as `value: i32`. */
  readonly parameters: string
  /** The call on the writer, given the member's name as source text. */
  readonly call: (name: string) => string
  /** The writer to go on with, given the one it goes back to; undefined when the value is whole. */
  readonly writer?: (back: string) => string
}

export class StubSchemas {
  readonly lines: string[] = []
  readonly #names: Names
  readonly #shapes = new Map<Complex, Shape>()

  /** `names` are those of the file. */
  constructor(names: Names) {
    this.#names = names
  }

  /** The type in which an app gets the value. */
  type(schema: Schema, wanted: string): string {
    switch (schema.kind) {
      case 'primitive': return ({ boolean: 'bool', integer: 'i32', long: 'i64', float: 'f64', double: 'f64' } as Record<string, string>)[schema.type] ?? 'string'
      case 'geospatial': return 'JsonReader'
      default: return this.#shape(schema, wanted).type
    }
  }

  /** The type of a whole value that an app gives; structured ones are written by a writer. */
  given(schema: Schema, wanted: string): string {
    return schema.kind === 'geospatial' ? 'string' : this.type(schema, wanted)
  }

  writerOf(schema: Schema, wanted: string, back: string): string | undefined {
    if (schema.kind !== 'object' && schema.kind !== 'array' && schema.kind !== 'map') return undefined
    return `${this.#shape(schema, wanted).writer}<${back}>`
  }

  writing(schema: Schema, wanted: string, value = 'value'): Writing {
    const member = memberCall(schema)
    if (schema.kind === 'object' || schema.kind === 'map' || schema.kind === 'array') {
      return { parameters: '', call: (name) => `pnp.writer().${member}(${name})`, writer: (back) => this.writerOf(schema, wanted, back) ?? '' }
    }
    const text = this.text(schema, wanted, value)
    return { parameters: `value: ${this.given(schema, wanted)}`, call: (name) => `pnp.writer().${member}(${name}, ${text})` }
  }

  /** The value as what is written of it. */
  text(schema: Schema, wanted: string, value: string): string {
    return schema.kind === 'enum' && schema.type === 'string' ? `${lower(this.#shape(schema, wanted).type)}Text(${value})` : value
  }

  /** Source text of the value at the reader's current token. */
  reading(schema: Schema, wanted: string): string {
    switch (schema.kind) {
      case 'primitive': return `pnp.reader().${({ boolean: 'flag', integer: 'i32', long: 'i64', float: 'f64', double: 'f64' } as Record<string, string>)[schema.type] ?? 'text'}()`
      case 'geospatial': return 'pnp.reader()'
      case 'enum': return schema.type === 'string' ? `read${this.#shape(schema, wanted).type}()` : `pnp.reader().i32()`
      default: return `changetype<${this.#shape(schema, wanted).type}>(pnp.view())`
    }
  }

  /** Source text of whether the value at the current token is one; leaves the reader at its last token. */
  check(schema: Schema, wanted: string): string {
    switch (schema.kind) {
      case 'primitive': return `pnp.${({ boolean: 'isFlag', integer: 'isInteger', long: 'isLong', float: 'isNumber', double: 'isNumber' } as Record<string, string>)[schema.type] ?? 'isText'}()`
      case 'geospatial': return 'pnp.isGeometry()'
      default: return `${this.#shape(schema, wanted).check}()`
    }
  }

  #shape(schema: Complex, wanted: string): Shape {
    const known = this.#shapes.get(schema)
    if (known !== undefined) return known
    const name = this.#names.take(schema.id === undefined ? wanted : capitalized(lastSegment(schema.id)))
    const shape: Shape = { type: name, writer: this.#names.take(`${name}Writer`), check: this.#names.take(`is${name}`) }
    this.#shapes.set(schema, shape)
    // What is inside comes first, and under a name of its own.
    const own = schema.kind === 'enum' ? this.#enum(schema, shape)
      : schema.kind === 'object' ? this.#object(schema, shape)
      : schema.kind === 'array' ? this.#array(schema, shape)
      : this.#map(schema, shape)
    this.lines.push(...own)
    return shape
  }

  #enum({ values, type, doc }: Complex & { kind: 'enum' }, { type: name, check }: Shape): string[] {
    const names = new Names()
    const rows = values.map((entry, index) => ({ ...entry, own: names.take(entry.name), number: type === 'string' ? index : Number(entry.value) }))
    const lines = [
      ...comment(doc), `export const enum ${name} {`,
      ...rows.flatMap((row) => [...comment(row.doc, '  '), `  ${row.own} = ${row.number},`]), '}', '',
    ]
    if (type === 'integer') {
      lines.push(
        `function ${check}(): bool {`, '  const value = pnp.reader().i32();',
        `  return !pnp.reader().failed && (${rows.map(({ number }) => `value == ${number}`).join(' || ')});`, '}', '')
      return lines
    }
    lines.push(
      `function ${lower(name)}Text(value: ${name}): string {`, '  switch (value) {',
      ...rows.map((row) => `    case ${name}.${row.own}: return ${quoted(String(row.value))};`), '    default: return "";', '  }', '}', '',
      '/** -1 for any other text. */', `function read${name}(): i32 {`,
      ...rows.map((row) => `  if (pnp.reader().isText(${quoted(String(row.value))})) return ${row.number};`), '  return -1;', '}', '',
      `function ${check}(): bool { return read${name}() >= 0; }`, '')
    return lines
  }

  #object({ fields, doc }: Complex & { kind: 'object' }, { type: name, writer, check }: Shape): string[] {
    const readable = new Names()
    const writable = new Names('end', 'send')
    const views: string[] = []
    const writers: string[] = []
    const checks: string[] = []
    for (const field of fields) {
      const inner = `${name}${capitalized(field.name)}`
      const text = quoted(field.name)
      const own = readable.take(field.name)
      const has = readable.take(`has${capitalized(field.name)}`)
      const type = this.type(field.schema, inner)
      const isView = this.writerOf(field.schema, inner, '') !== undefined
      views.push(...comment(field.doc, '  '), isView
        ? `  get ${own}(): ${type} { return changetype<${type}>(pnp.viewOf(changetype<usize>(this), ${text})); }`
        : field.schema.kind === 'geospatial'
          ? `  get ${own}(): ${type} { pnp.member(changetype<usize>(this), ${text}); return pnp.reader(); }`
          : `  get ${own}(): ${type} { return pnp.member(changetype<usize>(this), ${text}) ? ${this.reading(field.schema, inner)} : ${empty(type)}; }`,
        `  get ${has}(): bool { return pnp.member(changetype<usize>(this), ${text}); }`)
      if (isReal(field.schema)) views.push(`  ${readable.take(`${field.name}Fixed`)}(decimals: i32): i64 { return pnp.member(changetype<usize>(this), ${text}) ? pnp.reader().fixed(decimals) : 0; }`)
      writers.push(...comment(field.doc, '  '), ...this.members(field.schema, inner, { own: writable.take(field.name), fixed: () => writable.take(`${field.name}Fixed`), name: text, self: `${writer}<P>` }))
      checks.push(`    if (pnp.reader().isText(${text})) {`, '      pnp.reader().next();', `      if (!${this.check(field.schema, inner)}) return false;`, '      continue;', '    }')
    }
    return [
      ...comment(doc || 'An object.', '', 'Readable only during the handler it was given to; a field that is not there reads as 0, false or empty.'),
      ...unmanaged, `export class ${name} {`, ...views, '}', '',
      ...unmanaged, `export class ${writer}<P> {`, ...writers, ...ending, '}', '',
      `function ${check}(): bool {`, '  if (!pnp.isObject()) return false;', '  while (pnp.hasMember()) {', ...checks, '    pnp.skipMember();', '  }', '  return !pnp.reader().failed;', '}', '',
    ]
  }

  #array({ element, doc }: Complex & { kind: 'array' }, { type: name, writer, check }: Shape): string[] {
    const inner = `${name}Element`
    const type = this.type(element, inner)
    const read = this.reading(element, inner)
    return [
      ...comment(doc || 'An array.', '', 'Readable only during the handler it was given to.'),
      ...unmanaged, `export class ${name} {`, '  get length(): i32 { return pnp.count(changetype<usize>(this)); }',
      `  at(index: i32): ${type} { return pnp.element(changetype<usize>(this), index) ? ${read} : ${empty(type)}; }`,
      ...isReal(element) ? ['  fixedAt(index: i32, decimals: i32): i64 { return pnp.element(changetype<usize>(this), index) ? pnp.reader().fixed(decimals) : 0; }'] : [], '}', '',
      ...unmanaged, `export class ${writer}<P> {`, ...this.members(element, inner, { own: 'add', fixed: () => 'addFixed', name: '""', self: `${writer}<P>` }), ...ending, '}', '',
      `function ${check}(): bool {`, '  if (!pnp.isArray()) return false;', '  while (pnp.hasElement()) {', `    if (!${this.check(element, inner)}) return false;`, '  }', '  return !pnp.reader().failed;', '}', '',
    ]
  }

  #map({ value, doc }: Complex & { kind: 'map' }, { type: name, writer, check }: Shape): string[] {
    const inner = `${name}Value`
    const type = this.type(value, inner)
    const isView = this.writerOf(value, inner, '') !== undefined
    return [
      ...comment(doc || 'A map.', '', 'Readable only during the handler it was given to.'),
      ...unmanaged, `export class ${name} {`, '  get size(): i32 { return pnp.size(changetype<usize>(this)); }',
      '  keyAt(index: i32): string { return pnp.memberName(changetype<usize>(this), index) ? pnp.reader().text() : ""; }',
      '  has(key: string): bool { return pnp.member(changetype<usize>(this), key); }',
      isView ? `  value(key: string): ${type} { return changetype<${type}>(pnp.viewOf(changetype<usize>(this), key)); }`
        : `  value(key: string): ${type} { return pnp.member(changetype<usize>(this), key) ? ${this.reading(value, inner)} : ${empty(type)}; }`,
      ...isReal(value) ? ['  fixedValue(key: string, decimals: i32): i64 { return pnp.member(changetype<usize>(this), key) ? pnp.reader().fixed(decimals) : 0; }'] : [], '}', '',
      ...unmanaged, `export class ${writer}<P> {`, ...this.members(value, inner, { own: 'put', fixed: () => 'putFixed', name: 'key', self: `${writer}<P>`, key: 'key: string' }), ...ending, '}', '',
      `function ${check}(): bool {`, '  if (!pnp.isObject()) return false;', '  while (pnp.hasMember()) {', '    pnp.reader().next();', `    if (!${this.check(value, inner)}) return false;`, '  }', '  return !pnp.reader().failed;', '}', '',
    ]
  }

  /** The methods of a writer class that write one member. */
  members(schema: Schema, wanted: string, { own, fixed, name, self, key = '' }: { own: string, fixed: () => string, name: string, self: string, key?: string }): string[] {
    const { parameters, call, writer } = this.writing(schema, wanted)
    const all = (more: string): string => [key, more].filter((part) => part !== '').join(', ')
    if (writer !== undefined) return [`  ${own}(${all('')}): ${writer(self)} { ${call(name)}; return changetype<${writer(self)}>(1); }`]
    const lines = [`  ${own}(${all(parameters)}): ${self} { ${call(name)}; return this; }`]
    if (isReal(schema)) lines.push(`  /** value / 10^decimals, exactly. */`, `  ${fixed()}(${all('value: i64, decimals: i32')}): ${self} { pnp.writer().fixed(${name}, value, decimals); return this; }`)
    return lines
  }
}

/** Numbers with a fraction have a second, integer way in and out. */
export function isReal(schema: Schema): boolean {
  return schema.kind === 'primitive' && (schema.type === 'float' || schema.type === 'double')
}

/** The name of the JsonWriter's method. */
export function memberCall(schema: Schema): string {
  switch (schema.kind) {
    case 'primitive': return ({ boolean: 'flag', integer: 'i32', long: 'i64', float: 'f64', double: 'f64' } as Record<string, string>)[schema.type] ?? 'text'
    case 'geospatial': return 'json'
    case 'enum': return schema.type === 'integer' ? 'i32' : 'text'
    case 'array': return 'array'
    default: return 'object'
  }
}

export const unmanaged = ['// @ts-ignore: decorator', '@final @unmanaged']
const ending = ['  end(): P { pnp.writer().end(); return changetype<P>(1); }', '  send(): i32 { return pnp.writer().send(); }']

export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** A doc comment of one line; none for an empty text. */
export function comment(text: string, indent = '', more = ''): string[] {
  const whole = [text.replace(/[.\s]+$/, ''), more].filter((part) => part !== '').join('. ').replaceAll('*/', '* /')
  return whole === '' ? [] : [`${indent}/** ${whole.endsWith('.') ? whole : `${whole}.`} */`]
}

function empty(type: string): string {
  return ({ bool: 'false', i32: '0', i64: '0', f64: '0', string: '""' } as Record<string, string>)[type] ?? `changetype<${type}>(0)`
}

function lower(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
