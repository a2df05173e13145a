/** From the schemas in a model file to ours; knows nothing of interfaces but where their schemas are found. */

import { suggestion } from '../board/nearest.js'
import { isDtmi } from './dtmi.js'
import type { Json } from './json.js'
import { limits } from './limits.js'
import { geospatial, primitives, type Complex, type EnumValue, type Field, type Geospatial, type Primitive, type Schema } from './model.js'
import { each, type Dialect, type Findings } from './reader.js'

const standard = /^dtmi:dtdl:instance:Schema:([A-Za-z]+);[23]$/
const complexTypes = ['Array', 'Enum', 'Map', 'Object'] as const

export class Schemas {
  readonly #findings: Findings
  /** Those with an id of their own, as found in `schemas` and in place. */
  readonly #named = new Map<string, { readonly json: Json, readonly dialect: Dialect }>()
  readonly #read = new Map<string, Schema | undefined>()
  readonly #reading = new Set<string>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  /** The entries of an interface's `schemas`. */
  declare(json: Json, dialect: Dialect): void {
    const id = json.at('@id')
    if (json.kind !== 'object' || id?.text === undefined) {
      this.#findings.wrong(json, 'an entry of schemas is an object with an @id')
    } else if (this.#named.has(id.text)) {
      this.#findings.wrong(id, `the schema '${id.text}' is there twice`)
    } else {
      this.#named.set(id.text, { json, dialect })
    }
  }

  /** Reads what was declared, also what nothing uses. */
  finish(): void {
    for (const [id, { json, dialect }] of this.#named) {
      if (!complexTypes.some((type) => this.#findings.types(json).some(({ term }) => term === type))) {
        this.#findings.wrong(json, `an entry of schemas has one of the types ${complexTypes.join(', ')}`)
      } else {
        this.#byName(json, id, dialect, 0)
      }
    }
  }

  /** The schema, or undefined after telling what is wrong with it. */
  read(at: Json | undefined, owner: Json, what: string, dialect: Dialect, depth = 0): Schema | undefined {
    if (at === undefined) return this.#findings.wrong(owner, `${what} needs a schema`)
    if (at.text !== undefined) return this.#term(at, at.text, dialect, depth)
    if (at.kind !== 'object') return this.#findings.wrong(at, 'a schema is a name or an object')
    return this.#complex(at, dialect, depth)
  }

  #term(at: Json, text: string, dialect: Dialect, depth: number): Schema | undefined {
    const term = standard.exec(text)?.[1] ?? text
    if (primitives.includes(term as Primitive)) return { kind: 'primitive', type: term as Primitive }
    if (geospatial.includes(term as Geospatial)) return { kind: 'geospatial', type: term as Geospatial }
    if (isDtmi(text)) return this.#byName(at, text, dialect, depth)
    return this.#findings.wrong(at, `there is no schema '${text}' (schemas: ${[...primitives, ...geospatial].join(', ')}, or the @id of one in schemas).${suggestion(text, primitives)}`)
  }

  #byName(at: Json, id: string, dialect: Dialect, depth: number): Schema | undefined {
    const declared = this.#named.get(id)
    if (declared === undefined) return this.#findings.wrong(at, `there is no schema '${id}' in the models that are there.${suggestion(id, [...this.#named.keys()])}`)
    if (this.#reading.has(id)) return this.#findings.wrong(at, `the schema '${id}' contains itself`)
    if (!this.#read.has(id)) {
      this.#reading.add(id)
      this.#read.set(id, this.#complex(declared.json, declared.dialect, 0))
      this.#reading.delete(id)
    }
    const schema = this.#read.get(id)
    if (schema !== undefined && depth + depthOf(schema) > limits[dialect.version].schemaDepth) return this.#tooDeep(at, dialect)
    return schema
  }

  #tooDeep(at: Json, { version }: Dialect): undefined {
    return this.#findings.wrong(at, `schemas are nested deeper than ${limits[version].schemaDepth}, the limit of DTDL v${version}`)
  }

  #complex(at: Json, dialect: Dialect, depth: number): Schema | undefined {
    const kinds = this.#findings.types(at).filter(({ term }) => complexTypes.includes(term as typeof complexTypes[number]))
    const [kind] = kinds
    if (kinds.length !== 1 || kind === undefined) return this.#findings.wrong(at, `a schema in place has one of the types ${complexTypes.join(', ')}`)
    if (depth + 1 > limits[dialect.version].schemaDepth) return this.#tooDeep(at, dialect)
    const id = at.at('@id')?.text
    const common = { ...id === undefined ? {} : { id }, doc: this.#findings.doc(at) }
    switch (kind.term) {
      case 'Array': return this.#array(at, common, dialect, depth + 1)
      case 'Enum': return this.#enum(at, common, dialect)
      case 'Map': return this.#map(at, common, dialect, depth + 1)
      default: return this.#object(at, common, dialect, depth + 1)
    }
  }

  #array(at: Json, common: { doc: string }, dialect: Dialect, depth: number): Complex | undefined {
    this.#findings.members(at, 'an array', ['elementSchema'], dialect)
    const element = this.read(at.at('elementSchema'), at, 'an array', dialect, depth)
    return element === undefined ? undefined : { ...common, kind: 'array', element }
  }

  #map(at: Json, common: { doc: string }, dialect: Dialect, depth: number): Complex | undefined {
    const findings = this.#findings
    findings.members(at, 'a map', ['mapKey', 'mapValue'], dialect)
    const parts = (['mapKey', 'mapValue'] as const).map((part) => {
      const json = at.at(part)
      if (json === undefined) return findings.wrong(at, `a map needs a ${part}`)
      findings.members(json, `a ${part}`, ['name', 'schema'], dialect)
      findings.name(json, `a ${part}`, dialect)
      const schema = this.read(json.at('schema'), json, `a ${part}`, dialect, depth)
      if (part === 'mapKey' && schema !== undefined && !(schema.kind === 'primitive' && schema.type === 'string')) {
        return findings.wrong(json, 'the key of a map is a string')
      }
      return schema
    })
    const [key, value] = parts
    return key === undefined || value === undefined ? undefined : { ...common, kind: 'map', value }
  }

  #object(at: Json, common: { doc: string }, dialect: Dialect, depth: number): Complex | undefined {
    const findings = this.#findings
    findings.members(at, 'an object', ['fields'], dialect)
    const fields = each(at.at('fields'))
    if (fields.length === 0) return findings.wrong(at, 'an object needs fields')
    const max = limits[dialect.version].fields
    if (fields.length > max) findings.wrong(at, `an object has at most ${max} fields in DTDL v${dialect.version}, this one ${fields.length}`)
    const read = fields.map((json): Field | undefined => {
      findings.members(json, 'a field', dialect.version === 3 ? ['name', 'schema', 'unit'] : ['name', 'schema'], dialect)
      const name = findings.name(json, 'a field', dialect)
      const schema = this.read(json.at('schema'), json, 'a field', dialect, depth)
      return name === undefined || schema === undefined ? undefined : { name, schema, doc: findings.doc(json) }
    })
    this.#unique(fields, 'fields')
    return read.includes(undefined) ? undefined : { ...common, kind: 'object', fields: read as Field[] }
  }

  #enum(at: Json, common: { doc: string }, dialect: Dialect): Complex | undefined {
    const findings = this.#findings
    findings.members(at, 'an enum', ['enumValues', 'valueSchema'], dialect)
    const type = at.at('valueSchema')
    if (type?.text !== 'integer' && type?.text !== 'string') return findings.wrong(type ?? at, 'an enum needs a valueSchema, integer or string')
    const values = each(at.at('enumValues'))
    const max = limits[dialect.version].enumValues
    if (values.length === 0 || values.length > max) return findings.wrong(at, `an enum has 1 to ${max} values in DTDL v${dialect.version}, this one ${values.length}`)
    const seen = new Set<unknown>()
    const read = values.map((json): EnumValue | undefined => {
      findings.members(json, 'an enum value', ['name', 'enumValue'], dialect)
      const name = findings.name(json, 'an enum value', dialect)
      const value = json.at('enumValue')
      if (value === undefined) return findings.wrong(json, 'an enum value needs an enumValue')
      const number = value.number ?? Number.NaN
      if (type.text === 'integer' ? !(Number.isInteger(number) && number === (number | 0)) : value.text === undefined) {
        return findings.wrong(value, `the enumValue is not ${type.text === 'integer' ? 'an integer of 32 bits' : 'a string'}, as the valueSchema says`)
      }
      const known = value.number ?? value.text ?? ''
      if (seen.has(known)) return findings.wrong(value, `the enumValue ${JSON.stringify(known)} comes twice`)
      seen.add(known)
      return name === undefined ? undefined : { name, value: known, doc: findings.doc(json) }
    })
    this.#unique(values, 'enum values')
    return read.includes(undefined) ? undefined : { ...common, kind: 'enum', type: type.text, values: read as EnumValue[] }
  }

  #unique(items: readonly Json[], what: string): void {
    const names = new Set<string>()
    for (const item of items) {
      const name = item.at('name')
      if (name?.text === undefined) continue
      if (names.has(name.text)) this.#findings.wrong(name, `two ${what} are called '${name.text}'`)
      names.add(name.text)
    }
  }
}

/** Levels of arrays, enums, maps and objects. */
export function depthOf(schema: Schema): number {
  switch (schema.kind) {
    case 'primitive': case 'geospatial': return 0
    case 'enum': return 1
    case 'array': return 1 + depthOf(schema.element)
    case 'map': return 1 + depthOf(schema.value)
    case 'object': return 1 + Math.max(...schema.fields.map((field) => depthOf(field.schema)))
    default: return schema satisfies never
  }
}

export function containsArray(schema: Schema): boolean {
  switch (schema.kind) {
    case 'array': return true
    case 'map': return containsArray(schema.value)
    case 'object': return schema.fields.some((field) => containsArray(field.schema))
    default: return false
  }
}
